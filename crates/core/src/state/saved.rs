//! Saves a contract's state and loads it again: a snapshot, in any format of serde that keeps bytes in order.
//!
//! Owns: the snapshot's layout and its number, and the checks between its parts. Does not own: where
//! snapshots are kept, and whether their bytes are whole; the keeper adds a checksum.
//! Invariants: a loaded state equals the saved one and goes on as it would have; a snapshot of another layout,
//! or one whose parts do not fit each other, is an error and no state.

use super::messages::{Messages, SavedMessages};
use super::pool::Pool;
use super::seats::Seats;
use super::versions::{Position, Versions};
use super::{Renewal, State};
use crate::units::{ContractId, Timestamp, add_months};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;

/// The number of the layout in which a [`State`] is saved. It stands first in a snapshot, and one of another
/// number is not loaded: the state is then rebuilt from its events.
///
/// Whoever changes what a snapshot holds, or in which order, raises it.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// The layout's number, which must be ours.
struct Format;

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        SNAPSHOT_FORMAT.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            SNAPSHOT_FORMAT => Ok(Self),
            other => Err(de::Error::custom(format!(
                "a snapshot of format {other} is not one of format {SNAPSHOT_FORMAT}"
            ))),
        }
    }
}

/// All that a snapshot holds.
#[derive(Serialize, Deserialize)]
struct Parts<'a> {
    format: Format,
    id: Cow<'a, ContractId>,
    name: Cow<'a, str>,
    starts_at: Timestamp,
    allotments: bool,
    bulk_disabled: bool,
    cancelled_at: Option<Timestamp>,
    position: Position,
    renewal: Renewal,
    versions: Cow<'a, Versions>,
    pool: Cow<'a, Pool>,
    seats: Cow<'a, Seats>,
    messages: SavedMessages,
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Parts {
            format: Format,
            id: Cow::Borrowed(&self.id),
            name: Cow::Borrowed(&self.name),
            starts_at: self.starts_at,
            allotments: self.allotments,
            bulk_disabled: self.bulk_disabled,
            cancelled_at: self.cancelled_at,
            position: self.position,
            renewal: self.renewal,
            versions: Cow::Borrowed(&self.versions),
            pool: Cow::Borrowed(&self.pool),
            seats: Cow::Borrowed(&self.seats),
            messages: self.messages.to_saved(),
        }
        .serialize(to)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let parts = Parts::<'static>::deserialize(from)?;
        State::of_parts(parts).map_err(de::Error::custom)
    }
}

impl State {
    fn of_parts(parts: Parts<'static>) -> Result<Self, &'static str> {
        let versions = parts.versions.into_owned();
        let windows = versions.windows().collect();
        let state = Self {
            id: parts.id.into_owned(),
            name: parts.name.into_owned(),
            starts_at: parts.starts_at,
            allotments: parts.allotments,
            bulk_disabled: parts.bulk_disabled,
            cancelled_at: parts.cancelled_at,
            position: parts.position,
            renewal: parts.renewal,
            versions,
            pool: parts.pool.into_owned(),
            seats: parts.seats.into_owned(),
            messages: Messages::rebuilt(parts.messages, windows)?,
        };
        state.check()?;
        Ok(state)
    }

    /// Checks what the parts say of each other.
    fn check(&self) -> Result<(), &'static str> {
        let ensure = |holds: bool, what| if holds { Ok(()) } else { Err(what) };
        let Renewal { month, at } = self.renewal;
        let starts = add_months(self.starts_at, month);
        ensure(at == starts && month > 0, "a month starts when it starts")?;
        let held = self.messages.held_of_lots();
        ensure(self.pool.holds(&held), "a lot holds its stakes")?;
        let seats = u64::try_from(self.seats.len()).unwrap_or(u64::MAX);
        ensure(
            self.messages.seats_named() <= seats,
            "a message's seat is known",
        )?;
        self.seats.check(&self.messages)
    }
}
