//! Whoever gives an order works on the contract meanwhile, and may go away at any moment.

use super::on_file;
use super::support::*;
use earnest_engine::Order;
use futures_util::FutureExt;

/// Whether whoever gives it waits for its answer.
type Given = (Order, bool);

#[tokio::test]
async fn an_order_whose_giver_goes_away_is_carried_out_and_those_behind_it_are_answered() {
    let world = world().await;
    let folder = tempfile::tempdir().unwrap();
    let engine = on_file(&folder.path().join("it.db"), &world.clock).await;
    founded(&engine, "inmail-2015", 60).await;
    let given = |number: usize| keyed(send(&format!("bo-{number}")), &format!("k{number}"), 1);
    let orders: Vec<Given> = (0..60)
        .map(|number| (given(number), number % 3 == 2))
        .collect();
    // The first works on the contract for all that come while its commit is under way.
    for three in orders.chunks(3) {
        let mut answers = Vec::new();
        for (order, waits) in three {
            let mut answer = engine.submit(order.clone()).boxed();
            // It is in the queue from here on.
            assert!((&mut answer).now_or_never().is_none());
            if *waits {
                answers.push(answer);
            }
        }
        for answer in answers {
            assert!(!answer.await.unwrap().replayed);
        }
    }
    assert_eq!(
        credits(&engine).await,
        "0 available, 60 held, 0 consumed, 0 expired"
    );
    for (order, _) in orders {
        assert!(engine.submit(order).await.unwrap().replayed);
    }
}

#[tokio::test]
async fn one_look_does_for_all_that_is_asked_before_it() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let (engine, another) = (&world.engine, world.another(8).await);
    let before = engine.asked();
    another.submit(order(send("bo"))).await.unwrap();
    // Nobody has looked yet: this one does.
    engine.refresh_since(before).await.unwrap();
    assert_eq!(
        credits(engine).await,
        "8 available, 1 held, 0 consumed, 0 expired"
    );
    assert_ne!(engine.asked(), before);
    // Asked before the look: what came after it need not be seen, and the commit finds out.
    another.submit(order(send("cy"))).await.unwrap();
    engine
        .submit_asked(order(send("di")), before)
        .await
        .unwrap();
    assert_eq!(
        credits(engine).await,
        "6 available, 3 held, 0 consumed, 0 expired"
    );
}
