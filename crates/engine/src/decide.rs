//! Decides a round's orders one after the other, and gathers what has to be committed for them.
//!
//! Owns: bringing the contract up to date before each order, turning orders into the core's commands, and what
//! goes into the batch. Does not own: rules, commits. Invariants: the contract in memory is, at any moment, the
//! recorded one plus what this round will commit (and, for a history that is being told, what fell due before a
//! refused order); an order that is refused adds nothing.

use crate::engine::Engine;
use crate::failure::{Failure, Refused};
use crate::hot::Hot;
use crate::known::Known;
use crate::message;
use crate::order::{Author, Order, What};
use crate::past::{self, Mark};
use crate::record::{Done, MessageRecord};
use crate::reply;
use crate::slot::OrderJob;
use earnest_core::command::Command;
use earnest_core::event::{Event, Fact};
use earnest_core::refusal::Refusal;
use earnest_core::units::{MessageId, Timestamp};
use earnest_core::{Rejection, decide, explain};
use earnest_store::{Answer, Batch, ContractUpdate, NewMessage, Outcome, Writing};
use hashbrown::HashMap;
use std::sync::atomic::Ordering::Relaxed;

/// What became of a job in this round.
pub(crate) enum Taken {
    /// An order is decided.
    Order(Box<Result<Done, Failure>>),
    /// A question may be answered after the commit.
    Question,
    /// What has gathered is to be committed first.
    Later,
    /// The contract is to be loaded again first.
    Reload,
}

/// A round on its way.
pub(crate) struct Deciding<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) hot: &'a mut Hot,
    pub(crate) known: Known,
    now: Timestamp,
    events: Vec<Event>,
    pub(crate) messages: Vec<NewMessage>,
    /// Where in `messages` the ones are that were sent in this round.
    sent: HashMap<MessageId, usize>,
    touched: HashMap<MessageId, Touched>,
    pub(crate) writings: Vec<Writing>,
    answers: Vec<Answer>,
    pub(crate) details_changed: bool,
    marks: Vec<Mark>,
    /// Whether a question about a history that is being told waits for the round's end.
    asked: bool,
}

/// What this round knows of a message that it touched.
#[derive(Debug, Default)]
struct Touched {
    settled_seq: Option<u64>,
    note: Option<String>,
}

impl<'a> Deciding<'a> {
    pub(crate) fn new(engine: &'a Engine, hot: &'a mut Hot, known: Known, now: Timestamp) -> Self {
        Self {
            engine,
            hot,
            known,
            now,
            events: Vec::new(),
            messages: Vec::new(),
            sent: HashMap::new(),
            touched: HashMap::new(),
            writings: Vec::new(),
            answers: Vec::new(),
            details_changed: false,
            marks: Vec::new(),
            asked: false,
        }
    }

    /// Takes a question: it is answered once the contract is up to date and that is committed.
    pub(crate) fn take_question(&mut self) -> Taken {
        if !self.hot.is_live() {
            // A question sees what is recorded, and no more.
            if !self.hot.ahead.is_empty() {
                return self.reload();
            }
            self.asked = true;
            return Taken::Question;
        }
        match self.catch_up(self.live_now()) {
            true => Taken::Question,
            false => Taken::Later,
        }
    }

    /// Takes an order.
    pub(crate) fn take(&mut self, job: &OrderJob) -> Taken {
        if self.asked || self.events.len() >= self.engine.options().due_at_once {
            return Taken::Later;
        }
        let at = match self.place(&job.order) {
            Ok(at) => at,
            Err(taken) => return taken,
        };
        Taken::Order(Box::new(self.carry_out(job, at)))
    }

    fn reload(&self) -> Taken {
        match self.is_empty() {
            true => Taken::Reload,
            false => Taken::Later,
        }
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty() && !self.details_changed
    }

    fn live_now(&self) -> Timestamp {
        self.hot.live_now(self.now, self.engine.options().skew)
    }

