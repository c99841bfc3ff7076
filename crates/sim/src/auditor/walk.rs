//! Lives through a contract again, in the log's order, and holds every claim against the states on the way.
//!
//! Invariant: the reference decides each command anew at the event's instant, after everything that fell due,
//! and must come to the very events of the log: nothing was decided on a state that did not last.

use super::claim::{Around, Claim, Sums, of_contract};
use super::command;
use super::history::{History, Told};
use crate::book::Book;
use crate::world::World;
use earnest_core::event::Event;
use earnest_core::ledger::Audit;
use earnest_core::units::ContractId;
use earnest_core::{Contract, State, decide, due, is_caught_up};

/// What came of a walk.
pub(super) struct Walked {
    pub(super) wrong: Vec<String>,
    pub(super) claims: usize,
    /// The contract in the end; nothing where the walk stopped before.
    pub(super) reference: Option<Contract>,
}

/// Lives through a contract.
pub(super) fn walk(world: &World, book: &Book, history: &History, contract: &ContractId) -> Walked {
    let around = Around {
        world,
        book,
        history,
    };
    let mut claims = of_contract(&around, contract);
    let count = claims.len();
    let mut walked = Walked {
        wrong: Vec::new(),
        claims: count,
        reference: None,
    };
    let Some(told) = history.contracts.get(contract) else {
        return walked;
    };
    match follow(&around, told, &mut claims) {
        Ok(reference) => {
            let false_ones = claims
                .iter()
                .map(|claim| format!("{contract}: {}", claim.tell()));
            walked.wrong.extend(false_ones);
            walked.reference = Some(reference);
        }
        Err(what) => walked.wrong.push(format!("{contract}: {what}")),
    }
    walked
}

/// Follows the events to the end; the claims that are left held of no state.
fn follow(
    around: &Around<'_>,
    told: &Told,
    claims: &mut Vec<Claim<'_>>,
) -> Result<Contract, String> {
    let mut audit = Audit::new();
    let mut sums = Sums::default();
    let first = told.events.first().ok_or("it has no events")?;
    let mut reference = command::begin(first)?;
    let mut done = 0;
    let mut next = 1;
    while done < told.events.len() {
        let group = told.events.get(done..next).unwrap_or_default();
        for event in group {
            audit
                .follow(event)
                .map_err(|violation| violation.to_string())?;
            sums.add(event, audit.balance());
        }
        done = next;
        if audit.balance() != reference.state().balance() {
            return Err(format!(
                "event {done}: the sums are {:?}, the state's {:?}",
                audit.balance(),
                reference.state().balance()
            ));
        }
        let seq = u64::try_from(done).unwrap_or(u64::MAX);
        claims.retain(|claim| {
            let is_of = claim.lo <= seq && seq <= claim.hi;
            !(is_of && claim.holds(around, &reference, seq, &sums))
        });
        let rest = told.events.get(done..).unwrap_or_default();
        if !rest.is_empty() {
            let count =
                step(&mut reference, rest).map_err(|what| format!("event {}: {what}", done + 1))?;
            next = done + count;
        }
    }
    same_as_applied(told, &reference)?;
    Ok(reference)
}

/// Lets the reference do what the next events say, and returns how many they are.
fn step(reference: &mut Contract, rest: &[Event]) -> Result<usize, String> {
    let first = rest.first().ok_or("there is no event")?;
    match command::of_event(first)? {
        Some(asked) => {
            if !is_caught_up(reference.policies(), reference.state(), first.at) {
                let due = due(reference.policies(), reference.state(), first.at);
                return Err(format!("{first:?} was decided before {due:?} was recorded"));
            }
            let decided = decide(reference.policies(), reference.state(), &asked, first.at);
            let decided = decided.map_err(|why| {
                format!("{first:?} was accepted, and is refused at its place in the log: {why}")
            })?;
            same(&decided, rest)?;
            reference.accept(&asked, &decided);
            Ok(decided.len())
        }
        None => {
            // A lapse falls due right after its instant.
            let fallen = due(
                reference.policies(),
                reference.state(),
                first.at.plus_millis(1),
            );
            if fallen.is_empty() {
                return Err(format!("{first:?} was not due"));
            }
            same(&fallen, rest)?;
            reference.catch_up_once(first.at.plus_millis(1));
            Ok(fallen.len())
        }
    }
}

fn same(expected: &[Event], rest: &[Event]) -> Result<(), String> {
    let found = rest
        .get(..expected.len().min(rest.len()))
        .unwrap_or_default();
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "the log says {found:?}, and should say {expected:?}"
        )),
    }
}

/// Checks that the events alone make the same state.
fn same_as_applied(told: &Told, reference: &Contract) -> Result<(), String> {
    let first = told.events.first().ok_or("it has no events")?;
    let mut state = State::from_first(first).ok_or("its first event begins no contract")?;
    for event in told.events.iter().skip(1) {
        state.apply(event);
    }
    match state == *reference.state() {
        true => Ok(()),
        false => Err("its events make another state than its commands".to_owned()),
    }
}
