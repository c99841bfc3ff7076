//! Says what a scenario is, once read: plain data, with nothing left to check.
//!
//! Owns: the meaning of a scenario file. Does not own: how it is written ([`mod@crate::read`]), what
//! playing it brings about ([`mod@crate::play`]).
//! Invariants: every id is well-formed and every count fits; a step has a verb, an expectation, or both.

use earnest_core::command::{Grant, Side};
use earnest_core::policy::{Policy, ResponseKind, Standing};
use earnest_core::units::{
    CampaignId, ContractId, Credits, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};
use earnest_core::{Block, Credit, Preferences, Status};
use std::fmt;
use std::sync::Arc;

/// A story about one contract, to be played and compared.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The path that the file was read from, as the caller wrote it.
    pub path: String,
    /// What the scenario shows, in one sentence.
    pub name: String,
    /// Where the rule that it shows comes from.
    pub source: Option<String>,
    /// The policy that the contract begins with.
    pub policy: Arc<Policy>,
    /// The contract.
    pub contract: ContractSpec,
    /// The contract's seats, added at its start in this order.
    pub seats: Vec<SeatSpec>,
    /// The members whose wishes differ from the defaults.
    pub members: Vec<MemberSpec>,
    /// What happens and what is to be seen, in the file's order.
    pub steps: Vec<Step>,
}

/// The contract of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSpec {
    /// Its id; a file does not name it.
    pub id: ContractId,
    /// When it begins.
    pub start: Timestamp,
    /// Whether its seats are given the policy's allotments.
    pub allotments: bool,
    /// Whether bulk sending is off for all seats.
    pub bulk_disabled: bool,
}

/// A seat of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatSpec {
    /// Its id.
    pub id: SeatId,
    /// Its type.
    pub seat_type: SeatType,
    /// The most messages a month; nothing means no limit.
    pub usage_limit: Option<u32>,
    /// Whether bulk sending is off.
    pub bulk_disabled: bool,
}

/// What a member wishes, or changes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSpec {
    /// The member.
    pub id: MemberId,
    /// Whose messages they take, for how much, how many a day.
    pub wishes: Preferences,
    /// Whom they block; nothing leaves the blocks as they are.
    pub blocks: Option<Vec<Block>>,
}

/// One step of a scenario.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number in the file, counted from 1.
    pub number: usize,
    /// The line that it begins on.
    pub line: usize,
    /// When it happens.
    pub at: Timestamp,
    /// What happens.
    pub verb: Option<Verb>,
    /// The code that the verb is to be refused with.
    pub refused: Option<&'static str>,
    /// How many of a `_many` verb are to be accepted: before the first refusal where one is stated,
    /// else in all.
    pub accepted: Option<u32>,
    /// What a reader sees after the verb, at its instant.
    pub expect: Option<Expect>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Verb {
    /// Gives or sells credits.
    Grant(Grant),
    /// Sends a message, several, or a campaign.
    Send(SendSpec),
    /// Answers a message, or several.
    Respond(RespondSpec),
    /// The recipient opens the message.
    Seen(MessageId),
    /// The recipient reports the message.
    Report(MessageId),
    /// Takes back a grant's unspent rest.
    Revoke(GrantId),
    /// Ends the contract.
    Cancel,
    /// Writes on in a conversation.
    FollowUp {
        /// The message that began it.
        message: MessageId,
        /// Who writes.
        from: Side,
    },
    /// Brings a new version of the policy, from this instant on.
    Policy(Arc<Policy>),
    /// Changes what a member wishes.
    Preferences(MemberSpec),
}

/// One text to one member or to several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendSpec {
    /// The messages' ids and the members they go to, at least one.
    pub letters: Vec<(MessageId, MemberId)>,
    /// Whether the file said `send_many`.
    pub many: bool,
    /// The sender.
    pub seat: SeatId,
    /// The campaign: then all letters are one command, else each is its own.
    pub campaign: Option<CampaignId>,
    /// The subject.
    pub subject: String,
    /// The body.
    pub body: String,
}

/// One answer to one message or to several, each on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RespondSpec {
    /// The messages, at least one.
    pub messages: Vec<MessageId>,
    /// Whether the file said `respond_many`.
    pub many: bool,
    /// The answer.
    pub kind: ResponseKind,
    /// The note's text, if there is one.
    pub note: Option<String>,
    /// Whether a machine answered.
    pub auto: bool,
}

