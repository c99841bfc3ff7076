//! The figures of a store, and of a backtest, to be compared.

#![expect(clippy::unwrap_used, reason = "a helper of tests")]

use crate::support::{Folder, json};
use earnest_core::units::ContractId;
use earnest_engine::clock::{SystemClock, SystemRandom};
use earnest_engine::{Engine, Options};
use earnest_store::Store;
use earnest_store::sqlite::{self, SqliteStore};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// What came of a log's messages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figures {
    pub(crate) sent: u64,
    pub(crate) refused: Value,
    pub(crate) responded: u64,
    pub(crate) returned: u64,
    pub(crate) consumed: u64,
    pub(crate) held: u64,
    pub(crate) consumed_credits: u64,
    pub(crate) seats: u64,
}

impl Figures {
    /// Reads the figures of one policy of a backtest.
    pub(crate) fn of(figures: &Value) -> Self {
        let number = |key: &str| figures[key].as_u64().unwrap();
        Self {
            sent: number("sent"),
            refused: figures["refused"].clone(),
            responded: number("responded"),
            returned: number("returned"),
            consumed: number("consumed"),
            held: number("held"),
            consumed_credits: number("consumed_credits"),
            seats: number("seats"),
        }
    }
}

/// Returns what a backtest of a log says.
pub(crate) fn backtested(folder: &Folder, log: &str, policy: &str, credits: &str) -> Figures {
    let call = [
        "backtest",
        log,
        "--policy",
        policy,
        "--credits",
        credits,
        "--json",
    ];
    Figures::of(&json(&folder.earnest(&call).done())["policies"][0])
}

/// Returns what a store says, summed over its contracts. What was refused it does not know.
pub(crate) fn imported(store: &Path) -> Figures {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(store, sqlite::Options::default()).unwrap();
        let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
        let store: Arc<dyn Store> = Arc::new(store);
        let engine = Engine::open(store, clock, random, Options::default())
            .await
            .unwrap();
        let figures = sum(&engine).await;
        engine.store().close().await.unwrap();
        figures
    })
}

async fn sum(engine: &Engine) -> Figures {
    let mut sum = Figures {
        sent: 0,
        refused: Value::Null,
        responded: 0,
        returned: 0,
        consumed: 0,
        held: 0,
        consumed_credits: 0,
        seats: 0,
    };
    let mut after: Option<ContractId> = None;
    loop {
        let ids = engine.contract_ids(after.as_ref(), 500).await.unwrap();
        for id in &ids {
            let report = engine.responses(id).await.unwrap();
            sum.sent += report.total.sent;
            sum.responded += report.total.responded();
            sum.returned += report.returned;
            sum.consumed += report.consumed;
            sum.held += report.held;
            sum.consumed_credits += report.consumed_credits;
            let seats = engine.seats(id, 0, usize::MAX).await.unwrap();
            sum.seats += u64::try_from(seats.items.len()).unwrap();
        }
        match ids.last() {
            Some(last) => after = Some(last.clone()),
            None => return sum,
        }
    }
}
