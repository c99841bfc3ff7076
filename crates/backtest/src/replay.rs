//! Replays a message log under policies, with the engine's own rules.
//!
//! Owns: walking a log's actions, and counting what comes of them. Does not own: reading the log
//! ([`crate::log`]), nor the rules, which are [`earnest_core::decide`]'s.
//!
//! A log knows what becomes of each message, so that most policies can be replayed without asking the engine
//! about every one: [`run`] does so where it can ([`is_fast`]). [`run_with_core`] asks the engine always; it is
//! the reference, and the figures are the same.
//!
//! Contracts are independent, so some contracts under one policy are a task. Invariants: a refused message is
//! not sent, so its response does not happen; figures are sums, so that they do not depend on how many threads
//! there are.

mod fast;
mod history;
pub mod observe;
mod watch;

use crate::log::{History, Log};
use crate::report::Figures;
use earnest_core::policy::Policy;
use earnest_core::units::Timestamp;
use observe::{Nobody, Observer};
use rayon::prelude::*;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

/// Into how many parts for each thread a log is divided at least, where its contracts allow.
const SHARES: usize = 16;
/// From so many messages on a part is large enough.
const PART_MOST: usize = 16_384;

/// How to replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Which credits messages take.
    pub credits: Credits,
    /// The instant at which the figures are read; nothing means the log's last.
    pub until: Option<Timestamp>,
    /// How many threads to use; nothing means all cores.
    pub threads: Option<NonZeroUsize>,
}

/// Which credits messages take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credits {
    /// Those that the policy grants; a policy that grants none runs on unlimited ones.
    #[default]
    Granted,
    /// As many as it takes.
    Unlimited,
}

/// Replays the log under each policy, and returns each policy's figures, in their order.
///
/// `progress` is told, from any thread, how many messages more have been replayed under one policy.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Figures>, rayon::ThreadPoolBuildError> {
    let watched = run_watched::<Nobody>(log, policies, options, progress)?;
    Ok(watched.into_iter().map(|(figures, _)| figures).collect())
}

/// Replays the log as [`run`] does, and returns beside each policy's figures what was seen by an observer.
///
/// # Errors
/// When the threads cannot be started.
pub fn run_watched<O: Observer>(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<(Figures, O)>, rayon::ThreadPoolBuildError> {
    let plan = |policy: &Arc<Policy>| fast::Plan::new(policy, options.credits);
    let rules: Vec<Rules<'_>> = policies
        .iter()
        .map(|policy| Rules {
            policy,
            plan: plan(policy),
        })
        .collect();
    replay(log, &rules, options, progress)
}

/// Replays the log as [`run`] does, asking the engine about every message: the reference for what is quicker.
///
/// # Errors
/// When the threads cannot be started.
pub fn run_with_core(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Figures>, rayon::ThreadPoolBuildError> {
    let watched = run_with_core_watched::<Nobody>(log, policies, options, progress)?;
    Ok(watched.into_iter().map(|(figures, _)| figures).collect())
}

/// Replays the log as [`run_with_core`] does, and returns beside each policy's figures what was seen by an observer.
///
/// # Errors
/// When the threads cannot be started.
pub fn run_with_core_watched<O: Observer>(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<(Figures, O)>, rayon::ThreadPoolBuildError> {
    let rules: Vec<Rules<'_>> = policies
        .iter()
        .map(|policy| Rules { policy, plan: None })
        .collect();
    replay(log, &rules, options, progress)
}

/// Returns whether [`run`] replays this policy without asking the engine about every message. Those that it
/// does not are those whose credits end in another order than that in which they came, and the like.
#[must_use]
pub fn is_fast(policy: &Policy, credits: Credits) -> bool {
    fast::Plan::new(policy, credits).is_some()
}

/// A policy, and how to replay it without the engine where that can be done.
struct Rules<'p> {
    policy: &'p Arc<Policy>,
    plan: Option<fast::Plan>,
}

/// What came of some contracts under one policy.
type Sum<O> = (Figures, O);

impl Rules<'_> {
    /// Replays contracts up to `until` and adds what came of them to `sum`.
    fn play<'l, O: Observer>(
        &self,
        histories: impl Iterator<Item = History<'l>>,
        options: &Options,
        until: Timestamp,
        (figures, observer): Sum<O>,
    ) -> Sum<O> {
        let mut sum = figures;
        let slow = |history: &History<'l>, sum: &mut Figures, observer: &mut O| {
            history::replay(history, self.policy, options.credits, until, sum, observer);
        };
        let Some(plan) = &self.plan else {
            let mut observer = observer;
            histories.for_each(|history| slow(&history, &mut sum, &mut observer));
            return (sum, observer);
        };
        let mut fast = fast::Replay::new(plan, observer);
        for history in histories {
            match fast.fits(&history, until) {
                true => fast.play(&history, until, &mut sum),
                false => slow(&history, &mut sum, fast.observer()),
            }
        }
        (sum, fast.into_observer())
    }
}

