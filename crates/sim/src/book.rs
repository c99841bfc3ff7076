//! Keeps what was asked and answered in a run: what the auditor holds against the log.

use crate::disk::Moment;
use earnest_core::units::{ContractId, GrantId, MemberId, MessageId, SeatId, Timestamp};
use earnest_engine::{
    BalanceRecord, ContractRecord, Done, Failure, GrantRecord, MessageRecord, Order, Reply,
    ResponsesReport, SeatRecord, Wishes, WritingRecord,
};

/// An order, with every time that it was given.
#[derive(Debug)]
pub struct Asked {
    /// The order.
    pub order: Order,
    /// The times that it was given.
    pub tries: Vec<Try>,
}

/// One time that an order was given.
#[derive(Debug)]
pub struct Try {
    /// The process.
    pub process: usize,
    /// When it was given.
    pub from: Moment,
    /// When the client knew what became of it; nothing where the run ended before.
    pub to: Option<Moment>,
    /// What became of it.
    pub ended: Ended,
}

/// What became of one time that an order was given.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most orders are answered in the end"
)]
pub enum Ended {
    /// Nothing yet.
    NotYet,
    /// The process answered.
    Answered(Result<Done, Failure>),
    /// The client went away.
    GaveUp,
    /// The process died.
    Died,
}

impl Try {
    /// Returns the answer that says for good what became of the order.
    #[must_use]
    pub const fn verdict(&self) -> Option<Result<&Done, &Failure>> {
        match &self.ended {
            Ended::Answered(Ok(done)) => Some(Ok(done)),
            Ended::Answered(Err(failure)) if !is_open(failure) => Some(Err(failure)),
            _ => None,
        }
    }
}

/// Returns whether a failure leaves it open whether the order was carried out, so that it is given again.
#[must_use]
pub const fn is_open(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::Unavailable(_) | Failure::Overloaded | Failure::Internal(_)
    )
}

impl Asked {
    /// Returns the first time that it was answered with what was done.
    #[must_use]
    pub fn done(&self) -> Option<(&Try, &Done)> {
        let mut done = self
            .tries
            .iter()
            .filter_map(|it| Some((it, it.verdict()?.ok()?)));
        done.next()
    }

    /// Returns whether a time that it was given was left without an answer that says what became of it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.tries.iter().any(|it| it.verdict().is_none())
    }
}

/// A question, and what it was answered with.
#[derive(Debug)]
pub struct Read {
    /// The process.
    pub process: usize,
    /// When it was asked.
    pub from: Moment,
    /// When it was answered.
    pub to: Moment,
    /// The contract.
    pub contract: ContractId,
    /// The answer.
    pub told: Told,
}

/// What a question was answered with.
#[derive(Debug)]
pub enum Told {
    /// There is no such contract.
    NoContract,
    /// A contract.
    Contract(Box<ContractRecord>),
    /// The credits now.
    Balance(BalanceRecord),
    /// The credits at a past instant.
    Past(BalanceRecord),
    /// The seats.
    Seats(Vec<SeatRecord>),
    /// The grants.
    Grants(Vec<GrantRecord>),
    /// One grant.
    Grant(GrantId, Option<GrantRecord>),
    /// The number of the newest event.
    Newest(u64),
    /// One message.
    Message(MessageId, Option<Box<MessageRecord>>),
    /// All messages.
    Sent(Vec<MessageRecord>),
    /// What was written about a message.
    Conversation(MessageId, Vec<WritingRecord>),
    /// The report on answers.
    Responses(Box<ResponsesReport>),
}

/// A member's wishes as they were read.
#[derive(Debug)]
pub struct WishesRead {
    /// The member.
    pub member: MemberId,
    /// When it was asked.
    pub from: Moment,
    /// When it was answered.
    pub to: Moment,
    /// The answer.
    pub wishes: Wishes,
}

/// A change of wishes that was answered.
#[derive(Debug)]
pub struct WishesKept {
    /// The member.
    pub member: MemberId,
    /// When it was answered.
    pub tick: u64,
}

/// What a process' clock showed from a moment on.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// From when on.
    pub tick: u64,
    /// The process.
    pub process: usize,
    /// The instant.
    pub at: Timestamp,
}

/// What was asked and answered.
#[derive(Debug, Default)]
pub struct Book {
    /// The orders, by number.
    pub orders: Vec<Asked>,
    /// The questions.
    pub reads: Vec<Read>,
    /// The wishes that were read.
    pub wishes_read: Vec<WishesRead>,
    /// The changes of wishes that were answered.
    pub wishes_kept: Vec<WishesKept>,
    /// The clocks, in the order in which they moved.
    pub clocks: Vec<Shown>,
    /// What should never happen, and did.
    pub complaints: Vec<String>,
    /// What clients have heard of.
    pub heard: Vec<Heard>,
}

/// What clients have heard of a contract.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The contract.
    pub contract: ContractId,
    /// Its seats.
    pub seats: Vec<SeatId>,
    /// Its messages.
    pub messages: Vec<MessageId>,
    /// Its grants.
    pub grants: Vec<GrantId>,
}

impl Book {
    /// Returns the instants that a process' clock showed between two moments.
    #[must_use]
    pub fn instants(&self, process: usize, from: u64, to: u64) -> Vec<Timestamp> {
        let of = |it: &&Shown| it.process == process;
        let shown = || self.clocks.iter().filter(of);
        let first = shown().rfind(|it| it.tick <= from);
        let later = shown().filter(|it| it.tick > from && it.tick <= to);
        let mut instants: Vec<Timestamp> = first.into_iter().chain(later).map(|it| it.at).collect();
        instants.dedup();
        instants
    }

    /// Takes note of what an answer tells of ids.
    pub fn hear(&mut self, contract: &ContractId, reply: &Reply) {
        let at = match self.heard.iter().position(|it| it.contract == *contract) {
            Some(at) => at,
            None => {
                self.heard.push(Heard {
                    contract: contract.clone(),
                    seats: Vec::new(),
                    messages: Vec::new(),
                    grants: Vec::new(),
                });
                self.heard.len() - 1
            }
        };
        let heard = &mut self.heard[at];
        match reply {
            Reply::Seat(seat) => note(&mut heard.seats, &seat.id),
            Reply::Grant(grant) => note(&mut heard.grants, &grant.id),
            Reply::Message(message) => note(&mut heard.messages, &message.id),
            Reply::Campaign(campaign) => {
                let messages = campaign.messages.iter();
                messages.for_each(|message| note(&mut heard.messages, &message.id));
            }
            Reply::Contract(_) | Reply::Writing(_) => {}
        }
    }
}

fn note<T: Clone + PartialEq>(all: &mut Vec<T>, one: &T) {
    if !all.contains(one) {
        all.push(one.clone());
    }
}
