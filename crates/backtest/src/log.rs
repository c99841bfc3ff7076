//! Message logs in memory, ready for replay.
//!
//! Owns: the formats `snap`, `csv`, `jsonl` and `parquet`, the checks of their lines, and the layout that replay walks.
//! Does not own: what a policy makes of a log.
//!
//! Contracts are independent, so a [`Log`] lies in memory contract by contract, and a [`History`] is one
//! contract's part: its messages in the order in which they were sent and its [`Action`]s in the order in which
//! everything happened. A message takes 44 bytes, an action 4, and the text of an id is kept once; the ids of messages
//! are kept only where somebody asks for them ([`Reading`]). [`Log::bytes`] says what a log takes in all.
//!
//! Invariants:
//! - A log has at least one message and a contract has at least one.
//! - Messages of a contract are in the order (instant sent, line); actions in the order (instant, line,
//!   send before seen before response). A message is sent before anything else happens to it.
//! - Nothing depends on how many threads read the file.

mod blocks;
mod build;
mod campaigns;
mod csv;
mod error;
mod format;
mod gather;
mod ids;
mod instant;
mod jsonl;
mod links;
mod order;
mod parquet;
mod read;
mod reading;
mod row;
mod scan;
mod senders;
mod sheet;
mod snap;
mod texts;

#[cfg(test)]
mod tests;

pub use error::{BadLine, Fault, LogError, NotInstant, SnapField};
pub use format::{Format, NoFormat};
pub use gather::{Gathering, Unfit};
pub use reading::{ReadLog, Reading};
pub use row::{Column, Row};

pub(crate) use links::NO_LINK;

use campaigns::CampaignNames;
use earnest_core::policy::ResponseKind;
use earnest_core::units::Timestamp;
use smol_str::SmolStr;
use std::fmt;
use std::ops::Range;
use texts::Texts;

/// A log of messages, grouped by contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Each contract's part, in the order in which contracts first came.
    parts: Vec<Part>,
    /// How many there are.
    messages: usize,
    last: Timestamp,
    contract_names: Vec<SmolStr>,
    /// For each seat, in the order of contracts, its number among `seat_names`.
    seats: Vec<u32>,
    seat_names: Vec<SmolStr>,
    recipient_names: Vec<SmolStr>,
    message_names: Texts,
    /// Nothing where nobody asked for them.
    campaigns: Option<CampaignNames>,
}

impl Log {
    /// Returns how many bytes the log takes in memory, names included.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let names = [
            &self.contract_names,
            &self.seat_names,
            &self.recipient_names,
        ];
        let names = names.into_iter().flatten().map(texts::bytes).sum::<usize>();
        size_of_val(&*self.parts)
            + self.parts.iter().map(Part::bytes).sum::<usize>()
            + size_of_val(&*self.seats)
            + names
            + self.message_names.bytes()
            + self.campaigns.as_ref().map_or(0, CampaignNames::bytes)
    }
}

/// One contract's part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Part {
    messages: Vec<Message>,
    /// For each message, the place of the one before it from its seat to its recipient.
    links: Vec<u32>,
    actions: Vec<Action>,
    /// Which of the log's seats are the contract's.
    seats: Range<usize>,
}

impl Part {
    fn bytes(&self) -> usize {
        size_of_val(&*self.messages) + size_of_val(&*self.links) + size_of_val(&*self.actions)
    }
}

impl Log {
    /// Returns how many contracts there are.
    #[must_use]
    pub const fn contracts(&self) -> usize {
        self.parts.len()
    }

    /// Returns how many seats there are.
    #[must_use]
    pub const fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Returns how many different recipients there are.
    #[must_use]
    pub const fn recipients(&self) -> usize {
        self.recipient_names.len()
    }

    /// Returns how many messages there are.
    #[must_use]
    pub const fn messages(&self) -> usize {
        self.messages
    }

    /// Returns the log's last instant, over everything in it: sends, answers, sights and, for snap, conversation.
    #[must_use]
    pub const fn last(&self) -> Timestamp {
        self.last
    }

