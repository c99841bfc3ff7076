//! Checks a contract's whole history, event by event.

use super::BalanceError;
use crate::event::{Event, Fact, Pieces};
use crate::state::Balance;
use crate::units::{Credits, GrantId, MessageId, Timestamp};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::fmt;

/// Follows a contract's events in order and says which is the first that cannot be right.
///
/// It keeps the open stakes and the grants that have not started, and nothing of what has ended.
#[derive(Debug, Clone)]
pub struct Audit {
    events: u64,
    at: Timestamp,
    balance: Balance,
    stakes: HashMap<MessageId, Credits, FixedState>,
    /// Grants made ahead.
    waiting: HashMap<GrantId, Credits, FixedState>,
}

/// An event that cannot be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Violation {
    /// The event's number in the contract's history, counted from 1.
    pub event: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}: {}", self.event, self.what)
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self::new()
    }
}

impl Audit {
    /// Begins before a contract's first event.
    #[must_use]
    pub fn new() -> Self {
        Self {
            events: 0,
            at: Timestamp::MIN,
            balance: Balance::default(),
            stakes: HashMap::with_hasher(FixedState::with_seed(0x7374_616b_6573)),
            waiting: HashMap::with_hasher(FixedState::with_seed(0x6772_616e_7473)),
        }
    }

    /// Follows the next event. After a violation there is no use in following more.
    ///
    /// # Errors
    /// When the event cannot be right after those before.
    pub fn follow(&mut self, event: &Event) -> Result<(), Violation> {
        self.events = self.events.saturating_add(1);
        self.check(event).map_err(|what| Violation {
            event: self.events,
            what,
        })
    }

    /// Returns how many events it has followed.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Returns the balance after the newest event.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        self.balance
    }

    /// Returns how many stakes are open after the newest event.
    #[must_use]
    pub fn open_stakes(&self) -> usize {
        self.stakes.len()
    }

    fn check(&mut self, event: &Event) -> Result<(), String> {
        let is_first = self.events == 1;
        let creates = matches!(event.fact, Fact::ContractCreated { .. });
        if is_first && !creates {
            return Err("a contract's history begins with `contract_created`".to_owned());
        }
        if creates && !is_first {
            return Err("a contract is created once".to_owned());
        }
        if event.at < self.at {
            return Err(format!(
                "its instant {} is before that of the event before, {}",
                event.at, self.at
            ));
        }
        self.at = event.at;
        self.check_stake(&event.fact)?;
        self.check_grant(event)?;
        let next = self.balance.after(event);
        self.balance = next.map_err(|error: BalanceError| error.to_string())?;
        self.check_sums()
    }

    fn check_stake(&mut self, fact: &Fact) -> Result<(), String> {
        match fact {
            Fact::MessageSent {
                message,
                credits,
                stake,
                ..
            } => self.open(message, *credits, stake),
            Fact::StakeReturned {
                message,
                credits,
                lots,
                ..
            } => {
                let lots = sum(lots.iter().map(|lot| lot.credits));
                if lots != Some(*credits) {
                    return Err(format!(
                        "`{message}` returns {credits} credits, and its lots get another sum"
                    ));
                }
                self.settle(message, *credits)
            }
            Fact::StakeConsumed {
                message, credits, ..
            } => self.settle(message, *credits),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        message: &MessageId,
        credits: Credits,
        stake: &Pieces,
    ) -> Result<(), String> {
        if sum(stake.iter().map(|piece| piece.credits)) != Some(credits) {
            return Err(format!(
                "`{message}` stakes {credits} credits, and its lots give another sum"
            ));
        }
        if self.stakes.contains_key(message) {
            return Err(format!("`{message}` is sent again while its stake is open"));
        }
        if !credits.is_zero() {
            self.stakes.insert(message.clone(), credits);
        }
        Ok(())
    }

    fn settle(&mut self, message: &MessageId, credits: Credits) -> Result<(), String> {
        match self.stakes.remove(message) {
            None => Err(format!(
                "`{message}` has no open stake: it was never sent, staked nothing, or has settled before"
            )),
            Some(staked) if staked != credits => Err(format!(
                "`{message}` staked {staked} credits and settles {credits}"
            )),
            Some(_) => Ok(()),
        }
    }

    /// A grant made ahead starts once, with the credits that it was made with.
    fn check_grant(&mut self, event: &Event) -> Result<(), String> {
        match &event.fact {
            Fact::GrantMade {
                grant,
                credits,
                effective_at,
                ..
            } if *effective_at > event.at => {
                self.waiting.insert(grant.clone(), *credits);
            }
            Fact::GrantStarted { grant, credits } => {
                let made = self.waiting.remove(grant);
                if made != Some(*credits) {
                    return Err(format!(
                        "`{grant}` starts with {credits} credits, and no such grant is waiting"
                    ));
                }
            }
            Fact::GrantRevoked { grant, .. } => {
                self.waiting.remove(grant);
            }
            Fact::ContractCancelled { .. } => self.waiting.clear(),
            _ => {}
        }
        Ok(())
    }

    fn check_sums(&self) -> Result<(), String> {
        let Balance {
            granted,
            available,
            held,
            consumed,
            expired,
            revoked,
        } = self.balance;
        if sum([available, held, consumed, expired, revoked]) == Some(granted) {
            return Ok(());
        }
        Err(format!(
            "credits are not conserved: {granted} granted, and {available} available, {held} held, {consumed} consumed, {expired} expired, {revoked} revoked"
        ))
    }
}

fn sum(credits: impl IntoIterator<Item = Credits>) -> Option<Credits> {
    let sum = credits
        .into_iter()
        .try_fold(0_u64, |sum, one| sum.checked_add(one.0));
    sum.map(Credits)
}
