//! Counts the credits after every event, on a state of its own.
//!
//! Owns: a second state, made of the events alone. Does not own: the contract that is played.
//! Invariant: it never looks at a policy or a command, so it errs only where the ledger does.

use crate::expect::Difference;
use earnest_core::State;
use earnest_core::event::Event;
use earnest_core::units::Credits;

/// The ledger's auditor.
pub(super) struct Audit {
    /// What the events told so far make; nothing before the first.
    state: Option<State>,
    /// Whether a break was told: one break would be told again after every later event.
    told: bool,
}

impl Audit {
    pub(super) const fn new() -> Self {
        Self {
            state: None,
            told: false,
        }
    }

    /// Applies an event, and returns how the credits do not add up after it.
    pub(super) fn apply(&mut self, event: &Event) -> Option<Difference> {
        let Some(state) = &mut self.state else {
            self.state = State::from_first(event);
            return None;
        };
        state.apply(event);
        let balance = state.balance();
        if self.told || balance.is_conserved() {
            return None;
        }
        self.told = true;
        let places: Credits = [
            balance.available,
            balance.held,
            balance.consumed,
            balance.expired,
            balance.revoked,
        ]
        .into_iter()
        .sum();
        let sentence = format!(
            "after the event of {}, granted is not available + held + consumed + expired + revoked",
            event.at
        );
        Some(Difference::of("conservation", balance.granted.0, places.0).because(sentence))
    }

    /// Returns how the played contract is not what its events make.
    pub(super) fn compare(&self, played: &State) -> Option<Difference> {
        if self.state.as_ref() == Some(played) {
            return None;
        }
        let told = "the contract made of the events alone is not the one that was played";
        Some(Difference::of("replay", "the same contract", "another").because(told))
    }
}
