//! Says what a decision changes, by the numbers of the state that it was made for.
//!
//! An event names things, so that it can stand in a log for ever. A change points into one state and lives
//! until it is applied to it; a replay that reads only the state at its end makes no events at all.
//! Owns: changes, their application, and writing them as events. Does not own: deciding.
//! Invariant: applying a change, and applying the events that it is written as, give the same state.

use super::messages::{Answer, Credit, NewMessage, Number, SettledBy, Status};
use super::versions::{Phase, Position};
use super::{State, phase};
use crate::command::{Letter, Send};
use crate::event::{Event, ExpiryReason, Fact, FreshLot, Piece, ReturnedLot};
use crate::policy::{RuleRef, Standing};
use crate::units::{Credits, GrantId, SeatId, Timestamp};
use smallvec::SmallVec;

/// Credits of several lots, by the lots' numbers; usually of one.
pub(crate) type Parts = SmallVec<[(u32, u32); 1]>;

/// What one decision changes, in order.
pub(crate) type Changes<'a> = SmallVec<[Change<'a>; 2]>;

/// One thing that a decision changes.
#[derive(Debug)]
pub(crate) enum Change<'a> {
    /// A message is sent and, where the policy says so, its stake consumed at once.
    Sent(Sent<'a>),
    /// A message is answered in time, for the first time.
    Answered { message: Number, answer: Answer },
    /// A message's window ends without a response.
    Lapsed(Number),
    /// A stake comes back.
    Returned(Returned),
    /// A stake is kept.
    Consumed { message: Number, rule: RuleRef },
    /// Credits of a lot end unspent.
    Expired {
        lot: u32,
        credits: Credits,
        reason: ExpiryReason,
    },
    /// Anything else, as it will stand in the log.
    Other(Box<Fact>),
}

#[derive(Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) send: &'a Send,
    pub(crate) letter: &'a Letter,
    pub(crate) seat: u32,
    pub(crate) version: u16,
    pub(crate) credits: u32,
    pub(crate) stake: Parts,
    /// The rule that consumes the stake at once.
    pub(crate) rule: Option<RuleRef>,
}

#[derive(Debug)]
pub(crate) struct Returned {
    pub(crate) message: Number,
    pub(crate) rule: RuleRef,
    pub(crate) lots: SmallVec<[Back; 1]>,
}

/// Credits of a stake on their way back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Back {
    pub(crate) to: BackTo,
    pub(crate) credits: Credits,
}

/// Where credits of a stake go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackTo {
    /// The lot they came from.
    Lot(u32),
    /// A lot of their own.
    Fresh(FreshLot),
}

impl Change<'_> {
    pub(crate) fn other(fact: Fact) -> Self {
        Self::Other(Box::new(fact))
    }

    fn phase(&self) -> Phase {
        match self {
            Self::Sent(_) | Self::Answered { .. } => Phase::Commands,
            Self::Lapsed(_) => Phase::Lapses,
            Self::Returned(_) | Self::Consumed { .. } => Phase::Versions,
            Self::Expired { reason, .. } => match reason {
                ExpiryReason::ReturnedLate => Phase::Versions,
                ExpiryReason::Ended => Phase::LotsEnd,
                ExpiryReason::RolloverCap => Phase::Renewals,
            },
            Self::Other(fact) => phase(fact),
        }
    }
}

impl State {
    /// Applies a change that was decided for this very state.
    pub(crate) fn change(&mut self, change: &Change<'_>, at: Timestamp) {
        match change {
            Change::Other(fact) => return self.apply_fact(fact, at),
            Change::Sent(sent) => {
                self.move_to(Position(at, change.phase()));
                let number = self.send(&sent.new_message(at));
                if sent.rule.is_some() {
                    self.consume(number);
                }
            }
            _ => {
                self.move_to(Position(at, change.phase()));
                self.change_message(change, at);
            }
        }
        debug_assert!(
            self.balance().is_conserved(),
            "INVARIANT: credits are conserved"
        );
    }

