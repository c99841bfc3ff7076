//! Proves that the auditor finds a store that breaks a promise: each mutant is caught within a few seeds.

#![expect(
    clippy::print_stdout,
    reason = "a test stops where something is not as it should be, and says what it did"
)]

use earnest_sim::mutant::Mutant;
use earnest_sim::{Options, run};

/// How many seeds a mutant may get through.
const SEEDS_MOST: u64 = 60;

fn caught(mutant: Mutant) -> Option<(u64, String)> {
    let options = Options {
        mutant: Some(mutant),
        ..Options::default()
    };
    (0..SEEDS_MOST).find_map(|seed| {
        let report = run(seed, &options);
        report.wrong.first().map(|what| (seed, what.clone()))
    })
}

fn is_caught(mutant: Mutant) {
    let found = caught(mutant);
    println!("{mutant:?}: {found:?}");
    assert!(found.is_some(), "{mutant:?} got through {SEEDS_MOST} seeds");
}

#[test]
fn a_commit_that_happens_twice_is_found() {
    is_caught(Mutant::CommitsTwice);
}

#[test]
fn an_answered_commit_that_is_lost_is_found() {
    is_caught(Mutant::LosesAnswered);
}

#[test]
fn a_commit_that_lands_after_the_next_one_is_found() {
    is_caught(Mutant::HoldsBack);
}

#[test]
fn a_commit_on_a_state_that_did_not_last_is_found() {
    is_caught(Mutant::IgnoresExpected);
}

#[test]
fn a_batch_that_is_not_kept_whole_is_found() {
    is_caught(Mutant::KeepsHalf);
}

#[test]
fn events_in_another_order_are_found() {
    is_caught(Mutant::SwapsEvents);
}

#[test]
fn an_answer_that_is_not_kept_is_found() {
    is_caught(Mutant::ForgetsAnswers);
}

#[test]
fn an_outcome_that_is_not_kept_is_found() {
    is_caught(Mutant::ForgetsOutcomes);
}

#[test]
fn a_process_that_is_not_told_of_others_is_found() {
    is_caught(Mutant::HidesChanges);
}

#[test]
fn a_contract_that_is_not_looked_at_is_found() {
    is_caught(Mutant::ForgetsDue);
}
