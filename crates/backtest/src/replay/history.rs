//! Replays one contract's part of a log under one policy.

use super::Credits;
use super::observe::Observer;
use super::watch::{LadderWatch, Stood, ThreadWatch};
use crate::log::{ActionKind, History, Message};
use crate::report::Figures;
use earnest_core::command::{
    AddSeat, Command, CreateContract, Grant, Letter, PRIORITY, Recipient, Respond, Send, Source,
};
use earnest_core::event::{Event, Fact};
use earnest_core::policy::{Gate, Policy, ResponseKind, Settled};
use earnest_core::refusal::Refusal;
use earnest_core::units::{
    CampaignId, ContractId, GrantId, IdError, MemberId, MessageId, SeatId, Timestamp,
};
use earnest_core::{Contract, Rejection};
use smallvec::smallvec;
use std::sync::Arc;

/// How many sends pass before the engine is told to forget what it no longer needs.
const FORGET_EVERY: u32 = 4_096;

/// Replays a contract's history up to `until` and adds what came of it to `sum`.
pub(super) fn replay<O: Observer>(
    history: &History<'_>,
    policy: &Arc<Policy>,
    credits: Credits,
    until: Timestamp,
    sum: &mut Figures,
    observer: &mut O,
) {
    if history.start() > until {
        return;
    }
    // INVARIANT: names made here of numbers are ids, and what is set up here is in order; so nothing of
    // this fails, and a replay that could not be set up would count nothing.
    if let Ok(mut replay) = Replay::begin(history, policy, credits, sum, observer) {
        replay.observer.contract(history);
        replay.play(until);
    }
}

struct Replay<'a, O> {
    history: &'a History<'a>,
    observer: &'a mut O,
    contract: Contract,
    seats: Vec<SeatId>,
    campaign: CampaignId,
    /// Whether each message was refused, by its place.
    refused: Vec<bool>,
    tally: Tally<'a>,
    sends: u32,
    /// Whether it makes a difference that a message was seen.
    seen_counts: bool,
}

/// What is counted on the way.
struct Tally<'a> {
    sum: &'a mut Figures,
    ladder: LadderWatch,
    thread: Option<ThreadWatch>,
}

/// Why a replay could not be set up.
enum NotSetUp {
    Id,
    Rejected,
}

impl From<IdError> for NotSetUp {
    fn from(_: IdError) -> Self {
        Self::Id
    }
}

impl From<Rejection> for NotSetUp {
    fn from(_: Rejection) -> Self {
        Self::Rejected
    }
}

impl<'a, O: Observer> Replay<'a, O> {
    fn begin(
        history: &'a History<'a>,
        policy: &Arc<Policy>,
        credits: Credits,
        sum: &'a mut Figures,
        observer: &'a mut O,
    ) -> Result<Self, NotSetUp> {
        let start = history.start();
        let granted = credits == Credits::Granted && policy.allots();
        let create = CreateContract {
            id: ContractId::new(history.name())?,
            name: String::new(),
            policy: Arc::clone(policy),
            allotments: granted,
            bulk_disabled: false,
        };
        let (mut contract, _) = Contract::create(&create, start);
        let mut seats = Vec::with_capacity(history.seats());
        let mut name = itoa::Buffer::new();
        for number in 0..history.seats() {
            let id = SeatId::new(name.format(number))?;
            seats.push(id.clone());
            let seat = AddSeat {
                id,
                seat_type: policy.first_seat_type(),
                usage_limit: None,
                bulk_disabled: false,
            };
            contract.submit(&Command::AddSeat(seat), start)?;
        }
        if !granted {
            let grant = Grant {
                id: GrantId::new("unlimited")?,
                credits: earnest_core::units::Credits::MOST,
                source: Source::Purchase,
                effective_at: None,
                expires_at: None,
                priority: PRIORITY,
            };
            contract.submit(&Command::Grant(grant), start)?;
        }
        sum.seats += count(history.seats());
        let thread = match &policy.gate {
            Gate::Thread(gate) => Some(ThreadWatch::new(gate, seats.len())),
            Gate::None | Gate::Ladder(_) => None,
        };
        Ok(Self {
            history,
            observer,
            contract,
            campaign: CampaignId::new("campaign")?,
            refused: vec![false; history.messages().len()],
            tally: Tally {
                sum,
                ladder: LadderWatch::new(seats.len()),
                thread,
            },
            seats,
            sends: 0,
            seen_counts: policy.on_lapse(true) != policy.on_lapse(false),
        })
    }

    fn play(&mut self, until: Timestamp) {
        for action in self.history.actions() {
            let place = action.message();
            let Some(message) = self.history.messages().get(place) else {
                continue;
            };
            let at = match action.kind() {
                ActionKind::Send => Some(message.sent_at()),
                ActionKind::Seen => message.seen_at(),
                ActionKind::Respond => message.responded_at(),
            };
            let Some(at) = at else { continue };
            if at > until {
                break;
            }
            let refused = self.refused.get(place).copied().unwrap_or(true);
            match action.kind() {
                ActionKind::Send => self.send(place, message, at),
                _ if refused => {}
                ActionKind::Seen if !self.seen_counts => {}
                ActionKind::Seen => self.seen(place, at),
                ActionKind::Respond => self.respond(place, message, at),
            }
        }
        self.end(until);
    }

