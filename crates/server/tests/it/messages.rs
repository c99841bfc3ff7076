use crate::support::{START, World, includes, letter};
use serde_json::{Value, json};

#[tokio::test]
async fn a_message_is_sent_and_read() {
    let world = World::acme().await;
    let sent = world
        .post("/v1/messages")
        .json(letter(None, "acme", "ana", "bo"))
        .send()
        .await
        .is(201);
    let expected = json!({
        "id": sent["id"], "contract": "acme", "seat": "ana", "to": "bo", "campaign": null, "bulk": false,
        "status": "pending", "credit": "held", "price": 1, "sent_at": START, "deadline": "2026-04-05T09:00:00Z",
        "responded_at": null, "response": null, "response_note": null, "seen_at": null, "reported_at": null,
        "conversation": sent["conversation"], "settled_by": null, "settled_at": null,
    });
    assert_eq!(sent, expected);
    let id = sent["id"].as_str().unwrap();
    let read = world.get(format!("/v1/messages/{id}")).send().await.is(200);
    includes(&read, &expected);
    includes(&read, &json!({ "subject": "An opening", "body": "Hello" }));
}

#[tokio::test]
async fn a_refusal_has_its_story() {
    let world = World::new().await;
    world
        .post("/v1/contracts")
        .json(json!({ "id": "acme", "allotments": false }))
        .send()
        .await
        .is(201);
    world
        .post("/v1/contracts/acme/seats")
        .json(json!({ "id": "ana" }))
        .send()
        .await
        .is(201);
    let refused = world
        .post("/v1/messages")
        .json(letter(None, "acme", "ana", "bo"))
        .send()
        .await;
    let problem = refused.fails(422, "insufficient_credits");
    assert_eq!(
        problem["detail"],
        "the message stakes 1 and the contract has 0 available"
    );
    let outcome = json!({ "is": "refused", "code": "insufficient_credits" });
    assert_eq!(problem["explanation"]["outcome"], outcome);
    assert!(
        !problem["explanation"]["text"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_is_not_there_is_422_in_a_body() {
    let world = World::acme().await;
    let no_contract = world
        .post("/v1/messages")
        .json(letter(None, "nope", "ana", "bo"))
        .send()
        .await;
    no_contract.fails(422, "unknown_contract");
    let no_seat = world
        .post("/v1/messages")
        .json(letter(None, "acme", "nope", "bo"))
        .send()
        .await;
    no_seat.fails(422, "unknown_seat");
    world.sent("m1", "acme", "ana", "bo").await;
    let taken = world
        .post("/v1/messages")
        .json(letter(Some("m1"), "acme", "ana", "cy"))
        .send()
        .await;
    taken.fails(422, "duplicate_id");
    world
        .get("/v1/messages/nope")
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_message_lapses_and_says_why() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let held = world
        .get("/v1/messages/m1/explanation")
        .send()
        .await
        .is(200);
    assert_eq!(held["outcome"], json!({ "is": "held", "credits": 1 }));
    world.clock.pass_days(90);
    let at_deadline = world.get("/v1/messages/m1").send().await.is(200);
    assert_eq!(at_deadline["status"], "pending");
    world.clock.pass_days(1);
    let lapsed = world.get("/v1/messages/m1").send().await.is(200);
    let expected = json!({ "status": "lapsed", "credit": "consumed", "settled_by": "lapse", "settled_at": "2026-04-05T09:00:00Z" });
    includes(&lapsed, &expected);
    let told = world
        .get("/v1/messages/m1/explanation")
        .send()
        .await
        .is(200);
    assert_eq!(told["outcome"], json!({ "is": "consumed", "credits": 1 }));
    world
        .get("/v1/messages/nope/explanation")
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_contracts_messages_are_listed_by_seat_campaign_and_status() {
    let world = World::acme().await;
    world
        .post("/v1/contracts/acme/seats")
        .json(json!({ "id": "al" }))
        .send()
        .await
        .is(201);
    world.sent("m1", "acme", "ana", "bo").await;
    world.sent("m2", "acme", "al", "bo").await;
    let mut bulk = letter(Some("m3"), "acme", "al", "cy");
    bulk["campaign"] = json!("c1");
    let sent = world.post("/v1/messages").json(bulk).send().await.is(201);
    includes(&sent, &json!({ "campaign": "c1", "bulk": true }));
    world
        .post("/v1/messages/m1/response")
        .json(json!({ "kind": "reply" }))
        .send()
        .await
        .is(200);
    let cases: [(&str, &[&str]); 7] = [
        ("", &["m3", "m2", "m1"]),
        ("?seat=al", &["m3", "m2"]),
        ("?campaign=c1", &["m3"]),
        ("?status=responded", &["m1"]),
        ("?status=pending&seat=al", &["m3", "m2"]),
        ("?status=lapsed", &[]),
        ("?seat=nope", &[]),
    ];
    for (query, expected) in cases {
        let list = world
            .get(format!("/v1/contracts/acme/messages{query}"))
            .send()
            .await
            .is(200);
        let ids: Vec<&str> = list["items"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(ids, expected, "{query}");
    }
    let refused = world
        .get("/v1/contracts/acme/messages?status=open")
        .send()
        .await;
    refused.fails(400, "invalid_parameter");
    world
        .get("/v1/contracts/nope/messages")
        .send()
        .await
        .fails(404, "not_found");
}

fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_preview_says_what_would_become_of_a_send() {
    let world = World::acme().await;
    let preview = world
        .post("/v1/messages/preview")
        .json(letter(None, "acme", "ana", "bo"))
        .send()
        .await
        .is(200);
    includes(
        &preview,
        &json!({ "allowed": true, "code": null, "credits": 1 }),
    );
    assert!(
        !preview["explanation"]["futures"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let mut many = letter(None, "acme", "ana", "bo");
    many["to"] = json!(["bo", "cy", "di"]);
    let preview = world
        .post("/v1/messages/preview")
        .without("idempotency-key")
        .json(many.clone())
        .send()
        .await;
    includes(&preview.is(200), &json!({ "allowed": true, "credits": 3 }));
    let closed = json!({ "accepts": "none" });
    world
        .ask("PUT", "/v1/members/cy/preferences")
        .json(closed)
        .send()
        .await
        .is(200);
    let preview = world
        .post("/v1/messages/preview")
        .json(many)
        .send()
        .await
        .is(200);
    includes(
        &preview,
        &json!({ "allowed": false, "code": "recipient_closed", "credits": null }),
    );
    let unknown = world
        .post("/v1/messages/preview")
        .json(letter(None, "acme", "nope", "bo"))
        .send()
        .await;
    unknown.fails(422, "unknown_seat");
    let unknown = world
        .post("/v1/messages/preview")
        .json(letter(None, "nope", "ana", "bo"))
        .send()
        .await;
    unknown.fails(422, "unknown_contract");
    let list = world
        .get("/v1/contracts/acme/messages")
        .send()
        .await
        .is(200);
    assert_eq!(list["items"], json!([]));
}
