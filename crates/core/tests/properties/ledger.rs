//! The sums and the audit of a history, held against the state that lived it.

use super::support::play::Played;
use super::support::run::check_scripts;
use super::support::script::{id, t};
use super::{USUAL, ensure};
use earnest_core::event::{Event, Fact, Piece};
use earnest_core::ledger::{Audit, BalanceError};
use earnest_core::policy::RuleRef;
use earnest_core::units::{Credits, GrantId};
use earnest_core::{Balance, State};
use smallvec::smallvec;

#[test]
fn the_sums_of_the_events_are_the_balance_at_every_point() {
    check_scripts(USUAL, |script| {
        let played = Played::lived(script);
        let mut state = State::from_first(&played.events[0]).unwrap();
        let mut balance = Balance::default();
        for (number, event) in played.events.iter().enumerate() {
            if number > 0 {
                state.apply(event);
            }
            balance = balance
                .after(event)
                .map_err(|error| format!("{event:?}: {error}"))?;
            ensure(balance == state.balance(), || {
                format!("after {event:?}: {balance:?}, not {:?}", state.balance())
            })?;
        }
        Ok(())
    });
}

#[test]
fn every_history_passes_the_audit() {
    check_scripts(USUAL, |script| {
        let played = Played::lived(script);
        let mut audit = Audit::new();
        for event in &played.events {
            audit
                .follow(event)
                .map_err(|violation| violation.to_string())?;
        }
        let state = played.contract.state();
        ensure(audit.balance() == state.balance(), || {
            "another balance".to_owned()
        })?;
        ensure(
            u64::try_from(audit.open_stakes()).unwrap() == state.open_stakes(),
            || "other open stakes".to_owned(),
        )
    });
}

/// An event that moves credits and is told twice, or is left out, is found sooner or later.
#[test]
fn a_history_with_a_settlement_told_twice_fails_the_audit() {
    check_scripts(USUAL / 4, |script| {
        let mut events = Played::lived(script).events;
        let settles = |event: &Event| {
            matches!(
                event.fact,
                Fact::StakeReturned { .. } | Fact::StakeConsumed { .. }
            )
        };
        let Some(at) = events.iter().position(settles) else {
            return Ok(());
        };
        events.insert(at + 1, events[at].clone());
        let mut audit = Audit::new();
        let found = events.iter().find_map(|event| audit.follow(event).err());
        let found = found.ok_or("nothing was found")?;
        ensure(found.event == at as u64 + 2, || {
            format!("event {} is told twice, and found was {found}", at + 2)
        })
    });
}

fn grant(credits: u64) -> Fact {
    Fact::GrantMade {
        grant: GrantId::new("g1").unwrap(),
        credits: Credits(credits),
        source: earnest_core::command::Source::Purchase,
        effective_at: t("2026-01-01T00:00:00Z"),
        expires_at: None,
        priority: 1,
    }
}

fn sent(message: &str, credits: u64) -> Fact {
    Fact::MessageSent {
        message: id(message),
        seat: id("ana"),
        to: id("bo"),
        campaign: None,
        bulk: false,
        credits: Credits(credits),
        deadline: t("2026-04-01T00:00:00Z"),
        version: 0,
        stake: smallvec![Piece {
            grant: GrantId::new("g1").unwrap(),
            credits: Credits(credits),
        }],
    }
}

fn consumed(message: &str, credits: u64) -> Fact {
    Fact::StakeConsumed {
        message: id(message),
        seat: id("ana"),
        credits: Credits(credits),
        rule: RuleRef(0),
    }
}

/// Returns what the audit says of a history of these facts after the contract's first event.
fn verdict(facts: Vec<Fact>) -> String {
    let script = super::generate(1, 0);
    let (_, first) = earnest_core::Contract::create(&script.create, t("2026-01-01T00:00:00Z"));
    let events = facts.into_iter().map(|fact| Event { at: first.at, fact });
    let mut audit = Audit::new();
    let found = std::iter::once(first.clone())
        .chain(events)
        .find_map(|event| audit.follow(&event).err());
    found.map_or_else(String::new, |violation| violation.to_string())
}

#[test]
fn the_audit_says_what_is_wrong() {
    let (once, never) = (sent("m1", 1), consumed("m2", 1));
    let cases = [
        (vec![grant(3), once.clone(), consumed("m1", 1)], ""),
        (
            vec![grant(3), once.clone(), never],
            "event 4: `m2` has no open stake: it was never sent, staked nothing, or has settled before",
        ),
        (
            vec![grant(3), once.clone(), consumed("m1", 2)],
            "event 4: `m1` staked 1 credits and settles 2",
        ),
        (
            vec![once.clone()],
            "event 2: available would go below zero: 1 are taken of 0",
        ),
        (
            vec![grant(3), once.clone(), once],
            "event 4: `m1` is sent again while its stake is open",
        ),
        (
            vec![
                grant(3),
                Fact::GrantStarted {
                    grant: GrantId::new("g1").unwrap(),
                    credits: Credits(3),
                },
            ],
            "event 3: `g1` starts with 3 credits, and no such grant is waiting",
        ),
    ];
    for (facts, expected) in cases {
        assert_eq!(verdict(facts), expected);
    }
}

#[test]
fn a_history_begins_with_its_contract_and_never_goes_back() {
    let at = |text: &str, fact| Event { at: t(text), fact };
    let mut audit = Audit::new();
    let early = audit.follow(&at("2026-01-01T00:00:00Z", grant(1)));
    assert_eq!(
        early.unwrap_err().to_string(),
        "event 1: a contract's history begins with `contract_created`"
    );
    let script = super::generate(1, 0);
    let (_, first) = earnest_core::Contract::create(&script.create, t("2026-01-02T00:00:00Z"));
    let mut audit = Audit::new();
    audit.follow(&first).unwrap();
    let back = audit.follow(&at("2026-01-01T00:00:00Z", grant(1)));
    assert_eq!(
        back.unwrap_err().to_string(),
        "event 2: its instant 2026-01-01T00:00:00Z is before that of the event before, 2026-01-02T00:00:00Z"
    );
    assert_eq!(
        Audit::clone(&audit).follow(&first).unwrap_err().to_string(),
        "event 3: a contract is created once"
    );
}

#[test]
fn a_sum_that_numbers_cannot_hold_is_an_error() {
    let event = Event {
        at: t("2026-01-01T00:00:00Z"),
        fact: grant(u64::MAX),
    };
    let full = Balance::default().after(&event).unwrap();
    assert_eq!(
        full.after(&event),
        Err(BalanceError::TooMany { sum: "granted" })
    );
}
