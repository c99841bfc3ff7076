//! Compares what a reader sees of a contract with what a step states.
//!
//! Owns: which figure a key of `expect` stands for. Does not own: the figures.
//! Invariant: reading changes nothing; what a step does not name is not compared.

use crate::outcome::Value;
use crate::play::note_lots;
use crate::scenario::{Expect, ExpectCredits, ExpectMessage, ExpectSeat};
use earnest_core::policy::Standing;
use earnest_core::units::{GrantId, MessageId, SeatId, Timestamp};
use earnest_core::{Contract, Credit, Status};
use std::collections::BTreeSet;

/// A difference, before it is known which step it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// What differs, as the file names it.
    pub(crate) what: String,
    /// What the file states.
    pub(crate) expected: Value,
    /// What was there.
    pub(crate) actual: Value,
    /// A sentence that says more.
    pub(crate) detail: Option<String>,
}

impl Difference {
    /// Makes a difference without a sentence.
    pub(crate) fn of(
        what: impl Into<String>,
        expected: impl Into<Value>,
        actual: impl Into<Value>,
    ) -> Self {
        Self {
            what: what.into(),
            expected: expected.into(),
            actual: actual.into(),
            detail: None,
        }
    }

    /// Adds the sentence that says more.
    pub(crate) fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// Returns how the contract, as a reader sees it at `at`, differs from `expect`.
///
/// `made` are the lots that the engine has made so far.
pub(crate) fn compare(
    contract: &Contract,
    made: &BTreeSet<GrantId>,
    at: Timestamp,
    expect: &Expect,
) -> Vec<Difference> {
    let newest = contract.state().clock();
    if at < newest {
        let stated = format!("{newest} or later");
        return vec![Difference::of("at", stated, at.to_string()).because(
            "the contract has an event of that instant; what was seen before it cannot be asked any more",
        )];
    }
    let mut made = made.clone();
    let mut seen = contract.clone();
    seen.catch_up(at, &mut |event| note_lots(event, &mut made));
    let mut found = Found::default();
    found.credits(&seen, &expect.credits);
    for (grant, credits) in &expect.grants {
        let what = format!("grants.{grant}");
        match seen.state().grant(grant) {
            Some(view) => found.figure(&what, Some(credits.0), view.available.0),
            // The engine forgets a lot of its own once it is spent.
            None if made.contains(grant) => found.figure(&what, Some(credits.0), 0),
            None => found.missing(what, "grant", grant),
        }
    }
    for (seat, stated) in &expect.seats {
        found.seat(&seen, at, seat, stated);
    }
    for (message, stated) in &expect.messages {
        found.message(&seen, message, stated);
    }
    found.0
}

/// The differences found so far.
#[derive(Default)]
struct Found(Vec<Difference>);

impl Found {
    fn credits(&mut self, seen: &Contract, stated: &ExpectCredits) {
        let balance = seen.state().balance();
        for (key, stated, actual) in [
            ("granted", stated.granted, balance.granted),
            ("available", stated.available, balance.available),
            ("held", stated.held, balance.held),
            ("consumed", stated.consumed, balance.consumed),
            ("expired", stated.expired, balance.expired),
            ("revoked", stated.revoked, balance.revoked),
        ] {
            let stated = stated.map(|credits| credits.0);
            self.figure(&format!("credits.{key}"), stated, actual.0);
        }
    }

    fn seat(&mut self, seen: &Contract, at: Timestamp, seat: &SeatId, stated: &ExpectSeat) {
        let what = format!("seats.{seat}");
        let Some(view) = seen.seat(seat, at) else {
            return self.missing(what, "seat", seat);
        };
        let standing = stated.standing.map(Standing::name);
        self.word(&format!("{what}.standing"), standing, view.standing.name());
        for (key, stated, actual) in [
            ("sent", stated.sent, view.sent),
            ("responded", stated.responded, view.responded),
            ("reports", stated.reports, view.reports),
        ] {
            let stated = stated.map(u64::from);
            self.figure(&format!("{what}.{key}"), stated, u64::from(actual));
        }
    }

    fn message(&mut self, seen: &Contract, message: &MessageId, stated: &ExpectMessage) {
        let what = format!("messages.{message}");
        let Some(view) = seen.state().message(message) else {
            return self.missing(what, "message", message);
        };
        let status = stated.status.map(Status::name);
        self.word(&format!("{what}.status"), status, view.status.name());
        let credit = stated.credit.map(Credit::name);
        self.word(&format!("{what}.credit"), credit, view.credit.name());
    }

    fn figure(&mut self, what: &str, stated: Option<u64>, actual: u64) {
        if let Some(stated) = stated.filter(|stated| *stated != actual) {
            self.0.push(Difference::of(what, stated, actual));
        }
    }

    fn word(&mut self, what: &str, stated: Option<&str>, actual: &str) {
        if let Some(stated) = stated.filter(|stated| *stated != actual) {
            self.0.push(Difference::of(what, stated, actual));
        }
    }

    fn missing(&mut self, what: String, noun: &str, id: &impl std::fmt::Display) {
        let expected = format!("a {noun}");
        self.0
            .push(Difference::of(what, expected, format!("no {noun} `{id}`")));
    }
}
