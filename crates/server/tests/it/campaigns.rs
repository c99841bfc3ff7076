use crate::support::{World, includes};
use serde_json::{Value, json};

fn campaign(to: Value) -> Value {
    json!({ "contract": "acme", "seat": "ana", "to": to, "subject": "An opening", "body": "Hello" })
}

#[tokio::test]
async fn a_campaign_goes_whole_or_not_at_all() {
    let world = World::acme().await;
    let mut body = campaign(json!(["bo", "cy"]));
    body["id"] = json!("c1");
    let sent = world.post("/v1/campaigns").json(body).send().await.is(201);
    let message = |to: &str| json!({ "to": to, "campaign": "c1", "bulk": true, "credit": "held" });
    includes(
        &sent,
        &json!({ "id": "c1", "messages": [message("bo"), message("cy")] }),
    );
    world
        .ask("PUT", "/v1/members/di/preferences")
        .json(json!({ "accepts": "none" }))
        .send()
        .await
        .is(200);
    let refused = world
        .post("/v1/campaigns")
        .json(campaign(json!(["ed", "di"])))
        .send()
        .await;
    refused.fails(422, "recipient_closed");
    let inbox = world.get("/v1/members/ed/inbox").send().await.is(200);
    assert_eq!(inbox["items"], json!([]));
}

#[tokio::test]
async fn recipients_are_few_and_stand_once() {
    let world = World::acme().await;
    let twice = world
        .post("/v1/campaigns")
        .json(campaign(json!(["bo", "cy", "bo"])))
        .send()
        .await;
    assert_eq!(twice.fails(422, "duplicate_id")["field"], "to[2]");
    let many: Vec<String> = (0..26).map(|number| format!("m{number}")).collect();
    let many = world
        .post("/v1/campaigns")
        .json(campaign(json!(many)))
        .send()
        .await;
    many.fails(422, "too_many_recipients");
    let none = world
        .post("/v1/campaigns")
        .json(campaign(json!([])))
        .send()
        .await;
    assert_eq!(none.fails(400, "invalid_field")["field"], "to");
    let one = world
        .post("/v1/campaigns")
        .json(campaign(json!(["bo"])))
        .send()
        .await
        .is(201);
    assert_eq!(one["messages"][0]["bulk"], true);
    let unknown =
        json!({ "contract": "nope", "seat": "ana", "to": ["bo"], "subject": "s", "body": "b" });
    world
        .post("/v1/campaigns")
        .json(unknown)
        .send()
        .await
        .fails(422, "unknown_contract");
}
