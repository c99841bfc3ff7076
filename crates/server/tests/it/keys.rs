use crate::support::{START, World, includes};
use serde_json::json;

#[tokio::test]
async fn a_key_is_made_used_listed_and_revoked() {
    let world = World::acme().await;
    let body = json!({ "scope": "seat", "contract": "acme", "seat": "ana" });
    let made = world
        .post("/v1/keys")
        .json(body.clone())
        .send()
        .await
        .is(201);
    includes(&made, &body);
    includes(&made, &json!({ "created_at": START, "revoked_at": null }));
    let key = made["key"].as_str().unwrap();
    let seat = "/v1/contracts/acme/seats/ana";
    world.get(seat).key(key).send().await.is(200);
    let list = world.get("/v1/keys").send().await.is(200);
    assert!(!list.to_string().contains(key));
    let listed = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == made["id"])
        .unwrap();
    assert_eq!(listed.get("key"), None);
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    let revoked = world.ask("DELETE", &*path).send().await.is(200);
    assert_eq!(revoked["revoked_at"], START);
    world
        .get(seat)
        .key(key)
        .send()
        .await
        .fails(401, "unauthorized");
    world.ask("DELETE", &*path).send().await.is(200);
    world
        .ask("DELETE", "/v1/keys/nope")
        .send()
        .await
        .fails(404, "not_found");
}

#[tokio::test]
async fn a_key_stands_for_what_is_there() {
    let world = World::acme().await;
    let post = |body| world.post("/v1/keys").json(body).send();
    post(json!({ "scope": "contract", "contract": "nope" }))
        .await
        .fails(422, "unknown_contract");
    post(json!({ "scope": "seat", "contract": "acme", "seat": "nope" }))
        .await
        .fails(422, "unknown_seat");
    let missing = post(json!({ "scope": "seat", "contract": "acme" })).await;
    assert_eq!(missing.fails(400, "missing_field")["field"], "seat");
    let too_much = post(json!({ "scope": "admin", "member": "bo" })).await;
    assert_eq!(too_much.fails(400, "invalid_field")["field"], "member");
    let unknown = post(json!({ "scope": "root" })).await;
    assert_eq!(unknown.fails(400, "invalid_field")["field"], "scope");
    post(json!({ "scope": "member", "member": "bo" }))
        .await
        .is(201);
}

#[tokio::test]
async fn only_a_whole_key_in_one_header_is_one() {
    let world = World::acme().await;
    let path = "/v1/contracts/acme";
    world
        .get(path)
        .nobody()
        .send()
        .await
        .fails(401, "unauthorized");
    let cases = [
        world.admin.clone(),
        format!("Basic {}", world.admin),
        format!("Bearer {}x", world.admin),
        format!("Bearer {}", &world.admin[..world.admin.len() - 1]),
        "Bearer ".to_owned(),
        "Bearer earnest_x_y".to_owned(),
    ];
    for header in cases {
        let refused = world
            .get(path)
            .nobody()
            .header("authorization", &header)
            .send()
            .await;
        refused.fails(401, "unauthorized");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
    }
    let spelled = format!("bearer {}", world.admin);
    world
        .get(path)
        .nobody()
        .header("authorization", &spelled)
        .send()
        .await
        .is(200);
}
