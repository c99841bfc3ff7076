use crate::support::{Reply, World, letter};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Posts twice under one key, and once with another body; returns the two answers that are to be the same.
async fn twice(world: &World, path: &str, body: Value, other: Value) -> (Reply, Reply) {
    let first = world.post(path).under("k1").json(body.clone()).send().await;
    assert!(first.status.is_success(), "{path} {}", first.text);
    assert_eq!(first.header("idempotency-replayed"), None, "{path}");
    let second = world.post(path).under("k1").json(body).send().await;
    assert_eq!(
        second.header("idempotency-replayed"),
        Some("true"),
        "{path}"
    );
    assert_eq!(second.status, first.status);
    let reused = world.post(path).under("k1").json(other).send().await;
    reused.fails(409, "idempotency_key_reused");
    (first, second)
}

#[tokio::test]
async fn a_repeated_post_is_answered_as_it_was() {
    let policy = "extends = \"inmail-2015\"\nname = \"ours\"\n";
    let cases = [
        ("/v1/contracts", json!({}), json!({ "name": "B" })),
        (
            "/v1/contracts/acme/seats",
            json!({}),
            json!({ "usage_limit": 1 }),
        ),
        (
            "/v1/contracts/acme/grants",
            json!({ "credits": 5 }),
            json!({ "credits": 6 }),
        ),
        (
            "/v1/contracts/acme/cancel",
            json!({}),
            json!({ "at": null }),
        ),
        ("/v1/contracts/acme/live", json!({}), json!({ "at": null })),
        (
            "/v1/contracts/acme/policies",
            json!({ "policy": "postage" }),
            json!({ "policy": "inmail-2014" }),
        ),
        (
            "/v1/messages",
            letter(None, "acme", "ana", "cy"),
            letter(None, "acme", "ana", "di"),
        ),
        (
            "/v1/campaigns",
            json!({ "contract": "acme", "seat": "ana", "to": ["cy", "di"], "subject": "s", "body": "b" }),
            json!({ "contract": "acme", "seat": "ana", "to": ["cy", "ed"], "subject": "s", "body": "b" }),
        ),
        (
            "/v1/messages/m1/response",
            json!({ "kind": "reply" }),
            json!({ "kind": "accept" }),
        ),
        ("/v1/messages/m1/seen", json!({}), json!({ "at": null })),
        ("/v1/messages/m1/report", json!({}), json!({ "at": null })),
        (
            "/v1/messages/m2/replies",
            json!({ "body": "x", "from": "seat" }),
            json!({ "body": "y", "from": "seat" }),
        ),
        (
            "/v1/members/bo/blocks",
            json!({ "contract": "acme" }),
            json!({ "contract": "beta" }),
        ),
        (
            "/v1/policies",
            json!({ "text": policy }),
            json!({ "text": format!("{policy}\n") }),
        ),
    ];
    for (path, body, other) in cases {
        let world = World::acme().await;
        world.sent("m1", "acme", "ana", "bo").await;
        world.sent("m2", "acme", "ana", "bo").await;
        world
            .post("/v1/messages/m2/response")
            .json(json!({ "kind": "reply" }))
            .send()
            .await
            .is(200);
        let (first, second) = twice(&world, path, body, other).await;
        assert_eq!(second.json(), first.json(), "{path}");
    }
}

