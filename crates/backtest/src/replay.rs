//! Replays a message log under policies, with the engine's own rules.
//!
//! Owns: turning a log's actions into commands, and counting what comes of them. Does not own: reading the
//! log ([`crate::log`]), nor any rule: every decision is [`earnest_core::decide`]'s.
//!
//! Contracts are independent, so every contract under every policy is a task of its own. Invariants: a
//! refused message is not sent, so its response does not happen; figures are sums, so that they do not
//! depend on how many threads there are.

mod history;
mod watch;

use crate::log::Log;
use crate::report::Figures;
use earnest_core::policy::Policy;
use earnest_core::units::Timestamp;
use rayon::prelude::*;
use std::num::NonZeroUsize;
use std::sync::Arc;

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
    let threads = options.threads.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    Ok(pool.install(|| replay_all(log, policies, options, progress)))
}

fn replay_all(
    log: &Log,
    policies: &[Arc<Policy>],
    options: &Options,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Figures> {
    let until = options.until.unwrap_or_else(|| log.last());
    // The largest contracts go first, so that no thread is left with one at the end.
    let mut contracts: Vec<usize> = (0..log.contracts()).collect();
    contracts.sort_by_cached_key(|contract| {
        let actions = log.history(*contract).map_or(0, |one| one.actions().len());
        (std::cmp::Reverse(actions), *contract)
    });
    let tasks: Vec<(usize, usize)> = contracts
        .into_iter()
        .flat_map(|contract| (0..policies.len()).map(move |policy| (contract, policy)))
        .collect();
    let none = || -> Vec<Figures> {
        let names = policies.iter().map(|policy| policy.name.as_str());
        names.map(Figures::new).collect()
    };
    let mut all = tasks
        .par_iter()
        .with_max_len(1)
        .fold(none, |mut sums, (contract, policy)| {
            let (Some(history), Some(rules), Some(sum)) = (
                log.history(*contract),
                policies.get(*policy),
                sums.get_mut(*policy),
            ) else {
                return sums;
            };
            history::replay(&history, rules, options.credits, until, sum);
            progress(u64::try_from(history.messages().len()).unwrap_or(u64::MAX));
            sums
        })
        .reduce(none, |mut sums, others| {
            for (sum, other) in sums.iter_mut().zip(others) {
                sum.add(other);
            }
            sums
        });
    for figures in &mut all {
        figures.sort();
    }
    all
}
