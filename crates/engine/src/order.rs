//! Says what may be asked of the engine: a command with its texts, who gives it, when, and under which key.
//!
//! Owns: the shape of orders. Does not own: rights (whoever calls has looked), nor rules.

use earnest_core::command::{Side, Source};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};

/// A command to one contract.
#[derive(Debug, Clone)]
pub struct Order {
    /// The contract.
    pub contract: ContractId,
    /// What is asked.
    pub what: What,
    /// Whether it tells what happened, at an instant of its own, instead of making it happen.
    pub author: Author,
    /// The instant of an [`Author::Import`]; nothing means now.
    pub at: Option<Timestamp>,
    /// By which the order is known when it is given again.
    pub key: Option<Key>,
}

/// Who gives an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// Somebody for whom it is now. The first accepted order of this kind sets an imported contract live.
    Live,
    /// Somebody who tells a history, in order. A contract created so is left alone by time until it is live.
    Import,
}

/// An idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Whose: see [`crate::keys::Scope::space`].
    pub space: String,
    /// The key.
    pub key: String,
    /// The hash of the body that came with it.
    pub body: [u8; 32],
}

/// What is asked of a contract.
#[derive(Debug, Clone)]
pub enum What {
    /// Begins the contract.
    Create(NewContract),
    /// Adds a seat.
    AddSeat(NewSeat),
    /// Changes a seat.
    ChangeSeat(SeatChange),
    /// Gives or sells credits.
    Grant(NewGrant),
    /// Takes back a grant's unspent rest. A grant that was revoked before stays so.
    Revoke(GrantId),
    /// Sends a message to one member.
    Send(NewLetter),
    /// Sends one text to several members, all or none.
    Campaign(NewCampaign),
    /// Answers a message.
    Respond(NewResponse),
    /// Marks a message as seen.
    Seen(MessageId),
    /// Reports a message.
    Report(MessageId),
    /// Writes on in an open conversation.
    Write(NewWriting),
    /// Brings a version of the policy.
    AddPolicy(NewVersion),
    /// Ends the contract.
    Cancel,
    /// Sets an imported contract live.
    GoLive,
}

/// A contract to begin.
#[derive(Debug, Clone)]
pub struct NewContract {
    /// Its name for people.
    pub name: String,
    /// Its policy: a preset's name, or an uploaded one's.
    pub policy: String,
    /// When it starts; nothing means at the order's instant.
    pub starts_at: Option<Timestamp>,
    /// Whether seats are given the policy's allotments.
    pub allotments: bool,
    /// Whether bulk sending is off for all seats.
    pub bulk_disabled: bool,
}

/// A seat to add.
#[derive(Debug, Clone)]
pub struct NewSeat {
    /// Its id; nothing means that one is made up.
    pub id: Option<SeatId>,
    /// Its type; nothing means the policy's first.
    pub seat_type: Option<SeatType>,
    /// The most messages a month; nothing means no limit.
    pub usage_limit: Option<u32>,
    /// Whether bulk sending is off.
    pub bulk_disabled: bool,
}

/// A change of a seat: what is nothing stays as it is.
#[derive(Debug, Clone)]
pub struct SeatChange {
    /// The seat.
    pub seat: SeatId,
    /// The most messages a month; `Some(None)` lifts the limit.
    pub usage_limit: Option<Option<u32>>,
    /// Whether bulk sending is off.
    pub bulk_disabled: Option<bool>,
}

/// Credits to give.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The lot's id; nothing means that one is made up.
    pub id: Option<GrantId>,
    /// How many.
    pub credits: Credits,
    /// Where they come from.
    pub source: Source,
    /// When they become usable; nothing means at once.
    pub effective_at: Option<Timestamp>,
    /// When they end; nothing means never.
    pub expires_at: Option<Timestamp>,
    /// Lots of a lower number are spent first.
    pub priority: u32,
}

/// A message to one member.
#[derive(Debug, Clone)]
pub struct NewLetter {
    /// Its id; nothing means that one is made up.
    pub id: Option<MessageId>,
    /// The sender.
    pub seat: SeatId,
    /// The recipient.
    pub to: MemberId,
    /// The campaign that it belongs to, which makes it bulk.
    pub campaign: Option<CampaignId>,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub body: String,
}

/// One text to several members.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// Its id; nothing means that one is made up.
    pub id: Option<CampaignId>,
    /// The sender.
    pub seat: SeatId,
    /// The recipients, each once.
    pub to: Vec<MemberId>,
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: String,
}

/// An answer to a message.
#[derive(Debug, Clone)]
pub struct NewResponse {
    /// The message.
    pub message: MessageId,
    /// The answer.
    pub kind: ResponseKind,
    /// What is written with it.
    pub note: Option<String>,
    /// Whether a machine answers.
    pub auto: bool,
}

/// Something to write in a conversation.
#[derive(Debug, Clone)]
pub struct NewWriting {
    /// The message that began it.
    pub message: MessageId,
    /// Who writes.
    pub from: Side,
    /// The text.
    pub body: String,
}

/// A policy version to bring.
#[derive(Debug, Clone)]
pub struct NewVersion {
    /// The policy: a preset's name, or an uploaded one's.
    pub policy: String,
    /// When it takes effect; nothing means with this order.
    pub effective_at: Option<Timestamp>,
}
