use crate::support::World;
use serde_json::{Value, json};

/// Reads a list to its end in pages; `between` is done after the first.
async fn all<F: Future<Output = ()>>(
    world: &World,
    path: &str,
    limit: usize,
    between: F,
) -> Vec<Value> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let mut items = Vec::new();
    let mut cursor: Option<String> = None;
    let mut between = Some(between);
    loop {
        let place = cursor.map(|it| format!("&cursor={it}")).unwrap_or_default();
        let page = world
            .get(format!("{path}{mark}limit={limit}{place}"))
            .send()
            .await
            .is(200);
        let page_items = page["items"].as_array().unwrap();
        assert!(page_items.len() <= limit);
        items.extend(page_items.clone());
        if let Some(between) = between.take() {
            between.await;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return items,
        }
    }
}

fn names(items: &[Value], field: &str) -> Vec<String> {
    items
        .iter()
        .map(|it| it[field].to_string().trim_matches('"').to_owned())
        .collect()
}

#[tokio::test]
async fn a_list_is_told_once_and_in_order_while_it_grows() {
    let world = World::acme().await;
    for number in 0..7 {
        let seat = json!({ "id": format!("s{number}") });
        world
            .post("/v1/contracts/acme/seats")
            .json(seat)
            .send()
            .await
            .is(201);
        let grant = json!({ "id": format!("x{number}"), "credits": 1 });
        world
            .post("/v1/contracts/acme/grants")
            .json(grant)
            .send()
            .await
            .is(201);
        world.contract(&format!("c{number}"), &[]).await;
        world
            .sent(&format!("m{number}"), "acme", &format!("s{number}"), "bo")
            .await;
        let block = json!({ "contract": format!("c{number}") });
        world
            .post("/v1/members/bo/blocks")
            .json(block)
            .send()
            .await
            .is(201);
        world.key(earnest_engine::keys::Scope::Admin).await;
    }
    let grow = || async {
        world.contract("b-new", &[]).await;
        world
            .post("/v1/contracts/acme/seats")
            .json(json!({ "id": "new" }))
            .send()
            .await
            .is(201);
        world
            .post("/v1/contracts/acme/grants")
            .json(json!({ "id": "new", "credits": 1 }))
            .send()
            .await
            .is(201);
        let sent = json!({ "id": "new", "contract": "acme", "seat": "new", "to": "bo", "subject": "s", "body": "b" });
        world.post("/v1/messages").json(sent).send().await.is(201);
    };
    let before = all(&world, "/v1/contracts/acme/events", 200, async {}).await;
    let messages = all(&world, "/v1/members/bo/inbox", 2, grow()).await;
    assert_eq!(
        names(&messages, "id"),
        ["m6", "m5", "m4", "m3", "m2", "m1", "m0"]
    );
    let seats = all(&world, "/v1/contracts/acme/seats", 3, async {}).await;
    assert_eq!(
        names(&seats, "id"),
        ["ana", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "new"]
    );
    let grants = all(&world, "/v1/contracts/acme/grants", 4, async {}).await;
    assert_eq!(
        names(&grants, "id"),
        ["g1", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "new"]
    );
    let sent = all(
        &world,
        "/v1/contracts/acme/messages?status=pending",
        1,
        async {},
    )
    .await;
    assert_eq!(sent.len(), 8);
    let contracts = all(&world, "/v1/contracts", 3, async {}).await;
    assert_eq!(
        names(&contracts, "id"),
        ["acme", "b-new", "c0", "c1", "c2", "c3", "c4", "c5", "c6"]
    );
    let blocks = all(&world, "/v1/members/bo/blocks", 2, async {}).await;
    assert_eq!(blocks.len(), 7);
    let keys = all(&world, "/v1/keys", 3, async {}).await;
    assert_eq!(keys.len(), 8);
    let policies = all(&world, "/v1/policies", 3, async {}).await;
    assert_eq!(
        policies.len(),
        all(&world, "/v1/policies", 200, async {}).await.len()
    );
    let events = all(&world, "/v1/contracts/acme/events", 3, async {
        world
            .post("/v1/contracts/acme/seats")
            .json(json!({ "id": "newest" }))
            .send()
            .await
            .is(201);
    })
    .await;
    assert_eq!(events.len(), before.len() + 3);
    let seqs: Vec<u64> = events
        .iter()
        .map(|it| it["seq"].as_u64().unwrap())
        .collect();
    assert!(
        seqs.windows(2).all(|pair| pair[0] == pair[1] + 1),
        "{seqs:?}"
    );
}

