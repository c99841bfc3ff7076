//! The figures for operators.

use crate::world::*;
use http_body_util::BodyExt;
use serde_json::Value;

#[tokio::test]
async fn figures_need_no_key_and_name_nobody() {
    let (world, receiver) = (world(settings(true)).await, Receiver::listening().await);
    world.register(&receiver).await;
    world.add_seat("acme", "ana").await;
    receiver.took(1).await;
    world.get("/v1/contracts/acme/balance").await;
    let response = world.ask("", "GET", "/metrics", Value::Null).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = response.into_body().collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&text).unwrap();
    for line in [
        "earnest_sends_total 0",
        "earnest_orders_waiting 0",
        "earnest_contracts 2",
        "earnest_store_up 1",
        "earnest_deliveries_made_total 1",
        "earnest_http_requests_total{route=\"/v1/contracts/{contract}/balance\",method=\"GET\",status=\"200\"} 1",
        "earnest_http_request_duration_seconds_bucket{route=\"/v1/contracts/{contract}/balance\",method=\"GET\",status=\"200\",le=\"5\"} 1",
        "earnest_http_request_duration_seconds_count{route=\"/v1/contracts/{contract}/balance\",method=\"GET\",status=\"200\"} 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
    }
    for name in [
        "earnest_build_info{version=",
        "earnest_commit_duration_seconds_sum ",
        "earnest_outbox_age_seconds ",
    ] {
        assert!(text.contains(name), "{name} in\n{text}");
    }
    for secret in ["acme", "ana"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    world.stop().await;
}
