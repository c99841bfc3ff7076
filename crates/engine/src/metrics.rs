//! Counts what happens, for operators.

use crate::failure::Failure;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What was counted since the process began.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Messages sent.
    pub sends: AtomicU64,
    /// Responses taken.
    pub responses: AtomicU64,
    /// Messages whose lapse was recorded.
    pub lapses: AtomicU64,
    /// Commits of batches that did not succeed, and were tried again or given up.
    pub conflicts: AtomicU64,
    /// Orders that wait or are being worked on.
    pub waiting: AtomicU64,
    /// Contracts that were rebuilt from the store.
    pub loads: AtomicU64,
    /// Snapshots that were kept.
    pub snapshots: AtomicU64,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
}

impl Metrics {
    /// Returns how many orders were refused, by code.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<&'static str, u64> {
        self.refusals.lock().clone()
    }

    pub(crate) fn count_failure(&self, failure: &Failure) {
        if let Failure::Refused(refused) = failure {
            let mut refusals = self.refusals.lock();
            *refusals.entry(refused.refusal.code()).or_default() += 1;
        }
    }

    pub(crate) fn add(counter: &AtomicU64, more: usize) {
        counter.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Relaxed);
    }
}
