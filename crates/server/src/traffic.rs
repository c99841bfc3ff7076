//! Counts requests, for operators.
//!
//! Invariant: a route is counted by its pattern, so no contract, member or message is named here.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::Duration;

/// The upper bounds of the buckets that durations are counted in, in microseconds.
pub(crate) const BUCKETS: [u64; 12] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000,
];

/// What was counted of one kind of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// How many.
    pub(crate) requests: u64,
    /// How long they took, in microseconds, all together.
    pub(crate) micros: u64,
    /// How many took at most the bucket's bound and more than the one before.
    pub(crate) buckets: [u64; BUCKETS.len()],
}

/// What was counted of requests since the start.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<BTreeMap<String, BTreeMap<Answered, Count>>>);

/// How a request was made and answered: its method and its answer's status.
pub(crate) type Answered = (&'static str, u16);

impl Traffic {
    /// Counts a request; `route` is its route's pattern, such as `/v1/messages/{message}`, or `-`.
    pub(crate) fn note(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|most| micros <= *most);
        let mut routes = self.0.lock();
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), BTreeMap::new());
        }
        let Some(counts) = routes.get_mut(route) else {
            return;
        };
        let count = counts.entry((method, status)).or_default();
        count.requests += 1;
        count.micros += micros;
        if let Some(place) = bucket.and_then(|at| count.buckets.get_mut(at)) {
            *place += 1;
        }
    }

    /// Returns the counts, by route, method and status.
    pub(crate) fn counts(&self) -> BTreeMap<String, BTreeMap<Answered, Count>> {
        self.0.lock().clone()
    }
}
