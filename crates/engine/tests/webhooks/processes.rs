//! Several processes on one store.

use crate::receiver::*;
use crate::support::*;
use earnest_engine::Engine;
use earnest_engine::webhooks::{Answered, CourierOptions, RetrySchedule};
use earnest_store::DeliveryState;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// Numbers that look random and repeat.
struct Dice(AtomicU64);

impl Dice {
    fn roll(&self, most: u64) -> u64 {
        let mut x = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, SeqCst);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % most
    }
}

/// Sees that no event was tried before the one before it was taken.
fn check_order(receiver: &Receiver) {
    let calls = receiver.calls.lock().unwrap();
    let mut taken = std::collections::HashMap::new();
    for (call, answer) in &*calls {
        let lane = (call.url.clone(), contract(call));
        let before = taken.entry(lane.clone()).or_insert_with(|| seq(call) - 1);
        assert!(
            seq(call) <= *before + 1,
            "{lane:?}: {} after {before}",
            seq(call)
        );
        if matches!(answer, Answered::Status(200)) {
            *before = seq(call).max(*before);
        }
    }
}

#[tokio::test]
async fn processes_that_come_and_go_never_deliver_out_of_order() {
    for seed in 0..20 {
        let dice = Arc::new(Dice(AtomicU64::new(seed * 7_919)));
        let world = world().await;
        world.founded("inmail-2015", 500).await;
        let others = [world.engine.clone(), world.another(seed + 100).await];
        let second = |what| of_contract("other", what);
        others[1]
            .submit(second(create("inmail-2015")))
            .await
            .unwrap();
        let (id, _) = registered(&others[1]).await;
        others[0]
            .create_webhook(new("http://example.com/2"))
            .await
            .unwrap();
        let roll = dice.clone();
        let receiver = Receiver::new(move |_, _| match roll.roll(4) {
            0 => Answered::Status(500),
            1 => Answered::Failed("reset".to_owned()),
            _ => Answered::Status(200),
        });
        let retry = RetrySchedule::new(&[Duration::from_secs(2); 50]);
        let options = CourierOptions {
            retry,
            ..CourierOptions::default()
        };
        let make = |engine: &Engine| courier_with(engine, &receiver, options.clone());
        let mut couriers = [make(&others[0]), make(&others[1])];
        let mut sent = 0;
        for _ in 0..150 {
            let which = usize::try_from(dice.roll(2)).unwrap();
            match dice.roll(10) {
                0..4 => drop(couriers[which].step().await.unwrap()),
                4 => couriers[which].settle().await.unwrap(),
                5 => couriers[which] = make(&others[which]),
                6 => world
                    .clock
                    .advance(i64::try_from(dice.roll(20_000)).unwrap()),
                7 => tokio::task::yield_now().await,
                8 => {
                    let seat = add_seat(&format!("s{sent}"));
                    others[which].submit(second(order(seat))).await.unwrap();
                    sent += 1;
                }
                _ => {
                    send_some(&others[which], &[&format!("m{sent}")]).await;
                    sent += 1;
                }
            }
        }
        receiver.now(|_, _| Answered::Status(200));
        for _ in 0..2 {
            world.clock.advance(20 * SECOND);
            couriers[0].settle().await.unwrap();
            couriers[1].settle().await.unwrap();
        }
        check_order(&receiver);
        let waiting = others[0].store().status().await.unwrap().deliveries_waiting;
        assert_eq!(waiting, 0, "seed {seed}");
        let all = states(&others[0], &id).await;
        assert_eq!(all.len(), sent, "seed {seed}");
        assert!(
            all.iter().all(|it| it.1 == DeliveryState::Delivered),
            "seed {seed}"
        );
    }
}
