use crate::support::{START, World, includes, letter};
use serde_json::json;

#[tokio::test]
async fn a_seat_is_added_read_and_changed() {
    let world = World::acme().await;
    let body =
        json!({ "id": "al", "type": "recruiter-lite", "usage_limit": 5, "bulk_disabled": true });
    let added = world
        .post("/v1/contracts/acme/seats")
        .json(body)
        .send()
        .await
        .is(201);
    let expected = json!({
        "id": "al", "contract": "acme", "type": "recruiter-lite", "usage_limit": 5, "used": 0, "bulk_disabled": true,
        "added_at": START, "standing": "good", "sent": 0, "responded": 0, "reports": 0,
    });
    includes(&added, &expected);
    let path = "/v1/contracts/acme/seats/al";
    let read = world.get(path).send().await.is(200);
    includes(&read, &expected);
    assert!(read["explanation"]["text"].is_array(), "{read}");
    let changed = world
        .ask("PATCH", path)
        .json(json!({ "usage_limit": null }))
        .send()
        .await
        .is(200);
    includes(
        &changed,
        &json!({ "usage_limit": null, "bulk_disabled": true }),
    );
    let changed = world
        .ask("PATCH", path)
        .json(json!({ "bulk_disabled": false }))
        .send()
        .await
        .is(200);
    includes(
        &changed,
        &json!({ "usage_limit": null, "bulk_disabled": false }),
    );
    let same = world
        .ask("PATCH", path)
        .json(json!({}))
        .send()
        .await
        .is(200);
    assert_eq!(same, changed);
}

#[tokio::test]
async fn a_seat_without_an_id_or_a_type_gets_both() {
    let world = World::acme().await;
    let added = world
        .post("/v1/contracts/acme/seats")
        .json(json!({}))
        .send()
        .await
        .is(201);
    assert_eq!(added["type"], "recruiter");
    let id = added["id"].as_str().unwrap();
    world
        .get(format!("/v1/contracts/acme/seats/{id}"))
        .send()
        .await
        .is(200);
}

#[tokio::test]
async fn what_is_not_there_is_404_in_a_path() {
    let world = World::acme().await;
    for path in [
        "/v1/contracts/nope/seats",
        "/v1/contracts/acme/seats/nope",
        "/v1/contracts/acme/seats/a%20b",
    ] {
        world.get(path).send().await.fails(404, "not_found");
    }
    let patch = world
        .ask("PATCH", "/v1/contracts/acme/seats/nope")
        .json(json!({}))
        .send()
        .await;
    assert_eq!(
        patch.fails(404, "not_found")["detail"],
        "there is no seat `nope`"
    );
    let taken = world
        .post("/v1/contracts/acme/seats")
        .json(json!({ "id": "ana" }))
        .send()
        .await;
    taken.fails(422, "duplicate_id");
}

#[tokio::test]
async fn a_limit_stops_a_seat() {
    let world = World::acme().await;
    let path = "/v1/contracts/acme/seats/ana";
    world
        .ask("PATCH", path)
        .json(json!({ "usage_limit": 1 }))
        .send()
        .await
        .is(200);
    world.sent("m1", "acme", "ana", "bo").await;
    let refused = world
        .post("/v1/messages")
        .json(letter(None, "acme", "ana", "cy"))
        .send()
        .await;
    let problem = refused.fails(422, "usage_limit_reached");
    assert!(problem["explanation"]["text"].is_array(), "{problem}");
    let seat = world.get(path).send().await.is(200);
    includes(&seat, &json!({ "used": 1, "usage_limit": 1 }));
}
