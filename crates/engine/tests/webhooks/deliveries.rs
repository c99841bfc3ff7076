//! From the event to the endpoint, in one process.

use crate::receiver::*;
use crate::support::*;
use earnest_core::units::Timestamp;
use earnest_engine::webhooks::{Answered, NewWebhook, Owner, Replay, WebhookChange, WebhookState};
use earnest_engine::{Failure, What};
use earnest_store::DeliveryState;
use std::sync::atomic::Ordering::SeqCst;

#[tokio::test]
async fn what_happens_after_the_registration_is_sent_signed_and_in_order() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let before = world.engine.newest_event(&acme()).await.unwrap();
    let (_, secret) = registered(&world.engine).await;
    let receiver = Receiver::willing();
    let mut courier = courier(&world.engine, &receiver);
    send_some(&world.engine, &["bo", "cy", "di"]).await;
    courier.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [before + 1, before + 2, before + 3]);
    for call in receiver.calls() {
        assert_eq!(call.url, HOOK);
        assert_eq!(call.signature, signature(&secret, &call));
        assert_eq!(call.timestamp, world.engine.now().millis() / 1_000);
        let body = body(&call);
        assert_eq!(body["type"], "message_sent");
        assert_eq!(body["timestamp"], body["data"]["at"]);
        assert_eq!(body["data"]["contract"], "acme");
        assert_eq!(body["data"]["type"], "message_sent");
    }
    courier.settle().await.unwrap();
    assert_eq!(receiver.calls().len(), 3);
}

#[tokio::test]
async fn an_endpoint_is_sent_what_it_asked_for() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let engine = &world.engine;
    engine
        .submit(of_contract("other", create("inmail-2015")))
        .await
        .unwrap();
    let of_acme = NewWebhook {
        contract: Some(acme()),
        types: Some(vec!["message_seen".to_owned(), "seat_added".to_owned()]),
        owner: Owner::Contract(acme()),
        ..new("https://example.com/acme")
    };
    engine.create_webhook(of_acme).await.unwrap();
    engine
        .create_webhook(new("https://example.com/all"))
        .await
        .unwrap();
    let receiver = Receiver::willing();
    let mut courier = courier(engine, &receiver);
    let sent = message_of(engine.submit(order(send("bo"))).await);
    let seen = What::Seen(sent.id);
    engine.submit(order(seen)).await.unwrap();
    let seat = of_contract("other", order(add_seat("eve")));
    engine.submit(seat).await.unwrap();
    courier.settle().await.unwrap();
    let mut told: Vec<String> = receiver
        .calls()
        .iter()
        .map(|call| format!("{} {} {}", call.url, contract(call), body(call)["type"]))
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "https://example.com/acme acme \"message_seen\"",
            "https://example.com/all acme \"message_seen\"",
            "https://example.com/all acme \"message_sent\"",
            "https://example.com/all other \"seat_added\"",
        ]
    );
}

#[tokio::test]
async fn a_registration_that_makes_no_sense_is_refused() {
    let world = world().await;
    let engine = &world.engine;
    for url in [
        "",
        "ftp://example.com",
        "example.com",
        &format!("http://{}", "x".repeat(3_000)),
    ] {
        let refused = engine.create_webhook(new(url)).await;
        assert!(matches!(
            refused,
            Err(Failure::Invalid { field: "url", .. })
        ));
    }
    for types in [
        vec![],
        vec!["message_sent".to_owned(), "nonsense".to_owned()],
    ] {
        let wrong = NewWebhook {
            types: Some(types),
            ..new(HOOK)
        };
        let refused = engine.create_webhook(wrong).await;
        assert!(matches!(
            refused,
            Err(Failure::Invalid { field: "types", .. })
        ));
    }
    let nobody = NewWebhook {
        contract: Some(acme()),
        ..new(HOOK)
    };
    let refused = engine.create_webhook(nobody).await;
    assert_eq!(refused.unwrap_err(), Failure::UnknownContract(acme()));
    assert_eq!(engine.webhooks().await.unwrap(), []);
}

