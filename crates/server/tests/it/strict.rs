use crate::support::{World, letter};
use earnest_server::Settings;
use serde_json::json;

const SEND: &str = "/v1/messages";

#[tokio::test]
async fn a_body_is_json_and_says_so() {
    let world = World::acme().await;
    let body = letter(None, "acme", "ana", "bo").to_string();
    let types = [
        None,
        Some("text/plain"),
        Some("application/jsonx"),
        Some("application/problem+json"),
        Some("application/json; charset=latin1"),
    ];
    for kind in types {
        let ask = world.post(SEND).without("content-type");
        let ask = match kind {
            Some(kind) => ask.header("content-type", kind),
            None => ask,
        };
        ask.body(&*body)
            .send()
            .await
            .fails(415, "unsupported_media_type");
    }
    for kind in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
    ] {
        world
            .post(SEND)
            .header("content-type", kind)
            .body(&*body)
            .send()
            .await
            .is(201);
        world.clock.pass_days(100);
    }
}

#[tokio::test]
async fn what_is_not_json_is_400() {
    let world = World::acme().await;
    let bodies: [&[u8]; 12] = [
        b"{",
        b"{]",
        b"nope",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"{\"contract\":\"\xff\"}",
        b"{\"to\":\"\\ud800\"}",
        b"{\"to\":\"\\ud800x\"}",
        b"{\"to\":\"a\",\"to\":\"a\"}",
        b"{\"to\":NaN}",
        b"{\"to\":01}",
        b"{'to':1}",
    ];
    for body in bodies {
        let refused = world.post(SEND).body(body).send().await;
        refused.fails(400, "invalid_json");
    }
    for body in [&b"[]"[..], b"null", b"\"x\"", b"7"] {
        world
            .post(SEND)
            .body(body)
            .send()
            .await
            .fails(400, "invalid_field");
    }
    let empty = world.post(SEND).send().await;
    assert_eq!(empty.fails(400, "missing_field")["field"], "contract");
    let deep = "[".repeat(200_000);
    world
        .post(SEND)
        .body(deep)
        .send()
        .await
        .fails(400, "invalid_json");
}

#[tokio::test]
async fn each_field_is_looked_at() {
    let world = World::acme().await;
    let long = "x".repeat(129);
    let cases = [
        ("contract", json!(null), "invalid_field"),
        ("contract", json!(7), "invalid_field"),
        ("contract", json!(""), "invalid_field"),
        ("contract", json!("a/b"), "invalid_field"),
        ("contract", json!(".."), "invalid_field"),
        ("seat", json!(long), "invalid_field"),
        ("seat", json!("\u{e9}"), "invalid_field"),
        ("to", json!(["bo"]), "invalid_field"),
        ("to", json!({ "id": "bo" }), "invalid_field"),
        ("to", json!("b\u{0}o"), "invalid_field"),
        ("subject", json!(""), "invalid_field"),
        ("subject", json!("a\u{0}b"), "invalid_field"),
        ("subject", json!("a\u{7}b"), "invalid_field"),
        ("body", json!(""), "invalid_field"),
        ("body", json!(true), "invalid_field"),
        ("id", json!("a b"), "invalid_field"),
        ("at", json!("2026-01-05"), "invalid_field"),
        ("at", json!("2026-01-05T09:00:60Z"), "invalid_field"),
        ("at", json!("2026-01-05t09:00:00z"), "invalid_field"),
        ("at", json!("2026-01-05T09:00:00"), "invalid_field"),
        ("at", json!("2026-01-05T09:00:00.0001Z"), "invalid_field"),
        ("at", json!(1_767_603_600), "invalid_field"),
        ("Subject", json!("x"), "unknown_field"),
        ("credits", json!(1), "unknown_field"),
    ];
    for (field, value, code) in cases {
        let mut body = letter(None, "acme", "ana", "bo");
        body[field] = value.clone();
        let refused = world.post(SEND).json(body).send().await;
        assert_eq!(refused.fails(400, code)["field"], field, "{value}");
    }
    for field in ["contract", "seat", "to", "subject", "body"] {
        let mut body = letter(None, "acme", "ana", "bo");
        body.as_object_mut().unwrap().remove(field);
        let refused = world.post(SEND).json(body).send().await;
        assert_eq!(refused.fails(400, "missing_field")["field"], field);
    }
    let mut body = letter(None, "acme", "ana", "bo");
    body["body"] = json!("a\r\n\tb \u{1f600}");
    world.post(SEND).json(body).send().await.is(201);
}

#[tokio::test]
async fn a_text_is_measured_in_code_points() {
    let world = World::acme().await;
    let mut body = letter(None, "acme", "ana", "bo");
    body["subject"] = json!("\u{1f600}".repeat(200));
    world.post(SEND).json(body.clone()).send().await.is(201);
    body["subject"] = json!("x".repeat(201));
    world
        .post(SEND)
        .json(body)
        .send()
        .await
        .fails(422, "subject_too_long");
}

#[tokio::test]
async fn a_body_has_a_size() {
    let settings = Settings {
        body_most: 2_000,
        batch_body_most: 4_000,
        ..Settings::default()
    };
    let world = World::with(settings).await;
    world.contract("acme", &["ana"]).await;
    let mut body = letter(None, "acme", "ana", "bo");
    body["body"] = json!("x".repeat(2_000));
    let text = body.to_string();
    world
        .post(SEND)
        .body(&*text)
        .send()
        .await
        .fails(413, "body_too_large");
    let batch = json!({ "commands": [{ "send": body }] }).to_string();
    world.post("/v1/batches").body(&*batch).send().await.is(200);
    let batch = format!("{batch}{}", " ".repeat(4_000));
    world
        .post("/v1/batches")
        .body(batch)
        .send()
        .await
        .fails(413, "body_too_large");
}

#[tokio::test]
async fn no_path_is_answered_with_a_5xx() {
    let world = World::acme().await;
    let ids = [
        "%00",
        "%ff",
        "a%2Fb",
        "..%2f..",
        "%F0%9F%98%80",
        "a%20b",
        "lot~1",
        "'",
        "%25",
        "x".repeat(500).leak(),
    ];
    let routes = [
        "/v1/contracts/ID",
        "/v1/contracts/acme/seats/ID",
        "/v1/contracts/acme/grants/ID",
        "/v1/contracts/ID/balance",
        "/v1/contracts/ID/events",
        "/v1/messages/ID",
        "/v1/messages/ID/explanation",
        "/v1/messages/ID/conversation",
        "/v1/members/ID/inbox",
        "/v1/members/ID/preferences",
        "/v1/policies/ID",
    ];
    for route in routes {
        for id in ids {
            let path = route.replace("ID", id);
            let refused = world.get(&*path).send().await;
            refused.fails(404, "not_found");
        }
    }
    for (method, path) in [
        ("DELETE", "/v1/keys/%00"),
        ("DELETE", "/v1/members/bo/blocks/%ff"),
        ("DELETE", "/v1/contracts/acme/grants/%00"),
    ] {
        world.ask(method, path).send().await.fails(404, "not_found");
    }
}
