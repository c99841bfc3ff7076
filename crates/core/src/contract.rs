//! Drives one contract in memory: what is due, then the command, then the state.
//!
//! Owns: the order of these. Does not own: storage, retries, many contracts at once. [`Contract::submit`] and
//! [`Contract::seen_at`] decide on a copy where something is due, which is right for a scenario or a test; on
//! a large contract record what is due first ([`Contract::catch_up`]), or use [`Contract::advance`].

use crate::command::{Command, CreateContract};
use crate::decide::{Rejection, create, decide, decide_changes};
use crate::due::{due, due_changes};
use crate::event::{Event, Fact};
use crate::policies::Policies;
use crate::policy::{Gate, Policy, Standing};
use crate::state::seats::Figures;
use crate::state::versions::{Phase, Position};
use crate::state::view::SeatView;
use crate::state::{RecallError, Recalled, State};
use crate::units::{SeatId, Timestamp};
use std::sync::Arc;

/// A contract with its policies and its state.
#[derive(Debug, Clone)]
pub struct Contract {
    policies: Policies,
    state: State,
}

impl Contract {
    /// Begins a contract at `at`; returns its first event beside it.
    ///
    /// # Panics
    /// Never: a contract's first event always makes a state.
    #[must_use]
    pub fn create(command: &CreateContract, at: Timestamp) -> (Self, Event) {
        let event = create(command, at);
        let state =
            crate::invariant::known(State::from_first(&event), "a first event makes a state");
        let policies = Policies::new(Arc::clone(&command.policy));
        (Self { policies, state }, event)
    }

    /// Takes up a contract whose state was rebuilt from its events.
    #[must_use]
    pub const fn resume(policies: Policies, state: State) -> Self {
        Self { policies, state }
    }

    /// Returns what the contract remembers.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Returns the contract's policy versions.
    #[must_use]
    pub const fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Applies what falls due up to `at` and then the command; returns the events of both, in order.
    ///
    /// # Errors
    /// As [`decide`]. Nothing has changed then: not even what fell due is recorded.
    pub fn submit(&mut self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Rejection> {
        if at < self.state.clock() || due(&self.policies, &self.state, at).is_empty() {
            let events = decide(&self.policies, &self.state, command, at)?;
            self.accept(command, &events);
            return Ok(events);
        }
        let mut trial = self.clone();
        let mut events = Vec::new();
        trial.catch_up(at, &mut |event| events.push(event.clone()));
        let decided = decide(&trial.policies, &trial.state, command, at)?;
        trial.accept(command, &decided);
        events.extend(decided);
        *self = trial;
        Ok(events)
    }

    /// Records what falls due up to `at`, for good.
    pub fn catch_up(&mut self, at: Timestamp, each: &mut dyn FnMut(&Event)) {
        loop {
            let events = due(&self.policies, &self.state, at);
            if events.is_empty() {
                return;
            }
            for event in &events {
                self.state.apply(event);
                each(event);
            }
        }
    }

    /// Applies an event that was recorded elsewhere, the next of this contract; one that adds a policy version
    /// brings the policy with it.
    pub fn follow(&mut self, event: &Event, policy: Option<&Arc<Policy>>) {
        self.state.apply(event);
        if let (Fact::PolicyAdded { .. }, Some(policy)) = (&event.fact, policy) {
            self.policies.push(Arc::clone(policy));
        }
    }

    /// Records the next thing that falls due up to `at`, for good, and returns its events: none when nothing
    /// is due.
    pub fn catch_up_once(&mut self, at: Timestamp) -> Vec<Event> {
        let events = due(&self.policies, &self.state, at);
        for event in &events {
            self.state.apply(event);
        }
        events
    }

    /// Returns the contract as a reader at `at` sees it; nothing is recorded.
    #[must_use]
    pub fn seen_at(&self, at: Timestamp) -> Self {
        let mut seen = self.clone();
        seen.catch_up(at, &mut |_| {});
        seen
    }

    /// Adds the events of an accepted command, which must have been decided for this very state.
    pub fn accept(&mut self, command: &Command, events: &[Event]) {
        for event in events {
            self.state.apply(event);
            if let (Fact::PolicyAdded { .. }, Command::AddPolicy(add)) = (&event.fact, command) {
                self.policies.push(Arc::clone(&add.policy));
            }
        }
    }

    /// Applies what falls due up to `at` and then the command, as [`Contract::submit`] does, for one who reads
    /// the state afterwards and not the events: none are made but the changes of standing, of which `watch`
    /// is told. What falls due is recorded for good, also where the command is rejected.
    ///
    /// # Errors
    /// As [`decide`].
    pub fn advance(
        &mut self,
        command: &Command,
        at: Timestamp,
        watch: &mut dyn FnMut(&SeatId, Standing, Timestamp),
    ) -> Result<(), Rejection> {
        self.advance_to(at, watch);
        let changes = decide_changes(&self.policies, &self.state, command, at)?;
        self.state.change_all(&changes, at, watch);
        if let Command::AddPolicy(add) = command {
            self.policies.push(Arc::clone(&add.policy));
        }
        Ok(())
    }

    /// Applies what falls due up to `at`, as [`Contract::catch_up`] does, without making events.
    pub fn advance_to(
        &mut self,
        at: Timestamp,
        watch: &mut dyn FnMut(&SeatId, Standing, Timestamp),
    ) {
        while let Some((when, changes)) = due_changes(&self.policies, &self.state, at) {
            self.state.change_all(&changes, when, watch);
        }
    }

    /// Forgets what no rule can look back to: see [`State::forget`].
    pub fn forget(&mut self) -> usize {
        self.state.forget()
    }

    /// Brings a forgotten message back for a while: see [`State::recall`].
    ///
    /// # Errors
    /// As [`State::recall`].
    pub fn recall(&mut self, message: &Recalled) -> Result<(), RecallError> {
        self.state.recall(message)
    }

    /// Drops what was recalled.
    pub fn drop_recalled(&mut self) {
        self.state.drop_recalled();
    }

    /// Returns the policy in force at `at`.
    #[must_use]
    pub fn policy(&self, at: Timestamp) -> &Arc<Policy> {
        let position = Position(at, Phase::Commands);
        self.policies.get(self.state.versions.in_force(position))
    }

    /// Returns a seat as a reader at `at` sees it. The contract must be caught up to `at`.
    #[must_use]
    pub fn seat(&self, id: &SeatId, at: Timestamp) -> Option<SeatView> {
        let seat = self.state.seats.get(self.state.seats.find(id)?);
        let (month, _) = self.state.month(at);
        let place = seat.place_at(&self.state.versions, at);
        let (standing, figures): (Standing, Figures) = match &self.policy(at).gate {
            Gate::None => (Standing::Good, seat.lifetime),
            Gate::Ladder(_) => (place.standing, place.figures),
            Gate::Thread(gate) => {
                let figures = seat.window_figures(&self.state.messages, gate.window, at);
                let refused = gate.check.fails(figures.sent, figures.responded);
                let standing = if refused {
                    Standing::Restricted
                } else {
                    Standing::Good
                };
                (standing, figures)
            }
        };
        Some(SeatView {
            id: seat.id.clone(),
            seat_type: seat.seat_type.clone(),
            usage_limit: seat.usage_limit,
            used: seat.used_in(month),
            bulk_disabled: seat.bulk_disabled,
            added_at: seat.added_at,
            standing,
            until: place.ends_at,
            sent: figures.sent,
            responded: figures.responded,
            reports: seat.reports,
        })
    }
}
