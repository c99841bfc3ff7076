//! Orders, from the asking to the answer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

mod caps;
mod giver;
#[path = "../support/mod.rs"]
mod support;

use earnest_core::command::{Accepts, Side};
use earnest_core::policy::Standing;
use earnest_core::units::{CampaignId, Credits, GrantId, MemberId, MessageId, SeatId, Timestamp};
use earnest_core::{Credit, Status};
use earnest_engine::clock::SystemRandom;
use earnest_engine::{
    Before, Engine, Failure, NewCampaign, NewWriting, Options, Reply, SeatChange, What,
};
use earnest_store::sqlite::{self, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use support::*;

/// A process on a store in a file.
async fn on_file(file: &Path, clock: &TestClock) -> Engine {
    let store = SqliteStore::open(file, sqlite::Options::default()).unwrap();
    let (clock, random) = (Arc::new(clock.clone()), Arc::new(SystemRandom));
    let options = Options::default();
    Engine::open(Arc::new(store), clock, random, options)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_lot_that_goes_hides_no_other_from_who_pages() {
    let world = world().await;
    lots_are_paged_while_some_go(&world.engine, &world.another(8).await).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it.db");
    let open = || on_file(&file, &world.clock);
    lots_are_paged_while_some_go(&open().await, &open().await).await;
}

#[tokio::test]
async fn a_lot_that_is_gone_is_unknown_and_one_that_was_revoked_stays() {
    let world = world().await;
    world.founded("inmail-2015", 1).await;
    let engine = &world.engine;
    // The credit comes back as a lot of its own, is staked again, and comes back as another one.
    for to in ["bo", "cy"] {
        let message = message_of(engine.submit(order(send(to))).await);
        let reply = reply(&message.id, None);
        engine.submit(order(reply)).await.unwrap();
    }
    let lot = |number: u32| GrantId::of_any(&format!("lot~{number}")).unwrap();
    let revoke = |number| engine.submit(order(What::Revoke(lot(number))));
    let newest = engine.newest_event(&acme()).await;
    assert_eq!(engine.grant(&acme(), &lot(1)).await, Ok(None));
    let failure = revoke(1).await.unwrap_err();
    assert_eq!(code_of(&failure), "unknown_grant");
    assert_eq!(engine.newest_event(&acme()).await, newest);
    let revoked = revoke(2).await.unwrap().reply;
    let Reply::Grant(grant) = &revoked else {
        panic!()
    };
    assert_eq!((grant.revoked, grant.available), (true, Credits(0)));
    let newest = engine.newest_event(&acme()).await;
    assert_eq!(
        engine.grant(&acme(), &lot(2)).await,
        Ok(Some(grant.clone()))
    );
    assert_eq!(revoke(2).await.unwrap().reply, revoked);
    assert_eq!(engine.newest_event(&acme()).await, newest);
}

#[tokio::test]
async fn a_reply_in_time_brings_the_credit_back() {
    let world = world().await;
    world.founded("inmail-2015", 3).await;
    let engine = &world.engine;
    let message = message_of(engine.submit(order(send("bo"))).await);
    assert_eq!(
        (message.status, message.credit),
        (Status::Pending, Credit::Held)
    );
    assert_eq!(
        credits(engine).await,
        "2 available, 1 held, 0 consumed, 0 expired"
    );
    world.clock.advance(40 * DAY);
    let answered = message_of(engine.submit(order(reply(&message.id, Some("Yes")))).await);
    assert_eq!(
        (answered.status, answered.credit),
        (Status::Responded, Credit::Returned)
    );
    assert_eq!(answered.response_note.as_deref(), Some("Yes"));
    assert_eq!(
        credits(engine).await,
        "3 available, 0 held, 0 consumed, 0 expired"
    );
    let read = engine.message(&message.id).await.unwrap();
    assert_eq!(read.text.as_ref().unwrap().subject, "Hello");
    assert_eq!(read.responded_at, answered.responded_at);
    let story = engine.explanation(&message.id).await.unwrap();
    assert!(story.to_string().contains("settlement.rule[0]"), "{story}");
}

#[tokio::test]
async fn silence_takes_the_credit_also_when_nobody_calls() {
    let world = world().await;
    world.founded("inmail-2015", 1).await;
    let message = message_of(world.engine.submit(order(send("bo"))).await);
    world.clock.advance(90 * DAY);
    assert!(!world.engine.sweep().await.unwrap());
    assert_eq!(
        world.engine.message(&message.id).await.unwrap().status,
        Status::Pending
    );
    world.clock.advance(1);
    world.engine.sweep().await.unwrap();
    let row = world
        .engine
        .find_message(&message.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.outcome.status, row.outcome.credit),
        (Status::Lapsed, Credit::Consumed)
    );
    assert_eq!(
        credits(&world.engine).await,
        "0 available, 0 held, 1 consumed, 0 expired"
    );
}

#[tokio::test]
async fn a_refusal_tells_its_story_and_changes_nothing() {
    let world = world().await;
    world.founded("inmail-2015", 0).await;
    let before = world.engine.newest_event(&acme()).await.unwrap();
    let failure = world.engine.submit(order(send("bo"))).await.unwrap_err();
    assert_eq!(code_of(&failure), "insufficient_credits");
    let Failure::Refused(refused) = failure else {
        panic!()
    };
    assert!(!refused.explanation.changes.is_empty());
    assert_eq!(world.engine.newest_event(&acme()).await.unwrap(), before);
}

#[tokio::test]
async fn an_order_given_twice_under_a_key_is_carried_out_once() {
    let world = world().await;
    world.founded("inmail-2015", 3).await;
    let engine = &world.engine;
    let first = engine.submit(keyed(send("bo"), "k1", 1)).await.unwrap();
    let again = engine.submit(keyed(send("bo"), "k1", 1)).await.unwrap();
    assert!(!first.replayed && again.replayed);
    assert_eq!(first.reply, again.reply);
    let other = engine.submit(keyed(send("bo"), "k1", 2)).await;
    assert_eq!(other, Err(Failure::KeyReused));
    assert_eq!(
        credits(engine).await,
        "2 available, 1 held, 0 consumed, 0 expired"
    );
    // What happened since does not change the first answer.
    let Reply::Message(message) = &first.reply else {
        panic!()
    };
    engine
        .submit(keyed(reply(&message.id, None), "k2", 1))
        .await
        .unwrap();
    let again = engine.submit(keyed(send("bo"), "k1", 1)).await.unwrap();
    assert_eq!(first.reply, again.reply);
    let another = world.another(8).await;
    let answered = another
        .submit(keyed(reply(&message.id, None), "k2", 1))
        .await
        .unwrap();
    assert!(answered.replayed);
}

/// Between a look at a key and the commit another may take it: also where nobody looks again, it is taken once.
#[tokio::test]
async fn a_key_that_was_taken_since_it_was_looked_at_is_found_at_the_commit() {
    for credits_at_first in [1, 3] {
        let world = world().await;
        world.founded("inmail-2015", credits_at_first).await;
        let (engine, another) = (&world.engine, world.another(8).await);
        let [sent, other] = [1, 2].map(|body| keyed(send("bo"), "k1", body));
        let keys = [sent.key.clone().unwrap()];
        assert_eq!(engine.look_before(&keys).await, Ok(vec![Before::Nothing]));
        let first = another.submit(sent.clone()).await.unwrap();
        assert_eq!(engine.look_before(&keys).await, Ok(vec![Before::Unknown]));
        let given = vec![(sent, Before::Nothing), (other, Before::Nothing)];
        let answers = engine.submit_looked(given).await;
        let again = answers[0].as_ref().unwrap();
        assert!(again.replayed);
        assert_eq!(again.reply, first.reply);
        assert_eq!(answers[1], Err(Failure::KeyReused));
        let left = credits_at_first - 1;
        assert_eq!(
            credits(engine).await,
            format!("{left} available, 1 held, 0 consumed, 0 expired")
        );
    }
}

#[tokio::test]
async fn a_refused_order_is_not_remembered_under_its_key() {
    let world = world().await;
    world.founded("inmail-2015", 0).await;
    let engine = &world.engine;
    assert!(engine.submit(keyed(send("bo"), "k1", 1)).await.is_err());
    engine.submit(order(grant("g1", 1))).await.unwrap();
    assert!(
        !engine
            .submit(keyed(send("bo"), "k1", 1))
            .await
            .unwrap()
            .replayed
    );
}

#[tokio::test]
async fn fifty_equal_keys_at_once_are_one_order() {
    let world = world().await;
    world.founded("inmail-2015", 60).await;
    let asks = (0..50).map(|_| world.engine.submit(keyed(send("bo"), "k1", 1)));
    let answers = futures_util::future::join_all(asks).await;
    let fresh = answers.iter().filter(|it| !it.as_ref().unwrap().replayed);
    assert_eq!(fresh.count(), 1);
    assert_eq!(
        credits(&world.engine).await,
        "59 available, 1 held, 0 consumed, 0 expired"
    );
}

#[tokio::test]
async fn two_processes_race_for_the_last_credits() {
    let world = world().await;
    world.founded("inmail-2015", 10).await;
    let other = world.another(8).await;
    let mut asks = Vec::new();
    for number in 0..40 {
        let engine = if number % 2 == 0 {
            &world.engine
        } else {
            &other
        };
        asks.push(engine.submit(order(send(&format!("m{number}")))));
    }
    let answers = futures_util::future::join_all(asks).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 10);
    for failure in answers.into_iter().filter_map(Result::err) {
        assert_eq!(code_of(&failure), "insufficient_credits");
    }
    for engine in [&world.engine, &other] {
        assert_eq!(
            credits(engine).await,
            "0 available, 10 held, 0 consumed, 0 expired"
        );
    }
}

