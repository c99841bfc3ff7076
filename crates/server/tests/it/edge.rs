use crate::support::{World, letter};
use earnest_server::Settings;
use serde_json::json;

#[tokio::test]
async fn an_unknown_route_and_a_wrong_method_say_so() {
    let world = World::new().await;
    for path in ["/", "/v1", "/v1/nope", "/v2/contracts", "/V1/contracts"] {
        let refused = world.get(path).nobody().send().await;
        assert_eq!(refused.fails(404, "unknown_route")["status"], 404, "{path}");
    }
    let refused = world.ask("DELETE", "/v1/contracts").send().await;
    refused.fails(405, "method_not_allowed");
    let mut allowed: Vec<&str> = refused
        .header("allow")
        .unwrap()
        .split(',')
        .map(str::trim)
        .collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    let refused = world
        .ask("PATCH", "/v1/messages")
        .json(json!({}))
        .send()
        .await;
    refused.fails(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), Some("POST"));
}

#[tokio::test]
async fn each_answer_has_the_requests_id_and_is_not_kept() {
    let world = World::new().await;
    let given = world
        .get("/v1/contracts")
        .header("x-request-id", "a-1.B_2")
        .send()
        .await;
    assert_eq!(given.header("x-request-id"), Some("a-1.B_2"));
    assert_eq!(given.header("cache-control"), Some("no-store"));
    let refused = world.get("/v1/contracts/nope").send().await;
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    let made = refused.header("x-request-id").unwrap();
    assert_eq!(made.len(), 16);
    for bad in ["a b", "", "<script>", &"x".repeat(129)] {
        let answer = world
            .get("/healthz")
            .header("x-request-id", bad)
            .send()
            .await;
        assert_ne!(answer.header("x-request-id"), Some(bad));
    }
}

#[tokio::test]
async fn a_key_may_make_so_many_requests_where_that_is_set() {
    let settings = Settings {
        requests_per_second: Some(1),
        ..Settings::default()
    };
    let world = World::with(settings).await;
    world.get("/v1/contracts").send().await.is(200);
    let refused = world.get("/v1/contracts").send().await;
    refused.fails(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("1"));
    let other = world.key(earnest_engine::keys::Scope::Admin).await;
    world.get("/v1/contracts").key(&other).send().await.is(200);
}

#[tokio::test]
async fn too_many_requests_at_once_are_turned_away() {
    let settings = Settings {
        requests_most: 0,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    let refused = world
        .post("/v1/messages")
        .json(letter(None, "acme", "ana", "bo"))
        .send()
        .await;
    refused.fails(503, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    world.get("/healthz").send().await.is(200);
}

#[tokio::test]
async fn a_head_request_is_a_get_without_a_body() {
    let world = World::acme().await;
    let head = world.ask("HEAD", "/v1/contracts/acme").send().await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
}
