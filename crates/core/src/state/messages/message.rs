//! Shows one message.

use super::outcome::{Answer, Conversation, Credit, LostAtOnce, SettledBy, Status};
use super::row::{Chunk, NEVER, Row, text_of};
use super::{Messages, Number};
use crate::invariant::known;
use crate::units::{MessageId, Timestamp};
use smallvec::SmallVec;

/// A read-only look at one message.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    pub(crate) number: Number,
    pub(super) row: &'a Row,
    pub(super) chunk: &'a Chunk,
    pub(super) messages: &'a Messages,
}

impl<'a> Message<'a> {
    pub(crate) fn id(&self) -> MessageId {
        MessageId::stored(self.id_str())
    }

    pub(crate) fn id_str(&self) -> &'a str {
        self.text(0, self.row.id_length)
    }

    pub(crate) fn recipient(&self) -> &'a str {
        self.text(self.row.id_length, self.row.to_length)
    }

    fn text(&self, skip: u8, length: u8) -> &'a str {
        let bytes = text_of(self.chunk, self.row, skip, length);
        known(std::str::from_utf8(bytes).ok(), "an id is ASCII")
    }

    pub(crate) const fn seat(&self) -> u32 {
        self.row.seat
    }

    pub(crate) fn sent_at(&self) -> Timestamp {
        instant(self.row.sent_at)
    }

    pub(crate) fn deadline(&self) -> Timestamp {
        self.sent_at().plus(self.messages.window(self.row.version))
    }

    pub(crate) const fn version(&self) -> u16 {
        self.row.version
    }

    pub(crate) fn seen_at(&self) -> Option<Timestamp> {
        (self.row.seen_at != NEVER).then(|| instant(self.row.seen_at))
    }

    /// Returns when the recipient first answered, in time or not.
    pub(crate) fn answered_at(&self) -> Option<Timestamp> {
        (self.row.answered_at != NEVER).then(|| instant(self.row.answered_at))
    }

    /// Returns the first answer, in time or not.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.row.answer().map(|kind| Answer {
            kind,
            note: self.row.is(Row::NOTE),
        })
    }

    pub(crate) fn reported_at(&self) -> Option<Timestamp> {
        self.messages.reported_at(self.number)
    }

    pub(crate) const fn status(&self) -> Status {
        self.row.status
    }

    pub(crate) const fn credit(&self) -> Credit {
        self.row.credit()
    }

    pub(crate) const fn conversation(&self) -> Conversation {
        self.row.conversation()
    }

    pub(crate) const fn settled_by(&self) -> Option<SettledBy> {
        self.row.settled_by()
    }

    pub(crate) const fn credits(&self) -> u32 {
        self.row.credits
    }

    pub(crate) const fn is_bulk(&self) -> bool {
        self.row.is(Row::BULK)
    }

    pub(crate) const fn is_reported(&self) -> bool {
        self.row.is(Row::REPORTED)
    }

    /// Returns whether the gate counts the message: one to an open profile does not.
    pub(crate) const fn counts_for_gate(&self) -> bool {
        self.row.credits > 0
    }

    /// Returns what was lost of the returned stake at once.
    pub(crate) const fn lost_at_once(&self) -> LostAtOnce {
        LostAtOnce {
            ended: self.row.is(Row::ENDED),
            revoked: self.row.is(Row::REVOKED),
        }
    }

    /// Returns the one lot that the stake was drawn from, also when it has ended; nothing where there were
    /// several, or none.
    pub(crate) const fn only_lot(&self) -> Option<u32> {
        let several = self.row.is(Row::SPREAD) || self.row.is(Row::WAS_SPREAD);
        if several || self.row.credits == 0 {
            return None;
        }
        Some(self.row.lot)
    }

    /// Returns the lots that the stake was drawn from, in that order.
    pub(crate) fn stake(&self) -> SmallVec<[(u32, u32); 1]> {
        if self.row.is(Row::SPREAD) {
            let pieces = self.messages.stakes.get(&self.number.0);
            return known(pieces, "a spread stake is kept")
                .iter()
                .copied()
                .collect();
        }
        match self.row.credits {
            0 => SmallVec::new(),
            credits => SmallVec::from([(self.row.lot, credits)]),
        }
    }
}

pub(super) fn instant(millis: i64) -> Timestamp {
    known(Timestamp::from_millis(millis), "a stored instant is one")
}
