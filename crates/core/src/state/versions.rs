//! Remembers which policy version is in force when.
//!
//! Owns: the versions' instants and terms. Does not own: the policies themselves ([`crate::Policies`]).
//! Invariant: an instant and a phase have exactly one version in force.

use crate::invariant::known;
use crate::policy::{GateTerms, Terms};
use crate::units::{Days, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

/// The order of what happens at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// A version that was added ahead takes effect.
    Versions,
    /// Lots end.
    LotsEnd,
    /// Lots start.
    LotsStart,
    /// The month's allotments.
    Renewals,
    /// Periods and stages are judged.
    Assessments,
    /// Commands, in order of arrival.
    Commands,
    /// Messages lapse.
    Lapses,
}

/// A place in a contract's history: an instant, and a phase of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Position(pub(crate) Timestamp, pub(crate) Phase);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) name: SmolStr,
    pub(crate) from: Position,
    #[serde(with = "SavedTerms")]
    pub(crate) terms: Terms,
}

/// Terms as a snapshot has them; as an event has them they need a format that describes itself.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Terms")]
struct SavedTerms {
    window_days: Days,
    #[serde(with = "SavedGate")]
    gate: GateTerms,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "GateTerms")]
enum SavedGate {
    None,
    Thread { window_days: Days },
    Ladder { period_days: Days, stages: SmolStr },
}

/// A contract's policy versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Versions {
    /// By number: the order in which they were added.
    all: Vec<Version>,
    /// Their numbers in the order in which they take effect.
    order: Vec<u16>,
}

impl Versions {
    pub(crate) fn add(&mut self, version: Version) {
        let number = known(
            u16::try_from(self.all.len()).ok(),
            "a contract has at most 65,536 versions",
        );
        // Of two versions of one place, the later added is in force.
        let at = self
            .order
            .partition_point(|earlier| self.get(*earlier).from <= version.from);
        self.all.push(version);
        self.order.insert(at, number);
    }

    /// Returns the versions in the order in which they were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Version> {
        self.all.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn get(&self, number: u16) -> &Version {
        known(
            self.all.get(usize::from(number)),
            "a version's number is known",
        )
    }

    /// Returns the number of the version in force.
    pub(crate) fn in_force(&self, at: Position) -> u16 {
        let number = self
            .order
            .iter()
            .rev()
            .find(|number| self.get(**number).from <= at)
            .or_else(|| self.order.first());
        *known(number, "a contract begins with a version")
    }

    /// Returns when the next version after `at` takes effect, as far as is known now.
    pub(crate) fn next_start_after(&self, at: Timestamp) -> Option<Timestamp> {
        self.order
            .iter()
            .map(|number| self.get(*number).from.0)
            .find(|from| *from > at)
    }

    /// Returns the length of the assessment period where a ladder is in force.
    pub(crate) fn period(&self, at: Position) -> Option<Days> {
        match self.get(self.in_force(at)).terms.gate {
            GateTerms::Ladder { period_days, .. } => Some(period_days),
            GateTerms::None | GateTerms::Thread { .. } => None,
        }
    }

    /// Returns whether no version takes effect after `at`.
    pub(crate) fn is_settled(&self, at: Position) -> bool {
        self.order
            .last()
            .is_none_or(|number| self.get(*number).from <= at)
    }

    /// Returns the first version after `after` and up to `until` that was added ahead and starts the seats
    /// afresh, with its instant and number.
    pub(crate) fn next_change_of_gate(
        &self,
        after: Position,
        until: Timestamp,
    ) -> Option<(Timestamp, u16)> {
        // Of versions from one place only the last ever rules.
        let mut ruling = self
            .order
            .chunk_by(|a, b| self.get(*a).from == self.get(*b).from)
            .filter_map(<[u16]>::last);
        let mut before = self.get(*ruling.next()?);
        for number in ruling {
            let next = self.get(*number);
            let (at, phase) = (next.from.0, next.from.1);
            if phase == Phase::Versions
                && next.from > after
                && at <= until
                && before.terms.gate.starts_afresh(&next.terms.gate)
            {
                return Some((at, *number));
            }
            before = next;
        }
        None
    }

    /// Returns the response window of each version, by number.
    pub(crate) fn windows(&self) -> impl Iterator<Item = Days> {
        self.all.iter().map(|version| version.terms.window_days)
    }

    /// Returns the longest rolling window of any version: how far back a gate may look.
    pub(crate) fn longest_window(&self) -> Option<Days> {
        self.all
            .iter()
            .filter_map(|version| match version.terms.gate {
                GateTerms::Thread { window_days } => Some(window_days),
                GateTerms::None | GateTerms::Ladder { .. } => None,
            })
            .max()
    }
}

/// Saves the versions by number; the order in which they take effect follows from them.
impl Serialize for Versions {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.all.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Versions {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let all = Vec::<Version>::deserialize(from)?;
        if all.is_empty() || u16::try_from(all.len().saturating_sub(1)).is_err() {
            return Err(de::Error::custom("a contract has 1 to 65,536 versions"));
        }
        let mut versions = Self::default();
        all.into_iter().for_each(|version| versions.add(version));
        Ok(versions)
    }
}
