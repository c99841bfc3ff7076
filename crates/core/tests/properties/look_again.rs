//! When to look again: never too late, however cheaply it is found.

use super::support::play::Played;
use super::support::run::check_scripts;
use super::{DAY, USUAL, ensure};
use earnest_core::{Contract, is_caught_up, look_again_after, look_again_at, next_due_at};

fn is_in_time(contract: &Contract) -> Result<(), String> {
    let (policies, state) = (contract.policies(), contract.state());
    let (cheap, exact) = (look_again_at(policies, state), next_due_at(policies, state));
    ensure(
        exact.is_none_or(|exact| cheap.is_some_and(|cheap| cheap <= exact)),
        || format!("look again at {cheap:?}, and {exact:?} is due"),
    )
}

#[test]
fn looking_again_is_never_too_late() {
    check_scripts(USUAL / 2, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            played.step(step);
            is_in_time(&played.contract)?;
        }
        Ok(())
    });
}

/// A sweeper that sleeps until it is told to look again records what one does that looks all the time.
#[test]
fn looking_only_when_told_to_misses_nothing() {
    check_scripts(USUAL / 2, |script| {
        let mut played = Played::begin(script);
        for step in &script.steps {
            played.step(step);
        }
        let mut sleeper = played.contract.clone();
        let (policies, state) = (sleeper.policies().clone(), sleeper.state());
        let end = state.clock().plus_millis(100 * DAY);
        let mut next = look_again_at(&policies, state);
        let mut looks = 0;
        while let Some(at) = next.filter(|at| *at <= end) {
            let before = at.plus_millis(-1);
            ensure(is_caught_up(&policies, sleeper.state(), before), || {
                format!("something was due before {at}")
            })?;
            sleeper.catch_up(at, &mut |_| {});
            is_in_time(&sleeper)?;
            next = look_again_after(&policies, sleeper.state(), at);
            ensure(next.is_none_or(|next| next > at), || {
                format!("looks at {at} for ever")
            })?;
            looks += 1;
        }
        ensure(looks < 10_000, || format!("looks {looks} times"))?;
        played.contract.catch_up(end, &mut |_| {});
        ensure(sleeper.state() == played.contract.state(), || {
            "another state".to_owned()
        })
    });
}