#[tokio::test]
async fn one_process_sees_at_once_what_another_did() {
    let world = world().await;
    world.founded("inmail-2015", 10).await;
    let other = world.another(8).await;
    assert_eq!(
        credits(&other).await,
        "10 available, 0 held, 0 consumed, 0 expired"
    );
    let message = message_of(world.engine.submit(order(send("bo"))).await);
    assert_eq!(
        credits(&other).await,
        "9 available, 1 held, 0 consumed, 0 expired"
    );
    other.submit(order(reply(&message.id, None))).await.unwrap();
    assert_eq!(
        credits(&world.engine).await,
        "10 available, 0 held, 0 consumed, 0 expired"
    );
    let bo = MemberId::new("bo").unwrap();
    other
        .set_preferences(&bo, Accepts::None, None, None)
        .await
        .unwrap();
    let failure = world.engine.submit(order(send("bo"))).await.unwrap_err();
    assert_eq!(code_of(&failure), "recipient_closed");
}

#[tokio::test]
async fn a_campaign_goes_whole_or_not_at_all() {
    let world = world().await;
    world.founded("inmail-2015", 3).await;
    let campaign = |to: &[&str]| {
        order(What::Campaign(NewCampaign {
            id: Some(CampaignId::new("c1").unwrap()),
            seat: SeatId::new("ana").unwrap(),
            to: to.iter().map(|to| MemberId::new(to).unwrap()).collect(),
            subject: "Hello".to_owned(),
            body: "A text".to_owned(),
        }))
    };
    let failure = world
        .engine
        .submit(campaign(&["a", "b", "c", "d"]))
        .await
        .unwrap_err();
    assert_eq!(code_of(&failure), "insufficient_credits");
    assert_eq!(
        credits(&world.engine).await,
        "3 available, 0 held, 0 consumed, 0 expired"
    );
    let done = world
        .engine
        .submit(campaign(&["a", "b", "c"]))
        .await
        .unwrap();
    let Reply::Campaign(sent) = done.reply else {
        panic!()
    };
    assert_eq!(sent.messages.len(), 3);
    assert!(sent.messages.iter().all(|message| message.bulk));
    let report = world.engine.responses(&acme()).await.unwrap();
    assert_eq!((report.total.sent, report.campaigns[0].1.sent), (3, 3));
    let message = &sent.messages[1].id;
    world
        .engine
        .submit(order(reply(message, None)))
        .await
        .unwrap();
    let report = world.engine.responses(&acme()).await.unwrap();
    assert_eq!((report.total.reply, report.campaigns[0].1.reply), (1, 1));
}

