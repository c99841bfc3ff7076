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

use super::observe::Observer;
use super::watch::Stood;
use crate::log::{Action, ActionKind, History, Message, NO_LINK};
use crate::report::Figures;
use earnest_core::Balance;
use earnest_core::policy::{self, Blocks, Settled};
use earnest_core::units::{Credits, Timestamp};
use ladder::Ladders;
use pool::Pool;
use thread::Threads;

/// Replays contracts, one after the other, by one plan. What it allocates serves them all.
pub(super) struct Replay<'p, O> {
    plan: &'p Plan,
    observer: O,
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

impl<'p, O: Observer> Replay<'p, O> {
    pub(super) fn new(plan: &'p Plan, observer: O) -> Self {
        Self {
            plan,
            observer,
            marks: Vec::new(),
            links: Vec::new(),
            lapsing: 0,
            gate: match &plan.gate {
                policy::Gate::None => Gate::None,
                policy::Gate::Thread(gate) => Gate::Thread(Threads::new(gate)),
                policy::Gate::Ladder(ladder) => Gate::Ladder(Ladders::new(ladder)),
            },
            pool: Pool::new(&plan.supply, O::BALANCES),
            tally: Tally::default(),
        }
    }

    /// Returns whether a contract's history can be replayed up to `until` this way. At the ends of time instants
    /// stand still, and past the most credits there is no grant: both are the engine's to tell.
    pub(super) fn fits(&self, history: &History<'_>, until: Timestamp) -> bool {
        let stakes = count(history.messages().len()).saturating_mul(self.plan.price);
        history.start() > Timestamp::MIN && until < Timestamp::MAX && stakes <= Credits::MOST.0
    }

    /// Returns whoever watched.
    pub(super) fn into_observer(self) -> O {
        self.observer
    }

    /// Lets the observer watch a contract that is replayed another way.
    pub(super) const fn observer(&mut self) -> &mut O {
        &mut self.observer
    }

    /// Replays a contract's history, which must fit the plan, and adds what came of it to `sum`.
    pub(super) fn play(&mut self, history: &History<'_>, until: Timestamp, sum: &mut Figures) {
        if history.start() > until {
            return;
        }
        self.begin(history);
        self.observer.contract(history);
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
            self.observer.refused(place, message, refused.code());
            return;
        }
        if let Some(mark) = self.marks.get_mut(place) {
            *mark = Mark::Sent;
        }
        let at = message.sent_at();
        let observer = &mut self.observer;
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => {
                let answered_at = self.plan.answered_in_time(message);
                threads.sent(message.seat(), at, answered_at, observer);
            }
            Gate::Ladder(ladders) => ladders.sent(message.seat(), at, observer),
        }
        let fate = Fate::of(self.plan, message, until);
        self.tally.settle(&fate);
        self.observer.sent(place, message);
        if let Some(at) = fate.answered_at {
            self.observer.answered(place, message, at);
        }
        if let Some((credit, at)) = fate.settled {
            self.observer.settled(place, message, credit, at);
        }
    }

    /// Returns why a message is refused, in the order of the engine's checks; takes its stake if it is not.
    fn check(
        &mut self,
        place: usize,
        messages: &[Message],
        message: &Message,
    ) -> Result<(), Refused> {
        let (seat, at) = (message.seat(), message.sent_at());
        let observer = &mut self.observer;
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => {
                if threads.fails(seat, at, observer) {
                    return Err(Refused::Rate);
                }
            }
            Gate::Ladder(ladders) => match ladders.blocks(seat, at, observer) {
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
        let observer = &mut self.observer;
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => threads.responded(seat, sent_at, at, observer),
            Gate::Ladder(ladders) => ladders.responded(seat, sent_at, at, observer),
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
        let observer = &mut self.observer;
        match &mut self.gate {
            Gate::None => {}
            Gate::Thread(threads) => threads.end(until, observer, &mut stood),
            Gate::Ladder(ladders) => ladders.end(until, observer, &mut stood),
        }
        if O::BALANCES {
            let balance = self.balance(history.messages(), until);
            self.observer.balance(balance);
        }
    }

    /// Returns the contract's credits as a reader at `until` sees them.
    fn balance(&mut self, messages: &[Message], until: Timestamp) -> Balance {
        self.lapse(messages, until);
        let price = self.plan.price;
        let consumed = self.tally.consumed * price;
        let held = self.tally.held() * price;
        let (granted, available) = self.pool.at(until);
        Balance {
            granted: Credits(granted),
            available: Credits(available),
            held: Credits(held),
            consumed: Credits(consumed),
            expired: Credits(granted - available - held - consumed),
            revoked: Credits::ZERO,
        }
    }
}

/// What will have become of a sent message by some instant.
struct Fate {
    answered_at: Option<Timestamp>,
    settled: Option<(Settled, Timestamp)>,
}

impl Fate {
    fn of(plan: &Plan, message: &Message, until: Timestamp) -> Self {
        let deadline = plan.deadline(message);
        let answered_at = plan.answered_in_time(message).filter(|at| *at <= until);
        let (credit, at) = match answered_at {
            _ if plan.on_send().is_some() => (plan.on_send(), message.sent_at()),
            Some(at) => (plan.on_response(message, at), at),
            None if deadline < until => (plan.on_lapse(message), deadline),
            None => (None, deadline),
        };
        Self {
            answered_at,
            settled: credit.map(|credit| (credit, at)),
        }
    }
}

impl Tally {
    /// Counts a sent message and what will have become of it.
    fn settle(&mut self, fate: &Fate) {
        self.sent += 1;
        self.responded += u64::from(fate.answered_at.is_some());
        match fate.settled {
            Some((Settled::Returned, _)) => self.returned += 1,
            Some((Settled::Consumed, _)) => self.consumed += 1,
            None => {}
        }
    }

    /// Returns how many stakes are open.
    const fn held(&self) -> u64 {
        self.sent - self.returned - self.consumed
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
        sum.held += self.held();
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
