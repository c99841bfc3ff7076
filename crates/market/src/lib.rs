//! Simulates what a log cannot tell: how people change what they do when the rules change.
//!
//! Owns: the senders and recipients of a small made-up market, how they react, and the figures of what then happens.
//! Does not own: the rules, which are [`earnest_core`]'s: every send, answer, credit and standing here is decided by a
//! real contract. Not to be confused with the simulation that tests engine and store.
//!
//! Senders have time and credits. They send more while it pays, take more care when credits are dear, and mind a
//! warning. Recipients read less the more they are sent. `docs/simulation.md` has all of it on one page, with what each
//! number rests on, and says where the model is not to be believed.
//!
//! Invariants: the same settings, policy and seed give the same figures, on any machine and any number of threads
//! (a world is played by one thread, and its sums use nothing but the four operations); under every policy a world
//! has the same people. Floats here are what people believe and wish; no rule and no credit is decided by one.

mod desk;
mod figures;
mod members;
mod plan;
mod price;
mod sender;
mod sensitivity;
mod settings;
mod world;

pub use figures::{Change, Outcome, SenderFigures, Spread, Sums, Week, World};
pub use sensitivity::{Difference, Factor, Sensitivity, Variant, sensitivity};
pub use settings::{Settings, defaults};

use earnest_core::policy::Policy;
use rayon::prelude::*;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// Plays worlds `seed`, `seed + 1`, ... under each policy, and returns what happened under each, in their order.
///
/// `progress` is told, from any thread, each time a week of a world has passed.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    policies: &[Arc<Policy>],
    settings: &Settings,
    seed: u64,
    worlds: u32,
    threads: Option<NonZeroUsize>,
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<Outcome>, rayon::ThreadPoolBuildError> {
    let mut played: Vec<World> = played(policies, seed, worlds, threads, |policy, seed| {
        world::play(policy, settings, seed, progress)
    })?;
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(policies.len());
    for policy in policies.iter().rev() {
        let keep = played
            .len()
            .saturating_sub(usize::try_from(worlds).unwrap_or(usize::MAX));
        outcomes.push(Outcome {
            policy: policy.name.to_string(),
            worlds: played.split_off(keep),
        });
    }
    outcomes.reverse();
    Ok(outcomes)
}

/// Plays worlds `seed`, `seed + 1`, ... of each of these, on threads, and returns what `play` says of each, in order.
fn played<T: Sync, P: Send>(
    of: &[T],
    seed: u64,
    worlds: u32,
    threads: Option<NonZeroUsize>,
    play: impl Fn(&T, u64) -> P + Sync,
) -> Result<Vec<P>, rayon::ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, NonZeroUsize::get))
        .build()?;
    let tasks: Vec<(&T, u64)> = of
        .iter()
        .flat_map(|one| (0..u64::from(worlds)).map(move |nth| (one, seed.wrapping_add(nth))))
        .collect();
    let tasks = tasks.par_iter().with_max_len(1);
    Ok(pool.install(|| tasks.map(|(one, seed)| play(one, *seed)).collect()))
}
