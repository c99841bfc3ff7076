use crate::support::{START, World, includes, letter};
use earnest_engine::keys::Scope;
use serde_json::{Value, json};

const PATH: &str = "/v1/batches";

fn send(id: &str, to: &str) -> Value {
    json!({ "send": letter(Some(id), "acme", "ana", to) })
}

#[tokio::test]
async fn each_command_has_the_result_of_its_route() {
    let world = World::acme().await;
    world.sent("m0", "acme", "ana", "bo").await;
    let commands = json!({ "commands": [
        send("m1", "cy"),
        { "respond": { "message": "m1", "kind": "accept", "note": "Yes" } },
        send("m1", "di"),
        { "send": letter(None, "nope", "ana", "di") },
        { "seen": { "message": "m0" } },
        { "report": { "message": "m0" } },
        { "grant": { "contract": "acme", "id": "g2", "credits": 5 } },
        { "campaign": { "id": "c1", "contract": "acme", "seat": "ana", "to": ["ed", "fi"], "subject": "s", "body": "b" } },
        { "reply": { "message": "m1", "from": "seat", "body": "Fine" } },
        { "respond": { "message": "nope", "kind": "reply" } },
        { "grant": { "contract": "acme", "id": "g2", "credits": 5 } },
        { "grant": { "contract": "acme", "credits": 5, "expires_at": START } },
        { "send": { "contract": "acme", "seat": "ana", "to": "gi", "subject": "s", "body": "b", "at": START } },
    ] });
    let batch = world.post(PATH).json(commands).send().await.is(200);
    let expected = json!({ "results": [
        { "status": 201, "message": { "id": "m1", "to": "cy", "credit": "held" } },
        { "status": 200, "message": { "id": "m1", "status": "responded", "credit": "returned", "response_note": "Yes" } },
        { "status": 422, "code": "duplicate_id" },
        { "status": 422, "code": "unknown_contract", "detail": "there is no contract `nope`" },
        { "status": 200, "message": { "id": "m0", "seen_at": START } },
        { "status": 200, "message": { "id": "m0", "reported_at": START } },
        { "status": 201, "grant": { "id": "g2", "credits": 5 } },
        { "status": 201, "campaign": { "id": "c1", "messages": [{ "to": "ed" }, { "to": "fi" }] } },
        { "status": 201, "reply": { "message": "m1", "from": "seat", "body": "Fine" } },
        { "status": 422, "code": "unknown_message", "detail": "there is no message `nope`" },
        { "status": 422, "code": "duplicate_id" },
        { "status": 400, "code": "invalid_field" },
        { "status": 403, "code": "at_not_allowed" },
    ] });
    includes(&batch, &expected);
    let problem = batch["results"][2].as_object().unwrap();
    let keys: Vec<&str> = problem.keys().map(String::as_str).collect();
    assert_eq!(keys, ["status", "code", "detail"]);
}