#[tokio::test]
async fn an_id_of_another_contracts_message_is_taken() {
    let world = world().await;
    world.founded("inmail-2015", 10).await;
    let other = |what| earnest_engine::Order {
        contract: earnest_core::units::ContractId::new("other").unwrap(),
        ..order(what)
    };
    let engine = &world.engine;
    engine
        .submit(other(create("inmail-2015").what))
        .await
        .unwrap();
    engine.submit(other(add_seat("ana"))).await.unwrap();
    engine.submit(other(grant("g1", 5))).await.unwrap();
    engine
        .submit(order(send_as(Some("m1"), "bo")))
        .await
        .unwrap();
    let failure = engine
        .submit(other(send_as(Some("m1"), "bo")))
        .await
        .unwrap_err();
    assert_eq!(code_of(&failure), "duplicate_id");
}

#[tokio::test]
async fn a_conversation_goes_on_where_it_is_open() {
    let world = world().await;
    world.founded("inmail-2015", 1).await;
    let engine = &world.engine;
    let message = message_of(engine.submit(order(send("bo"))).await);
    let write = |from| {
        order(What::Write(NewWriting {
            message: message.id.clone(),
            from,
            body: "And then?".to_owned(),
        }))
    };
    let failure = engine.submit(write(Side::Seat)).await.unwrap_err();
    assert_eq!(code_of(&failure), "not_open");
    engine
        .submit(order(reply(&message.id, Some("Tell me"))))
        .await
        .unwrap();
    engine.submit(write(Side::Seat)).await.unwrap();
    let bo = MemberId::new("bo").unwrap();
    let block = engine.block(&bo, &acme(), None).await.unwrap();
    let failure = engine.submit(write(Side::Seat)).await.unwrap_err();
    assert_eq!(code_of(&failure), "recipient_blocked");
    engine.unblock(&bo, &block.id).await.unwrap();
    engine.submit(write(Side::Member)).await.unwrap();
    let texts: Vec<String> = engine
        .conversation(&message.id)
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.text)
        .collect();
    assert_eq!(texts, ["Tell me", "And then?", "And then?"]);
}