#[tokio::test]
async fn a_failure_holds_back_what_comes_after_it_in_its_contract_alone() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let engine = &world.engine;
    let other = |what| of_contract("other", what);
    engine.submit(other(create("inmail-2015"))).await.unwrap();
    let (id, _) = registered(engine).await;
    let receiver = Receiver::new(|call, _| match contract(call).as_str() {
        "acme" => Answered::Status(503),
        _ => Answered::Status(200),
    });
    let mut courier = courier(engine, &receiver);
    send_some(engine, &["bo", "cy"]).await;
    engine.submit(other(order(add_seat("eve")))).await.unwrap();
    engine.submit(other(order(add_seat("fay")))).await.unwrap();
    courier.settle().await.unwrap();
    let of = |id: &str| {
        receiver
            .calls()
            .iter()
            .filter(|it| contract(it) == id)
            .count()
    };
    assert_eq!((of("acme"), of("other")), (1, 2));
    receiver.now(|_, _| Answered::Status(200));
    world.clock.advance(5 * SECOND - 1);
    courier.settle().await.unwrap();
    assert_eq!(of("acme"), 1);
    world.clock.advance(502);
    courier.settle().await.unwrap();
    assert_eq!(of("acme"), 3);
    let all = states(engine, &id).await;
    assert!(
        all.iter().all(|it| it.1 == DeliveryState::Delivered),
        "{all:?}"
    );
}

#[tokio::test]
async fn a_failing_endpoint_is_tried_eight_times_and_then_no_more() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let (id, secret) = registered(&world.engine).await;
    let receiver = Receiver::new(|_, _| Answered::Failed("connection refused".to_owned()));
    let mut courier = courier(&world.engine, &receiver);
    send_some(&world.engine, &["bo"]).await;
    let mut tries = Vec::new();
    let start = world.engine.now();
    while tries.len() < 9 && world.engine.now().millis_since(start) < 2 * DAY {
        courier.settle().await.unwrap();
        let since = world.engine.now().millis_since(start);
        if receiver.calls().len() > tries.len() {
            tries.push(since);
        }
        // Exact to a hundredth of the time that has passed.
        world.clock.advance((since / 100).max(SECOND));
    }
    assert_eq!(tries.len(), 8, "{tries:?}");
    let waits = tries.windows(2).map(|it| it[1] - it[0]);
    let least = [5, 30, 120, 600, 3_600, 21_600, 86_400].map(|it| it * SECOND);
    for ((wait, least), since) in waits.zip(least).zip(&tries[1..]) {
        let most = least + least / 10 + since / 100 + SECOND;
        assert!(wait >= least && wait <= most, "{tries:?}");
    }
    let ids: Vec<String> = receiver.calls().iter().map(|it| it.id.clone()).collect();
    assert!(ids.windows(2).all(|it| it[0] == it[1]));
    let bodies: Vec<Vec<u8>> = receiver.calls().iter().map(|it| it.body.clone()).collect();
    assert!(bodies.windows(2).all(|it| it[0] == it[1]));
    let last = receiver.calls().pop().unwrap();
    assert_eq!(last.signature, signature(&secret, &last));
    let page = world
        .engine
        .deliveries(&id, Some(DeliveryState::Dead), None, 9)
        .await;
    let dead = page.unwrap().items.pop().unwrap();
    assert_eq!(dead.id, last.id);
    assert_eq!(dead.delivery.error.as_deref(), Some("connection refused"));
    assert_eq!((dead.delivery.status, dead.delivery.attempts), (None, 8));
    assert_eq!(world.engine.webhook_counts().dead.load(SeqCst), 1);
    assert_eq!(world.engine.webhook_counts().failed.load(SeqCst), 8);
}

