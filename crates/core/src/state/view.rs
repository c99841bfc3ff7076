//! Shows what a contract remembers, for reading.

use super::State;
use super::messages::{Conversation, Credit, Message, SettledBy, Status};
use super::pool::Lot;
use crate::command::Source;
use crate::policy::{ResponseKind, Standing};
use crate::units::{Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp};
use serde::Serialize;

/// A message, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageView {
    /// The message.
    pub id: MessageId,
    /// The sender.
    pub seat: SeatId,
    /// The recipient.
    pub to: MemberId,
    /// Whether it was answered.
    pub status: Status,
    /// What became of its credit.
    pub credit: Credit,
    /// The credits staked: 0 for an open profile.
    pub price: u32,
    /// Whether it was sent in bulk.
    pub bulk: bool,
    /// The policy version that settles it, counted from 0.
    pub version: u16,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The last instant at which a response is in time.
    pub deadline: Timestamp,
    /// When the recipient first opened it.
    pub seen_at: Option<Timestamp>,
    /// When the recipient first answered, in time or late.
    pub responded_at: Option<Timestamp>,
    /// The first answer's kind.
    pub response: Option<ResponseKind>,
    /// Whether the first answer had a note.
    pub response_note: bool,
    /// When the recipient reported it.
    pub reported_at: Option<Timestamp>,
    /// Who may write on.
    pub conversation: Conversation,
    /// What settled its stake.
    pub settled_by: Option<SettledBy>,
    /// When its stake was settled.
    pub settled_at: Option<Timestamp>,
}

/// A lot of credits, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantView {
    /// The lot.
    pub id: GrantId,
    /// How many credits it began with.
    pub credits: Credits,
    /// Of those, free to stake; returns to the lot included.
    pub available: Credits,
    /// At stake.
    pub held: Credits,
    /// Where they come from.
    pub source: Source,
    /// When they become usable.
    pub effective_at: Timestamp,
    /// When they end; nothing means never.
    pub expires_at: Option<Timestamp>,
    /// Lots of a lower number are spent first.
    pub priority: u32,
    /// Whether the lot was revoked.
    pub revoked: bool,
}

/// A seat, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeatView {
    /// The seat.
    pub id: SeatId,
    /// Its type.
    #[serde(rename = "type")]
    pub seat_type: SeatType,
    /// The most messages a month; nothing means no limit.
    pub usage_limit: Option<u32>,
    /// Messages sent in the contract's current month.
    pub used: u32,
    /// Whether bulk sending is off for the seat.
    pub bulk_disabled: bool,
    /// When the seat was added.
    pub added_at: Timestamp,
    /// Where it stands with the gate.
    pub standing: Standing,
    /// When its stage or assessment period ends; nothing without a ladder.
    pub until: Option<Timestamp>,
    /// Messages that the gate counts now.
    pub sent: u32,
    /// Those of them that were answered in time.
    pub responded: u32,
    /// Messages of the seat that were reported.
    pub reports: u32,
}

impl State {
    /// Returns a message, unless it is unknown or forgotten.
    #[must_use]
    pub fn message(&self, id: &MessageId) -> Option<MessageView> {
        self.messages
            .find(id.as_str())
            .map(|message| self.message_view(message))
    }

    fn message_view(&self, message: Message<'_>) -> MessageView {
        let settled_by = message.settled_by();
        MessageView {
            id: message.id(),
            seat: self.seats.get(message.seat()).id.clone(),
            to: MemberId::stored(message.recipient()),
            status: message.status(),
            credit: message.credit(),
            price: message.credits(),
            bulk: message.is_bulk(),
            version: message.version(),
            sent_at: message.sent_at(),
            deadline: message.deadline(),
            seen_at: message.seen_at(),
            responded_at: message.answered_at(),
            response: message.answer().map(|answer| answer.kind),
            response_note: message.answer().is_some_and(|answer| answer.note),
            reported_at: message.reported_at(),
            conversation: message.conversation(),
            settled_by,
            settled_at: settled_by.and_then(|by| match by {
                SettledBy::Send => Some(message.sent_at()),
                SettledBy::Response => message.answered_at(),
                SettledBy::Report => message.reported_at(),
                SettledBy::Lapse => Some(message.deadline()),
            }),
        }
    }

    /// Returns a lot, unless it is unknown, or the engine's own and spent.
    #[must_use]
    pub fn grant(&self, id: &GrantId) -> Option<GrantView> {
        let number = self.pool.number_of(id)?;
        let lot = self.pool.lot(number)?;
        Some(self.grant_view(number, lot))
    }

    /// Returns the lots that are kept, in order of creation: all of the callers', and of the engine's
    /// own those that are not spent or were revoked.
    #[must_use]
    pub fn grants(&self) -> Vec<GrantView> {
        let lots = self.pool.lots().into_iter();
        lots.map(|(number, lot)| self.grant_view(number, lot))
            .collect()
    }

    /// Returns the lots from a number on, so many at most, each with its number: that of a lot never changes, whatever
    /// becomes of those before it.
    #[must_use]
    pub fn grants_from(&self, number: u64, most: usize) -> Vec<(u32, GrantView)> {
        let lots = self.pool.lots().into_iter();
        let lots = lots.filter(|(its, _)| u64::from(*its) >= number).take(most);
        lots.map(|(number, lot)| (number, self.grant_view(number, lot)))
            .collect()
    }

    fn grant_view(&self, number: u32, lot: &Lot) -> GrantView {
        GrantView {
            id: self.pool.id_of(number),
            credits: lot.credits,
            available: lot.available,
            held: lot.held,
            source: lot.source,
            effective_at: lot.effective_at,
            expires_at: lot.expires_at,
            priority: lot.priority,
            revoked: lot.revoked,
        }
    }

    /// Returns the ids of the contract's seats, in the order in which they were added.
    pub fn seat_ids(&self) -> impl Iterator<Item = &SeatId> {
        self.seats.iter().map(|(_, seat)| &seat.id)
    }

    /// Returns whether seats are given the policy's allotments.
    #[must_use]
    pub const fn allotments(&self) -> bool {
        self.allotments
    }

    /// Returns whether bulk sending is off for all seats.
    #[must_use]
    pub const fn bulk_disabled(&self) -> bool {
        self.bulk_disabled
    }

    /// Returns the policy versions by number: the policy's name, and from when on it rules.
    pub fn versions(&self) -> impl Iterator<Item = (u32, &str, Timestamp)> {
        let versions = (0_u32..).zip(self.versions.iter());
        versions.map(|(number, version)| (number, version.name.as_str(), version.from.0))
    }

    /// Returns how many messages are kept, ended ones that were not forgotten included.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.messages.len()
    }
}
