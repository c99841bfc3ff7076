//! Holds what a contract remembers, and applies events to it.
//!
//! Owns: the state and what each event changes. Does not own: deciding; applying never looks at a policy,
//! so that an old log replays the same under new code and new policies.
//! Invariants: credits are conserved after every event; a stake settles once; no event is older than the
//! one before.

pub(crate) mod change;
pub(crate) mod messages;
pub(crate) mod pool;
mod recall;
mod saved;
pub(crate) mod seats;
pub(crate) mod versions;
pub(crate) mod view;

pub use messages::{
    Conversation, Counts, Credit, LostAtOnce, RecallError, Recalled, SettledBy, Status,
};
pub use pool::Balance;
pub use saved::SNAPSHOT_FORMAT;
pub use view::{GrantView, MessageView, SeatView};

use crate::command::Source;
use crate::event::{Event, ExpiryReason, Fact, StandingReason};
use crate::invariant::{known, next};
use crate::policy::Terms;
use crate::units::{ContractId, Days, GrantId, MemberId, Timestamp, add_months};
use change::{Back, BackTo, Parts};
use messages::{Answer, Messages, NewMessage, Number};
use pool::{NewLot, Pool};
use seats::{Place, Seats};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;
use versions::{Phase, Position, Version, Versions};

/// How far back any rule may look: windows of gates are at most this long.
pub const LOOK_BACK: Days = Days(90);

/// What a contract remembers.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub(crate) id: ContractId,
    pub(crate) name: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) allotments: bool,
    pub(crate) bulk_disabled: bool,
    pub(crate) cancelled_at: Option<Timestamp>,
    /// Where the newest event stands.
    pub(crate) position: Position,
    pub(crate) renewal: Renewal,
    pub(crate) versions: Versions,
    pub(crate) pool: Pool,
    pub(crate) seats: Seats,
    pub(crate) messages: Messages,
}

/// The first month's start that is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Renewal {
    /// The month, counted from 0 at the contract's start.
    pub(crate) month: u32,
    pub(crate) at: Timestamp,
}

impl State {
    /// Returns the state after a contract's first event.
    ///
    /// Nothing is returned for any other event: a log begins with `contract_created`.
    #[must_use]
    pub fn from_first(event: &Event) -> Option<Self> {
        let Fact::ContractCreated {
            contract,
            name,
            policy,
            allotments,
            bulk_disabled,
            terms,
        } = &event.fact
        else {
            return None;
        };
        let position = Position(event.at, Phase::Commands);
        let mut state = Self {
            id: contract.clone(),
            name: name.clone(),
            starts_at: event.at,
            allotments: *allotments,
            bulk_disabled: *bulk_disabled,
            cancelled_at: None,
            position,
            renewal: Renewal {
                month: 1,
                at: add_months(event.at, 1),
            },
            versions: Versions::default(),
            pool: Pool::new(),
            seats: Seats::new(),
            messages: Messages::new(),
        };
        let from = Position(event.at, Phase::Versions);
        state.add_version(policy.clone(), from, terms.clone());
        Some(state)
    }

    /// Returns the contract's id.
    #[must_use]
    pub const fn id(&self) -> &ContractId {
        &self.id
    }

    /// Returns the contract's name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns when the contract began.
    #[must_use]
    pub const fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    /// Returns when the contract was cancelled.
    #[must_use]
    pub const fn cancelled_at(&self) -> Option<Timestamp> {
        self.cancelled_at
    }

    /// Returns the newest event's instant: an older command is out of order.
    #[must_use]
    pub const fn clock(&self) -> Timestamp {
        self.position.0
    }

