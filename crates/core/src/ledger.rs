//! Keeps a contract's sums from its events alone, and checks a whole history.
//!
//! Owns: what each event moves between the sums, and what must hold along a log. Does not own: lots, or why
//! credits move; it knows no [`State`](crate::State), so the one can be held against the other.
//! Invariants: no sum goes below zero; memory grows with what is open, never with the length of the history.

mod audit;

pub use audit::{Audit, Violation};

use crate::event::{Event, Fact};
use crate::state::Balance;
use crate::units::{Credits, Timestamp};

/// Says why an event does not fit a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// More is taken from a sum than it has.
    #[error("{sum} would go below zero: {takes} are taken of {has}")]
    BelowZero {
        /// The sum, such as `available`.
        sum: &'static str,
        /// What it has.
        has: Credits,
        /// What the event takes.
        takes: Credits,
    },
    /// A sum passes what a number holds.
    #[error("{sum} would pass what 64 bits hold")]
    TooMany {
        /// The sum, such as `granted`.
        sum: &'static str,
    },
}

/// One of a balance's sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sum {
    Available,
    Held,
    Consumed,
    Expired,
    Revoked,
}

/// What an event does to the sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// Credits are granted, and available.
    Grant(Credits),
    /// Credits go from one sum to another.
    Shift(Credits, Sum, Sum),
    Nothing,
}

impl Balance {
    /// Returns the balance after a contract's next event. Folded from [`Balance::default`] over all of a
    /// contract's events, it is at each point what [`State::balance`](crate::State::balance) was then.
    ///
    /// # Errors
    /// When the event takes credits that are not there, or brings more than numbers hold.
    pub fn after(self, event: &Event) -> Result<Self, BalanceError> {
        let mut next = self;
        match movement(&event.fact, event.at) {
            Move::Nothing => {}
            Move::Grant(credits) => {
                next.granted = plus("granted", self.granted, credits)?;
                next.put(Sum::Available, credits)?;
            }
            Move::Shift(credits, from, to) => {
                next.take(from, credits)?;
                next.put(to, credits)?;
            }
        }
        Ok(next)
    }

    fn sum_mut(&mut self, sum: Sum) -> &mut Credits {
        match sum {
            Sum::Available => &mut self.available,
            Sum::Held => &mut self.held,
            Sum::Consumed => &mut self.consumed,
            Sum::Expired => &mut self.expired,
            Sum::Revoked => &mut self.revoked,
        }
    }

    fn put(&mut self, sum: Sum, credits: Credits) -> Result<(), BalanceError> {
        let has = self.sum_mut(sum);
        *has = plus(sum.name(), *has, credits)?;
        Ok(())
    }

    fn take(&mut self, sum: Sum, takes: Credits) -> Result<(), BalanceError> {
        let has = self.sum_mut(sum);
        let rest = has.0.checked_sub(takes.0).map(Credits);
        *has = rest.ok_or(BalanceError::BelowZero {
            sum: sum.name(),
            has: *has,
            takes,
        })?;
        Ok(())
    }
}

impl Sum {
    const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Held => "held",
            Self::Consumed => "consumed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

fn plus(sum: &'static str, has: Credits, more: Credits) -> Result<Credits, BalanceError> {
    let total = has.0.checked_add(more.0).map(Credits);
    total.ok_or(BalanceError::TooMany { sum })
}

fn movement(fact: &Fact, at: Timestamp) -> Move {
    match fact {
        // A grant made ahead counts when it starts.
        Fact::GrantMade {
            credits,
            effective_at,
            ..
        } if *effective_at <= at => Move::Grant(*credits),
        Fact::GrantStarted { credits, .. } | Fact::AllotmentGranted { credits, .. } => {
            Move::Grant(*credits)
        }
        Fact::MessageSent { credits, .. } => Move::Shift(*credits, Sum::Available, Sum::Held),
        Fact::StakeReturned { credits, .. } => Move::Shift(*credits, Sum::Held, Sum::Available),
        Fact::StakeConsumed { credits, .. } => Move::Shift(*credits, Sum::Held, Sum::Consumed),
        Fact::CreditsExpired { credits, .. } => Move::Shift(*credits, Sum::Available, Sum::Expired),
        Fact::CreditsRevoked { credits, .. }
        | Fact::GrantRevoked { credits, .. }
        | Fact::ContractCancelled { credits } => {
            Move::Shift(*credits, Sum::Available, Sum::Revoked)
        }
        Fact::ContractCreated { .. }
        | Fact::SeatAdded { .. }
        | Fact::SeatChanged { .. }
        | Fact::GrantMade { .. }
        | Fact::MessageSeen { .. }
        | Fact::MessageResponded { .. }
        | Fact::MessageReported { .. }
        | Fact::MessageLapsed { .. }
        | Fact::StandingChanged { .. }
        | Fact::PolicyAdded { .. }
        | Fact::ConversationMessage { .. } => Move::Nothing,
    }
}