fn replay<O: Observer>(
    log: &Log,
    rules: &[Rules<'_>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Sum<O>>, rayon::ThreadPoolBuildError> {
    let threads = options.threads.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    Ok(pool.install(|| replay_all(log, rules, options, progress)))
}

fn replay_all<O: Observer>(
    log: &Log,
    rules: &[Rules<'_>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Sum<O>> {
    let until = options.until.unwrap_or_else(|| log.last());
    let parts = parts(log);
    let tasks: Vec<(&Part, usize)> = parts
        .iter()
        .flat_map(|part| (0..rules.len()).map(move |policy| (part, policy)))
        .collect();
    let nothing = |rules: &Rules<'_>| {
        let policy = rules.policy;
        (Figures::new(&policy.name), O::new(log, policy, until))
    };
    // A policy's sum begins with the first part of the log that is played under it.
    let none = || -> Vec<Option<Sum<O>>> { rules.iter().map(|_| None).collect() };
    let all = tasks
        .par_iter()
        .with_max_len(1)
        .fold(none, |mut sums, (part, policy)| {
            if let (Some(rules), Some(sum)) = (rules.get(*policy), sums.get_mut(*policy)) {
                let histories = part.contracts.clone();
                let histories = histories.filter_map(|contract| log.history(contract));
                let before = sum.take().unwrap_or_else(|| nothing(rules));
                *sum = Some(rules.play(histories, options, until, before));
                progress(u64::try_from(part.messages).unwrap_or(u64::MAX));
            }
            sums
        })
        .reduce(none, |mut sums, others| {
            for (sum, other) in sums.iter_mut().zip(others) {
                *sum = match (sum.take(), other) {
                    (Some((mut figures, mut observer)), Some((more, other))) => {
                        figures.add(more);
                        observer.add(other);
                        Some((figures, observer))
                    }
                    (one, other) => one.or(other),
                };
            }
            sums
        });
    all.into_iter()
        .zip(rules)
        .map(|(sum, rules)| {
            let (mut figures, observer) = sum.unwrap_or_else(|| nothing(rules));
            figures.sort();
            (figures, observer)
        })
        .collect()
}

/// Contracts that lie side by side.
struct Part {
    contracts: Range<usize>,
    messages: usize,
}

/// Returns the contracts of a log in parts: small enough for every thread to have some, and large enough for a
/// part to outweigh the handling of it. The largest go first, so that no thread is left with one at the end.
fn parts(log: &Log) -> Vec<Part> {
    let shares = rayon::current_num_threads().saturating_mul(SHARES);
    let enough = (log.messages() / shares).clamp(1, PART_MOST);
    let mut parts = Vec::new();
    let mut part = Part {
        contracts: 0..0,
        messages: 0,
    };
    for history in log.histories() {
        part.contracts.end += 1;
        part.messages += history.messages().len();
        if part.messages >= enough {
            let next = part.contracts.end;
            parts.push(part);
            part = Part {
                contracts: next..next,
                messages: 0,
            };
        }
    }
    if !part.contracts.is_empty() {
        parts.push(part);
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.messages));
    parts
}
