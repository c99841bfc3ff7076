//! Tells what becomes of a contract's credits in the days to come, as far as it is known today.
//!
//! Owns: the sums by day. Does not own: rules. Invariant: nothing is scanned: lots are in memory, and open stakes
//! are counted by the day of their deadline as they are made and settled.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use earnest_core::policy::{Settled, Trigger};
use earnest_core::units::{ContractId, Credits, Timestamp};
use std::collections::BTreeMap;

/// What is known of a contract's credits to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditsAhead {
    /// The instant that it is of.
    pub as_of: Timestamp,
    /// The UTC day that it begins with, counted from 1970-01-01.
    pub first_day: i64,
    /// Day by day.
    pub days: Vec<DayAhead>,
    /// What becomes of a stake that nobody answers, under the policy in force; nothing where that depends.
    pub unanswered: Option<Settled>,
    /// Whether an answer may bring a stake back, under the policy in force.
    pub answer_returns: bool,
    /// Available credits that never end.
    pub never: Credits,
    /// Available credits that end after the last day.
    pub later: Credits,
    /// Held credits whose window ends after the last day.
    pub held_later: Credits,
}

/// What is known of one day to come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayAhead {
    /// Available credits whose lot ends on this day.
    pub ends: Credits,
    /// Held credits whose response window ends on this day.
    pub window_ends: Credits,
    /// Credits of lots made ahead that start on this day.
    pub starts: Credits,
}

impl Engine {
    /// Returns what is known of a contract's credits in so many days to come, today first.
    ///
    /// # Errors
    /// When there is no such contract, or the store fails.
    pub async fn credits_ahead(
        &self,
        contract: &ContractId,
        days: usize,
    ) -> Result<CreditsAhead, Failure> {
        self.refresh().await?;
        self.ask(contract, move |hot, at| ahead(hot, at, days))
            .await
    }
}

fn ahead(hot: &Hot, at: Timestamp, days: usize) -> CreditsAhead {
    let policy = hot.contract.policy(at);
    let lapse = |seen| policy.on_lapse(seen).and_then(|rule| policy.rule(rule));
    let unanswered = match (lapse(true), lapse(false)) {
        (Some(seen), Some(unseen)) if seen.credit == unseen.credit => Some(seen.credit),
        _ => None,
    };
    let mut rules = policy.settlement.rules.iter();
    let answer_returns =
        rules.any(|rule| rule.on == Trigger::Response && rule.credit == Settled::Returned);
    let mut told = CreditsAhead {
        as_of: at,
        first_day: at.utc_day(),
        days: vec![DayAhead::default(); days],
        unanswered,
        answer_returns,
        never: Credits::ZERO,
        later: Credits::ZERO,
        held_later: Credits::ZERO,
    };
    for lot in hot.contract.state().grants() {
        if lot.effective_at > at && !lot.revoked {
            if let Some(day) = told.day(lot.effective_at.utc_day()) {
                day.starts = day.starts.plus(lot.credits);
            }
            continue;
        }
        match lot.expires_at {
            _ if lot.available.is_zero() => {}
            None => told.never = told.never.plus(lot.available),
            Some(end) => match told.day(end.utc_day()) {
                Some(day) => day.ends = day.ends.plus(lot.available),
                None => told.later = told.later.plus(lot.available),
            },
        }
    }
    let open: &BTreeMap<i64, u64> = hot.responses.open();
    for (day, credits) in open.range(told.first_day..) {
        let credits = Credits(*credits);
        match told.day(*day) {
            Some(day) => day.window_ends = day.window_ends.plus(credits),
            None => told.held_later = told.held_later.plus(credits),
        }
    }
    told
}

impl CreditsAhead {
    fn day(&mut self, day: i64) -> Option<&mut DayAhead> {
        let at = usize::try_from(day - self.first_day).ok()?;
        self.days.get_mut(at)
    }
}
