use crate::support::{START, World, includes};
use serde_json::json;

#[tokio::test]
async fn a_response_brings_the_credit_back() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    world.clock.pass_days(1);
    let body = json!({ "kind": "not_interested", "note": "not now" });
    let answered = world
        .post("/v1/messages/m1/response")
        .json(body)
        .send()
        .await
        .is(200);
    let expected = json!({
        "status": "responded", "credit": "returned", "response": "not_interested", "response_note": "not now",
        "responded_at": "2026-01-06T09:00:00Z", "seen_at": "2026-01-06T09:00:00Z", "settled_by": "response",
    });
    includes(&answered, &expected);
    let again = json!({ "kind": "accept" });
    let second = world
        .post("/v1/messages/m1/response")
        .json(again)
        .send()
        .await
        .is(200);
    includes(
        &second,
        &json!({ "response": "not_interested", "credit": "returned" }),
    );
    let balance = world.get("/v1/contracts/acme/balance").send().await.is(200);
    includes(&balance, &json!({ "available": 100, "held": 0 }));
}

#[tokio::test]
async fn a_message_is_seen_and_reported_once() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let seen = world
        .post("/v1/messages/m1/seen")
        .json(json!({}))
        .send()
        .await
        .is(200);
    includes(&seen, &json!({ "seen_at": START, "status": "pending" }));
    world.clock.pass_days(1);
    let again = world
        .post("/v1/messages/m1/seen")
        .without("idempotency-key")
        .send()
        .await
        .is(200);
    assert_eq!(again["seen_at"], START);
    let reported = world
        .post("/v1/messages/m1/report")
        .json(json!({}))
        .send()
        .await
        .is(200);
    assert_eq!(reported["reported_at"], "2026-01-06T09:00:00Z");
    let seat = world
        .get("/v1/contracts/acme/seats/ana")
        .send()
        .await
        .is(200);
    assert_eq!(seat["reports"], 1);
}

#[tokio::test]
async fn a_conversation_goes_on_without_credits() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let path = "/v1/messages/m1/replies";
    let seat = world.seat_key("acme", "ana").await;
    let member = world.member_key("bo").await;
    let early = world
        .post(path)
        .key(&seat)
        .json(json!({ "body": "Well?" }))
        .send()
        .await;
    early.fails(422, "not_open");
    let body = json!({ "kind": "reply", "note": "Tell me more" });
    world
        .post("/v1/messages/m1/response")
        .key(&member)
        .json(body)
        .send()
        .await
        .is(200);
    let wrote = world
        .post(path)
        .key(&seat)
        .json(json!({ "body": "With pleasure" }))
        .send()
        .await
        .is(201);
    includes(
        &wrote,
        &json!({ "message": "m1", "from": "seat", "body": "With pleasure", "response": null, "seq": 7 }),
    );
    let wrote = world
        .post(path)
        .key(&member)
        .json(json!({ "body": "Thanks" }))
        .send()
        .await
        .is(201);
    includes(&wrote, &json!({ "from": "member" }));
    assert_eq!(wrote.get("seq"), None);
    let nobody = world.post(path).json(json!({ "body": "Hm" })).send().await;
    assert_eq!(nobody.fails(400, "missing_field")["field"], "from");
    let other = world
        .post(path)
        .key(&seat)
        .json(json!({ "body": "Hm", "from": "member" }))
        .send()
        .await;
    assert_eq!(other.fails(400, "invalid_field")["field"], "from");
    world
        .post(path)
        .json(json!({ "body": "Hm", "from": "member" }))
        .send()
        .await
        .is(201);
    let list = world
        .get("/v1/messages/m1/conversation")
        .key(&member)
        .send()
        .await
        .is(200);
    let expected = json!({ "items": [
        { "from": "member", "response": "reply", "body": "Tell me more" },
        { "from": "seat", "body": "With pleasure" },
        { "from": "member", "body": "Thanks" },
        { "from": "member", "body": "Hm" },
    ] });
    includes(&list, &expected);
}

#[tokio::test]
async fn an_answer_has_a_known_kind() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let path = "/v1/messages/m1/response";
    for kind in [json!("Reply"), json!("no"), json!(1), json!(null)] {
        let refused = world.post(path).json(json!({ "kind": kind })).send().await;
        assert_eq!(refused.fails(400, "invalid_field")["field"], "kind");
    }
    world
        .post(path)
        .json(json!({}))
        .send()
        .await
        .fails(400, "missing_field");
    world
        .post("/v1/messages/nope/response")
        .json(json!({ "kind": "reply" }))
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_member_sees_nothing_of_the_senders_credits() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let member = world.member_key("bo").await;
    let inbox = world
        .get("/v1/members/bo/inbox")
        .key(&member)
        .send()
        .await
        .is(200);
    let read = world
        .get("/v1/messages/m1")
        .key(&member)
        .send()
        .await
        .is(200);
    let seen = world
        .post("/v1/messages/m1/seen")
        .key(&member)
        .send()
        .await
        .is(200);
    let body = json!({ "kind": "reply" });
    let answered = world
        .post("/v1/messages/m1/response")
        .key(&member)
        .json(body)
        .send()
        .await
        .is(200);
    for message in [&inbox["items"][0], &read, &seen, &answered] {
        includes(message, &json!({ "id": "m1", "seat": "ana", "price": 1 }));
        for field in ["credit", "deadline", "settled_by", "settled_at"] {
            assert_eq!(message.get(field), None, "{field}");
        }
    }
    assert_eq!(answered["status"], "responded");
}
