//! What anybody can see of a contract at an instant, from the model and from the engine alike.

use super::Model;
use super::credits::{Lot, Moved};
use super::messages::{Conversation, Credit, Status};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{GrantId, MessageId, SeatId, Timestamp};
use std::collections::BTreeMap;

/// What a reader sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) granted: u64,
    pub(crate) available: u64,
    pub(crate) held: u64,
    pub(crate) consumed: u64,
    pub(crate) expired: u64,
    pub(crate) revoked: u64,
    /// What is available of each grant that a caller named, and what of it is at stake.
    pub(crate) grants: BTreeMap<GrantId, (u64, u64)>,
    pub(crate) seats: BTreeMap<SeatId, SeatSeen>,
    pub(crate) messages: BTreeMap<MessageId, MessageSeen>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeatSeen {
    pub(crate) standing: &'static str,
    /// When its period or stage ends, under a ladder.
    pub(crate) until: Option<Timestamp>,
    pub(crate) used: u32,
    pub(crate) sent: u32,
    pub(crate) responded: u32,
    pub(crate) reports: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageSeen {
    pub(crate) status: &'static str,
    pub(crate) credit: &'static str,
    pub(crate) price: u64,
    pub(crate) deadline: Timestamp,
    pub(crate) seen_at: Option<Timestamp>,
    pub(crate) reported_at: Option<Timestamp>,
    /// The first answer: when, of what kind, whether with a note.
    pub(crate) answer: Option<(Timestamp, ResponseKind, bool)>,
    pub(crate) settled_at: Option<Timestamp>,
    /// Whether the seat may write on.
    pub(crate) open: bool,
}

impl Model {
    /// Returns what a reader at `at` sees; the model stays as it is.
    pub(crate) fn observe(&self, at: Timestamp) -> Observation {
        let model = self.seen_at(at);
        let held = model
            .messages
            .iter()
            .filter(|message| message.credit == Credit::Held);
        let seen = Observation {
            granted: model.granted(),
            available: model.lots.iter().map(Lot::available).sum(),
            held: held.map(|message| message.price).sum(),
            consumed: model.sum(|moved| if let Moved::Consumed(n) = moved { n } else { 0 }),
            expired: model.sum(|moved| if let Moved::Expired(n) = moved { n } else { 0 }),
            revoked: model.sum(|moved| if let Moved::Revoked(n) = moved { n } else { 0 }),
            grants: model
                .lots
                .iter()
                .filter(|lot| matches!(lot.id, GrantId::Named(_)))
                .map(|lot| (lot.id.clone(), (lot.available(), model.at_stake(lot))))
                .collect(),
            seats: (0..model.seats.len())
                .map(|seat| model.seat_seen(seat, at))
                .collect(),
            messages: model.messages.iter().map(message_seen).collect(),
        };
        assert_eq!(
            seen.granted,
            seen.available + seen.held + seen.consumed + seen.expired + seen.revoked,
            "the model itself keeps no credit"
        );
        seen
    }

    /// What was drawn from the lot for messages that are not settled.
    fn at_stake(&self, of: &Lot) -> u64 {
        let held = self
            .messages
            .iter()
            .filter(|message| message.credit == Credit::Held);
        let pieces = held.flat_map(|message| &message.pieces);
        pieces
            .filter(|(lot, _)| self.lots[*lot].id == of.id)
            .map(|(_, credits)| credits)
            .sum()
    }

    fn seat_seen(&self, seat: usize, at: Timestamp) -> (SeatId, SeatSeen) {
        let id = self.seats[seat].id.clone();
        let (standing, sent, responded) = self.standing(seat, at);
        let reports = self
            .messages
            .iter()
            .filter(|message| message.seat == id && message.reported_at.is_some())
            .count();
        let seen = SeatSeen {
            standing: standing.name(),
            until: self.seats[seat].place.as_ref().map(|place| place.ends_at),
            used: self.sent_this_month(&id, at),
            sent,
            responded,
            reports: u32::try_from(reports).unwrap(),
        };
        (id, seen)
    }
}

fn message_seen(message: &super::Message) -> (MessageId, MessageSeen) {
    let status = match message.status {
        Status::Pending => "pending",
        Status::Responded => "responded",
        Status::Lapsed => "lapsed",
    };
    let credit = match message.credit {
        Credit::Held => "held",
        Credit::Returned => "returned",
        Credit::Consumed => "consumed",
        Credit::None => "none",
    };
    let seen = MessageSeen {
        status,
        credit,
        price: message.price,
        deadline: message.deadline,
        seen_at: message.seen_at,
        reported_at: message.reported_at,
        answer: message.answer,
        settled_at: message.settled_at,
        open: message.conversation == Conversation::Open,
    };
    (message.id.clone(), seen)
}