    /// Returns the contract's credits as sums.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        self.pool.balance()
    }

    /// Returns how many messages there have been, by what became of them.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.messages.counts()
    }

    /// Returns how many stakes are open.
    #[must_use]
    pub const fn open_stakes(&self) -> u64 {
        self.messages.open_stakes()
    }

    /// Returns the contract's month that `at` lies in, counted from 0, and when it ends.
    pub(crate) fn month(&self, at: Timestamp) -> (u32, Timestamp) {
        let mut renewal = self.renewal;
        while renewal.at <= at && renewal.at < Timestamp::MAX {
            renewal = self.renewal_after(renewal);
        }
        (renewal.month.saturating_sub(1), renewal.at)
    }

    pub(crate) fn renewal_after(&self, renewal: Renewal) -> Renewal {
        let month = next(renewal.month);
        Renewal {
            month,
            at: add_months(self.starts_at, month),
        }
    }

    /// Applies an event.
    ///
    /// # Panics
    /// When the event does not fit the state, which no event made by [`decide`](crate::decide()) or
    /// [`due`](crate::due()) for this state does: a message that names the broken invariant.
    pub fn apply(&mut self, event: &Event) {
        assert!(
            event.at >= self.position.0,
            "INVARIANT: no event is older than the one before"
        );
        self.apply_fact(&event.fact, event.at);
    }

    fn apply_fact(&mut self, fact: &Fact, at: Timestamp) {
        self.move_to(Position(at, phase(fact)));
        match fact {
            Fact::MessageSent { .. } => self.apply_sent(fact, at),
            Fact::MessageSeen { .. }
            | Fact::MessageResponded { .. }
            | Fact::MessageReported { .. }
            | Fact::MessageLapsed { .. }
            | Fact::StakeReturned { .. }
            | Fact::StakeConsumed { .. } => self.apply_message(fact, at),
            Fact::ConversationMessage { .. } => self.apply_conversation(fact, at),
            Fact::ContractCreated { .. }
            | Fact::SeatAdded { .. }
            | Fact::SeatChanged { .. }
            | Fact::PolicyAdded { .. }
            | Fact::StandingChanged { .. } => self.apply_contract(fact, at),
            Fact::GrantMade { .. }
            | Fact::GrantStarted { .. }
            | Fact::GrantRevoked { .. }
            | Fact::AllotmentGranted { .. }
            | Fact::CreditsExpired { .. }
            | Fact::CreditsRevoked { .. }
            | Fact::ContractCancelled { .. } => self.apply_credits(fact, at),
        }
        debug_assert!(
            self.balance().is_conserved(),
            "INVARIANT: credits are conserved"
        );
    }

    /// Forgets messages that no rule can look back to: ended, and sent more than [`LOOK_BACK`] ago. Their
    /// late answers and second answers are then answers to unknown messages, and their ids are free again;
    /// a caller that keeps the messages elsewhere takes care of both: see [`State::recall`]. Returns how many
    /// were forgotten.
    pub fn forget(&mut self) -> usize {
        let edge = self.clock().minus(LOOK_BACK);
        self.seats.prune_windows(&self.messages, edge);
        self.messages.forget_before(edge)
    }

    /// Returns about how many bytes the state holds, for a budget of many. Copies of a state share most of
    /// it, and each counts it whole.
    #[must_use]
    pub fn weight(&self) -> usize {
        // A rolling window has at most every message that is kept, by its number.
        let windows = match self.versions.longest_window() {
            Some(_) => self.messages.len().saturating_mul(size_of::<u64>()),
            None => 0,
        };
        [
            size_of::<Self>(),
            self.messages.weight(),
            self.pool.weight(),
            self.seats.weight(),
            windows,
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }

    fn move_to(&mut self, position: Position) {
        if position <= self.position {
            return;
        }
        self.position = position;
        self.seats.drop_assessments(position);
        while Position(self.renewal.at, Phase::Renewals) <= position
            && self.renewal.at < Timestamp::MAX
        {
            self.renewal = self.renewal_after(self.renewal);
        }
    }

    /// Returns the number of an event's message; nothing for one that was forgotten.
    fn message_number(&self, id: &str) -> Option<Number> {
        let message = self.messages.find(id);
        assert!(
            message.is_some() || self.forgets(),
            "INVARIANT: an event's message is known"
        );
        message.map(|message| message.number)
    }

    fn lot_number(&self, grant: &GrantId) -> u32 {
        known(self.pool.number_of(grant), "an event's lot is known")
    }

    fn add_version(&mut self, name: SmolStr, from: Position, terms: Terms) {
        let before = self.versions.longest_window();
        self.messages.add_window(terms.window_days);
        self.versions.add(Version { name, from, terms });
        let after = self.versions.longest_window();
        if let (true, Some(window)) = (after > before, after) {
            let now = self.clock();
            self.seats.refill_windows(&self.messages, window, now);
        }
    }

    fn apply_contract(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::SeatAdded {
                seat,
                seat_type,
                usage_limit,
                bulk_disabled,
            } => {
                let period = self.versions.period(Position(at, Phase::Commands));
                let place = Place::fresh(at, period.map(|days| at.plus(days)));
                self.seats.add(
                    seat.clone(),
                    seat_type.clone(),
                    *usage_limit,
                    *bulk_disabled,
                    place,
                );
            }
            Fact::SeatChanged {
                seat,
                usage_limit,
                bulk_disabled,
            } => {
                let number = self.seats.number(seat);
                self.seats.change(number, *usage_limit, *bulk_disabled);
            }
            Fact::PolicyAdded {
                policy,
                effective_at,
                ahead,
                terms,
                ..
            } => {
                let phase = if *ahead {
                    Phase::Versions
                } else {
                    Phase::Commands
                };
                let from = Position(*effective_at, phase);
                self.add_version(policy.clone(), from, terms.clone());
            }
            Fact::StandingChanged {
                seat,
                standing,
                stage,
                ends_at,
                judges_previous,
                reason,
                ..
            } => {
                let number = self.seats.number(seat);
                let place = (*standing, *stage, *ends_at);
                self.seats
                    .stand(&self.messages, number, at, place, *judges_previous);
                if *reason == StandingReason::Policy {
                    self.seats.pardon(number);
                }
            }
            _ => {}
        }
    }

    fn apply_credits(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::GrantMade {
                grant,
                credits,
                source,
                effective_at,
                expires_at,
                priority,
            } => {
                let lot = NewLot {
                    id: grant.clone(),
                    source: *source,
                    counts_for_cap: matches!(source, Source::Allotment | Source::Returned),
                    priority: *priority,
                    credits: *credits,
                    effective_at: *effective_at,
                    expires_at: *expires_at,
                };
                self.pool.make(lot, at);
            }
            Fact::AllotmentGranted {
                grant,
                credits,
                source,
                expires_at,
                ..
            } => {
                let lot = NewLot {
                    id: grant.clone(),
                    source: *source,
                    counts_for_cap: *source == Source::Allotment,
                    priority: crate::command::PRIORITY,
                    credits: *credits,
                    effective_at: at,
                    expires_at: *expires_at,
                };
                self.pool.make(lot, at);
            }
            Fact::GrantStarted { grant, .. } => {
                let number = self.lot_number(grant);
                self.pool.start(number);
            }
            Fact::GrantRevoked { grant, .. } => self.pool.revoke(grant),
            Fact::CreditsExpired { grant, credits, .. } => {
                let number = self.lot_number(grant);
                self.pool.expire(number, *credits);
            }
            Fact::CreditsRevoked { grant, credits } => self.pool.take_back(grant, *credits),
            Fact::ContractCancelled { .. } => {
                self.cancelled_at = Some(at);
                self.pool.revoke_all();
            }
            _ => {}
        }
    }

    fn apply_sent(&mut self, fact: &Fact, at: Timestamp) {
        let Fact::MessageSent {
            message,
            seat,
            to,
            bulk,
            credits,
            version,
            stake,
            ..
        } = fact
        else {
            return;
        };
        let parts: Parts = stake
            .iter()
            .map(|piece| {
                let part = u32::try_from(piece.credits.0).ok();
                let part = known(part, "a price fits in 32 bits");
                (self.lot_number(&piece.grant), part)
            })
            .collect();
        let new = NewMessage {
            id: message.as_str(),
            to: to.as_str(),
            seat: self.seats.number(seat),
            at,
            version: known(u16::try_from(*version).ok(), "a version's number fits"),
            credits: known(u32::try_from(credits.0).ok(), "a price fits in 32 bits"),
            bulk: *bulk,
            stake: &parts,
        };
        self.send(&new);
    }

    fn apply_message(&mut self, fact: &Fact, at: Timestamp) {
        let (Fact::MessageSeen { message, .. }
        | Fact::MessageResponded { message, .. }
        | Fact::MessageReported { message, .. }
        | Fact::MessageLapsed { message, .. }
        | Fact::StakeReturned { message, .. }
        | Fact::StakeConsumed { message, .. }) = fact
        else {
            return;
        };
        let Some(number) = self.message_number(message.as_str()) else {
            return self.apply_forgotten(fact);
        };
        match fact {
            Fact::MessageResponded { response, note, .. } => {
                let (kind, note) = (*response, *note);
                self.answer(number, Answer { kind, note }, at);
            }
            Fact::MessageReported { seat, .. } => {
                // A state that has the message knows best whether it is the first report.
                self.messages.see(number, at);
                if self.messages.report(number, at) {
                    self.seats.count_report(self.seats.number(seat));
                }
            }
            Fact::MessageLapsed { .. } => self.lapse(number),
            Fact::StakeReturned { lots, .. } => {
                let lots = lots.iter().map(|lot| Back {
                    credits: lot.credits,
                    to: match lot.fresh {
                        Some(fresh) => BackTo::Fresh(fresh),
                        None => BackTo::Lot(self.lot_number(&lot.grant)),
                    },
                });
                let lots: SmallVec<[Back; 1]> = lots.collect();
                self.give_back(number, &lots, at);
            }
            Fact::StakeConsumed { .. } => self.consume(number),
            _ => self.messages.see(number, at),
        }
    }

    /// Applies an event of a message that was forgotten: of what may still come for one, only a first report
    /// counts.
    fn apply_forgotten(&mut self, fact: &Fact) {
        match fact {
            Fact::MessageReported {
                seat, again: false, ..
            } => self.seats.count_report(self.seats.number(seat)),
            Fact::MessageReported { .. } | Fact::MessageSeen { .. } => {}
            _ => known(None, "a message that settles is known"),
        }
    }

    fn apply_conversation(&mut self, fact: &Fact, at: Timestamp) {
        let Fact::ConversationMessage {
            message,
            response,
            note,
            auto,
            ..
        } = fact
        else {
            return;
        };
        // An automatic answer that does not count changes nothing, not even seen.
        if *auto {
            return;
        }
        let Some(number) = self.message_number(message.as_str()) else {
            return;
        };
        match response {
            Some(kind) => {
                let (kind, note) = (*kind, *note);
                self.messages.see(number, at);
                self.messages.answer(number, Answer { kind, note }, at);
            }
            // Only a side that may write does; a member who declined and writes opens it.
            None => self.messages.open_conversation(number),
        }
    }
}