    fn send(&mut self, place: usize, message: &Message, at: Timestamp) {
        self.tally.sum.messages += 1;
        let mut digits = itoa::Buffer::new();
        let Ok(to) = MemberId::new(digits.format(message.recipient())) else {
            return;
        };
        let (Some(seat), Some(id)) = (self.seat(message), name(place)) else {
            return;
        };
        let send = Send {
            seat,
            letters: smallvec![Letter {
                message: id,
                to,
                recipient: Recipient::default(),
            }],
            campaign: message.is_bulk().then(|| self.campaign.clone()),
            subject_length: 0,
            body_length: 0,
        };
        match self.submit(&Command::Send(send), at) {
            Ok(()) => {
                if let Some(thread) = &mut self.tally.thread {
                    thread.sent(message.seat(), place, at, self.observer);
                }
                self.sends = self.sends.wrapping_add(1);
                if self.sends.is_multiple_of(FORGET_EVERY) {
                    self.contract.forget();
                }
            }
            Err(rejection) => {
                if let Some(refused) = self.refused.get_mut(place) {
                    *refused = true;
                }
                let code = code(&rejection);
                self.tally.sum.refuse(code);
                self.observer.refused(place, message, code);
            }
        }
    }

    fn seat(&self, message: &Message) -> Option<SeatId> {
        let number = usize::try_from(message.seat()).ok()?;
        self.seats.get(number).cloned()
    }

    fn seen(&mut self, place: usize, at: Timestamp) {
        if let Some(id) = name(place) {
            // A message that was forgotten lapsed long ago: that it is seen now changes no figure.
            let _ = self.submit(&Command::Seen(id), at);
        }
    }

    fn respond(&mut self, place: usize, message: &Message, at: Timestamp) {
        let Some(id) = name(place) else { return };
        let respond = Respond {
            message: id,
            kind: message.response().unwrap_or(ResponseKind::Reply),
            note: false,
            auto: false,
        };
        let before = self.contract.state().counts().responded;
        let answered = self.submit(&Command::Respond(respond), at);
        let in_time = self.contract.state().counts().responded > before;
        if let (Ok(()), true, Some(thread)) = (answered, in_time, &mut self.tally.thread) {
            thread.responded(message.seat(), place, at, self.observer);
        }
    }

    fn submit(&mut self, command: &Command, at: Timestamp) -> Result<(), Rejection> {
        if O::LISTENS {
            self.catch_up(at);
            let events = self.contract.submit(command, at)?;
            for event in &events {
                tell(self.history, self.observer, event);
            }
            return Ok(());
        }
        let ladder = &mut self.tally.ladder;
        self.contract
            .advance(command, at, &mut |seat, standing, at| {
                ladder.stand(seat, standing, at);
            })
    }

    /// Applies what falls due up to `at`.
    fn catch_up(&mut self, at: Timestamp) {
        let ladder = &mut self.tally.ladder;
        if !O::LISTENS {
            self.contract.advance_to(at, &mut |seat, standing, at| {
                ladder.stand(seat, standing, at);
            });
            return;
        }
        let (history, observer) = (self.history, &mut *self.observer);
        self.contract.catch_up(at, &mut |event| {
            if let Fact::StandingChanged { seat, standing, .. } = &event.fact {
                ladder.stand(seat, *standing, event.at);
            }
            tell(history, observer, event);
        });
    }

    /// Reads the figures at `until`: what a reader then sees, so a message at its deadline is held.
    fn end(&mut self, until: Timestamp) {
        self.catch_up(until);
        let Self {
            contract,
            tally,
            observer,
            ..
        } = self;
        let counts = contract.state().counts();
        tally.sum.sent += counts.sent;
        tally.sum.responded += counts.responded;
        tally.sum.returned += counts.returned;
        tally.sum.consumed += counts.consumed;
        tally.sum.consumed_credits += contract.state().balance().consumed.0;
        tally.sum.held += contract.state().open_stakes();
        let Tally { sum, thread, .. } = tally;
        let mut stood = |seat, stood: Stood| stood.add_to(sum, self.history, seat);
        match thread.take() {
            Some(thread) => thread.end(until, *observer, &mut stood),
            None => tally.ladder.end(until, &mut stood),
        }
        if O::BALANCES {
            observer.balance(contract.state().balance());
        }
    }
}

/// Tells an observer what an event says.
fn tell<O: Observer>(history: &History<'_>, observer: &mut O, event: &Event) {
    let at = event.at;
    let message = |id: &MessageId| {
        let place: usize = id.as_str().parse().ok()?;
        Some((place, history.messages().get(place)?))
    };
    match &event.fact {
        Fact::MessageSent { message: id, .. } => {
            if let Some((place, message)) = message(id) {
                observer.sent(place, message);
            }
        }
        Fact::MessageResponded { message: id, .. } => {
            if let Some((place, message)) = message(id) {
                observer.answered(place, message, at);
            }
        }
        Fact::StakeReturned { message: id, .. } => {
            if let Some((place, message)) = message(id) {
                observer.settled(place, message, Settled::Returned, at);
            }
        }
        Fact::StakeConsumed { message: id, .. } => {
            if let Some((place, message)) = message(id) {
                observer.settled(place, message, Settled::Consumed, at);
            }
        }
        Fact::StandingChanged { seat, standing, .. } => {
            if let Ok(seat) = seat.as_str().parse() {
                observer.stood(seat, *standing, at);
            }
        }
        _ => {}
    }
}

/// Names a message by its place.
fn name(place: usize) -> Option<MessageId> {
    MessageId::new(itoa::Buffer::new().format(place)).ok()
}

fn code(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::Refused(refusal) => Refusal::code(refusal),
        Rejection::Malformed(_) => "malformed",
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