    /// Returns the part of the contract numbered `contract`, counted from 0; nothing where there is none.
    #[must_use]
    pub fn history(&self, contract: usize) -> Option<History<'_>> {
        let part = self.parts.get(contract)?;
        Some(History {
            log: self,
            contract,
            part,
        })
    }

    /// Returns every contract's part, in the order in which the contracts first came in the file.
    pub fn histories(&self) -> impl Iterator<Item = History<'_>> {
        (0..self.contracts()).filter_map(|contract| self.history(contract))
    }

    /// Returns a recipient's name; the empty text where there is no such recipient.
    #[must_use]
    pub fn recipient_name(&self, recipient: u32) -> &str {
        texts::name(&self.recipient_names, recipient)
    }

    /// Returns the campaign that a message belongs to; nothing where it has none, or where the log was read
    /// without campaigns' names.
    #[must_use]
    pub fn campaign(&self, message: &Message) -> Option<&str> {
        self.campaigns.as_ref()?.of(message.line)
    }

    /// Returns what to call a message: its id or, where the log gives it none or was read without, its line.
    #[must_use]
    pub fn message_name(&self, message: &Message) -> MessageName<'_> {
        match message.id {
            Message::NO_ID => MessageName::Line(message.line),
            id => MessageName::Id(self.message_names.get(id)),
        }
    }
}

/// What to call a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageName<'l> {
    /// The id that the log gives it.
    Id(&'l str),
    /// The line on which it stands. No id has a blank, so what it prints is no other message's id.
    Line(u32),
}

impl fmt::Display for MessageName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Line(line) => write!(f, "line {line}"),
        }
    }
}

/// One contract's part of a log.
#[derive(Debug, Clone)]
pub struct History<'l> {
    log: &'l Log,
    contract: usize,
    part: &'l Part,
}

impl<'l> History<'l> {
    /// Returns the contract's number, counted from 0.
    #[must_use]
    pub const fn contract(&self) -> usize {
        self.contract
    }

    /// Returns the contract's name.
    #[must_use]
    pub fn name(&self) -> &'l str {
        u32::try_from(self.contract).map_or("", |contract| {
            texts::name(&self.log.contract_names, contract)
        })
    }

    /// Returns how many seats the contract has.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.part.seats.len()
    }

    /// Returns the number, over the whole log, of the contract's first seat.
    #[must_use]
    pub const fn first_seat(&self) -> usize {
        self.part.seats.start
    }

    /// Returns the name of a seat, counted from 0 within the contract; the empty text where there is none.
    #[must_use]
    pub fn seat_name(&self, seat: u32) -> &'l str {
        let name = usize::try_from(seat)
            .ok()
            .and_then(|seat| self.log.seats.get(self.part.seats.clone())?.get(seat));
        name.map_or("", |name| texts::name(&self.log.seat_names, *name))
    }

    /// Returns the messages, in the order in which they were sent.
    #[must_use]
    pub fn messages(&self) -> &'l [Message] {
        &self.part.messages
    }

    /// Returns for each message the place of the one before it from the same seat to the same recipient, or
    /// [`NO_LINK`].
    pub(crate) fn links(&self) -> &'l [u32] {
        &self.part.links
    }

    /// Returns what happened, in order. Each [`Action::message`] is a place in [`History::messages`].
    #[must_use]
    pub fn actions(&self) -> &'l [Action] {
        &self.part.actions
    }

    /// Returns when the contract starts: at its first message.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        // INVARIANT: a contract has at least one message.
        self.messages()
            .first()
            .map_or(self.log.last, Message::sent_at)
    }
}

/// One cold message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    sent_at: Timestamp,
    responded_at: i64,
    seen_at: i64,
    line: u32,
    sender: Sender,
    recipient: u32,
    id: u32,
}

/// A seat, and in the bits above it how the message was answered and whether it is bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sender(u32);

