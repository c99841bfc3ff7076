//! Says what is committed at once: the events of one contract and all that follows from them.

use crate::message::Outcome;
use earnest_core::command::Side;
use earnest_core::event::Event;
use earnest_core::policy::ResponseKind;
use earnest_core::units::{CampaignId, ContractId, MemberId, MessageId, SeatId, Timestamp};
use serde::{Deserialize, Serialize};

/// Recognises a batch: made by its author, never twice.
pub type Token = u128;

/// What is committed at once, for one contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The contract.
    pub contract: ContractId,
    /// The number of its newest event before this batch; 0 for a contract that begins.
    pub expected: u64,
    /// By which a commit of unknown outcome is found again.
    pub token: Token,
    /// The events, numbered on from `expected`.
    pub events: Vec<Event>,
    /// The messages that the events send.
    pub messages: Vec<NewMessage>,
    /// What became of messages: one for each message that an event touched, the last one counts.
    pub outcomes: Vec<Outcome>,
    /// What was written in conversations.
    pub writings: Vec<Writing>,
    /// The answers to the commands' idempotency keys.
    pub answers: Vec<Answer>,
    /// What changed of the contract's row.
    pub update: ContractUpdate,
}

/// What changes of a contract's row with a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContractUpdate {
    /// When something falls due next: to be looked at then. Replaces what was there.
    pub next_due: Option<Timestamp>,
    /// The engine's own notes on the contract; nothing leaves them as they are.
    pub details: Option<Vec<u8>>,
}

/// A message as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id, unique in the whole store.
    pub id: MessageId,
    /// The number of the event that sends it.
    pub seq: u64,
    /// The sender.
    pub seat: SeatId,
    /// The recipient.
    pub to: MemberId,
    /// The campaign it belongs to.
    pub campaign: Option<CampaignId>,
    /// Whether it was sent in bulk.
    pub bulk: bool,
    /// When it was sent: not before what the contract sent earlier, since its clock never goes back. Other
    /// contracts may have sent later ones before.
    pub sent_at: Timestamp,
    /// The last instant at which a response is in time.
    pub deadline: Timestamp,
    /// The policy version that settles it, counted from 0.
    pub version: u16,
    /// The credits staked.
    pub price: u32,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub body: String,
}

/// Something written in a conversation: a response, with its note if any, or a follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The message that began the conversation.
    pub message: MessageId,
    /// The number of the event that brings it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who wrote.
    pub from: Side,
    /// The kind of a response; nothing for a follow-up.
    pub response: Option<ResponseKind>,
    /// Whether a machine answered.
    pub auto: bool,
    /// The text, empty for a response without a note.
    pub text: String,
}

/// What was answered to a command under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whose key: the contract's, seat's or member's, or the administrators'.
    pub space: String,
    /// The key.
    pub key: String,
    /// The hash of the command's body.
    pub body: [u8; 32],
    /// The answer, as its author writes it.
    pub reply: Vec<u8>,
}

/// Some of all answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerPage {
    /// The answers, each with the contract whose batch brought it.
    pub answers: Vec<(ContractId, Answer)>,
    /// Where the next page begins; nothing on the last one. A page may have fewer answers than asked for, or more
    /// where one batch brought them, and still have a next one.
    pub next: Option<Vec<u8>>,
}