#[tokio::test]
async fn a_dead_letter_lets_the_next_one_go_and_can_be_sent_again() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let engine = &world.engine;
    let (id, _) = registered(engine).await;
    let receiver = Receiver::new(|_, _| Answered::Status(500));
    let mut courier = courier_with(engine, &receiver, quick());
    send_some(engine, &["bo", "cy", "di"]).await;
    for _ in 0..3 {
        courier.settle().await.unwrap();
        world.clock.advance(6 * SECOND);
    }
    courier.settle().await.unwrap();
    let first = receiver.calls()[0].clone();
    assert_eq!(receiver.numbers(), [4, 4, 5, 5, 6, 6]);
    receiver.now(|_, _| Answered::Status(200));
    receiver.forget();
    // One that waits is not among those that are sent again, but goes after them.
    send_some(engine, &["eve"]).await;
    let one = Replay {
        delivery: Some(first.id.clone()),
        ..Replay::default()
    };
    assert_eq!(engine.replay_deliveries(&id, &one).await.unwrap(), 1);
    courier.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [4, 7]);
    assert_eq!(receiver.calls()[0].id, first.id);
    assert_eq!(receiver.calls()[0].body, first.body);
    receiver.forget();
    let dead = Replay {
        state: Some(DeliveryState::Dead),
        ..Replay::default()
    };
    assert_eq!(engine.replay_deliveries(&id, &dead).await.unwrap(), 2);
    courier.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [5, 6]);
    receiver.forget();
    world.clock.advance(SECOND);
    let since = |at: Timestamp| Replay {
        since: Some(at),
        ..Replay::default()
    };
    let now = engine.now();
    send_some(engine, &["fay"]).await;
    courier.settle().await.unwrap();
    assert_eq!(engine.replay_deliveries(&id, &since(now)).await.unwrap(), 1);
    assert_eq!(engine.replay_deliveries(&id, &since(now)).await.unwrap(), 0);
    assert_eq!(
        engine
            .replay_deliveries(&id, &Replay::default())
            .await
            .unwrap(),
        4
    );
    courier.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [8, 4, 5, 6, 7, 8]);
    for unknown in ["msg_x", "", &first.id[..20]] {
        let one = Replay {
            delivery: Some(unknown.to_owned()),
            ..Replay::default()
        };
        let refused = engine.replay_deliveries(&id, &one).await;
        assert!(matches!(
            refused,
            Err(Failure::Unknown {
                kind: "delivery",
                ..
            })
        ));
    }
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let engine = &world.engine;
    let (id, old) = registered(engine).await;
    let (_, new) = engine.rotate_webhook(&id).await.unwrap();
    assert_ne!(old, new);
    let receiver = Receiver::willing();
    let mut courier = courier(engine, &receiver);
    send_some(engine, &["bo"]).await;
    courier.settle().await.unwrap();
    world.clock.advance(DAY - 1);
    send_some(engine, &["cy"]).await;
    courier.settle().await.unwrap();
    world.clock.advance(1);
    send_some(engine, &["di"]).await;
    courier.settle().await.unwrap();
    let calls = receiver.calls();
    for call in &calls[..2] {
        let both = format!("{} {}", signature(&new, call), signature(&old, call));
        assert_eq!(call.signature, both);
    }
    assert_eq!(calls[2].signature, signature(&new, &calls[2]));
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_paused_and_nothing_is_lost() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let engine = &world.engine;
    let (id, _) = registered(engine).await;
    let receiver = Receiver::new(|_, _| Answered::Status(410));
    let mut courier = courier(engine, &receiver);
    send_some(engine, &["bo", "cy"]).await;
    courier.settle().await.unwrap();
    let paused = engine.webhook(&id).await.unwrap();
    assert_eq!(paused.state, WebhookState::Paused);
    assert_eq!(
        paused.reason.as_deref(),
        Some("the endpoint answered 410 Gone")
    );
    receiver.now(|_, _| Answered::Status(200));
    send_some(engine, &["di"]).await;
    world.clock.advance(3 * DAY);
    courier.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [4]);
    let resume = WebhookChange {
        state: Some((WebhookState::Active, None)),
        types: None,
    };
    let resumed = engine.change_webhook(&id, resume).await.unwrap();
    assert_eq!(
        (resumed.state, resumed.reason),
        (WebhookState::Active, None)
    );
    courier.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [4, 4, 5, 6]);
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_was_removed_is_given_up() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let engine = &world.engine;
    let (id, _) = registered(engine).await;
    let receiver = Receiver::new(|_, _| Answered::Status(500));
    let mut courier = courier(engine, &receiver);
    send_some(engine, &["bo", "cy"]).await;
    courier.settle().await.unwrap();
    assert_eq!(engine.store().status().await.unwrap().deliveries_waiting, 2);
    engine.delete_webhook(&id).await.unwrap();
    courier.settle().await.unwrap();
    assert_eq!(engine.store().status().await.unwrap().deliveries_waiting, 0);
    let unknown = Failure::Unknown {
        kind: "webhook",
        id: id.clone(),
    };
    assert_eq!(engine.webhook(&id).await.unwrap_err(), unknown);
    assert_eq!(engine.delete_webhook(&id).await.unwrap_err(), unknown);
    let asked = engine.deliveries(&id, None, None, 9).await;
    assert_eq!(asked.unwrap_err(), unknown);
    world.clock.advance(DAY);
    courier.settle().await.unwrap();
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test]
async fn what_was_sent_but_not_noted_is_sent_again_under_its_id() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let (id, _) = registered(&world.engine).await;
    let receiver = Receiver::willing();
    let mut first = courier(&world.engine, &receiver);
    send_some(&world.engine, &["bo", "cy"]).await;
    // It begins the attempt, the endpoint takes it, and nobody writes that down.
    while receiver.calls().is_empty() {
        first.step().await.unwrap();
        if receiver.calls().is_empty() && states(&world.engine, &id).await.len() == 2 {
            for _ in 0..9 {
                tokio::task::yield_now().await;
            }
        }
    }
    drop(first);
    let mut second = courier(&world.engine, &receiver);
    second.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [4], "the lease of the first goes on");
    world.clock.advance(15 * SECOND);
    second.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [4, 4, 5]);
    assert_eq!(receiver.calls()[0].id, receiver.calls()[1].id);
    assert_eq!(receiver.calls()[0].body, receiver.calls()[1].body);
}

