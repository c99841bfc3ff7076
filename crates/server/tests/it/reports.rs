use crate::support::{World, includes};
use serde_json::json;

#[tokio::test]
async fn a_report_counts_answers_by_day_seat_and_campaign() {
    let world = World::acme().await;
    let path = "/v1/contracts/acme/reports/responses";
    let none = world.get(path).send().await.is(200);
    includes(
        &none,
        &json!({ "sent": 0, "response_rate": null, "credits_per_response": null, "days": [] }),
    );
    let campaign = json!({ "id": "c1", "contract": "acme", "seat": "ana", "to": ["bo", "cy"], "subject": "s", "body": "b" });
    let sent = world
        .post("/v1/campaigns")
        .json(campaign)
        .send()
        .await
        .is(201);
    world.clock.pass_days(1);
    world.sent("m1", "acme", "ana", "di").await;
    let first = sent["messages"][0]["id"].as_str().unwrap();
    let path_of = format!("/v1/messages/{first}/response");
    world
        .post(path_of)
        .json(json!({ "kind": "accept" }))
        .send()
        .await
        .is(200);
    world.clock.pass_days(90);
    let report = world.get(path).send().await.is(200);
    let expected = json!({
        "as_of": "2026-04-06T09:00:00Z", "sent": 3, "responded": 1,
        "by_kind": { "reply": 0, "accept": 1, "not_interested": 0 },
        "returned": 1, "consumed": 1, "held": 1, "lapsed": 1, "consumed_credits": 1, "credits_per_response": 1.0,
        "days": [
            { "day": "2026-01-05", "sent": 2, "responded": 1, "response_rate": 0.5 },
            { "day": "2026-01-06", "sent": 1, "responded": 0, "response_rate": 0.0 },
        ],
        "seats": [{ "seat": "ana", "sent": 3, "responded": 1 }],
        "campaigns": [{ "campaign": "c1", "sent": 2, "responded": 1 }],
    });
    includes(&report, &expected);
    let rate = report["response_rate"].as_f64().unwrap();
    assert_eq!(rate.to_bits(), (1.0_f64 / 3.0).to_bits());
}
