use crate::support::World;
use serde_json::json;

#[tokio::test]
async fn health_and_documents_need_no_key_and_name_nobody() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let health = world.get("/healthz").nobody().send().await.is(200);
    assert_eq!(health, json!({ "status": "ok" }));
    let ready = world.get("/readyz").nobody().send().await.is(200);
    assert_eq!(ready, json!({ "status": "ready" }));
    for path in [
        "/openapi.json",
        "/docs",
        "/docs/errors",
        "/docs/page.js",
        "/docs/page.css",
    ] {
        let page = world.get(path).nobody().send().await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
        assert!(!page.text.contains("m1") || !path.starts_with("/metrics"));
    }
}

#[tokio::test]
async fn a_server_whose_store_fails_is_not_ready() {
    let world = World::acme().await;
    world.engine.store().close().await.unwrap();
    world
        .get("/readyz")
        .nobody()
        .send()
        .await
        .fails(503, "unavailable");
    let read = world.get("/v1/contracts/acme").send().await;
    read.fails(503, "unavailable");
    assert_eq!(read.header("retry-after"), Some("1"));
    world.get("/healthz").nobody().send().await.is(200);
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let world = World::new().await;
    for path in ["/docs", "/docs/errors", "/docs/page.js", "/docs/page.css"] {
        let page = world.get(path).nobody().send().await;
        assert!(
            !page.text.contains("http://") && !page.text.contains("https://"),
            "{path}"
        );
        assert!(
            page.header("content-security-policy")
                .unwrap()
                .contains("default-src 'none'")
        );
    }
}

#[tokio::test]
async fn what_an_advice_names_can_be_reached() {
    let page = World::new().await.get("/docs/errors").nobody().send().await;
    for link in [
        "<a href=\"/docs/api.md\">docs/api.md</a> has the table of scopes",
        "against <a href=\"/openapi.json\">/openapi.json</a>.",
    ] {
        assert!(page.text.contains(link), "{link}");
    }
}

#[tokio::test]
async fn every_document_leads_to_the_others_and_back() {
    let world = World::new().await;
    for path in ["/docs", "/docs/errors"] {
        let page = world.get(path).nobody().send().await;
        for other in [
            "/",
            "/docs",
            "/docs/errors",
            "/policies/format",
            "/openapi.json",
        ] {
            let link = format!("<a href=\"{other}\"");
            assert!(page.text.contains(&link), "{link} is not in {path}");
        }
    }
}
