//! Says what a replay found: the figures of one policy.
//!
//! Owns: the figures, their sums and their JSON. Does not own: tables for people.
//! Invariant: figures are whole numbers; ratios are made of them only to be shown.

use earnest_core::units::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

const MILLIS_A_DAY: f64 = 86_400_000.0;

/// What one policy would have done with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The policy's name.
    pub policy: String,
    /// Cold messages in the log, up to the end.
    pub messages: u64,
    /// Those that were sent.
    pub sent: u64,
    /// Those that were refused, by code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Sent messages that were answered in time.
    pub responded: u64,
    /// Messages whose stake came back.
    pub returned: u64,
    /// Messages whose stake is gone.
    pub consumed: u64,
    /// Messages whose stake is open at the end.
    pub held: u64,
    /// Credits that are gone with stakes.
    pub consumed_credits: u64,
    /// Seats.
    pub seats: u64,
    /// Seats that were ever warned.
    pub seats_warned: u64,
    /// Seats that were ever restricted.
    pub seats_restricted: u64,
    /// How long seats were restricted, all together, in milliseconds.
    pub restricted_ms: u64,
    /// The seats that were ever restricted, the longest first.
    pub restricted: Vec<RestrictedSeat>,
}

/// A seat that a policy would have restricted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedSeat {
    /// Its contract.
    pub contract: String,
    /// The seat.
    pub seat: String,
    /// When it was first restricted.
    pub first_at: Timestamp,
    /// How long it was restricted, in milliseconds.
    pub restricted_ms: u64,
}

impl Figures {
    /// Returns the figures of an empty log.
    #[must_use]
    pub fn new(policy: &str) -> Self {
        Self {
            policy: policy.to_owned(),
            messages: 0,
            sent: 0,
            refused: BTreeMap::new(),
            responded: 0,
            returned: 0,
            consumed: 0,
            held: 0,
            consumed_credits: 0,
            seats: 0,
            seats_warned: 0,
            seats_restricted: 0,
            restricted_ms: 0,
            restricted: Vec::new(),
        }
    }

    /// Returns how many messages were refused, whatever the code.
    #[must_use]
    pub fn refused_in_all(&self) -> u64 {
        self.refused.values().sum()
    }

    /// Returns answered in time over sent; nothing when none was sent.
    #[must_use]
    pub fn response_rate(&self) -> Option<f64> {
        ratio(self.responded, self.sent)
    }

    /// Returns credits consumed over messages answered in time; nothing when none was answered.
    #[must_use]
    pub fn credits_per_response(&self) -> Option<f64> {
        ratio(self.consumed_credits, self.responded)
    }

    /// Returns how long seats were restricted, all together, in days with fractions.
    #[must_use]
    pub fn restricted_days(&self) -> f64 {
        days(self.restricted_ms)
    }

    pub(crate) fn refuse(&mut self, code: &'static str) {
        *self.refused.entry(code).or_default() += 1;
    }

    /// Adds another part of the same log.
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.sent += other.sent;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.responded += other.responded;
        self.returned += other.returned;
        self.consumed += other.consumed;
        self.held += other.held;
        self.consumed_credits += other.consumed_credits;
        self.seats += other.seats;
        self.seats_warned += other.seats_warned;
        self.seats_restricted += other.seats_restricted;
        self.restricted_ms += other.restricted_ms;
        self.restricted.extend(other.restricted);
    }

    /// Puts the restricted seats in order: the longest restricted first, then by name.
    pub(crate) fn sort(&mut self) {
        self.restricted.sort_by(|a, b| {
            let longest = b.restricted_ms.cmp(&a.restricted_ms);
            longest.then_with(|| (&a.contract, &a.seat).cmp(&(&b.contract, &b.seat)))
        });
    }
}

impl RestrictedSeat {
    /// Returns how long the seat was restricted, in days with fractions.
    #[must_use]
    pub fn restricted_days(&self) -> f64 {
        days(self.restricted_ms)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio to be shown; no rule reads it"
)]
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a length of time to be shown; no rule reads it"
)]
fn days(millis: u64) -> f64 {
    millis as f64 / MILLIS_A_DAY
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("policy", &self.policy)?;
        map.serialize_entry("messages", &self.messages)?;
        map.serialize_entry("sent", &self.sent)?;
        map.serialize_entry("refused", &self.refused)?;
        map.serialize_entry("responded", &self.responded)?;
        map.serialize_entry("returned", &self.returned)?;
        map.serialize_entry("consumed", &self.consumed)?;
        map.serialize_entry("held", &self.held)?;
        map.serialize_entry("response_rate", &self.response_rate())?;
        map.serialize_entry("credits_per_response", &self.credits_per_response())?;
        map.serialize_entry("consumed_credits", &self.consumed_credits)?;
        map.serialize_entry("seats", &self.seats)?;
        map.serialize_entry("seats_warned", &self.seats_warned)?;
        map.serialize_entry("seats_restricted", &self.seats_restricted)?;
        map.serialize_entry("restricted_days", &self.restricted_days())?;
        map.serialize_entry("restricted", &self.restricted)?;
        map.end()
    }
}

impl Serialize for RestrictedSeat {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("contract", &self.contract)?;
        map.serialize_entry("seat", &self.seat)?;
        map.serialize_entry("first_at", &self.first_at)?;
        map.serialize_entry("restricted_days", &self.restricted_days())?;
        map.end()
    }
}
