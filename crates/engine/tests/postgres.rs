//! Engines on one PostgreSQL database whose clocks disagree.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

mod support;

use earnest_core::units::{Credits, Timestamp};
use earnest_engine::clock::{Clock, SystemRandom};
use earnest_engine::{Engine, Options};
use earnest_store::postgres::{self, PostgresStore};
use std::sync::Arc;
use support::*;

/// A clock that is wrong by so much.
struct Wrong(i64);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        at("2026-01-05T09:00:00Z").plus_millis(self.0)
    }
}

async fn engine(url: &str, wrong_by: i64) -> Engine {
    let store = PostgresStore::open(url, postgres::Options::default())
        .await
        .unwrap();
    let clock = Arc::new(Wrong(wrong_by));
    Engine::open(
        Arc::new(store),
        clock,
        Arc::new(SystemRandom),
        Options::default(),
    )
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn clocks_that_are_five_minutes_apart_never_let_a_contract_s_clock_go_back() {
    let url = earnest_pgtest::shared().unwrap().database().unwrap();
    let minutes = 60_000;
    let engines = [engine(&url, 0).await, engine(&url, 5 * minutes).await];
    founded(&engines[0], "inmail-2015", 100).await;
    for n in 0..40 {
        let letter = order(send(&format!("member-{n}")));
        engines[n % 2].submit(letter).await.unwrap();
    }
    let store = engines[0].store();
    let query = earnest_store::EventQuery {
        contract: acme(),
        from: 1,
        to: u64::MAX,
        newest_first: false,
        limit: 1_000,
    };
    let events = store.events(query).await.unwrap();
    assert!(events.is_sorted_by_key(|it| it.event.at));
    assert!(events.len() >= 43);
    // Whoever is behind goes by the contract's clock, and says so in what it records.
    assert_eq!(events.last().unwrap().event.at, at("2026-01-05T09:05:00Z"));
    let audited = engines[1].audit(&acme(), &|_| {}).await.unwrap();
    assert_eq!(audited.unwrap().balance.held, Credits(40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL"]
async fn a_lot_that_goes_hides_no_other_from_who_pages() {
    let url = earnest_pgtest::shared().unwrap().database().unwrap();
    lots_are_paged_while_some_go(&engine(&url, 0).await, &engine(&url, 0).await).await;
}