#[tokio::test]
async fn a_courier_that_closes_lets_the_next_begin_at_once() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    registered(&world.engine).await;
    let receiver = Receiver::willing();
    let mut first = courier(&world.engine, &receiver);
    first.settle().await.unwrap();
    let elsewhere = world.another(8).await;
    let mut second = courier(&elsewhere, &receiver);
    send_some(&elsewhere, &["bo"]).await;
    second.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [0_u64; 0]);
    first.close().await.unwrap();
    second.settle().await.unwrap();
    assert_eq!(receiver.numbers(), [4]);
}

#[tokio::test]
async fn a_commit_larger_than_one_write_arrives_whole_and_in_order() {
    let world = world().await;
    world.founded("inmail-2015", 0).await;
    let ends = world.engine.now().plus_millis(DAY);
    let orders = (0..2_500).map(|number| {
        let What::Grant(grant) = grant(&format!("g{number}"), 1) else {
            panic!("a grant is a grant");
        };
        order(What::Grant(earnest_engine::NewGrant {
            expires_at: Some(ends),
            ..grant
        }))
    });
    for done in world.engine.submit_all(orders.collect()).await {
        done.unwrap();
    }
    let (id, _) = registered(&world.engine).await;
    world
        .engine
        .create_webhook(new("http://example.com/2"))
        .await
        .unwrap();
    let before = world.engine.newest_event(&acme()).await.unwrap();
    world.clock.advance(DAY + 1);
    while world.engine.sweep().await.unwrap() {}
    let count = world.engine.newest_event(&acme()).await.unwrap() - before;
    assert_eq!(count, 2_500);
    let receiver = Receiver::willing();
    courier(&world.engine, &receiver).settle().await.unwrap();
    for url in [HOOK, "http://example.com/2"] {
        let calls = receiver.calls().into_iter().filter(|it| it.url == url);
        let numbers: Vec<u64> = calls.map(|it| seq(&it)).collect();
        assert_eq!(numbers, (before + 1..=before + count).collect::<Vec<_>>());
    }
    let waiting = world
        .engine
        .store()
        .status()
        .await
        .unwrap()
        .deliveries_waiting;
    assert_eq!(waiting, 0, "{id}");
}
