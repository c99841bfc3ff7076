//! Says what may be asked of a contract.
//!
//! Owns: the shape of commands. Does not own: whether one is granted ([`decide`](crate::decide())).
//! Invariant: a command carries all that its decision needs beyond the contract: the recipient's wishes
//! as last told, lengths instead of texts. Message bodies never reach the engine.

use crate::policy::{Policy, ResponseKind};
use crate::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::sync::Arc;

/// A command to a contract.
#[derive(Debug, Clone)]
pub enum Command {
    /// Begins the contract; the first command of all.
    CreateContract(CreateContract),
    /// Adds a seat.
    AddSeat(AddSeat),
    /// Changes a seat's limits.
    ChangeSeat(ChangeSeat),
    /// Gives or sells credits.
    Grant(Grant),
    /// Takes back a grant's unspent rest.
    Revoke(GrantId),
    /// Sends a message, or a campaign: all of it or nothing.
    Send(Send),
    /// A recipient answers.
    Respond(Respond),
    /// A recipient has opened the message.
    Seen(MessageId),
    /// A recipient reports the message.
    Report(MessageId),
    /// Writes on in an open conversation.
    FollowUp(FollowUp),
    /// Brings a new version of the policy.
    AddPolicy(AddPolicy),
    /// Ends the contract.
    Cancel,
}

/// Begins a contract.
#[derive(Debug, Clone)]
pub struct CreateContract {
    /// The contract's id.
    pub id: ContractId,
    /// Its name for people.
    pub name: String,
    /// The first version of its policy.
    pub policy: Arc<Policy>,
    /// Whether seats are given the policy's allotments.
    pub allotments: bool,
    /// Whether bulk sending is off for all seats.
    pub bulk_disabled: bool,
}

/// Adds a seat.
#[derive(Debug, Clone)]
pub struct AddSeat {
    /// The seat's id.
    pub id: SeatId,
    /// Its type, which decides the allotment.
    pub seat_type: SeatType,
    /// The most messages a month; nothing means no limit.
    pub usage_limit: Option<u32>,
    /// Whether bulk sending is off.
    pub bulk_disabled: bool,
}

/// Changes a seat's limits.
#[derive(Debug, Clone)]
pub struct ChangeSeat {
    /// The seat.
    pub id: SeatId,
    /// The most messages a month; nothing means no limit.
    pub usage_limit: Option<u32>,
    /// Whether bulk sending is off.
    pub bulk_disabled: bool,
}

/// Where credits come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The policy's monthly allotment.
    Allotment,
    /// Bought.
    Purchase,
    /// Given away.
    Promotion,
    /// Put right by hand.
    Adjustment,
    /// A stake that came back.
    Returned,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 5] = [
        Self::Allotment,
        Self::Purchase,
        Self::Promotion,
        Self::Adjustment,
        Self::Returned,
    ];

    /// Returns the source's name in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allotment => "allotment",
            Self::Purchase => "purchase",
            Self::Promotion => "promotion",
            Self::Adjustment => "adjustment",
            Self::Returned => "returned",
        }
    }

    /// Returns the source that `name` names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// Gives or sells credits, as one lot.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The lot's id.
    pub id: GrantId,
    /// How many, at least 1.
    pub credits: Credits,
    /// Where they come from.
    pub source: Source,
    /// When they become usable; nothing, or an instant before the command's, means at once.
    pub effective_at: Option<Timestamp>,
    /// When they end; nothing means never.
    pub expires_at: Option<Timestamp>,
    /// Lots of a lower number are spent first.
    pub priority: u32,
}

/// The priority of a lot that is given none.
pub const PRIORITY: u32 = 1;

/// Sends one text to one member or to several.
#[derive(Debug, Clone)]
pub struct Send {
    /// The sender.
    pub seat: SeatId,
    /// The recipients, each with the id of the message to them.
    pub letters: SmallVec<[Letter; 1]>,
    /// The campaign, which makes the send bulk even to one recipient.
    pub campaign: Option<CampaignId>,
    /// The subject's length, in Unicode code points.
    pub subject_length: u32,
    /// The body's length, in Unicode code points.
    pub body_length: u32,
}

impl Send {
    /// Returns whether the send is bulk: it belongs to a campaign or has two recipients or more.
    #[must_use]
    pub fn is_bulk(&self) -> bool {
        self.campaign.is_some() || self.letters.len() > 1
    }
}

/// One recipient of a send.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The message's id.
    pub message: MessageId,
    /// The recipient.
    pub to: MemberId,
    /// What the recipient wishes, as last told before the send.
    pub recipient: Recipient,
}

/// What a recipient wishes, as a send sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recipient {
    /// Whose messages the recipient accepts.
    pub accepts: Accepts,
    /// The price that the recipient set, at least 1; nothing means the policy's.
    pub price: Option<u32>,
    /// The most cold messages a UTC day; nothing means no cap.
    pub daily_cap: Option<u32>,
    /// How many cold messages the recipient was sent on this UTC day, from whomever.
    pub received_today: u32,
    /// Whether the recipient blocks the seat or its contract.
    pub blocks: bool,
}

/// Whose messages a member accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accepts {
    /// Everybody's, for a credit.
    #[default]
    All,
    /// Nobody's.
    None,
    /// Everybody's, for nothing: an open profile.
    Open,
}

/// Answers a message.
#[derive(Debug, Clone)]
pub struct Respond {
    /// The message.
    pub message: MessageId,
    /// The answer.
    pub kind: ResponseKind,
    /// Whether the answer has a note; [`is_note`] says what is one.
    pub note: bool,
    /// Whether a machine answered: out of office.
    pub auto: bool,
}

/// Returns whether a text is a note: one of white space is none.
#[must_use]
pub fn is_note(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Writes on in a conversation.
#[derive(Debug, Clone)]
pub struct FollowUp {
    /// The message that began the conversation.
    pub message: MessageId,
    /// Who writes.
    pub from: Side,
    /// Whether the recipient blocks the seat or its contract; counts for the seat's side only.
    pub blocked: bool,
}

/// A side of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The sender.
    Seat,
    /// The recipient.
    Member,
}

/// Brings a new version of the policy.
#[derive(Debug, Clone)]
pub struct AddPolicy {
    /// The policy.
    pub policy: Arc<Policy>,
    /// When it takes effect: nothing means with this command; an instant ahead means for all of that instant.
    pub effective_at: Option<Timestamp>,
}
