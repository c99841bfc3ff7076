//! The stream of events: whoever breaks off and goes on misses nothing and gets nothing twice.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod support;

use earnest_core::units::ContractId;
use earnest_engine::stream::{Follow, Followed, Place, Whose};
use earnest_engine::{Engine, Failure, Order};
use earnest_store::Position;
use std::collections::BTreeSet;
use std::time::Duration;
use support::*;

fn other(order: Order) -> Order {
    Order {
        contract: ContractId::new("other").unwrap(),
        ..order
    }
}

/// Returns what follows within a moment.
async fn soon(follow: &mut Follow) -> Vec<Followed> {
    let next = tokio::time::timeout(Duration::from_millis(60), follow.next()).await;
    next.map_or_else(|_| Vec::new(), Result::unwrap)
}

fn names(events: &[Followed]) -> Vec<String> {
    let name = |it: &Followed| format!("{} {} {}", it.place, it.contract, it.seq);
    events.iter().map(name).collect()
}

#[tokio::test]
async fn a_stream_begins_now_unless_a_place_is_named() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let whose = Whose::Contract(acme());
    let mut follow = world
        .engine
        .follow(whose.clone(), None, None)
        .await
        .unwrap();
    assert_eq!(soon(&mut follow).await, []);
    world.engine.submit(order(send("bo"))).await.unwrap();
    assert_eq!(names(&soon(&mut follow).await), ["4 acme 4"]);
    let from = Some(Place::Contract(2));
    let mut again = world.engine.follow(whose, from, None).await.unwrap();
    assert_eq!(names(&soon(&mut again).await), ["3 acme 3", "4 acme 4"]);
}

#[tokio::test]
async fn only_the_types_that_are_asked_for_come() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let types = BTreeSet::from(["seat_added".to_owned()]);
    let start = Some(Place::All(Position(0), 0));
    let mut follow = world
        .engine
        .follow(Whose::All, start, Some(types))
        .await
        .unwrap();
    assert_eq!(soon(&mut follow).await.len(), 1);
    world.engine.submit(order(send("bo"))).await.unwrap();
    assert_eq!(soon(&mut follow).await, []);
    world.engine.submit(order(add_seat("cy"))).await.unwrap();
    assert_eq!(soon(&mut follow).await.len(), 1);
}

#[tokio::test]
async fn a_place_that_is_none_is_refused() {
    let world = world().await;
    world.founded("inmail-2015", 9).await;
    let one = || Whose::Contract(acme());
    let all = Place::All(Position(1), 0);
    for (whose, place) in [
        (one(), Place::Contract(4)),
        (one(), all),
        (Whose::All, Place::Contract(1)),
        (Whose::All, Place::All(Position(999), 0)),
    ] {
        let refused = world.engine.follow(whose, Some(place), None).await;
        assert!(matches!(
            refused,
            Err(Failure::Invalid {
                field: "last_event_id",
                ..
            })
        ));
    }
    let nobody = Whose::Contract(ContractId::new("nobody").unwrap());
    let refused = world.engine.follow(nobody, None, None).await;
    assert!(matches!(refused, Err(Failure::UnknownContract(_))));
}

async fn write(engines: &[Engine], count: usize) {
    for number in 0..count {
        let engine = &engines[number % engines.len()];
        match number % 3 {
            0 => engine.submit(order(send(&format!("m{number}")))).await,
            1 => engine.submit(order(add_seat(&format!("s{number}")))).await,
            _ => {
                engine
                    .submit(other(order(add_seat(&format!("s{number}")))))
                    .await
            }
        }
        .unwrap();
        tokio::task::yield_now().await;
    }
}

/// Reads until `count` events came, breaking off at places that look random.
async fn read(
    engine: Engine,
    whose: Whose,
    start: Place,
    count: usize,
    seed: usize,
) -> Vec<Followed> {
    let mut got: Vec<Followed> = Vec::new();
    let mut last = start;
    let mut dice = seed;
    while got.len() < count {
        let mut follow = engine
            .follow(whose.clone(), Some(last), None)
            .await
            .unwrap();
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mut rounds = dice >> 60;
        loop {
            let wait = Duration::from_millis(5 + u64::try_from(dice >> 61).unwrap());
            let Ok(next) = tokio::time::timeout(wait, follow.next()).await else {
                break;
            };
            // It breaks off in the midst of what came.
            let mut next = next.unwrap();
            let breaks = rounds == 0;
            if breaks {
                next.truncate(1 + (dice >> 40) % next.len());
            }
            last = next.last().unwrap().place;
            got.extend(next);
            if breaks || got.len() >= count {
                break;
            }
            rounds -= 1;
        }
    }
    got
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_breaks_off_and_goes_on_gets_everything_once() {
    const COUNT: usize = 300;
    let world = world().await;
    world.founded("inmail-2015", 500).await;
    let elsewhere = world.another(9).await;
    elsewhere
        .submit(other(create("inmail-2015")))
        .await
        .unwrap();
    let one = Whose::Contract(acme());
    let first = world.engine.newest_event(&acme()).await.unwrap();
    let head = Place::All(world.store_head().await, u64::MAX);
    let readers: Vec<_> = (0..6)
        .map(|seed| {
            let engine = [&world.engine, &elsewhere][seed % 2].clone();
            let (whose, start, count) = match seed % 3 {
                0 => (one.clone(), Place::Contract(first), COUNT / 3 * 2),
                _ => (Whose::All, head, COUNT),
            };
            tokio::spawn(read(engine, whose, start, count, seed + 1))
        })
        .collect();
    write(&[world.engine.clone(), elsewhere.clone()], COUNT).await;
    let before = match head {
        Place::All(position, _) => position,
        Place::Contract(_) => Position(0),
    };
    let log = world.engine.log(before, 100_000).await.unwrap();
    let all: Vec<(ContractId, u64)> = log
        .iter()
        .flat_map(|row| {
            (row.first..)
                .zip(&row.events)
                .map(|(seq, _)| (row.contract.clone(), seq))
        })
        .collect();
    for (seed, reader) in readers.into_iter().enumerate() {
        let got: Vec<_> = reader
            .await
            .unwrap()
            .into_iter()
            .map(|it| (it.contract, it.seq))
            .collect();
        let expected: Vec<_> = match seed % 3 {
            0 => all.iter().filter(|it| it.0 == acme()).cloned().collect(),
            _ => all.clone(),
        };
        assert_eq!(got, expected, "reader {seed}");
    }
}

impl World {
    async fn store_head(&self) -> Position {
        self.engine.store().head().await.unwrap()
    }
}