    /// Finds the instant of an order, and brings the contract up to it.
    fn place(&mut self, order: &Order) -> Result<Timestamp, Taken> {
        let at = self
            .hot
            .instant_of(order, self.now, self.engine.options().skew);
        if order.author == Author::Import && order.at.is_some() && at > self.now {
            return Err(Taken::Order(Box::new(Err(Failure::Invalid {
                field: "at",
                why: format!("a history is told of what has happened: {at} has not come yet"),
            }))));
        }
        let clock = self.hot.contract.state().clock();
        if self.hot.is_live() {
            if at >= clock && !self.catch_up(at) {
                return Err(Taken::Later);
            }
        } else if at < clock && !self.hot.ahead.is_empty() {
            // What was brought ahead for an order that was refused is in this one's way.
            return Err(self.reload());
        } else if at >= clock {
            self.bring_ahead(at);
        }
        Ok(at)
    }

    /// Records what falls due up to `at`; returns whether that was all of it.
    fn catch_up(&mut self, at: Timestamp) -> bool {
        loop {
            if self.events.len() >= self.engine.options().due_at_once {
                let state = self.hot.contract.state();
                return earnest_core::is_caught_up(self.hot.contract.policies(), state, at);
            }
            let due = self.hot.contract.catch_up_once(at);
            if due.is_empty() {
                return true;
            }
            for event in due {
                self.gather(event);
            }
        }
    }

    /// Applies what falls due up to `at`, to be recorded with the next accepted order.
    fn bring_ahead(&mut self, at: Timestamp) {
        let ahead = &mut self.hot.ahead;
        self.hot
            .contract
            .catch_up(at, &mut |event| ahead.push(event.clone()));
    }

    /// Returns the number that the next event will have.
    pub(crate) fn next_seq(&self) -> u64 {
        self.hot.seq + 1 + u64::try_from(self.events.len()).unwrap_or(u64::MAX)
    }

    /// Adds an event, which has been applied, to the batch.
    fn gather(&mut self, event: Event) {
        let seq = self.next_seq();
        self.hot.responses.count(&event, self.hot.contract.state());
        let metrics = self.engine.metrics();
        match &event.fact {
            Fact::MessageSent { .. } => drop(metrics.sends.fetch_add(1, Relaxed)),
            Fact::MessageResponded { message, .. } => {
                metrics.responses.fetch_add(1, Relaxed);
                self.touch(message);
            }
            Fact::MessageLapsed { message, .. } => {
                metrics.lapses.fetch_add(1, Relaxed);
                self.touch(message);
            }
            Fact::StakeReturned { message, .. } | Fact::StakeConsumed { message, .. } => {
                self.touch(message).settled_seq = Some(seq);
            }
            Fact::MessageSeen { message, .. }
            | Fact::MessageReported { message, .. }
            | Fact::ConversationMessage { message, .. } => drop(self.touch(message)),
            _ => {}
        }
        self.mark(&event, seq);
        self.events.push(event);
    }

    /// Follows the balance event by event, and marks it every so often.
    fn mark(&mut self, event: &Event, seq: u64) {
        if let Ok(after) = self.hot.ledger.after(event) {
            self.hot.ledger = after;
        }
        if seq.is_multiple_of(past::APART) {
            let balance = self.hot.ledger;
            self.marks.push(Mark { seq, balance });
        }
    }

    fn touch(&mut self, message: &MessageId) -> &mut Touched {
        let row = self.known.rows.get(message);
        let settled_seq = || row.and_then(|row| row.outcome.settled_seq);
        self.touched
            .entry(message.clone())
            .or_insert_with(|| Touched {
                settled_seq: settled_seq(),
                note: None,
            })
    }

    /// Decides a command at `at` and, where it is accepted, applies it and gathers its events.
    pub(crate) fn submit(&mut self, command: &Command, at: Timestamp) -> Result<(), Failure> {
        let contract = &self.hot.contract;
        let decided = decide(contract.policies(), contract.state(), command, at);
        let events = decided.map_err(|rejection| self.story(command, rejection, at))?;
        self.gather_ahead();
        self.hot.contract.accept(command, &events);
        for event in events {
            self.gather(event);
        }
        Ok(())
    }

    /// Records what was applied ahead.
    fn gather_ahead(&mut self) {
        for event in std::mem::take(&mut self.hot.ahead) {
            self.gather(event);
        }
    }

