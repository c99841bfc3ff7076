//! Says what the engine answers with.
//!
//! Owns: the records of contracts, seats, grants, messages. Does not own: their form on a wire.

use earnest_core::command::{Side, Source};
use earnest_core::policy::{ResponseKind, Standing};
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};
use earnest_core::{Balance, Conversation, Credit, SettledBy, Status};
use serde::{Deserialize, Serialize};

/// What an order was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The answer.
    pub reply: Reply,
    /// Whether it was given before, to the same order.
    pub replayed: bool,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// To what concerns the contract itself.
    Contract(ContractRecord),
    /// To what concerns a seat.
    Seat(SeatRecord),
    /// To what concerns a grant.
    Grant(GrantRecord),
    /// To what concerns a message.
    Message(MessageRecord),
    /// To a campaign.
    Campaign(CampaignRecord),
    /// To something written in a conversation.
    Writing(WritingRecord),
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRecord {
    /// Its id.
    pub id: ContractId,
    /// Its name for people.
    pub name: String,
    /// The name of the policy in force.
    pub policy: String,
    /// When it started.
    pub starts_at: Timestamp,
    /// Whether seats are given the policy's allotments.
    pub allotments: bool,
    /// Whether bulk sending is off for all seats.
    pub bulk_disabled: bool,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Since when it is live; nothing while its history is being told.
    pub live_at: Option<Timestamp>,
    /// Its policy versions, in the order in which they were added.
    pub versions: Vec<VersionRecord>,
}

/// A version of a contract's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// Its number in the contract, from 0.
    pub version: u32,
    /// The policy's name.
    pub policy: String,
    /// From when on it rules.
    pub effective_at: Timestamp,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatRecord {
    /// Its id.
    pub id: SeatId,
    /// The contract.
    pub contract: ContractId,
    /// Its type.
    pub seat_type: SeatType,
    /// The most messages a month; nothing means no limit.
    pub usage_limit: Option<u32>,
    /// Messages sent in the contract's current month.
    pub used: u32,
    /// Whether bulk sending is off for the seat.
    pub bulk_disabled: bool,
    /// When it was added.
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

/// A lot of credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRecord {
    /// Its id.
    pub id: GrantId,
    /// The contract.
    pub contract: ContractId,
    /// How many credits it began with.
    pub credits: Credits,
    /// Of those, free to stake.
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
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// Its id.
    pub id: MessageId,
    /// The contract it was sent under.
    pub contract: ContractId,
    /// The sender.
    pub seat: SeatId,
    /// The recipient.
    pub to: MemberId,
    /// The campaign it belongs to.
    pub campaign: Option<CampaignId>,
    /// Whether it was sent in bulk.
    pub bulk: bool,
    /// Whether it was answered.
    pub status: Status,
    /// What became of its credit.
    pub credit: Credit,
    /// The credits staked: 0 for an open profile.
    pub price: u32,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// The last instant at which a response is in time.
    pub deadline: Timestamp,
    /// When the recipient first answered, in time or late.
    pub responded_at: Option<Timestamp>,
    /// The first answer's kind.
    pub response: Option<ResponseKind>,
    /// The first answer's note.
    pub response_note: Option<String>,
    /// When the recipient first opened it.
    pub seen_at: Option<Timestamp>,
    /// When the recipient first reported it.
    pub reported_at: Option<Timestamp>,
    /// Who may write on.
    pub conversation: Conversation,
    /// What settled its stake.
    pub settled_by: Option<SettledBy>,
    /// When its stake was settled.
    pub settled_at: Option<Timestamp>,
    /// Its texts; left out of the answers to orders.
    pub text: Option<Text>,
}

/// A message's texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: String,
}

/// A campaign that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignRecord {
    /// Its id.
    pub id: CampaignId,
    /// Its messages, in the order of the recipients.
    pub messages: Vec<MessageRecord>,
}

/// Something written in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WritingRecord {
    /// The message that began it.
    pub message: MessageId,
    /// The number of its event in the contract.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who wrote.
    pub from: Side,
    /// The kind of a response; nothing for a follow-up.
    pub response: Option<ResponseKind>,
    /// Whether a machine answered.
    pub auto: bool,
    /// The text.
    pub text: String,
}

/// A contract's credits at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BalanceRecord {
    /// The credits, as sums.
    #[serde(flatten)]
    pub balance: Balance,
    /// The instant.
    pub as_of: Timestamp,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C = u64> {
    /// The items.
    pub items: Vec<T>,
    /// From where the next page goes on; nothing on the last one.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Returns the page with its items turned into others.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U, C> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            next: self.next,
        }
    }
}