/// What a reader is to see. What is not named is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// The contract's credits.
    pub credits: ExpectCredits,
    /// What each lot has available.
    pub grants: Vec<(GrantId, Credits)>,
    /// Where each seat stands.
    pub seats: Vec<(SeatId, ExpectSeat)>,
    /// Where each message is.
    pub messages: Vec<(MessageId, ExpectMessage)>,
}

/// The expected credits of the contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExpectCredits {
    /// All that were ever granted.
    pub granted: Option<Credits>,
    /// Those that can be spent.
    pub available: Option<Credits>,
    /// Those at stake.
    pub held: Option<Credits>,
    /// Those kept from the sender.
    pub consumed: Option<Credits>,
    /// Those that ended unspent.
    pub expired: Option<Credits>,
    /// Those taken back.
    pub revoked: Option<Credits>,
}

/// The expected figures of a seat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExpectSeat {
    /// Where it stands with the gate.
    pub standing: Option<Standing>,
    /// Messages sent in the gate's window or period.
    pub sent: Option<u32>,
    /// Those of them answered.
    pub responded: Option<u32>,
    /// Reports of its messages.
    pub reports: Option<u32>,
}

/// The expected state of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExpectMessage {
    /// Whether it was answered, or lapsed.
    pub status: Option<Status>,
    /// What became of its credit.
    pub credit: Option<Credit>,
}

impl Step {
    /// Returns what the step does, in words.
    #[must_use]
    pub fn words(&self) -> String {
        self.verb
            .as_ref()
            .map_or_else(|| "expect".to_owned(), ToString::to_string)
    }
}

impl fmt::Display for Verb {
    /// Writes what is done, in words for the reader of a difference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(grant) => match grant.credits.0 {
                1 => write!(f, "grant 1 credit as `{}`", grant.id),
                n => write!(f, "grant {n} credits as `{}`", grant.id),
            },
            Self::Send(send) => send.fmt(f),
            Self::Respond(respond) => respond.fmt(f),
            Self::Seen(message) => write!(f, "`{message}` is seen"),
            Self::Report(message) => write!(f, "report `{message}`"),
            Self::Revoke(grant) => write!(f, "revoke grant `{grant}`"),
            Self::Cancel => f.write_str("cancel the contract"),
            Self::FollowUp { message, from } => {
                let from = match from {
                    Side::Seat => "seat",
                    Side::Member => "member",
                };
                write!(f, "follow up on `{message}` from the {from}")
            }
            Self::Policy(policy) => write!(f, "policy `{}` from here on", policy.name),
            Self::Preferences(member) => write!(f, "preferences of `{}`", member.id),
        }
    }
}

impl fmt::Display for SendSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.letters.as_slice() {
            [(message, to)] if !self.many => {
                write!(f, "send `{message}` from seat `{}` to `{to}`", self.seat)?;
            }
            letters => {
                f.write_str("send ")?;
                write_range(f, letters.iter().map(|(message, _)| message))?;
                write!(f, " from seat `{}`", self.seat)?;
            }
        }
        match &self.campaign {
            Some(campaign) => write!(f, " as campaign `{campaign}`"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for RespondSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("respond to ")?;
        match self.messages.as_slice() {
            [message] if !self.many => write!(f, "`{message}`")?,
            messages => write_range(f, messages.iter())?,
        }
        write!(f, " with {}", self.kind)?;
        if self.note.is_some() {
            f.write_str(" and a note")?;
        }
        if self.auto {
            f.write_str(", automatically")?;
        }
        Ok(())
    }
}

/// Writes `100 messages, x1 to x100`.
fn write_range<'a>(
    f: &mut fmt::Formatter<'_>,
    mut messages: impl ExactSizeIterator<Item = &'a MessageId> + DoubleEndedIterator,
) -> fmt::Result {
    let count = messages.len();
    match (messages.next(), messages.next_back()) {
        (Some(first), Some(last)) => write!(f, "{count} messages (`{first}` to `{last}`)"),
        (Some(only), None) => write!(f, "1 message (`{only}`)"),
        (None, _) => f.write_str("no messages"),
    }
}