/// Returns the phase of its instant in which an event happens. One that follows another of the same
/// instant (a settlement, credits that die at once) has the first phase, so that it moves nothing.
const fn phase(fact: &Fact) -> Phase {
    match fact {
        Fact::StakeReturned { .. }
        | Fact::StakeConsumed { .. }
        | Fact::CreditsRevoked { .. }
        | Fact::CreditsExpired {
            reason: ExpiryReason::ReturnedLate,
            ..
        }
        | Fact::StandingChanged {
            reason: StandingReason::Policy,
            ..
        } => Phase::Versions,
        Fact::CreditsExpired {
            reason: ExpiryReason::Ended,
            ..
        } => Phase::LotsEnd,
        Fact::GrantStarted { .. } => Phase::LotsStart,
        Fact::AllotmentGranted { .. }
        | Fact::CreditsExpired {
            reason: ExpiryReason::RolloverCap,
            ..
        } => Phase::Renewals,
        Fact::StandingChanged {
            reason: StandingReason::Assessment,
            ..
        } => Phase::Assessments,
        Fact::MessageLapsed { .. } => Phase::Lapses,
        Fact::ContractCreated { .. }
        | Fact::SeatAdded { .. }
        | Fact::SeatChanged { .. }
        | Fact::GrantMade { .. }
        | Fact::GrantRevoked { .. }
        | Fact::MessageSent { .. }
        | Fact::MessageSeen { .. }
        | Fact::MessageResponded { .. }
        | Fact::MessageReported { .. }
        | Fact::PolicyAdded { .. }
        | Fact::ContractCancelled { .. }
        | Fact::ConversationMessage { .. } => Phase::Commands,
    }
}

impl State {
    pub(crate) fn member_of(&self, text: &str) -> MemberId {
        MemberId::stored(text)
    }
}