#[tokio::test]
async fn a_conversation_is_paged() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    world
        .post("/v1/messages/m1/response")
        .json(json!({ "kind": "reply", "note": "0" }))
        .send()
        .await
        .is(200);
    for number in 1..5 {
        let body = json!({ "body": number.to_string(), "from": "seat" });
        world
            .post("/v1/messages/m1/replies")
            .json(body)
            .send()
            .await
            .is(201);
    }
    let items = all(&world, "/v1/messages/m1/conversation", 2, async {}).await;
    assert_eq!(names(&items, "body"), ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let world = World::acme().await;
    world.contract("beta", &["bea"]).await;
    world.sent("m1", "acme", "ana", "bo").await;
    world.sent("m2", "acme", "ana", "bo").await;
    let cursor = |page: Value| page["next_cursor"].as_str().unwrap().to_owned();
    let page = world
        .get("/v1/contracts/acme/events?limit=1")
        .send()
        .await
        .is(200);
    let events = cursor(page);
    let page = world
        .get("/v1/members/bo/inbox?limit=1&status=pending")
        .send()
        .await
        .is(200);
    let inbox = cursor(page);
    // The limit may change between pages.
    world
        .get(format!("/v1/contracts/acme/events?cursor={events}&limit=2"))
        .send()
        .await
        .is(200);
    let foreign = [
        format!("/v1/contracts/beta/events?cursor={events}"),
        format!("/v1/contracts/acme/seats?cursor={events}"),
        format!("/v1/members/bo/inbox?cursor={inbox}"),
        format!("/v1/members/bo/inbox?cursor={inbox}&status=lapsed"),
        format!("/v1/contracts/acme/events?cursor={events}x"),
        "/v1/contracts/acme/events?cursor=".to_owned(),
        "/v1/contracts/acme/events?cursor=%00".to_owned(),
        "/v1/contracts/acme/events?cursor=1".to_owned(),
        "/v1/contracts?cursor=abc".to_owned(),
    ];
    for path in foreign {
        let refused = world.get(&*path).send().await;
        assert_eq!(
            refused.fails(400, "invalid_cursor")["field"],
            "cursor",
            "{path}"
        );
    }
}

#[tokio::test]
async fn limits_and_parameters_are_looked_at() {
    let world = World::acme().await;
    for limit in [
        "0",
        "201",
        "-1",
        "+1",
        "1.0",
        "x",
        "",
        "99999999999999999999",
    ] {
        let refused = world
            .get(format!("/v1/contracts?limit={limit}"))
            .send()
            .await;
        assert_eq!(
            refused.fails(400, "invalid_parameter")["field"],
            "limit",
            "{limit}"
        );
    }
    let twice = world.get("/v1/contracts?limit=1&limit=1").send().await;
    twice.fails(400, "invalid_parameter");
    for path in [
        "/v1/contracts?page=2",
        "/v1/contracts/acme?x",
        "/v1/contracts/acme/balance?limit=1",
        "/v1/policies/postage?a=b",
    ] {
        world.get(path).send().await.fails(400, "unknown_parameter");
    }
    let posted = world
        .post("/v1/contracts/acme/seats?x=1")
        .json(json!({}))
        .send()
        .await;
    assert_eq!(posted.fails(400, "unknown_parameter")["field"], "x");
    let put = world
        .ask("PUT", "/v1/members/bo/preferences?x=1")
        .json(json!({}))
        .send()
        .await;
    put.fails(400, "unknown_parameter");
    let deleted = world
        .ask("DELETE", "/v1/contracts/acme/grants/g1?x=1")
        .send()
        .await;
    deleted.fails(400, "unknown_parameter");
    world.get("/v1/contracts?limit=200").send().await.is(200);
}
