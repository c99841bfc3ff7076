use crate::support::{World, includes, letter};
use serde_json::{Value, json};

#[tokio::test]
async fn an_inbox_lists_all_messages_newest_first() {
    let world = World::acme().await;
    world.contract("beta", &["bea"]).await;
    world.sent("m1", "acme", "ana", "bo").await;
    world.sent("m2", "beta", "bea", "bo").await;
    world.sent("m3", "acme", "ana", "cy").await;
    world
        .post("/v1/messages/m1/response")
        .json(json!({ "kind": "accept" }))
        .send()
        .await
        .is(200);
    let ids = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().unwrap().iter();
        items
            .map(|it| it["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = world.get("/v1/members/bo/inbox").send().await.is(200);
    assert_eq!(ids(&all), ["m2", "m1"]);
    includes(
        &all["items"][0],
        &json!({ "subject": "An opening", "body": "Hello" }),
    );
    let pending = world
        .get("/v1/members/bo/inbox?status=pending")
        .send()
        .await
        .is(200);
    assert_eq!(ids(&pending), ["m2"]);
    let responded = world
        .get("/v1/members/bo/inbox?status=responded")
        .send()
        .await
        .is(200);
    assert_eq!(ids(&responded), ["m1"]);
    let none = world.get("/v1/members/nobody/inbox").send().await.is(200);
    assert_eq!(none, json!({ "items": [], "next_cursor": null }));
}

#[tokio::test]
async fn preferences_are_replaced_whole() {
    let world = World::acme().await;
    let path = "/v1/members/bo/preferences";
    let unset = json!({ "accepts": "all", "price": null, "daily_cap": null });
    assert_eq!(world.get(path).send().await.is(200), unset);
    let set = json!({ "accepts": "all", "price": 3, "daily_cap": 2 });
    assert_eq!(
        world
            .ask("PUT", path)
            .json(set.clone())
            .send()
            .await
            .is(200),
        set
    );
    assert_eq!(world.get(path).send().await.is(200), set);
    let sent = world.sent("m1", "acme", "ana", "bo").await;
    assert_eq!(sent["price"], 3);
    assert_eq!(
        world.ask("PUT", path).json(json!({})).send().await.is(200),
        unset
    );
    for (body, field) in [
        (json!({ "price": 0 }), "price"),
        (json!({ "accepts": "some" }), "accepts"),
        (json!({ "daily_cap": 1.5 }), "daily_cap"),
    ] {
        let refused = world.ask("PUT", path).json(body).send().await;
        assert_eq!(refused.fails(400, "invalid_field")["field"], field);
    }
}

#[tokio::test]
async fn a_blocked_sender_is_refused_until_the_block_is_lifted() {
    let world = World::acme().await;
    let path = "/v1/members/bo/blocks";
    let body = json!({ "contract": "acme", "seat": "ana" });
    let block = world.post(path).json(body.clone()).send().await.is(201);
    includes(&block, &body);
    let again = world.post(path).json(body).send().await.is(201);
    assert_eq!(again["id"], block["id"]);
    let refused = world
        .post("/v1/messages")
        .json(letter(None, "acme", "ana", "bo"))
        .send()
        .await;
    refused.fails(422, "recipient_blocked");
    let list = world.get(path).send().await.is(200);
    assert_eq!(list["items"], json!([block]));
    let one = format!("{path}/{}", block["id"].as_str().unwrap());
    let lifted = world.ask("DELETE", &*one).send().await;
    assert_eq!((lifted.status.as_u16(), lifted.text.as_str()), (204, ""));
    world
        .ask("DELETE", &*one)
        .send()
        .await
        .fails(404, "not_found");
    world.sent("m1", "acme", "ana", "bo").await;
}
