//! Webhooks, from the registration to the dead letter.

use crate::world::*;
use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::keys::Scope;
use serde_json::{Value, json};
use std::sync::atomic::Ordering::SeqCst;

#[tokio::test]
async fn events_arrive_signed_in_order_and_once() {
    let (world, receiver) = (world(settings(true)).await, Receiver::listening().await);
    let (id, secret) = world.register(&receiver).await;
    for number in 0..20 {
        world.add_seat("acme", &format!("s{number}")).await;
    }
    let taken = receiver.took(20).await;
    for (number, taken) in taken.iter().enumerate() {
        assert_eq!(seat_of(taken), format!("s{number}"));
        let (headers, body) = taken;
        assert_eq!(
            header(headers, "webhook-signature"),
            signature(&secret, headers, body)
        );
        assert_eq!(header(headers, "content-type"), "application/json");
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["type"], "seat_added");
        assert_eq!(body["data"]["contract"], "acme");
        assert_eq!(body["data"]["seq"], number + 2);
        let listed = world.get("/v1/contracts/acme/events?limit=200").await.1;
        let mut data = body["data"].clone();
        data.as_object_mut().unwrap().remove("contract");
        assert!(
            listed["items"].as_array().unwrap().contains(&data),
            "{data}"
        );
    }
    let path = format!("/v1/webhooks/{id}/deliveries?state=delivered&limit=7");
    let mut seen = Vec::new();
    until(async || {
        let waiting = world
            .get(&format!("/v1/webhooks/{id}/deliveries?state=waiting"))
            .await
            .1;
        waiting["items"]
            .as_array()
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
    let mut page = world.get(&path).await.1;
    loop {
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        page = world.get(&format!("{path}&cursor={cursor}")).await.1;
    }
    let numbers: Vec<u64> = seen.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (2..=21).rev().collect::<Vec<_>>());
    assert_eq!(seen[0]["id"], header(&taken[19].0, "webhook-id"));
    assert_eq!(
        (&seen[0]["status"], &seen[0]["attempts"]),
        (&json!(200), &json!(1))
    );
    assert_eq!(receiver.taken.lock().unwrap().len(), 20);
    world.stop().await;
}