    fn story(&self, command: &Command, rejection: Rejection, at: Timestamp) -> Failure {
        match rejection {
            Rejection::Malformed(malformed) => malformed.into(),
            Rejection::Refused(refusal) => self.refuse(command, refusal, at),
        }
    }

    /// Returns a refusal with its story.
    pub(crate) fn refuse(&self, command: &Command, refusal: Refusal, at: Timestamp) -> Failure {
        let explanation = explain::refusal(&self.hot.contract, command, &refusal, at);
        Failure::Refused(Box::new(Refused {
            refusal,
            explanation,
        }))
    }

    /// Notes a response's note.
    pub(crate) fn note(&mut self, message: &MessageId, note: String) {
        self.touch(message).note = Some(note);
    }

    /// Notes that a message is sent by the event that was just gathered.
    pub(crate) fn note_sent(&mut self, message: NewMessage) {
        self.sent.insert(message.id.clone(), self.messages.len());
        self.messages.push(message);
    }

    fn carry_out(&mut self, job: &OrderJob, at: Timestamp) -> Result<Done, Failure> {
        if let What::Create(_) = &job.order.what {
            let id = self.hot.contract.state().id();
            return Err(Failure::DuplicateId(id.to_string()));
        }
        let reply = self.order(job, at)?;
        if job.order.author == Author::Live && !self.hot.is_live() {
            self.go_live();
        }
        if let Some(key) = &job.order.key {
            let just_sent = matches!(job.order.what, What::Send(_));
            self.answers.push(Answer {
                space: key.space.clone(),
                key: key.key.clone(),
                body: key.body,
                reply: reply::write(&reply, just_sent),
            });
            // A batch without events keeps an answer too.
            self.details_changed |= self.events.is_empty();
        }
        Ok(Done {
            reply,
            replayed: false,
        })
    }

    /// Lets time do its work on a contract from now on.
    pub(crate) fn go_live(&mut self) {
        self.gather_ahead();
        self.hot.details.live_at = Some(self.now);
        self.details_changed = true;
    }

    /// Returns a message as it is after this round.
    pub(crate) fn message_record(&self, id: &MessageId) -> Result<MessageRecord, Failure> {
        let unknown = || Failure::UnknownMessage(id.clone());
        let sent = self.sent_as(id).ok_or_else(unknown)?;
        let outcome = self.outcome(id).ok_or_else(unknown)?;
        let contract = self.hot.contract.state().id();
        Ok(message::record(contract, sent, &outcome, false))
    }

    fn sent_as(&self, id: &MessageId) -> Option<&NewMessage> {
        let here = self.sent.get(id).and_then(|at| self.messages.get(*at));
        here.or_else(|| Some(&self.known.rows.get(id)?.sent))
    }

    fn outcome(&self, id: &MessageId) -> Option<Outcome> {
        let view = self.hot.contract.state().message(id)?;
        let row = self.known.rows.get(id);
        let before = row.and_then(|row| row.outcome.note.clone());
        let touched = self.touched.get(id);
        let note = touched.and_then(|touched| touched.note.clone()).or(before);
        let settled_seq = match touched {
            Some(touched) => touched.settled_seq,
            None => row.and_then(|row| row.outcome.settled_seq),
        };
        Some(message::outcome(&view, settled_seq, note))
    }

    /// Returns what is to be committed, if anything, and the marks to keep when it was.
    pub(crate) fn into_batch(self) -> Option<(Batch, Vec<Mark>)> {
        let outcomes = self.touched.keys().filter_map(|id| self.outcome(id));
        let outcomes: Vec<Outcome> = outcomes.collect();
        self.hot.contract.drop_recalled();
        if self.is_empty() {
            return None;
        }
        let details = self.details_changed.then(|| self.hot.details.write());
        let batch = Batch {
            contract: self.hot.contract.state().id().clone(),
            expected: self.hot.seq,
            token: self.engine.make_token(),
            events: self.events,
            messages: self.messages,
            outcomes,
            writings: self.writings,
            answers: self.answers,
            update: ContractUpdate {
                next_due: self.hot.next_due(),
                details,
            },
        };
        Some((batch, self.marks))
    }
}
