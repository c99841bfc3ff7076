use crate::support::{START, World, includes};
use earnest_engine::keys::Scope;
use serde_json::json;

#[tokio::test]
async fn a_contract_is_begun_and_read() {
    let world = World::new().await;
    let body = json!({ "id": "acme", "name": "Acme", "policy": "inmail-2014", "starts_at": "2026-01-05T10:00:00.5+01:00", "allotments": false });
    let begun = world.post("/v1/contracts").json(body).send().await.is(201);
    let expected = json!({
        "id": "acme", "name": "Acme", "policy": "inmail-2014", "starts_at": "2026-01-05T09:00:00.500Z",
        "allotments": false, "bulk_disabled": false, "cancelled_at": null, "live_at": START,
        "versions": [{ "version": 0, "policy": "inmail-2014", "effective_at": "2026-01-05T09:00:00.500Z" }],
    });
    assert_eq!(begun, expected);
    assert_eq!(
        world.get("/v1/contracts/acme").send().await.is(200),
        expected
    );
}

#[tokio::test]
async fn what_is_absent_has_a_default() {
    let world = World::new().await;
    let begun = world
        .post("/v1/contracts")
        .json(json!({}))
        .send()
        .await
        .is(201);
    let expected = json!({ "policy": "inmail-2015", "starts_at": START, "allotments": true });
    includes(&begun, &expected);
    let id = begun["id"].as_str().unwrap();
    assert_eq!(begun["name"], id);
    world
        .get(format!("/v1/contracts/{id}"))
        .send()
        .await
        .is(200);
}

#[tokio::test]
async fn a_taken_id_and_an_unknown_policy_are_422() {
    let world = World::acme().await;
    let again = world
        .post("/v1/contracts")
        .json(json!({ "id": "acme" }))
        .send()
        .await;
    again.fails(422, "duplicate_id");
    let other = json!({ "id": "beta", "policy": "nope" });
    let unknown = world.post("/v1/contracts").json(other).send().await;
    unknown.fails(422, "unknown_policy");
    world
        .get("/v1/contracts/beta")
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_cancelled_contract_sends_no_more() {
    let world = World::acme().await;
    let cancelled = world.post("/v1/contracts/acme/cancel").send().await.is(200);
    assert_eq!(cancelled["cancelled_at"], START);
    let again = world
        .post("/v1/contracts/acme/cancel")
        .json(json!({}))
        .send()
        .await;
    again.fails(422, "contract_cancelled");
    let balance = world.get("/v1/contracts/acme/balance").send().await.is(200);
    includes(
        &balance,
        &json!({ "granted": 100, "available": 0, "revoked": 100 }),
    );
}

#[tokio::test]
async fn a_policy_version_is_added() {
    let world = World::acme().await;
    let body = json!({ "policy": "postage", "effective_at": "2026-02-01T00:00:00Z" });
    let added = world
        .post("/v1/contracts/acme/policies")
        .json(body)
        .send()
        .await
        .is(201);
    assert_eq!(added["policy"], "inmail-2015");
    includes(
        &added["versions"][1],
        &json!({ "version": 1, "policy": "postage", "effective_at": "2026-02-01T00:00:00Z" }),
    );
    let past = json!({ "policy": "postage", "effective_at": "2026-01-01T00:00:00Z" });
    let refused = world
        .post("/v1/contracts/acme/policies")
        .json(past)
        .send()
        .await;
    assert_eq!(refused.fails(400, "invalid_field")["field"], "effective_at");
    let unknown = json!({ "policy": "nope" });
    let refused = world
        .post("/v1/contracts/acme/policies")
        .json(unknown)
        .send()
        .await;
    refused.fails(422, "unknown_policy");
    world.clock.pass_days(60);
    let later = world.get("/v1/contracts/acme").send().await.is(200);
    assert_eq!(later["policy"], "postage");
}

#[tokio::test]
async fn a_history_is_told_by_import_keys_and_set_live() {
    let world = World::new().await;
    let import = world.key(Scope::Import).await;
    let told =
        json!({ "id": "old", "starts_at": "2025-01-01T00:00:00Z", "at": "2025-01-01T00:00:00Z" });
    let begun = world
        .post("/v1/contracts")
        .key(&import)
        .json(told.clone())
        .send()
        .await
        .is(201);
    assert_eq!(begun["live_at"], json!(null));
    let seat = json!({ "id": "ana", "at": "2025-01-02T00:00:00Z" });
    let path = "/v1/contracts/old/seats";
    let added = world
        .post(path)
        .key(&import)
        .json(seat)
        .send()
        .await
        .is(201);
    assert_eq!(added["added_at"], "2025-01-02T00:00:00Z");
    let ahead = json!({ "id": "cy", "at": "2027-01-02T00:00:00Z" });
    let refused = world.post(path).key(&import).json(ahead).send().await;
    assert_eq!(refused.fails(400, "invalid_field")["field"], "at");
    let before = json!({ "id": "cy", "at": "2025-01-01T12:00:00Z" });
    let refused = world.post(path).key(&import).json(before).send().await;
    refused.fails(422, "out_of_order");
    let live = world
        .post("/v1/contracts/old/live")
        .key(&import)
        .send()
        .await
        .is(200);
    assert_eq!(live["live_at"], START);
    let refused = world
        .post("/v1/contracts")
        .json(json!({ "id": "b", "at": START }))
        .send()
        .await;
    refused.fails(403, "at_not_allowed");
}