#[tokio::test]
async fn what_fails_is_tried_again_given_up_and_sent_again() {
    let (world, receiver) = (world(settings(true)).await, Receiver::listening().await);
    let (id, _) = world.register(&receiver).await;
    receiver.answer.store(500, SeqCst);
    world.add_seat("acme", "ana").await;
    world.add_seat("acme", "bo").await;
    let tries = receiver.took(6).await;
    let seats: Vec<String> = tries.iter().map(seat_of).collect();
    assert_eq!(seats, ["ana", "ana", "ana", "bo", "bo", "bo"]);
    let dead = until(async || {
        let dead = world
            .get(&format!("/v1/webhooks/{id}/deliveries?state=dead"))
            .await
            .1;
        (dead["items"].as_array().unwrap().len() == 2).then_some(dead)
    })
    .await;
    assert_eq!(dead["items"][0]["error"], "the answer was 500");
    receiver.answer.store(204, SeqCst);
    let replay = format!("/v1/webhooks/{id}/replay");
    let one = json!({"delivery": dead["items"][1]["id"]});
    assert_eq!(
        world.post(&replay, one).await,
        (202, json!({"deliveries": 1}))
    );
    let again = receiver.took(7).await;
    assert_eq!(
        header(&again[6].0, "webhook-id"),
        header(&again[0].0, "webhook-id")
    );
    assert_eq!(again[6].1, again[0].1);
    until(async || {
        let dead = world
            .get(&format!("/v1/webhooks/{id}/deliveries?state=delivered"))
            .await
            .1;
        (dead["items"].as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    let since = json!({"since": "2020-01-01T00:00:00Z"});
    assert_eq!(
        world.post(&replay, since).await,
        (202, json!({"deliveries": 2}))
    );
    let seats: Vec<String> = receiver.took(9).await[7..].iter().map(seat_of).collect();
    assert_eq!(seats, ["ana", "bo"]);
    for (wrong, status) in [
        (json!({"delivery": "msg_x"}), 400),
        (json!({"state": "waiting"}), 400),
        (json!({"since": "yesterday"}), 400),
        (json!({"everything": true}), 400),
    ] {
        assert_eq!(world.post(&replay, wrong).await.0, status);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_private_receiver_is_refused_by_whatever_name() {
    let world = world(settings(false)).await;
    let receiver = Receiver::listening().await;
    let port = receiver.address.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00::1]",
    ] {
        let url = format!("http://{host}:{port}/hook");
        let (status, problem) = world.post("/v1/webhooks", json!({"url": url})).await;
        assert_eq!(
            (status, &problem["code"]),
            (422, &json!("address_not_allowed")),
            "{host}"
        );
    }
    for url in [
        "",
        "ftp://example.com/",
        "https://ana:pass@example.com/",
        "https://example.com/#a",
    ] {
        let (status, problem) = world.post("/v1/webhooks", json!({"url": url})).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_field")),
            "{url}"
        );
        assert_eq!(problem["field"], "url");
    }
    // One that got in another way is looked at at every attempt.
    let new = earnest_engine::webhooks::NewWebhook {
        url: receiver.url(),
        contract: None,
        types: None,
        owner: earnest_engine::webhooks::Owner::Admin,
    };
    let (record, _) = world.engine.create_webhook(new).await.unwrap();
    world.add_seat("acme", "ana").await;
    let path = format!("/v1/webhooks/{}/deliveries?state=dead", record.id);
    let dead = until(async || {
        let dead = world.get(&path).await.1;
        dead["items"].as_array().unwrap().first().cloned()
    })
    .await;
    let error = dead["error"].as_str().unwrap();
    assert!(error.ends_with("is not a public one"), "{error}");
    assert_eq!(
        (&dead["status"], &dead["attempts"]),
        (&Value::Null, &json!(3))
    );
    assert!(receiver.taken.lock().unwrap().is_empty());
    world.stop().await;
}

#[tokio::test]
async fn a_contract_has_its_own_webhooks_and_others_none() {
    let world = world(settings(true)).await;
    let (_, acme) = world.of_contract("acme").await;
    let (_, other) = world.of_contract("other").await;
    let url = json!({"url": "http://localhost:9/"});
    let (_, general) = world.post("/v1/webhooks", url.clone()).await;
    let (status, own) = world
        .asked(&acme, "POST", "/v1/webhooks", url.clone())
        .await;
    assert_eq!(
        (status, &own["contract"], &own["owner"]),
        (201, &json!("acme"), &json!("contract"))
    );
    let foreign = json!({"url": "http://localhost:9/", "contract": "other"});
    let (status, problem) = world.asked(&acme, "POST", "/v1/webhooks", foreign).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("unknown_contract"))
    );
    let id = |of: &Value| of["id"].as_str().unwrap().to_owned();
    let ids = async |key: &str| {
        let listed = world.asked(key, "GET", "/v1/webhooks", Value::Null).await.1;
        let items = listed["items"].as_array().unwrap().iter();
        items.map(id).collect::<Vec<_>>()
    };
    // Oldest first; of the same millisecond, as both may be, the lower id.
    let mut oldest_first = [&general, &own];
    oldest_first.sort_by_key(|it| (it["created_at"].as_str().unwrap(), id(it)));
    assert_eq!(ids(&world.admin).await, oldest_first.map(id));
    assert_eq!(ids(&acme).await, [id(&own)]);
    assert_eq!(ids(&other).await, [""; 0]);
    let path = |of: &Value, rest: &str| format!("/v1/webhooks/{}{rest}", id(of));
    for (method, rest) in [
        ("GET", ""),
        ("DELETE", ""),
        ("PATCH", ""),
        ("GET", "/deliveries"),
        ("POST", "/rotate"),
        ("POST", "/replay"),
    ] {
        for (key, of) in [(&other, &own), (&acme, &general)] {
            let body = if method == "GET" || method == "DELETE" {
                Value::Null
            } else {
                json!({})
            };
            let (status, problem) = world.asked(key, method, &path(of, rest), body).await;
            assert_eq!(
                (status, &problem["code"]),
                (404, &json!("not_found")),
                "{method} {rest}"
            );
        }
    }
    let pause = json!({"state": "paused", "reason": "quiet"});
    let refused = world
        .asked(&acme, "PATCH", &path(&own, ""), pause.clone())
        .await;
    assert_eq!(refused.0, 403);
    let (status, paused) = world
        .asked(&world.admin, "PATCH", &path(&own, ""), pause)
        .await;
    assert_eq!(
        (status, &paused["state"], &paused["reason"]),
        (200, &json!("paused"), &json!("quiet"))
    );
    let types = json!({"types": ["seat_added", "message_sent", "seat_added"]});
    let (status, changed) = world.asked(&acme, "PATCH", &path(&own, ""), types).await;
    assert_eq!(
        (status, &changed["types"]),
        (200, &json!(["seat_added", "message_sent"]))
    );
    assert_eq!(changed["state"], "paused");
    assert_eq!(
        world
            .asked(&acme, "DELETE", &path(&own, ""), Value::Null)
            .await
            .0,
        204
    );
    assert_eq!(
        world
            .asked(&acme, "GET", &path(&own, ""), Value::Null)
            .await
            .0,
        404
    );
    let seat = Scope::Seat {
        contract: ContractId::new("acme").unwrap(),
        seat: SeatId::new("ana").unwrap(),
    };
    let member = Scope::Member {
        member: MemberId::new("bo").unwrap(),
    };
    for scope in [seat, member] {
        let (_, key) = world.key(scope).await;
        for path in ["/v1/webhooks", "/v1/stream"] {
            assert_eq!(world.asked(&key, "GET", path, Value::Null).await.0, 403);
        }
    }
    assert_eq!(
        world.asked("", "GET", "/v1/stream", Value::Null).await.0,
        401
    );
    world.stop().await;
}

