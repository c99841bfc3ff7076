//! Saves a contract's credits, and rebuilds the orders that follow from the lots.
//!
//! Owns: what is saved of the credits. Does not own: the stakes that hold them, which are counted with the
//! messages.
//! Invariants: a loaded pool equals the saved one; its sums are those of its lots, and conserved.

use super::{Balance, Lot, Pool};
use crate::units::{Credits, Timestamp};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::{BTreeMap, BTreeSet};

impl Serialize for Pool {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.lots(), self.next, self.balance).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Pool {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (lots, next, balance) = <(Vec<(u32, Lot)>, u32, Balance)>::deserialize(from)?;
        Self::rebuilt(lots, next, balance).map_err(de::Error::custom)
    }
}

impl Pool {
    /// Returns whether open stakes that hold so much of each lot are what is held.
    pub(crate) fn holds(&self, stakes: &HashMap<u32, u64, FixedState>) -> bool {
        let holds = |(number, held): (&u32, &u64)| {
            let lot = self.lots.get(number);
            lot.is_some_and(|lot| lot.held.0 == *held)
        };
        let holding = self.lots.values().filter(|lot| !lot.held.is_zero());
        stakes.iter().all(holds) && holding.count() == stakes.len()
    }

    fn rebuilt(lots: Vec<(u32, Lot)>, next: u32, balance: Balance) -> Result<Self, &'static str> {
        let mut pool = Self {
            next,
            balance,
            ..Self::new()
        };
        pool.lots.reserve(lots.len());
        let mut sums = Sums::default();
        let mut burn = BTreeMap::<u32, Vec<(i64, u32)>>::new();
        let mut starts = Vec::<(Timestamp, u32)>::new();
        for (number, lot) in lots {
            sums.add(&lot)
                .ok_or("a contract's credits fit in 64 bits")?;
            if !lot.available.is_zero() && !lot.revoked {
                burn.entry(lot.priority)
                    .or_default()
                    .push((lot.end_key(), number));
            }
            if !lot.started && !lot.revoked {
                starts.push((lot.effective_at, number));
            }
            if let Some(name) = &lot.name
                && pool.named.insert(name.clone(), number).is_some()
            {
                return Err("no two lots have one name");
            }
            if number >= next || pool.lots.insert(number, lot).is_some() {
                return Err("no two lots have one number");
            }
        }
        if !sums.agree(&balance) {
            return Err("credits are conserved");
        }
        // Built from sorted rows, a set is made at once.
        pool.burn = burn
            .into_iter()
            .map(|(priority, lots)| (priority, lots.into_iter().collect()))
            .collect();
        pool.starts = starts.into_iter().collect::<BTreeSet<_>>();
        pool.counted = sums.counted;
        Ok(pool)
    }
}

/// What the lots come to together.
#[derive(Default)]
struct Sums {
    available: Credits,
    held: Credits,
    counted: Credits,
}

impl Sums {
    fn add(&mut self, lot: &Lot) -> Option<()> {
        let add = |sum: Credits, more: Credits| sum.0.checked_add(more.0).map(Credits);
        self.available = add(self.available, lot.available)?;
        self.held = add(self.held, lot.held)?;
        if lot.counts_for_cap {
            self.counted = add(self.counted, lot.available)?;
        }
        Some(())
    }

    fn agree(&self, balance: &Balance) -> bool {
        let parts = [
            balance.available,
            balance.held,
            balance.consumed,
            balance.expired,
            balance.revoked,
        ];
        let sum = parts
            .into_iter()
            .try_fold(0_u64, |sum, part| sum.checked_add(part.0));
        self.available == balance.available
            && self.held == balance.held
            && sum == Some(balance.granted.0)
    }
}