impl Sender {
    /// The most seats that there are numbers for.
    const MOST_SEATS: u32 = 1 << 29;
    const BULK: u32 = 1 << 31;

    const fn new(seat: u32, response: ResponseKind, bulk: bool) -> Self {
        let kind = (response as u32) << 29;
        Self(seat | kind | if bulk { Self::BULK } else { 0 })
    }

    const fn seat(self) -> u32 {
        self.0 & (Self::MOST_SEATS - 1)
    }

    const fn with_seat(self, seat: u32) -> Self {
        Self(self.0 & !(Self::MOST_SEATS - 1) | seat)
    }

    const fn response(self) -> ResponseKind {
        match self.0 >> 29 & 3 {
            0 => ResponseKind::Reply,
            1 => ResponseKind::Accept,
            _ => ResponseKind::NotInterested,
        }
    }

    const fn is_bulk(self) -> bool {
        self.0 & Self::BULK != 0
    }
}

impl Message {
    /// Stands for an instant that never comes; it is no instant's number of milliseconds.
    const NEVER: i64 = i64::MIN;
    /// Stands for the id of a message that has none.
    const NO_ID: u32 = u32::MAX;
    /// Stands where a message is to come.
    const BLANK: Self = Self {
        sent_at: Timestamp::MIN,
        responded_at: Self::NEVER,
        seen_at: Self::NEVER,
        line: 0,
        sender: Sender(0),
        recipient: 0,
        id: Self::NO_ID,
    };

    /// Returns the last instant at which something happens to the message.
    fn last(&self) -> Timestamp {
        // INVARIANT: a message is sent before anything else happens to it, and never is before all.
        Timestamp::from_millis(self.responded_at.max(self.seen_at))
            .map_or(self.sent_at, |later| later.max(self.sent_at))
    }

    /// Returns when the message was sent.
    #[must_use]
    pub const fn sent_at(&self) -> Timestamp {
        self.sent_at
    }

    /// Returns when it was answered, if ever.
    #[must_use]
    pub const fn responded_at(&self) -> Option<Timestamp> {
        Timestamp::from_millis(self.responded_at)
    }

    /// Returns how it was answered, if ever.
    #[must_use]
    pub fn response(&self) -> Option<ResponseKind> {
        self.responded_at().map(|_| self.sender.response())
    }

    /// Returns when it was seen, if the log says so.
    #[must_use]
    pub const fn seen_at(&self) -> Option<Timestamp> {
        Timestamp::from_millis(self.seen_at)
    }

    /// Returns the sender's number within the contract, counted from 0.
    #[must_use]
    pub const fn seat(&self) -> u32 {
        self.sender.seat()
    }

    /// Returns the recipient's number within the log, counted from 0.
    #[must_use]
    pub const fn recipient(&self) -> u32 {
        self.recipient
    }

    /// Returns whether it belongs to a campaign.
    #[must_use]
    pub const fn is_bulk(&self) -> bool {
        self.sender.is_bulk()
    }

    /// Returns the line of the file on which it stands.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.line
    }
}

/// Something that happened to a message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Action(u32);

/// What an [`Action`] is. At one instant and on one line this is their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionKind {
    /// The message was sent.
    Send,
    /// The recipient saw it.
    Seen,
    /// The recipient answered it.
    Respond,
}

impl Action {
    /// The most messages that one contract may have: a place and a kind share four bytes.
    const MOST_MESSAGES: u32 = 1 << 30;

    const fn new(place: u32, kind: ActionKind) -> Self {
        Self(place << 2 | kind as u32)
    }

    /// Returns what happened.
    #[must_use]
    pub const fn kind(self) -> ActionKind {
        match self.0 & 3 {
            0 => ActionKind::Send,
            1 => ActionKind::Seen,
            _ => ActionKind::Respond,
        }
    }

    /// Returns the message's place in [`History::messages`].
    #[must_use]
    pub const fn message(self) -> usize {
        // A place has 30 bits, which every machine that holds as many messages can count.
        (self.0 >> 2) as usize
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.kind(), self.message())
    }
}
