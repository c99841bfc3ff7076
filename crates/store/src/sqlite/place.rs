//! Says where a message is kept, so that new ones are kept behind old ones.
//!
//! Owns: the places, and how they stand in a row. Does not own: the form of made ids ([`crate::number`]).
//! Invariants: an id of the made form has one place, known from the id alone; a message of another id has a
//! place of its own that no made id has; places sort by time.

use crate::number::Number;
use earnest_core::units::{MessageId, Timestamp};

/// SQLite's integers have a sign; with the top bit turned over they sort as the places do.
const TOP: u64 = 1 << 63;

/// Where a message is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place(pub(super) u64);

impl Place {
    /// Below the milliseconds stand 21 bits that tell messages apart, and one that tells made ids from others.
    pub(super) const BELOW_MILLIS: u32 = 22;

    /// Returns the place of an id of the made form, and nothing for another.
    pub(super) fn of(id: &MessageId) -> Option<Self> {
        Number::of(id.as_str()).map(|number| Self(number.0 << 1))
    }

    /// Returns a place for a message whose id is not of the made form.
    pub(super) const fn other(at: Timestamp, low: u64) -> Self {
        Self(Number::new(at, low).0 << 1 | 1)
    }

    /// Returns whether the message's id is not of the made form, and so is kept beside it.
    pub(super) const fn is_other(self) -> bool {
        self.0 & 1 == 1
    }

    /// Returns the id of the made form that has this place.
    pub(super) fn spell(self) -> String {
        Number(self.0 >> 1).spell()
    }

    /// Returns whether the place tells when the message was sent.
    pub(super) fn tells(self, sent_at: Timestamp) -> bool {
        i64::try_from(self.0 >> Self::BELOW_MILLIS) == Ok(sent_at.millis())
    }

    /// Returns the place as SQLite keeps it.
    pub(super) const fn to_row(self) -> i64 {
        (self.0 ^ TOP).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn places_sort_by_time_in_rows_too() {
        let early = Place::other(at(1_000), 2_000_000);
        let late = Place::of(&crate::message_id(at(4_398_046_511_103), 1)).unwrap();
        assert!(early < late);
        assert!(early.to_row() < late.to_row());
        assert!(late.tells(at(4_398_046_511_103)) && !late.tells(at(1_000)));
    }

    #[test]
    fn a_made_id_is_spelled_by_its_place() {
        let id = crate::message_id(at(1_790_000_000_123), 77);
        let place = Place::of(&id).unwrap();
        assert_eq!(place.spell(), id.as_str());
        assert!(!place.is_other() && Place::other(at(0), 0).is_other());
    }
}
