//! Brings forgotten messages back for a while, so that a late answer or a question finds them.
//!
//! Owns: the recalled messages, beside the others and outside their numbers. Does not own: where a caller
//! keeps forgotten messages, nor what a late answer means.
//! Invariants: a recalled message has ended; it is in no count, window, look-up table or snapshot, and two
//! states that differ in nothing else are equal.

use super::row::{Chunk, NEVER, Row, text_of};
use super::{Credit, LostAtOnce, Messages, Number, Status};
use crate::event::{Event, ExpiryReason, Fact};
use crate::state::view::MessageView;
use crate::units::{GrantId, MessageId, SeatId, Timestamp};
use std::collections::BTreeMap;

/// A forgotten message, as a caller kept it: what a state needs to speak of it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// The message, as it was read last.
    pub message: MessageView,
    /// The one lot that its stake was drawn from; nothing where there were several or none, or where it is
    /// not remembered. Only told in explanations.
    pub lot: Option<GrantId>,
    /// What of its returned stake was lost at once. Only told in explanations.
    pub lost: LostAtOnce,
}

/// Says why a message cannot be recalled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecallError {
    /// The state has it.
    #[error("message `{0}` is not forgotten")]
    NotForgotten(MessageId),
    /// It has not ended, and such a message is never forgotten.
    #[error("message `{0}` has not ended: it is pending or its stake is held")]
    NotEnded(MessageId),
    /// Its seat is not one of the contract's.
    #[error("message `{0}` names seat `{1}`, which the contract does not have")]
    UnknownSeat(MessageId, SeatId),
    /// Its policy version is not one of the contract's.
    #[error("message `{0}` names policy version {1}, which the contract does not have")]
    UnknownVersion(MessageId, u16),
}

impl From<&MessageView> for Recalled {
    /// Remembers neither the lot nor what was lost.
    fn from(message: &MessageView) -> Self {
        Self {
            message: message.clone(),
            lot: None,
            lost: LostAtOnce::default(),
        }
    }
}

impl Recalled {
    /// Reads the lot, and what was lost, from the message's own events and those that directly follow its
    /// return; other events are passed over.
    #[must_use]
    pub fn with_history(message: &MessageView, history: &[Event]) -> Self {
        let mut recalled = Self::from(message);
        let mut returns = false;
        for event in history {
            returns = match &event.fact {
                Fact::MessageSent {
                    message: id, stake, ..
                } if *id == message.id => {
                    if let [piece] = stake.as_slice() {
                        recalled.lot = Some(piece.grant.clone());
                    }
                    false
                }
                Fact::StakeReturned { message: id, .. } => *id == message.id,
                Fact::CreditsRevoked { .. } => {
                    recalled.lost.revoked |= returns;
                    returns
                }
                Fact::CreditsExpired {
                    reason: ExpiryReason::ReturnedLate,
                    ..
                } => {
                    recalled.lost.ended |= returns;
                    returns
                }
                _ => false,
            };
        }
        recalled
    }
}

/// The recalled messages; they are few, and found by looking at each.
#[derive(Debug, Clone, Default)]
pub(super) struct Aside {
    chunk: Chunk,
    reports: BTreeMap<u64, Timestamp>,
}

/// Recalled messages are numbered down from here.
const TOP: u64 = u64::MAX;

impl Aside {
    pub(super) fn weight(&self) -> usize {
        self.chunk.weight()
    }

    fn at(&self, number: u64) -> Option<usize> {
        let at = usize::try_from(TOP.saturating_sub(number)).ok()?;
        (at < self.chunk.rows.len()).then_some(at)
    }

    pub(super) fn row(&self, number: u64) -> Option<(&Chunk, &Row)> {
        let at = self.at(number)?;
        Some((&self.chunk, self.chunk.rows.get(at)?))
    }

    pub(super) fn row_mut(&mut self, number: u64) -> Option<&mut Row> {
        let at = self.at(number)?;
        self.chunk.rows.get_mut(at)
    }

    /// Returns the number of the recalled message of that id.
    pub(super) fn find(&self, id: &str) -> Option<u64> {
        let is = |row: &Row| text_of(&self.chunk, row, 0, row.id_length) == id.as_bytes();
        let at = self.chunk.rows.iter().position(is)?;
        TOP.checked_sub(u64::try_from(at).ok()?)
    }

    fn push(&mut self, mut row: Row, message: &MessageView) -> Option<u64> {
        let number = TOP.checked_sub(u64::try_from(self.chunk.rows.len()).ok()?)?;
        let (id, to) = (message.id.as_str(), message.to.as_str());
        row.text = u32::try_from(self.chunk.text.len()).ok()?;
        row.id_length = u8::try_from(id.len()).ok()?;
        row.to_length = u8::try_from(to.len()).ok()?;
        self.chunk.text.extend_from_slice(id.as_bytes());
        self.chunk.text.extend_from_slice(to.as_bytes());
        self.chunk.rows.push(row);
        Some(number)
    }
}

impl Messages {
    /// Puts a forgotten message of this seat aside, where it is found again. Nothing is returned, and nothing
    /// changes, where there is no room, which takes 4 GiB of them.
    pub(crate) fn recall(
        &mut self,
        recalled: &Recalled,
        seat: u32,
        lot: Option<u32>,
    ) -> Option<Number> {
        let message = &recalled.message;
        let number = self.aside.push(row_of(recalled, seat, lot), message)?;
        if let Some(at) = message.reported_at {
            self.aside.reports.insert(number, at);
        }
        Some(Number(number))
    }

    /// Drops all recalled messages.
    pub(crate) fn drop_recalled(&mut self) {
        self.aside = Aside::default();
    }

    pub(super) fn reported_at(&self, number: Number) -> Option<Timestamp> {
        let reports = match self.aside.at(number.0) {
            Some(_) => &self.aside.reports,
            None => &self.reports,
        };
        reports.get(&number.0).copied()
    }

    pub(super) fn reports_of(&mut self, number: Number) -> &mut BTreeMap<u64, Timestamp> {
        match self.aside.at(number.0) {
            Some(_) => &mut self.aside.reports,
            None => &mut self.reports,
        }
    }
}

/// Returns whether a message can have been forgotten.
pub(crate) fn has_ended(message: &MessageView) -> bool {
    message.status != Status::Pending && message.credit != Credit::Held
}

fn row_of(recalled: &Recalled, seat: u32, lot: Option<u32>) -> Row {
    let message = &recalled.message;
    let millis = |at: Option<Timestamp>| at.map_or(NEVER, Timestamp::millis);
    let mut flags = 0;
    let mut flag = |is: bool, flag: u8| {
        if is {
            flags |= flag;
        }
    };
    flag(message.bulk, Row::BULK);
    flag(message.response_note, Row::NOTE);
    flag(message.reported_at.is_some(), Row::REPORTED);
    flag(recalled.lost.ended, Row::ENDED);
    flag(recalled.lost.revoked, Row::REVOKED);
    flag(lot.is_none() && message.price > 0, Row::WAS_SPREAD);
    let mut row = Row {
        sent_at: message.sent_at.millis(),
        seen_at: millis(message.seen_at),
        answered_at: millis(message.responded_at),
        text: 0,
        seat,
        lot: lot.unwrap_or(u32::MAX),
        credits: message.price,
        version: message.version,
        id_length: 0,
        to_length: 0,
        status: message.status,
        stake: 0,
        talk: 0,
        flags,
    };
    row.set_credit(message.credit, message.settled_by);
    row.set_conversation(message.conversation);
    if let Some(kind) = message.response {
        row.set_answer(kind);
    }
    row
}
