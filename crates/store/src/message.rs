//! Says how messages are read, and what is kept of what became of them.

use earnest_core::policy::ResponseKind;
use earnest_core::units::{CampaignId, ContractId, MemberId, MessageId, SeatId, Timestamp};
use earnest_core::{Conversation, Credit, SettledBy, Status};

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The message.
    pub message: MessageId,
    /// Whether it was answered.
    pub status: Status,
    /// What became of its credit.
    pub credit: Credit,
    /// What settled its stake.
    pub settled_by: Option<SettledBy>,
    /// When its stake was settled.
    pub settled_at: Option<Timestamp>,
    /// The number of the event that settled its stake. Nothing leaves a number that was kept before as it is: a
    /// stake settles once.
    pub settled_seq: Option<u64>,
    /// When the recipient first answered, in time or late.
    pub responded_at: Option<Timestamp>,
    /// The first answer's kind.
    pub response: Option<ResponseKind>,
    /// The first answer's note. Nothing leaves a note that was kept before as it is.
    pub note: Option<String>,
    /// When the recipient first opened it.
    pub seen_at: Option<Timestamp>,
    /// When the recipient first reported it.
    pub reported_at: Option<Timestamp>,
    /// Who may write on.
    pub conversation: Conversation,
}

impl Outcome {
    /// Returns what a message is when it has just been sent: pending, its stake held where there is one.
    #[must_use]
    pub const fn fresh(message: MessageId, price: u32) -> Self {
        Self {
            message,
            status: Status::Pending,
            credit: if price == 0 {
                Credit::None
            } else {
                Credit::Held
            },
            settled_by: None,
            settled_at: None,
            settled_seq: None,
            responded_at: None,
            response: None,
            note: None,
            seen_at: None,
            reported_at: None,
            conversation: Conversation::Unanswered,
        }
    }
}

/// A message as it is read: what was sent, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// The contract it was sent under.
    pub contract: ContractId,
    /// The message as it was sent.
    pub sent: crate::NewMessage,
    /// What became of it.
    pub outcome: Outcome,
}

/// Which messages are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those of these ids.
    Ids(Vec<MessageId>),
    /// Those to a member, over all contracts.
    Inbox(MemberId),
    /// Those of a contract.
    Sent {
        /// The contract.
        contract: ContractId,
        /// Only this seat's.
        seat: Option<SeatId>,
        /// Only this campaign's.
        campaign: Option<CampaignId>,
    },
}

/// A stretch of time, from an instant on up to before another; without one of them it is open there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first instant of it.
    pub from: Option<Timestamp>,
    /// The first instant behind it.
    pub to: Option<Timestamp>,
}

impl Span {
    /// All time.
    pub const ALL: Self = Self {
        from: None,
        to: None,
    };

    /// Returns whether an instant is in it.
    #[must_use]
    pub fn has(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// Asks for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageQuery {
    /// Which.
    pub which: Which,
    /// Only those of this status, as it is recorded.
    pub status: Option<Status>,
    /// Only those that were sent then.
    pub sent: Span,
    /// Only those after this place of an earlier page.
    pub after: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

impl MessageQuery {
    /// Asks for the first of them, of any status and time.
    #[must_use]
    pub const fn new(which: Which, limit: usize) -> Self {
        Self {
            which,
            status: None,
            sent: Span::ALL,
            after: None,
            limit,
        }
    }

    /// Returns whether a message has the status that is asked for, and was sent when it was asked for.
    #[must_use]
    pub fn has(&self, row: &MessageRow) -> bool {
        self.status.is_none_or(|it| it == row.outcome.status) && self.sent.has(row.sent.sent_at)
    }
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<MessageRow>,
    /// Where the next page begins; nothing on the last one. A page may have fewer messages than asked for, or
    /// none, and still have a next one: a store stops looking after a while.
    pub next: Option<u64>,
}
