use crate::support::{START, World, includes};
use serde_json::json;

const OURS: &str = "extends = \"inmail-2015\"\nname = \"ours\"\n";

#[tokio::test]
async fn policies_are_listed_and_read() {
    let world = World::new().await;
    let list = world.get("/v1/policies").send().await.is(200);
    let names: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"inmail-2015") && names.contains(&"postage"),
        "{names:?}"
    );
    let one = world.get("/v1/policies/inmail-2015").send().await.is(200);
    includes(
        &one,
        &json!({ "name": "inmail-2015", "preset": true, "version": 1, "uploaded_at": null }),
    );
    assert!(
        one["text"]
            .as_str()
            .unwrap()
            .contains("name = \"inmail-2015\"")
    );
    assert_eq!(one["rules"]["name"], "inmail-2015");
    assert!(one["parts"][0]["lines"][0]["sentence"].is_string());
    assert!(one["sentences"].is_string());
    world
        .get("/v1/policies/nope")
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_policy_is_uploaded_and_followed() {
    let world = World::acme().await;
    let up = world
        .post("/v1/policies")
        .json(json!({ "text": OURS }))
        .send()
        .await
        .is(201);
    includes(
        &up,
        &json!({ "name": "ours", "preset": false, "version": 1, "uploaded_at": START, "text": OURS }),
    );
    let changed = format!("{OURS}[message]\nsubject_most = 10\n");
    let body = json!({ "text": changed, "contract": "acme" });
    let up = world.post("/v1/policies").json(body).send().await.is(201);
    includes(
        &up,
        &json!({ "version": 2, "contract": { "id": "acme", "policy": "ours" } }),
    );
    let again = world
        .post("/v1/policies")
        .json(json!({ "text": changed }))
        .send()
        .await
        .is(201);
    assert_eq!(again["version"], 2);
    let list = world.get("/v1/policies").send().await.is(200);
    let last = list["items"].as_array().unwrap().last().unwrap().clone();
    includes(&last, &json!({ "name": "ours", "version": 2 }));
}

#[tokio::test]
async fn an_upload_with_mistakes_changes_nothing() {
    let world = World::acme().await;
    let post = |body| world.post("/v1/policies").json(body).send();
    post(json!({ "text": "name = 1" }))
        .await
        .fails(422, "invalid_policy");
    post(json!({ "text": "extends = \"inmail-2015\"\nname = \"postage\"\n" }))
        .await
        .fails(400, "invalid_field");
    post(json!({ "text": OURS, "effective_at": "2027-01-01T00:00:00Z" }))
        .await
        .fails(400, "invalid_field");
    post(json!({ "text": OURS, "contract": "nope" }))
        .await
        .fails(422, "unknown_contract");
    world
        .get("/v1/policies/ours")
        .send()
        .await
        .fails(404, "not_found");
}