#[tokio::test]
async fn credits_are_told_as_they_were() {
    let world = world().await;
    world.founded("inmail-2015", 2_000).await;
    let engine = &world.engine;
    let start = world.engine.now();
    let mut expected: Vec<(Timestamp, u64)> = Vec::new();
    for number in 0..1_500 {
        world.clock.advance(1_000);
        engine
            .submit(order(send(&format!("m{number}"))))
            .await
            .unwrap();
        expected.push((engine.now(), 2_000 - 1 - number));
    }
    tokio::task::yield_now().await;
    for (at, available) in expected.into_iter().step_by(97) {
        let then = engine.balance(&acme(), Some(at)).await.unwrap().balance;
        assert_eq!(
            (then.available.0, then.held.0),
            (available, 2_000 - available),
            "{at}"
        );
    }
    let then = engine.balance(&acme(), Some(start)).await.unwrap().balance;
    assert_eq!(then.available.0, 2_000);
    // At the deadline itself the stake is still held.
    world.clock.advance(91 * DAY);
    let deadline = start.plus_millis(1_000 + 90 * DAY);
    let held = |at| async move {
        engine
            .balance(&acme(), Some(at))
            .await
            .unwrap()
            .balance
            .held
            .0
    };
    assert_eq!(held(deadline).await, 1_500);
    assert_eq!(held(deadline.plus_millis(1)).await, 1_499);
    assert!(
        engine
            .balance(&acme(), Some(start.plus_millis(-1)))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_contract_that_was_let_go_comes_back_the_same() {
    let options = Options {
        memory: 1,
        snapshot_after: 16,
        ..Options::default()
    };
    let world = world_with(options).await;
    world.founded("inmail-2015", 3_000).await;
    let engine = &world.engine;
    let mut ids: Vec<MessageId> = Vec::new();
    for number in 0..2_100 {
        world.clock.advance(3_600_000);
        let message = message_of(engine.submit(order(send(&format!("m{number}")))).await);
        ids.push(message.id);
        if number % 3 == 0 {
            let id = &ids[number / 2];
            let _ = engine.submit(order(reply(id, None))).await;
        }
    }
    let fresh = world.another(9).await;
    assert_eq!(credits(engine).await, credits(&fresh).await);
    assert_eq!(
        engine.responses(&acme()).await.unwrap(),
        fresh.responses(&acme()).await.unwrap()
    );
    let seat = SeatId::new("ana").unwrap();
    assert_eq!(
        engine.seat(&acme(), &seat).await.unwrap(),
        fresh.seat(&acme(), &seat).await.unwrap()
    );
}

#[tokio::test]
async fn a_message_that_was_forgotten_still_takes_a_late_answer() {
    let options = Options {
        snapshot_after: 1,
        ..Options::default()
    };
    let world = world_with(options).await;
    world.founded("inmail-2015", 5_000).await;
    let engine = &world.engine;
    let first = message_of(engine.submit(order(send_as(Some("first"), "bo"))).await);
    for number in 0..1_100 {
        engine
            .submit(order(send(&format!("m{number}"))))
            .await
            .unwrap();
    }
    world.clock.advance(200 * DAY);
    for number in 0..20 {
        world.clock.advance(DAY);
        engine
            .submit(order(send(&format!("n{number}"))))
            .await
            .unwrap();
        tokio::task::yield_now().await;
    }
    let late = message_of(
        engine
            .submit(order(reply(&first.id, Some("Sorry, late"))))
            .await,
    );
    assert_eq!(
        (late.status, late.credit),
        (Status::Lapsed, Credit::Consumed)
    );
    assert_eq!(late.response_note.as_deref(), Some("Sorry, late"));
    let reported = message_of(engine.submit(order(What::Report(first.id.clone()))).await);
    assert!(reported.reported_at.is_some());
    let seat = SeatId::new("ana").unwrap();
    let reports = |engine: earnest_engine::Engine| {
        let seat = seat.clone();
        async move {
            engine
                .seat(&acme(), &seat)
                .await
                .unwrap()
                .unwrap()
                .0
                .reports
        }
    };
    assert_eq!(reports(engine.clone()).await, 1);
    let story = engine.explanation(&first.id).await.unwrap();
    assert!(
        story.to_string().contains("after the window had ended"),
        "{story}"
    );
    let failure = engine
        .submit(order(send_as(Some("first"), "bo")))
        .await
        .unwrap_err();
    assert_eq!(code_of(&failure), "duplicate_id");
    let fresh = world.another(9).await;
    assert_eq!(reports(fresh.clone()).await, 1);
    assert_eq!(credits(engine).await, credits(&fresh).await);
    let written = fresh.message(&first.id).await.unwrap();
    assert_eq!(written.response_note.as_deref(), Some("Sorry, late"));
    assert!(written.reported_at.is_some());
}

#[tokio::test]
async fn a_history_is_told_in_order_and_refused_orders_do_not_move_it() {
    let world = world().await;
    let engine = &world.engine;
    let start = at("2025-01-01T00:00:00Z");
    let day = |days: i64| start.plus_millis(days * DAY);
    engine
        .submit(told(create("inmail-2015").what, start))
        .await
        .unwrap();
    engine.submit(told(add_seat("ana"), start)).await.unwrap();
    engine.submit(told(grant("g1", 1), start)).await.unwrap();
    engine
        .submit(told(send_as(Some("m1"), "bo"), day(1)))
        .await
        .unwrap();
    // Time does nothing to a history that is being told.
    assert!(!engine.sweep().await.unwrap());
    assert_eq!(
        credits(engine).await,
        "0 available, 1 held, 0 consumed, 0 expired"
    );
    // By day 120 `m1` has lapsed; the refused send does not record it.
    let failure = engine.submit(told(send("cy"), day(120))).await.unwrap_err();
    assert_eq!(code_of(&failure), "insufficient_credits");
    assert_eq!(
        credits(engine).await,
        "0 available, 1 held, 0 consumed, 0 expired"
    );
    let answered = message_of(
        engine
            .submit(told(reply(&MessageId::new("m1").unwrap(), None), day(50)))
            .await,
    );
    assert_eq!(answered.credit, Credit::Returned);
    let failure = engine.submit(told(send("cy"), day(49))).await.unwrap_err();
    assert_eq!(code_of(&failure), "out_of_order");
    engine.submit(told(send("cy"), day(60))).await.unwrap();
    // The first order of somebody for whom it is now sets the contract live, and time catches up.
    assert!(engine.contract(&acme()).await.unwrap().live_at.is_none());
    engine.submit(order(grant("g2", 5))).await.unwrap();
    assert!(engine.contract(&acme()).await.unwrap().live_at.is_some());
    assert_eq!(
        credits(engine).await,
        "5 available, 0 held, 1 consumed, 0 expired"
    );
    let fresh = world.another(9).await;
    assert_eq!(
        credits(&fresh).await,
        "5 available, 0 held, 1 consumed, 0 expired"
    );
}

#[tokio::test]
async fn a_seat_is_changed_key_by_key() {
    let world = world().await;
    world.founded("inmail-2015", 1).await;
    let seat = SeatId::new("ana").unwrap();
    let change = |usage_limit, bulk_disabled| {
        order(What::ChangeSeat(SeatChange {
            seat: seat.clone(),
            usage_limit,
            bulk_disabled,
        }))
    };
    world
        .engine
        .submit(change(Some(Some(5)), None))
        .await
        .unwrap();
    let done = world.engine.submit(change(None, Some(true))).await.unwrap();
    let Reply::Seat(record) = done.reply else {
        panic!()
    };
    assert_eq!((record.usage_limit, record.bulk_disabled), (Some(5), true));
    assert_eq!(record.standing, Standing::Good);
    let failure = world
        .engine
        .submit(order(What::ChangeSeat(SeatChange {
            seat: SeatId::new("nobody").unwrap(),
            usage_limit: None,
            bulk_disabled: None,
        })))
        .await
        .unwrap_err();
    assert_eq!(code_of(&failure), "unknown_seat");
}

#[tokio::test]
async fn a_contract_begins_once() {
    let world = world().await;
    world.founded("inmail-2015", 1).await;
    let again = world.engine.submit(create("inmail-2015")).await;
    assert_eq!(again, Err(Failure::DuplicateId("acme".to_owned())));
    let nobody = earnest_core::units::ContractId::new("nobody").unwrap();
    assert!(matches!(
        world.engine.contract(&nobody).await,
        Err(Failure::UnknownContract(_))
    ));
    let unknown = world.engine.submit(earnest_engine::Order {
        contract: nobody,
        ..create("no-such-policy")
    });
    assert_eq!(
        unknown.await,
        Err(Failure::UnknownPolicy("no-such-policy".to_owned()))
    );
}

#[tokio::test]
async fn too_much_is_turned_away() {
    let options = Options {
        waiting_most: 10,
        ..Options::default()
    };
    let world = world_with(options).await;
    world.founded("inmail-2015", 100).await;
    let orders = (0..20)
        .map(|number| order(send(&format!("m{number}"))))
        .collect();
    let answers = world.engine.submit_all(orders).await;
    let turned_away = answers.iter().filter(|it| **it == Err(Failure::Overloaded));
    assert_eq!(turned_away.count(), 10);
    assert!(world.engine.submit(order(send("later"))).await.is_ok());
}
