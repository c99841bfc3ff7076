//! Runs a test over many seeds on all cores, and shrinks a script that fails.

use super::author::generate;
use super::play::Played;
use super::rng::Rng;
use super::script::{Script, Step};
use earnest_core::command::Command;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Steps of a script. Long enough for ladders of small numbers to be climbed and left again.
const LENGTH: u32 = 40;

/// Says what is wrong with a script, where something is.
pub(crate) type Check = fn(&Script) -> Result<(), String>;

/// Checks as many scripts as `EARNEST_SEQUENCES` says, or `usual`; or the one of `EARNEST_SEED` alone.
///
/// # Panics
/// When one fails, with its seed and the fewest of its steps that fail.
pub(crate) fn check_scripts(usual: u64, check: Check) {
    if let Some(seed) = variable("EARNEST_SEED") {
        return check_seed(seed, check);
    }
    let sequences = variable("EARNEST_SEQUENCES").unwrap_or(usual);
    let next = AtomicU64::new(0);
    let failed = AtomicU64::new(u64::MAX);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    // The lowest failing index wins, whatever the threads' timing: those below it go on.
                    if index >= sequences || index >= failed.load(Ordering::Relaxed) {
                        return;
                    }
                    if wrong(check, &generate(seed_of(index), LENGTH)).is_some() {
                        failed.fetch_min(index, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    if failed < u64::MAX {
        check_seed(seed_of(failed), check);
        unreachable!("a script is a function of its seed");
    }
}

fn check_seed(seed: u64, check: Check) {
    let mut script = generate(seed, LENGTH);
    if let Some(first) = wrong(check, &script) {
        let why = shrink(&mut script, check).unwrap_or(first);
        let history = history(&script);
        panic!(
            "{why}\n\nReproduce with EARNEST_SEED={seed}. The steps that are needed:\n{script}\nThe engine's history:\n{history}"
        );
    }
}

/// Writes what the engine makes of a script, a line an event.
fn history(script: &Script) -> String {
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut played = Played::begin(script);
        script.steps.iter().for_each(|step| drop(played.step(step)));
        played.events
    }));
    let lines = lived.unwrap_or_default();
    lines
        .iter()
        .map(|event| serde_json::to_string(event).unwrap() + "\n")
        .collect()
}

/// Spreads the indices, so that neighbours share nothing.
fn seed_of(index: u64) -> u64 {
    Rng::new(index).next()
}

/// Leaves out steps, and letters of campaigns, as long as the rest is still wrong, and returns what is.
fn shrink(script: &mut Script, check: Check) -> Option<String> {
    let mut last = None;
    let mut size = script.steps.len().next_power_of_two();
    while size > 0 {
        let mut from = 0;
        let mut dropped = false;
        while from < script.steps.len() {
            let mut less = script.clone();
            less.steps
                .drain(from..(from + size).min(script.steps.len()));
            match wrong(check, &less) {
                Some(why) => {
                    *script = less;
                    last = Some(why);
                    dropped = true;
                }
                None => from += size,
            }
        }
        if size > 1 || !dropped {
            size /= 2;
        }
    }
    for step in 0..script.steps.len() {
        for letter in (0..25).rev() {
            let mut less = script.clone();
            let Step::Command(_, Command::Send(send)) = &mut less.steps[step] else {
                break;
            };
            if letter >= send.letters.len() {
                continue;
            }
            send.letters.remove(letter);
            if let Some(why) = wrong(check, &less) {
                *script = less;
                last = Some(why);
            }
        }
    }
    last
}

/// Says what is wrong with a script; a panic of the engine is wrong too.
fn wrong(check: Check, script: &Script) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| check(script))) {
        Ok(result) => result.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Some(format!("panicked: {}", text.unwrap_or("without a text")))
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told how long to run"
)]
fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a whole number, not `{text}`")),
    )
}
