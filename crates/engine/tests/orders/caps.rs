//! Members' daily caps.

use crate::on_file;
use crate::support::*;
use earnest_core::command::Accepts;
use earnest_core::units::MemberId;
use earnest_engine::What;
use futures_util::FutureExt as _;

#[tokio::test]
async fn a_daily_cap_holds_over_contracts_and_in_one_round() {
    let world = world().await;
    world.founded("inmail-2015", 10).await;
    let bo = MemberId::new("bo").unwrap();
    world
        .engine
        .set_preferences(&bo, Accepts::All, None, Some(1))
        .await
        .unwrap();
    let orders = (0..3).map(|_| order(send("bo"))).collect();
    let answers = world.engine.submit_all(orders).await;
    assert!(answers[0].is_ok());
    for answer in &answers[1..] {
        assert_eq!(code_of(answer.as_ref().unwrap_err()), "recipient_busy");
    }
    world.clock.advance(DAY);
    assert!(world.engine.submit(order(send("bo"))).await.is_ok());
}

#[tokio::test]
async fn the_day_of_a_cap_is_that_of_the_contract_whose_clock_is_ahead() {
    let world = world().await;
    world.founded("inmail-2015", 3).await;
    let bo = MemberId::new("bo").unwrap();
    let engine = &world.engine;
    engine
        .set_preferences(&bo, Accepts::All, None, Some(1))
        .await
        .unwrap();
    let midnight = at("2026-01-06T00:00:00Z");
    world.clock.advance(midnight.millis_since(engine.now()));
    message_of(engine.submit(order(send("bo"))).await);
    // As of a process whose clock is behind, on which it is still the day before.
    world.clock.advance(-1_000);
    let behind = world.another(8).await;
    let What::Send(letter) = send("bo") else {
        panic!()
    };
    assert!(!behind.preview(&acme(), &letter).await.unwrap().allowed);
    let failure = behind.submit(order(send("bo"))).await.unwrap_err();
    assert_eq!(code_of(&failure), "recipient_busy");
}

#[tokio::test]
async fn one_count_does_for_orders_that_were_told_of_two_caps() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let engine = &on_file(&folder.path().join("it.db"), &world.clock).await;
    founded(engine, "inmail-2015", 9).await;
    let bo = MemberId::new("bo").unwrap();
    for _ in 0..3 {
        message_of(engine.submit(order(send("bo"))).await);
        let sent = engine.inbox(&bo, None, None, 1).await.unwrap();
        let reply = reply(&sent.items[0].id, None);
        engine.submit(order(reply)).await.unwrap();
    }
    let cap = |cap| engine.set_preferences(&bo, Accepts::All, None, Some(cap));
    // Both wait for one round, behind one whose commit is under way.
    let mut before = Box::pin(engine.submit(order(send("cy"))));
    assert_eq!((&mut before).now_or_never(), None);
    cap(1).await.unwrap();
    let mut first = Box::pin(engine.submit(order(send("bo"))));
    assert_eq!((&mut first).now_or_never(), None);
    cap(3).await.unwrap();
    let second = engine.submit(order(send("bo")));
    let (before, first, second) = tokio::join!(before, first, second);
    message_of(before);
    for failure in [first.unwrap_err(), second.unwrap_err()] {
        assert_eq!(code_of(&failure), "recipient_busy");
    }
}
