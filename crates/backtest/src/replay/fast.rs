//! Replays one contract's part of a log without the engine, under policies for which that comes to the same.
//!
//! In a log it is known what becomes of each message, recipients wish for nothing, prices are the policy's and
//! nothing is revoked. So what becomes of a stake is counted when the message is sent; what depends on the order
//! of things is who is stopped ([`mod@ladder`], [`mod@thread`]), what is pending and which credits are there
//! ([`mod@pool`]), and only that is followed through the log.
//!
//! Owns: when this is allowed ([`Plan::new`], [`Replay::fits`]), and the walk. Does not own: what a rule of settlement
//! means, which the plan asks the policy once.
//! Invariant: the figures are those of the engine, all of them; a test compares the two.

mod ladder;
mod plan;
mod pool;
mod thread;

pub(super) use plan::Plan;

use super::watch::Stood;
use crate::log::{Action, ActionKind, History, Message, NO_LINK};
use crate::report::Figures;
use earnest_core::policy::{self, Blocks, Settled};
use earnest_core::units::{Credits, Timestamp};
use ladder::Ladders;
use pool::Pool;
use thread::Threads;

/// Replays contracts, one after the other, by one plan. What it allocates serves them all.
pub(super) struct Replay<'p> {
    plan: &'p Plan,
    /// What became of each message so far, by its place.
    marks: Vec<Mark>,
    /// The log's links, without the messages found to be pending no more.
    links: Vec<u32>,
    /// The place of the first message that may still lapse; kept where lapses bring credits.
    lapsing: usize,
    gate: Gate<'p>,
    pool: Pool<'p>,
    tally: Tally,
}

/// What became of a message so far. A lapse leaves no mark: an instant tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Not sent yet, or refused.
    Unsent,
    /// Sent, and not answered in time so far.
    Sent,
    /// Answered in time.
    Answered,
}

/// Who may go on sending.
enum Gate<'p> {
    None,
    Thread(Threads<'p>),
    Ladder(Ladders<'p>),
}

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Bulk,
    Rate,
    Pending,
    Credits,
}

impl Refused {
    const ALL: [Self; 4] = [Self::Bulk, Self::Rate, Self::Pending, Self::Credits];

    /// Returns the refusal's stable name.
    const fn code(self) -> &'static str {
        match self {
            Self::Bulk => "bulk_restricted",
            Self::Rate => "response_rate_too_low",
            Self::Pending => "already_pending",
            Self::Credits => "insufficient_credits",
        }
    }
}

/// What is counted of one contract.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    messages: u64,
    sent: u64,
    refused: [u64; Refused::ALL.len()],
    responded: u64,
    returned: u64,
    consumed: u64,
}