#[tokio::test]
async fn a_repeated_key_is_made_once_and_its_text_not_shown_again() {
    let world = World::acme().await;
    let (body, other) = (json!({ "scope": "admin" }), json!({ "scope": "import" }));
    let (first, second) = twice(&world, "/v1/keys", body, other).await;
    assert_eq!(second.json()["id"], first.json()["id"]);
    assert!(first.json()["key"].is_string());
    assert_eq!(second.json().get("key"), None);
    let list = world.get("/v1/keys").send().await.is(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_send_is_answered_as_it_was_when_much_has_happened_since() {
    let world = World::acme().await;
    let body = letter(None, "acme", "ana", "bo");
    let first = world
        .post("/v1/messages")
        .under("k")
        .json(body.clone())
        .send()
        .await
        .is(201);
    let path = format!("/v1/messages/{}/response", first["id"].as_str().unwrap());
    world
        .post(path)
        .json(json!({ "kind": "reply" }))
        .send()
        .await
        .is(200);
    world.clock.pass_days(200);
    let again = world
        .post("/v1/messages")
        .under("k")
        .json(body)
        .send()
        .await
        .is(201);
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_key_is_required_where_credits_move() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let required = [
        "/v1/contracts/acme/grants",
        "/v1/messages",
        "/v1/campaigns",
        "/v1/batches",
        "/v1/messages/m1/response",
    ];
    for path in required {
        let missing = world
            .post(path)
            .without("idempotency-key")
            .json(json!({}))
            .send()
            .await;
        missing.fails(400, "idempotency_key_missing");
    }
    let optional = [
        "/v1/contracts",
        "/v1/contracts/acme/seats",
        "/v1/messages/m1/seen",
        "/v1/messages/m1/report",
    ];
    for path in optional {
        let sent = world
            .post(path)
            .without("idempotency-key")
            .json(json!({}))
            .send()
            .await;
        assert!(sent.status.is_success(), "{path}");
    }
}

#[tokio::test]
async fn a_key_is_visible_ascii_and_not_too_long() {
    let world = World::acme().await;
    let body = json!({ "credits": 1 });
    let path = "/v1/contracts/acme/grants";
    for key in ["", "a b", "\u{e9}", "a\tb", &"x".repeat(256)] {
        let refused = world.post(path).under(key).json(body.clone()).send().await;
        refused.fails(400, "invalid_idempotency_key");
    }
    for key in ["!", "~", &"x".repeat(255), "a/1"] {
        world
            .post(path)
            .under(key)
            .json(body.clone())
            .send()
            .await
            .is(201);
    }
    let batch = json!({ "commands": [{ "grant": { "contract": "acme", "credits": 1 } }] });
    let long = world
        .post("/v1/batches")
        .under(&"x".repeat(251))
        .json(batch.clone())
        .send()
        .await;
    long.fails(400, "invalid_idempotency_key");
    world
        .post("/v1/batches")
        .under(&"x".repeat(250))
        .json(batch)
        .send()
        .await
        .is(200);
}

#[tokio::test]
async fn a_key_of_another_route_is_another_body() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    world
        .post("/v1/messages/m1/seen")
        .under("k")
        .json(json!({}))
        .send()
        .await
        .is(200);
    let other = world
        .post("/v1/messages/m1/report")
        .under("k")
        .json(json!({}))
        .send()
        .await;
    other.fails(409, "idempotency_key_reused");
    // What is kept beside contracts and what is kept with them is one space.
    let blocked = world
        .post("/v1/members/bo/blocks")
        .under("k")
        .json(json!({ "contract": "x" }))
        .send()
        .await;
    blocked.fails(409, "idempotency_key_reused");
    world
        .post("/v1/members/bo/blocks")
        .under("b")
        .json(json!({ "contract": "x" }))
        .send()
        .await
        .is(201);
    let grant = world
        .post("/v1/contracts/acme/grants")
        .under("b")
        .json(json!({ "credits": 1 }))
        .send()
        .await;
    grant.fails(409, "idempotency_key_reused");
}

#[tokio::test]
async fn each_scope_has_a_space_of_its_own() {
    let world = World::acme().await;
    let body = || letter(None, "acme", "ana", "bo");
    let mut ids = std::collections::BTreeSet::new();
    for key in [world.admin.clone(), world.contract_key("acme").await] {
        let sent = world
            .post("/v1/messages")
            .key(&key)
            .under("k")
            .json(body())
            .send()
            .await
            .is(201);
        ids.insert(sent["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(ids.len(), 2);
    // Another key of the same contract shares its space.
    let other = world.contract_key("acme").await;
    let again = world
        .post("/v1/messages")
        .key(&other)
        .under("k")
        .json(body())
        .send()
        .await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn only_what_was_accepted_is_remembered() {
    let world = World::acme().await;
    let body = letter(None, "acme", "al", "bo");
    let refused = world
        .post("/v1/messages")
        .under("k")
        .json(body.clone())
        .send()
        .await;
    refused.fails(422, "unknown_seat");
    world
        .post("/v1/contracts/acme/seats")
        .json(json!({ "id": "al" }))
        .send()
        .await
        .is(201);
    let sent = world
        .post("/v1/messages")
        .under("k")
        .json(body)
        .send()
        .await;
    sent.is(201);
    assert_eq!(sent.header("idempotency-replayed"), None);
}

#[tokio::test]
async fn rights_are_looked_at_before_an_answer_is_replayed() {
    let world = World::acme().await;
    let key = world.contract_key("acme").await;
    let body = letter(None, "acme", "ana", "bo");
    world
        .post("/v1/messages")
        .key(&key)
        .under("k")
        .json(body.clone())
        .send()
        .await
        .is(201);
    let keys = world.get("/v1/keys").send().await.is(200);
    let items = keys["items"].as_array().unwrap();
    let own = items.iter().find(|it| it["contract"] == "acme").unwrap();
    let id = own["id"].as_str().unwrap();
    world
        .ask("DELETE", format!("/v1/keys/{id}"))
        .send()
        .await
        .is(200);
    let refused = world
        .post("/v1/messages")
        .key(&key)
        .under("k")
        .json(body)
        .send()
        .await;
    refused.fails(401, "unauthorized");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_requests_under_one_key_do_it_once() {
    let world = World::acme().await;
    let body = letter(None, "acme", "ana", "bo");
    let ask = || {
        world
            .post("/v1/messages")
            .under("k")
            .json(body.clone())
            .send()
    };
    let replies = join_all((0..50).map(|_| ask())).await;
    let first = replies[0].is(201);
    let fresh = replies
        .iter()
        .filter(|it| it.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    assert!(replies.iter().all(|it| it.is(201) == first));
    let balance = world.get("/v1/contracts/acme/balance").send().await.is(200);
    assert_eq!(balance["held"], 1);
    let block = || {
        world
            .post("/v1/keys")
            .under("b")
            .json(json!({ "scope": "admin" }))
            .send()
    };
    let replies = join_all((0..50).map(|_| block())).await;
    let fresh = replies
        .iter()
        .filter(|it| it.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
}