#[tokio::test]
async fn a_command_of_unknown_shape_stops_the_whole_batch() {
    let world = World::acme().await;
    let good = || send("m1", "bo");
    let cases = [
        (json!({ "fly": {} }), "unknown_field", "commands[1].fly"),
        (json!({}), "missing_field", "commands[1]"),
        (
            json!({ "seen": { "message": "m1" }, "report": { "message": "m1" } }),
            "invalid_field",
            "commands[1]",
        ),
        (
            json!({ "send": { "contract": "acme" } }),
            "missing_field",
            "commands[1].send.seat",
        ),
        (
            json!({ "respond": { "kind": "reply" } }),
            "missing_field",
            "commands[1].respond.message",
        ),
        (
            json!({ "respond": { "message": "m1", "kind": "no" } }),
            "invalid_field",
            "commands[1].respond.kind",
        ),
        (
            json!({ "seen": { "message": "m1", "x": 1 } }),
            "unknown_field",
            "commands[1].seen.x",
        ),
        (
            json!({ "seen": { "message": "m1" }, "idempotency_key": "" }),
            "invalid_field",
            "commands[1].idempotency_key",
        ),
        (json!(7), "invalid_field", "commands[1]"),
    ];
    for (bad, code, field) in cases {
        let body = json!({ "commands": [good(), bad] });
        let refused = world.post(PATH).json(body).send().await;
        assert_eq!(refused.fails(400, code)["field"], field);
    }
    for commands in [
        json!([]),
        Value::Array((0..1_001).map(|_| good()).collect()),
    ] {
        let refused = world
            .post(PATH)
            .json(json!({ "commands": commands }))
            .send()
            .await;
        assert_eq!(refused.fails(400, "invalid_field")["field"], "commands");
    }
    world
        .get("/v1/messages/m1")
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_completes_what_is_missing() {
    let world = World::acme().await;
    let body = json!({ "commands": [
        send("m1", "bo"),
        { "respond": { "message": "m1", "kind": "reply" } },
        { "grant": { "contract": "late", "credits": 5 } },
    ] });
    let first = world.post(PATH).under("k").json(body.clone()).send().await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.is(200);
    includes(
        &first["results"][2],
        &json!({ "status": 422, "code": "unknown_contract" }),
    );
    world.contract("late", &[]).await;
    let second = world
        .post(PATH)
        .under("k")
        .json(body.clone())
        .send()
        .await
        .is(200);
    includes(
        &second["results"][0],
        &json!({ "status": 201, "message": { "id": "m1" } }),
    );
    includes(&second["results"][1], &json!({ "status": 200 }));
    includes(&second["results"][2], &json!({ "status": 201 }));
    assert_eq!(
        second["results"][0]["message"],
        first["results"][0]["message"]
    );
    let third = world.post(PATH).under("k").json(body).send().await;
    assert_eq!(third.header("idempotency-replayed"), Some("true"));
    let balance = world.get("/v1/contracts/late/balance").send().await.is(200);
    assert_eq!(balance["granted"], 105);
    let other = json!({ "commands": [send("m2", "bo")] });
    let reused = world.post(PATH).under("k").json(other).send().await;
    reused.fails(409, "idempotency_key_reused");
}

#[tokio::test]
async fn a_command_may_have_a_key_of_its_own() {
    let world = World::acme().await;
    let grant = |id: &str| json!({ "grant": { "contract": "acme", "id": id, "credits": 5 }, "idempotency_key": "own" });
    let body = json!({ "commands": [grant("g2"), grant("g2"), grant("g3")] });
    let batch = world.post(PATH).json(body).send().await.is(200);
    includes(
        &batch["results"][0],
        &json!({ "status": 201, "grant": { "id": "g2" } }),
    );
    includes(
        &batch["results"][1],
        &json!({ "status": 201, "grant": { "id": "g2" } }),
    );
    includes(
        &batch["results"][2],
        &json!({ "status": 409, "code": "idempotency_key_reused" }),
    );
    // The same command under its key in another batch, with other white space.
    let text = "{\"commands\": [ {\"idempotency_key\":\"own\", \"grant\": {\"contract\":\"acme\", \"id\":\"g2\", \"credits\":5} } ] }";
    let again = world.post(PATH).body(text).send().await.is(200);
    includes(&again["results"][0], &json!({ "status": 201 }));
    // A batch may have the key that one of its commands has.
    let body = json!({ "commands": [{ "grant": { "contract": "acme", "credits": 5 }, "idempotency_key": "both" }] });
    world
        .post(PATH)
        .under("both")
        .json(body)
        .send()
        .await
        .is(200);
}

#[tokio::test]
async fn rights_are_looked_at_command_by_command() {
    let world = World::acme().await;
    world.contract("beta", &["bea"]).await;
    world.sent("m1", "acme", "ana", "bo").await;
    world.sent("m2", "beta", "bea", "cy").await;
    let body = json!({ "commands": [
        send("m3", "di"),
        { "send": letter(None, "beta", "bea", "di") },
        { "send": letter(None, "acme", "nope", "di") },
        { "respond": { "message": "m1", "kind": "reply" } },
        { "respond": { "message": "m2", "kind": "reply" } },
        { "grant": { "contract": "acme", "credits": 5 } },
    ] });
    let cases = [
        (
            world.contract_key("acme").await,
            [201, 422, 422, 403, 403, 403],
        ),
        (
            world.seat_key("acme", "ana").await,
            [422, 422, 422, 403, 403, 403],
        ),
        (world.member_key("bo").await, [403, 403, 403, 200, 422, 403]),
    ];
    for (key, expected) in cases {
        let batch = world
            .post(PATH)
            .key(&key)
            .json(body.clone())
            .send()
            .await
            .is(200);
        let results = batch["results"].as_array().unwrap().iter();
        let statuses: Vec<u64> = results.map(|it| it["status"].as_u64().unwrap()).collect();
        assert_eq!(statuses, expected, "{batch}");
    }
}

#[tokio::test]
async fn a_history_is_told_in_batches() {
    let world = World::new().await;
    let import = world.key(Scope::Import).await;
    let at = |day: u32| format!("2025-01-{day:02}T00:00:00Z");
    let begun = json!({ "id": "old", "allotments": false, "starts_at": at(1), "at": at(1) });
    world
        .post("/v1/contracts")
        .key(&import)
        .json(begun)
        .send()
        .await
        .is(201);
    let seat = json!({ "id": "ana", "at": at(1) });
    world
        .post("/v1/contracts/old/seats")
        .key(&import)
        .json(seat)
        .send()
        .await
        .is(201);
    let message = |id: &str, day: u32| {
        json!({ "send": {
        "id": id, "contract": "old", "seat": "ana", "to": "bo", "subject": "s", "body": "b", "at": at(day),
    } })
    };
    let body = json!({ "commands": [
        { "grant": { "contract": "old", "credits": 5, "at": at(1) } },
        message("m1", 2),
        { "respond": { "message": "m1", "kind": "reply", "at": at(3) } },
        message("m2", 2),
        message("m3", 4),
    ] });
    let batch = world
        .post(PATH)
        .key(&import)
        .json(body)
        .send()
        .await
        .is(200);
    let expected = json!({ "results": [
        { "status": 201 },
        { "status": 201, "message": { "sent_at": at(2) } },
        { "status": 200, "message": { "responded_at": at(3) } },
        { "status": 422, "code": "out_of_order" },
        { "status": 201, "message": { "sent_at": at(4) } },
    ] });
    includes(&batch, &expected);
}