#[tokio::test]
async fn a_secret_is_shown_once_and_a_rotated_one_signs_on() {
    let (world, receiver) = (world(settings(true)).await, Receiver::listening().await);
    let new = json!({"url": receiver.url()});
    let key = [("idempotency-key", "k1")];
    let ask = async |path: &str, body: &Value| {
        let response = world
            .ask_with(&world.admin, "POST", path, body.clone(), &key)
            .await;
        let replayed = response.headers().contains_key("idempotency-replayed");
        let (status, body) = told(response).await;
        (status, replayed, body)
    };
    let (status, replayed, mut first) = ask("/v1/webhooks", &new).await;
    assert_eq!((status, replayed), (201, false));
    let secret = first.as_object_mut().unwrap().remove("secret").unwrap();
    let (status, replayed, again) = ask("/v1/webhooks", &new).await;
    assert_eq!((status, replayed), (201, true));
    assert_eq!(again, first);
    assert_eq!(
        ask("/v1/webhooks", &json!({"url": "http://localhost:9/"}))
            .await
            .0,
        409
    );
    let path = format!("/v1/webhooks/{}", first["id"].as_str().unwrap());
    assert_eq!(world.get(&path).await, (200, first));
    let (status, rotated) = world.post(&format!("{path}/rotate"), json!({})).await;
    assert_eq!(status, 200);
    world.add_seat("acme", "ana").await;
    let (headers, body) = receiver.took(1).await.remove(0);
    let by = |secret: &Value| signature(secret.as_str().unwrap(), &headers, &body);
    let both = format!("{} {}", by(&rotated["secret"]), by(&secret));
    assert_eq!(header(&headers, "webhook-signature"), both);
    world.stop().await;
}