    /// Applies changes in order, and tells `watch` of those of standing.
    pub(crate) fn change_all(
        &mut self,
        changes: &[Change<'_>],
        at: Timestamp,
        watch: &mut dyn FnMut(&SeatId, Standing, Timestamp),
    ) {
        for change in changes {
            self.change(change, at);
            if let Change::Other(fact) = change
                && let Fact::StandingChanged { seat, standing, .. } = &**fact
            {
                watch(seat, *standing, at);
            }
        }
    }

    fn change_message(&mut self, change: &Change<'_>, at: Timestamp) {
        match change {
            Change::Answered { message, answer } => self.answer(*message, *answer, at),
            Change::Lapsed(message) => self.lapse(*message),
            Change::Returned(returned) => self.give_back(returned.message, &returned.lots, at),
            Change::Consumed { message, .. } => self.consume(*message),
            Change::Expired { lot, credits, .. } => self.pool.expire(*lot, *credits),
            Change::Sent(_) | Change::Other(_) => {}
        }
    }

    /// Writes changes that were decided for this very state as events.
    pub(crate) fn write(&self, changes: Changes<'_>, at: Timestamp) -> Vec<Event> {
        let mut events = Vec::with_capacity(changes.len());
        for change in changes {
            self.write_one(change, at, |fact| events.push(Event { at, fact }));
        }
        events
    }

    fn write_one(&self, change: Change<'_>, at: Timestamp, mut push: impl FnMut(Fact)) {
        match change {
            Change::Sent(sent) => sent.write(self, at, push),
            Change::Other(fact) => push(*fact),
            Change::Expired {
                lot,
                credits,
                reason,
            } => push(Fact::CreditsExpired {
                grant: self.pool.id_of(lot),
                credits,
                reason,
            }),
            Change::Lapsed(number) => {
                let message = self.messages.get(number);
                push(Fact::MessageLapsed {
                    message: message.id(),
                    seat: self.seat_id(message.seat()),
                });
            }
            Change::Answered { message, answer } => {
                let message = self.messages.get(message);
                push(Fact::MessageResponded {
                    message: message.id(),
                    seat: self.seat_id(message.seat()),
                    response: answer.kind,
                    note: answer.note,
                });
            }
            Change::Consumed { message, rule } => {
                let message = self.messages.get(message);
                push(Fact::StakeConsumed {
                    message: message.id(),
                    seat: self.seat_id(message.seat()),
                    credits: Credits(u64::from(message.credits())),
                    rule,
                });
            }
            Change::Returned(returned) => {
                let message = self.messages.get(returned.message);
                push(Fact::StakeReturned {
                    message: message.id(),
                    seat: self.seat_id(message.seat()),
                    credits: Credits(u64::from(message.credits())),
                    rule: returned.rule,
                    lots: self.name_lots(&returned.lots),
                });
            }
        }
    }

    /// Names the lots of a return; the fresh ones are numbered in their order.
    pub(crate) fn name_lots(&self, lots: &[Back]) -> SmallVec<[ReturnedLot; 1]> {
        let mut fresh = self.pool.next_number()..;
        lots.iter()
            .map(|back| match back.to {
                BackTo::Lot(lot) => ReturnedLot {
                    grant: self.pool.id_of(lot),
                    credits: back.credits,
                    fresh: None,
                },
                BackTo::Fresh(lot) => ReturnedLot {
                    grant: GrantId::Made(fresh.next().unwrap_or(u32::MAX)),
                    credits: back.credits,
                    fresh: Some(lot),
                },
            })
            .collect()
    }

    fn seat_id(&self, seat: u32) -> SeatId {
        self.seats.get(seat).id.clone()
    }

    pub(super) fn send(&mut self, new: &NewMessage<'_>) -> Number {
        self.pool.hold(new.stake);
        let number = self.messages.push(new);
        let (month, _) = self.month(new.at);
        self.seats
            .count_sent(&self.messages, &self.versions, month, number);
        number
    }

    pub(super) fn answer(&mut self, number: Number, answer: Answer, at: Timestamp) {
        self.messages.see(number, at);
        self.messages.answer(number, answer, at);
        self.seats
            .count_response(self.messages.get(number), &self.versions, at);
        self.messages.close(number, Status::Responded);
    }

    pub(super) fn lapse(&mut self, number: Number) {
        self.messages.close(number, Status::Lapsed);
    }

    pub(super) fn give_back(&mut self, number: Number, lots: &[Back], at: Timestamp) {
        let stake = self.messages.get(number).stake();
        let by = self.settled_by(number);
        let lost = self.pool.lost_at_once(lots, at);
        self.pool.give_back(&stake, lots, at);
        self.messages.note_loss(number, lost);
        self.messages.settle(number, Credit::Returned, by);
    }

    pub(super) fn consume(&mut self, number: Number) {
        let stake = self.messages.get(number).stake();
        let by = self.settled_by(number);
        self.pool.consume(&stake);
        self.messages.settle(number, Credit::Consumed, by);
    }

    fn settled_by(&self, number: Number) -> SettledBy {
        let message = self.messages.get(number);
        match message.status() {
            Status::Lapsed => SettledBy::Lapse,
            Status::Responded => SettledBy::Response,
            Status::Pending if message.is_reported() => SettledBy::Report,
            Status::Pending => SettledBy::Send,
        }
    }
}

impl Sent<'_> {
    fn new_message(&self, at: Timestamp) -> NewMessage<'_> {
        NewMessage {
            id: self.letter.message.as_str(),
            to: self.letter.to.as_str(),
            seat: self.seat,
            at,
            version: self.version,
            credits: self.credits,
            bulk: self.send.is_bulk(),
            stake: &self.stake,
        }
    }

    fn write(self, state: &State, at: Timestamp, mut push: impl FnMut(Fact)) {
        let credits = Credits(u64::from(self.credits));
        let piece = |(lot, part): &(u32, u32)| Piece {
            grant: state.pool.id_of(*lot),
            credits: Credits(u64::from(*part)),
        };
        push(Fact::MessageSent {
            message: self.letter.message.clone(),
            seat: self.send.seat.clone(),
            to: self.letter.to.clone(),
            campaign: self.send.campaign.clone(),
            bulk: self.send.is_bulk(),
            credits,
            deadline: at.plus(state.messages.window(self.version)),
            version: u32::from(self.version),
            stake: self.stake.iter().map(piece).collect(),
        });
        if let Some(rule) = self.rule {
            push(Fact::StakeConsumed {
                message: self.letter.message.clone(),
                seat: self.send.seat.clone(),
                credits,
                rule,
            });
        }
    }
}
