//! Tries every combination of values for some keys of a policy on a log.
//!
//! Owns: the combinations, their replay batch by batch, and what each would have done. Does not own: what the figures
//! mean for anybody ([`Figure`] ranks them, [`crate::fit`] chooses).
//! Invariants: all combinations are policies before the first is replayed; rows stand in the order of combinations,
//! the last key changing fastest; a sweep that is stopped has the rows of the combinations that were done, from the
//! first on.

mod figure;

pub use figure::{Figure, Measure, NoFigure, rank};

use crate::figures::answered_in_log;
use crate::vary::{Vary, VaryError, varied};
use earnest_backtest::log::{Log, Message};
use earnest_backtest::replay::observe::Observer;
use earnest_backtest::replay::{Options, run_watched};
use earnest_backtest::report::Figures;
use earnest_core::policy::Policy;
use earnest_core::units::{Days, Timestamp};
use rayon::prelude::*;
use serde_json::Value;
use std::sync::Arc;

/// The most combinations that one sweep tries.
pub const MOST: usize = 50_000;
/// About so many messages are replayed before a sweep looks whether it is to stop ...
const BATCH: usize = 32_000_000;
/// ... but under at least so many policies, which then find the same part of the log in the cache.
const BATCH_LEAST: usize = 4;

/// A policy and the keys of it that are varied.
#[derive(Debug, Clone)]
pub struct Sweep {
    varies: Vec<Vary>,
    policies: Vec<Arc<Policy>>,
}

/// What one combination would have done.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number, counted from 0.
    pub number: usize,
    /// The value of each varied key, in the order of [`Sweep::varies`].
    pub values: Vec<Value>,
    /// The policy that it makes.
    pub policy: Arc<Policy>,
    /// Its figures, without the list of restricted seats.
    pub figures: Figures,
    /// Refused messages that were answered in the log, within the policy's window and by the end.
    pub lost: u64,
    /// Refused messages that nobody answered.
    pub avoided: u64,
    /// Whether no other combination that was tried avoids more without losing more, or loses less without avoiding
    /// less.
    pub frontier: bool,
}

impl Sweep {
    /// Makes all combinations.
    ///
    /// # Errors
    /// When there are too many, or one of them is no policy.
    pub fn new(base: &Policy, varies: Vec<Vary>) -> Result<Self, VaryError> {
        for (at, vary) in varies.iter().enumerate() {
            if varies.iter().take(at).any(|other| other.path == vary.path) {
                return Err(VaryError::Twice(vary.path.clone()));
            }
        }
        let sizes = varies.iter().map(|vary| vary.values.len());
        let count = sizes.fold(1_u128, |product, size| {
            product.saturating_mul(u128::try_from(size).unwrap_or(u128::MAX))
        });
        let count = usize::try_from(count)
            .ok()
            .filter(|count| *count <= MOST)
            .ok_or(VaryError::TooMany {
                combinations: count,
                most: MOST,
            })?;
        let policies: Vec<Result<Arc<Policy>, VaryError>> = (0..count)
            .into_par_iter()
            .map(|number| {
                let settings: Vec<(&Vary, &Value)> =
                    varies.iter().zip(values(&varies, number)).collect();
                varied(base, &settings).map(Arc::new)
            })
            .collect();
        // The first that is no policy is told, whichever thread came to one first.
        let policies = policies.into_iter().collect::<Result<_, _>>()?;
        Ok(Self { varies, policies })
    }

    /// Returns the keys that are varied.
    #[must_use]
    pub fn varies(&self) -> &[Vary] {
        &self.varies
    }

    /// Returns the policies, one for each combination.
    #[must_use]
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// Replays the log under every combination, until `stop` says so.
    ///
    /// `progress` is told, from any thread, how many messages more have been replayed under one combination. `stop` is
    /// asked now and then; what was done before stands.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn run(
        &self,
        log: &Log,
        options: &Options,
        progress: &(dyn Fn(u64) + Sync),
        stop: &dyn Fn() -> bool,
    ) -> Result<Vec<Row>, rayon::ThreadPoolBuildError> {
        let batch = (BATCH / log.messages().max(1)).max(BATCH_LEAST);
        let mut rows = Vec::with_capacity(self.policies.len());
        for policies in self.policies.chunks(batch) {
            if stop() {
                break;
            }
            for (mut figures, refusals) in
                run_watched::<Refusals>(log, policies, options, progress)?
            {
                figures.restricted = Vec::new();
                let number = rows.len();
                let Some(policy) = self.policies.get(number) else {
                    break;
                };
                rows.push(Row {
                    number,
                    values: values(&self.varies, number).into_iter().cloned().collect(),
                    policy: Arc::clone(policy),
                    figures,
                    lost: refusals.lost,
                    avoided: refusals.avoided,
                    frontier: false,
                });
            }
        }
        mark_frontier(&mut rows);
        Ok(rows)
    }
}

/// Returns the values of a combination: its number, written with a digit for each key.
fn values(varies: &[Vary], number: usize) -> Vec<&Value> {
    let mut rest = number;
    let mut values: Vec<&Value> = varies
        .iter()
        .rev()
        .filter_map(|vary| {
            // INVARIANT: no key is varied over no values.
            let size = vary.values.len().max(1);
            let value = vary.values.get(rest % size);
            rest /= size;
            value
        })
        .collect();
    values.reverse();
    values
}

/// Marks the rows than which no other is better in one thing without being worse in the other.
fn mark_frontier(rows: &mut [Row]) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let key = |row: &Row| (std::cmp::Reverse(row.avoided), row.lost);
    order.sort_by_key(|at| rows.get(*at).map(key));
    // Of those that avoid as much, the first loses least; among the rest it takes fewer losses than any before.
    let mut best: Option<(u64, u64)> = None;
    for at in order {
        let Some(row) = rows.get_mut(at) else {
            continue;
        };
        let here = (row.avoided, row.lost);
        row.frontier = best.is_none_or(|(_, lost)| row.lost < lost) || best == Some(here);
        if row.frontier {
            best = Some(here);
        }
    }
}

/// Counts what was refused by whether it was answered in the log.
struct Refusals {
    until: Timestamp,
    window: Days,
    lost: u64,
    avoided: u64,
}

impl Observer for Refusals {
    fn new(_: &Log, policy: &Policy, until: Timestamp) -> Self {
        Self {
            until,
            window: policy.settlement.window,
            lost: 0,
            avoided: 0,
        }
    }

    fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.avoided += other.avoided;
    }

    fn refused(&mut self, _: usize, message: &Message, _: &'static str) {
        let lost = answered_in_log(message, self.window, self.until);
        self.lost += u64::from(lost);
        self.avoided += u64::from(!lost);
    }
}

#[cfg(test)]
mod tests;