impl<'p> Replay<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            marks: Vec::new(),
            links: Vec::new(),
            lapsing: 0,
            gate: match &plan.gate {
                policy::Gate::None => Gate::None,
                policy::Gate::Thread(gate) => Gate::Thread(Threads::new(gate)),
                policy::Gate::Ladder(ladder) => Gate::Ladder(Ladders::new(ladder)),
            },
            pool: Pool::new(plan.supply.as_ref()),
            tally: Tally::default(),
        }
    }

    /// Returns whether a contract's history can be replayed up to `until` this way. At the ends of time instants
    /// stand still, and past the most credits there is no grant: both are the engine's to tell.
    pub(super) fn fits(&self, history: &History<'_>, until: Timestamp) -> bool {
        let stakes = count(history.messages().len()).saturating_mul(self.plan.price);
        history.start() > Timestamp::MIN && until < Timestamp::MAX && stakes <= Credits::MOST.0
    }

    /// Replays a contract's history, which must fit the plan, and adds what came of it to `sum`.
    pub(super) fn play(&mut self, history: &History<'_>, until: Timestamp, sum: &mut Figures) {
        if history.start() > until {
            return;
        }
        self.begin(history);
        let messages = history.messages();
        for action in history.actions() {
            if !self.act(*action, messages, until) {
                break;
            }
        }
        self.end(history, until, sum);
    }

    fn begin(&mut self, history: &History<'_>) {
        let (start, seats) = (history.start(), history.seats());
        let messages = history.messages().len();
        self.marks.clear();
        self.marks.resize(messages, Mark::Unsent);
        self.links.clear();
        self.links.extend_from_slice(history.links());
        self.lapsing = 0;
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => threads.begin(seats),
            Gate::Ladder(ladders) => ladders.begin(start, seats),
        }
        let stakes = count(messages).saturating_mul(self.plan.price);
        self.pool.begin(start, count(seats), stakes);
        self.tally = Tally::default();
    }

    /// Lets an action happen; returns whether it is within the time.
    fn act(&mut self, action: Action, messages: &[Message], until: Timestamp) -> bool {
        let place = action.message();
        let Some(message) = messages.get(place) else {
            return true;
        };
        match action.kind() {
            // Whether a message was seen in its window is known of the message.
            ActionKind::Seen => {}
            ActionKind::Send => {
                if message.sent_at() > until {
                    return false;
                }
                self.send(place, messages, message, until);
            }
            ActionKind::Respond => {
                let Some(at) = message.responded_at() else {
                    return true;
                };
                if at > until {
                    return false;
                }
                self.respond(place, messages, message, at);
            }
        }
        true
    }

    fn send(&mut self, place: usize, messages: &[Message], message: &Message, until: Timestamp) {
        self.tally.messages += 1;
        if let Err(refused) = self.check(place, messages, message) {
            if let Some(count) = self.tally.refused.get_mut(refused as usize) {
                *count += 1;
            }
            return;
        }
        if let Some(mark) = self.marks.get_mut(place) {
            *mark = Mark::Sent;
        }
        let at = message.sent_at();
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => {
                let answered_at = self.plan.answered_in_time(message);
                threads.sent(message.seat(), at, answered_at);
            }
            Gate::Ladder(ladders) => ladders.sent(message.seat(), at),
        }
        self.tally.settle(self.plan, message, until);
    }

    /// Returns why a message is refused, in the order of the engine's checks; takes its stake if it is not.
    fn check(
        &mut self,
        place: usize,
        messages: &[Message],
        message: &Message,
    ) -> Result<(), Refused> {
        let (seat, at) = (message.seat(), message.sent_at());
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => {
                if threads.fails(seat, at) {
                    return Err(Refused::Rate);
                }
            }
            Gate::Ladder(ladders) => match ladders.blocks(seat, at) {
                Blocks::Nothing => {}
                Blocks::Bulk | Blocks::All if message.is_bulk() => return Err(Refused::Bulk),
                Blocks::Bulk => {}
                Blocks::All => return Err(Refused::Rate),
            },
        }
        if self.has_most_pending(place, messages, at) {
            return Err(Refused::Pending);
        }
        if self.pool.counts() {
            self.lapse(messages, at);
            if !self.pool.draw(at, self.plan.price) {
                return Err(Refused::Credits);
            }
        }
        Ok(())
    }

    /// Returns whether as many messages as may be are pending from the message's seat to its recipient. Links
    /// over what is pending no more, so that nothing is passed over twice.
    fn has_most_pending(&mut self, place: usize, messages: &[Message], at: Timestamp) -> bool {
        let mut pending = 0;
        let mut after = place;
        while pending < self.plan.pending_most {
            let Some(before) = follow(&self.links, after) else {
                return false;
            };
            let mark = self.marks.get(before).copied().unwrap_or(Mark::Unsent);
            let lapsed = || {
                let message = messages.get(before);
                message.is_none_or(|message| self.plan.deadline(message) < at)
            };
            if mark == Mark::Sent && !lapsed() {
                pending += 1;
                after = before;
            } else {
                let beyond = self.links.get(before).copied().unwrap_or(NO_LINK);
                if let Some(link) = self.links.get_mut(after) {
                    *link = beyond;
                }
            }
        }
        true
    }

    fn respond(&mut self, place: usize, messages: &[Message], message: &Message, at: Timestamp) {
        let Some(mark) = self.marks.get_mut(place) else {
            return;
        };
        if *mark != Mark::Sent || at > self.plan.deadline(message) {
            return;
        }
        *mark = Mark::Answered;
        let (seat, sent_at) = (message.seat(), message.sent_at());
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => threads.responded(seat, sent_at, at),
            Gate::Ladder(ladders) => ladders.responded(seat, sent_at, at),
        }
        if self.pool.counts() && self.plan.on_response(message, at) == Some(Settled::Returned) {
            self.lapse(messages, at);
            self.pool.give_back(at, self.plan.price);
        }
    }

    /// Gives back what lapses before `at` and is not consumed.
    fn lapse(&mut self, messages: &[Message], at: Timestamp) {
        if !self.plan.lapse_returns {
            return;
        }
        while let Some(message) = messages.get(self.lapsing) {
            let deadline = self.plan.deadline(message);
            if deadline >= at {
                break;
            }
            if self.marks.get(self.lapsing) == Some(&Mark::Sent)
                && self.plan.on_lapse(message) == Some(Settled::Returned)
            {
                self.pool.give_back(deadline, self.plan.price);
            }
            self.lapsing += 1;
        }
    }

    fn end(&mut self, history: &History<'_>, until: Timestamp, sum: &mut Figures) {
        self.tally.add_to(sum, self.plan.price);
        sum.seats += count(history.seats());
        let mut stood = |seat, stood: Stood| stood.add_to(sum, history, seat);
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => threads.end(until, &mut stood),
            Gate::Ladder(ladders) => ladders.end(until, &mut stood),
        }
    }
}

impl Tally {
    /// Counts a sent message, and what will have become of it at `until`.
    fn settle(&mut self, plan: &Plan, message: &Message, until: Timestamp) {
        self.sent += 1;
        let deadline = plan.deadline(message);
        let answered = plan.answered_in_time(message).filter(|at| *at <= until);
        self.responded += u64::from(answered.is_some());
        let settled = match answered {
            Some(at) => plan.on_response(message, at),
            None if deadline < until => plan.on_lapse(message),
            None => plan.on_send(),
        };
        match settled {
            Some(Settled::Returned) => self.returned += 1,
            Some(Settled::Consumed) => self.consumed += 1,
            None => {}
        }
    }

    fn add_to(&self, sum: &mut Figures, price: u64) {
        sum.messages += self.messages;
        sum.sent += self.sent;
        for (refused, count) in Refused::ALL.into_iter().zip(self.refused) {
            if count > 0 {
                *sum.refused.entry(refused.code()).or_default() += count;
            }
        }
        sum.responded += self.responded;
        sum.returned += self.returned;
        sum.consumed += self.consumed;
        sum.consumed_credits += self.consumed * price;
        sum.held += self.sent - self.returned - self.consumed;
    }
}

/// Returns the place that the link of a message leads to.
fn follow(links: &[u32], place: usize) -> Option<usize> {
    let link = *links.get(place)?;
    (link != NO_LINK)
        .then(|| usize::try_from(link).ok())
        .flatten()
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
