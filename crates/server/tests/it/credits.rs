use crate::support::{START, World, includes};
use serde_json::json;

const GRANTS: &str = "/v1/contracts/acme/grants";

#[tokio::test]
async fn credits_are_granted_listed_and_revoked() {
    let world = World::acme().await;
    let body = json!({ "id": "g2", "credits": 10, "source": "promotion", "expires_at": "2026-03-01T00:00:00+02:00", "priority": 0 });
    let made = world.post(GRANTS).json(body).send().await.is(201);
    let expected = json!({
        "id": "g2", "contract": "acme", "credits": 10, "available": 10, "held": 0, "source": "promotion",
        "effective_at": START, "expires_at": "2026-02-28T22:00:00Z", "priority": 0, "revoked": false,
    });
    assert_eq!(made, expected);
    let path = format!("{GRANTS}/g2");
    assert_eq!(world.get(&*path).send().await.is(200), expected);
    let list = world.get(GRANTS).send().await.is(200);
    includes(
        &list,
        &json!({ "items": [{ "id": "g1" }, { "id": "g2" }], "next_cursor": null }),
    );
    let revoked = world.ask("DELETE", &*path).send().await.is(200);
    includes(&revoked, &json!({ "available": 0, "revoked": true }));
    assert_eq!(world.ask("DELETE", &*path).send().await.is(200), revoked);
    world
        .ask("DELETE", format!("{GRANTS}/nope"))
        .send()
        .await
        .fails(404, "not_found");
    let balance = world.get("/v1/contracts/acme/balance").send().await.is(200);
    let expected = json!({ "granted": 110, "available": 100, "held": 0, "consumed": 0, "expired": 0, "revoked": 10, "as_of": START });
    assert_eq!(balance, expected);
}

#[tokio::test]
async fn a_grant_that_has_no_sense_is_400() {
    let world = World::acme().await;
    let cases = [
        (json!({ "credits": 0 }), "credits"),
        (json!({ "credits": 1_000_000_001_u64 }), "credits"),
        (json!({ "credits": -1 }), "credits"),
        (json!({ "credits": 1.0 }), "credits"),
        (json!({ "credits": "1" }), "credits"),
        (json!({ "credits": 1, "source": "gift" }), "source"),
        (json!({ "credits": 1, "priority": -1 }), "priority"),
        (json!({ "credits": 1, "expires_at": START }), "expires_at"),
        (
            json!({ "credits": 1, "expires_at": "2026-02-30T00:00:00Z" }),
            "expires_at",
        ),
        (json!({ "credits": 1, "id": "lot~1" }), "id"),
    ];
    for (body, field) in cases {
        let refused = world.post(GRANTS).json(body.clone()).send().await;
        assert_eq!(
            refused.fails(400, "invalid_field")["field"],
            field,
            "{body}"
        );
    }
    let exponent = world.post(GRANTS).body("{\"credits\":1e3}").send().await;
    assert_eq!(exponent.fails(400, "invalid_field")["field"], "credits");
}

#[tokio::test]
async fn a_balance_is_told_of_past_instants() {
    let world = World::acme().await;
    world.clock.pass_days(1);
    world.sent("m1", "acme", "ana", "bo").await;
    world.clock.pass_days(1);
    let path = "/v1/contracts/acme/balance";
    let now = world.get(path).send().await.is(200);
    includes(
        &now,
        &json!({ "available": 99, "held": 1, "as_of": "2026-01-07T09:00:00Z" }),
    );
    for at in [
        "2026-01-06T08:59:59.999Z",
        "2026-01-06T09:59:59.999%2B01:00",
        "2026-01-06T09:59:59.999+01:00",
    ] {
        let past = world.get(format!("{path}?at={at}")).send().await.is(200);
        includes(
            &past,
            &json!({ "available": 100, "held": 0, "as_of": "2026-01-06T08:59:59.999Z" }),
        );
    }
    for at in [
        "2026-01-05T08:59:59Z",
        "2026-01-07T09:00:00.001Z",
        "yesterday",
        "",
    ] {
        let refused = world.get(format!("{path}?at={at}")).send().await;
        assert_eq!(
            refused.fails(400, "invalid_parameter")["field"],
            "at",
            "{at}"
        );
    }
}

#[tokio::test]
async fn the_ledger_is_listed_newest_first_without_gaps() {
    let world = World::acme().await;
    world.sent("m1", "acme", "ana", "bo").await;
    let list = world.get("/v1/contracts/acme/events").send().await.is(200);
    let items = list["items"].as_array().unwrap();
    let seqs: Vec<u64> = items.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (1..=items.len() as u64).rev().collect();
    assert_eq!(seqs, expected);
    let sent = json!({ "seq": 4, "at": START, "type": "message_sent", "message": "m1", "seat": "ana", "to": "bo", "credits": 1 });
    includes(&items[0], &sent);
    includes(
        &items[1],
        &json!({ "type": "grant_made", "grant": "g1", "credits": 100 }),
    );
    includes(&items[2], &json!({ "type": "seat_added", "seat": "ana" }));
    includes(&items[3], &json!({ "seq": 1, "type": "contract_created" }));
}
