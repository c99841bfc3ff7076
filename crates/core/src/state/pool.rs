//! Holds a contract's credits: its lots, in burn order, and the totals.
//!
//! Owns: lots, burn order, starts to come, and the sums. Does not own: when a stake ends, or why.
//! Invariants: `granted = available + held + consumed + expired + revoked` after every event; a lot is in
//! burn order exactly when it has started, has not ended or been revoked, and has credits available.

mod saved;

use super::change::{Back, BackTo};
use super::messages::LostAtOnce;
use crate::command::{PRIORITY, Source};
use crate::event::FreshLot;
use crate::invariant::{known, next};
use crate::units::{Credits, GrantId, Timestamp};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// A contract's credits, as sums. `granted` is the sum of the others, always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Ever given, from each lot's effective instant.
    pub granted: Credits,
    /// Free to stake.
    pub available: Credits,
    /// At stake.
    pub held: Credits,
    /// Kept by a settlement.
    pub consumed: Credits,
    /// Ended unspent.
    pub expired: Credits,
    /// Taken back.
    pub revoked: Credits,
}

impl Balance {
    /// Returns whether every credit granted is in exactly one place.
    #[must_use]
    pub fn is_conserved(&self) -> bool {
        let parts = [
            self.available,
            self.held,
            self.consumed,
            self.expired,
            self.revoked,
        ];
        parts.into_iter().sum::<Credits>() == self.granted
    }
}

/// A lot of credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lot {
    /// The caller's name; nothing for the engine's own lots.
    pub(crate) name: Option<SmolStr>,
    pub(crate) source: Source,
    /// Whether the rollover cap counts it: an allotment, or credits that came back to one.
    pub(crate) counts_for_cap: bool,
    pub(crate) priority: u32,
    pub(crate) credits: Credits,
    pub(crate) available: Credits,
    pub(crate) held: Credits,
    pub(crate) effective_at: Timestamp,
    /// The lot's end; nothing means never.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) started: bool,
    pub(crate) revoked: bool,
}

impl Lot {
    /// Returns the sort key of the end: never comes last.
    fn end_key(&self) -> i64 {
        self.expires_at.map_or(i64::MAX, Timestamp::millis)
    }

    pub(crate) fn has_ended(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= at)
    }

    fn is_drained(&self) -> bool {
        self.started && self.available.is_zero() && self.held.is_zero()
    }
}

/// What a new lot is.
pub(crate) struct NewLot {
    pub(crate) id: GrantId,
    pub(crate) source: Source,
    pub(crate) counts_for_cap: bool,
    pub(crate) priority: u32,
    pub(crate) credits: Credits,
    pub(crate) effective_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The credits of a contract.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    lots: HashMap<u32, Lot, FixedState>,
    named: BTreeMap<SmolStr, u32>,
    /// By priority, then by end, then by number.
    burn: BTreeMap<u32, BTreeSet<(i64, u32)>>,
    starts: BTreeSet<(Timestamp, u32)>,
    next: u32,
    balance: Balance,
    /// Available credits that the rollover cap counts.
    counted: Credits,
}

/// Compares what is kept, whatever the order of the table.
impl PartialEq for Pool {
    fn eq(&self, other: &Self) -> bool {
        self.lots == other.lots
            && self.named == other.named
            && self.burn == other.burn
            && self.starts == other.starts
            && self.next == other.next
            && self.balance == other.balance
            && self.counted == other.counted
    }
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self {
            lots: HashMap::with_hasher(FixedState::with_seed(0x6c6f_7473)),
            named: BTreeMap::new(),
            burn: BTreeMap::new(),
            starts: BTreeSet::new(),
            next: 0,
            balance: Balance::default(),
            counted: Credits::ZERO,
        }
    }

    pub(crate) const fn balance(&self) -> Balance {
        self.balance
    }

    pub(crate) const fn counted_for_cap(&self) -> Credits {
        self.counted
    }

    /// Returns the credits of the lots that have not started.
    pub(crate) fn to_start(&self) -> Credits {
        let waiting = self.starts.iter();
        waiting.map(|(_, number)| self.known(*number).credits).sum()
    }

    /// Returns the number that the next lot will have.
    pub(crate) const fn next_number(&self) -> u32 {
        self.next
    }

    pub(crate) fn number_of(&self, id: &GrantId) -> Option<u32> {
        match id {
            GrantId::Named(name) => self.named.get(name).copied(),
            GrantId::Made(number) => {
                let made = match self.lots.get(number) {
                    Some(lot) => lot.name.is_none(),
                    // A lot that the engine made goes when it is drained, unless it was revoked; a caller's never goes.
                    None => *number < self.next,
                };
                made.then_some(*number)
            }
        }
    }

    pub(crate) fn id_of(&self, number: u32) -> GrantId {
        match self.lots.get(&number).and_then(|lot| lot.name.clone()) {
            Some(name) => GrantId::Named(name),
            None => GrantId::Made(number),
        }
    }

    pub(crate) fn lot(&self, number: u32) -> Option<&Lot> {
        self.lots.get(&number)
    }

    /// Returns all lots that are kept, in order of creation.
    pub(crate) fn lots(&self) -> Vec<(u32, &Lot)> {
        let mut lots: Vec<_> = self
            .lots
            .iter()
            .map(|(number, lot)| (*number, lot))
            .collect();
        lots.sort_unstable_by_key(|(number, _)| *number);
        lots
    }

    /// Returns the lots with available credits in burn order, with what each has.
    pub(crate) fn in_burn_order(&self) -> impl Iterator<Item = (u32, Credits)> {
        self.burn
            .values()
            .flatten()
            .map(|(_, number)| (*number, self.known(*number).available))
    }

    /// Returns the lot whose end comes first among those with available credits.
    pub(crate) fn next_end(&self) -> Option<(Timestamp, u32)> {
        let (end, number) = self.burn.values().filter_map(BTreeSet::first).min()?;
        // Never is no instant.
        Some((Timestamp::from_millis(*end)?, *number))
    }

    /// Returns the lot that is spent next, with what it has.
    pub(crate) fn first_to_burn(&self) -> Option<(u32, Credits)> {
        let (_, lots) = self.burn.first_key_value()?;
        let (_, number) = lots.first()?;
        Some((*number, self.known(*number).available))
    }

    pub(crate) fn next_start(&self) -> Option<(Timestamp, u32)> {
        self.starts.first().copied()
    }

    /// Returns the lots that the rollover cap counts, in the order in which it cuts them: the
    /// soonest to end first, then the oldest.
    pub(crate) fn in_cap_order(&self) -> Vec<(u32, Credits)> {
        let mut lots: Vec<_> = self
            .burn
            .values()
            .flatten()
            .filter(|(_, number)| self.known(*number).counts_for_cap)
            .collect();
        lots.sort_unstable();
        lots.into_iter()
            .map(|(_, number)| (*number, self.known(*number).available))
            .collect()
    }

    fn known(&self, number: u32) -> &Lot {
        known(self.lots.get(&number), "a lot's number is known")
    }

    fn known_mut(&mut self, number: u32) -> &mut Lot {
        known(self.lots.get_mut(&number), "a lot's number is known")
    }

    /// Makes a lot at `at`; it counts as granted when it starts.
    pub(crate) fn make(&mut self, new: NewLot, at: Timestamp) {
        let number = self.enter(new);
        let lot = self.known(number);
        if lot.effective_at <= at {
            self.start(number);
        } else {
            self.starts.insert((lot.effective_at, number));
        }
    }

    fn enter(&mut self, new: NewLot) -> u32 {
        let number = self.next;
        self.next = next(number);
        let name = match new.id {
            GrantId::Named(name) => {
                self.named.insert(name.clone(), number);
                Some(name)
            }
            GrantId::Made(made) => {
                assert!(made == number, "INVARIANT: a made lot's id is its number");
                None
            }
        };
        let lot = Lot {
            name,
            source: new.source,
            counts_for_cap: new.counts_for_cap,
            priority: new.priority,
            credits: new.credits,
            available: Credits::ZERO,
            held: Credits::ZERO,
            effective_at: new.effective_at,
            expires_at: new.expires_at,
            started: false,
            revoked: false,
        };
        self.lots.insert(number, lot);
        number
    }

    /// Makes a lot usable: its credits are granted from now on.
    pub(crate) fn start(&mut self, number: u32) {
        let lot = self.known_mut(number);
        lot.started = true;
        let credits = lot.credits;
        let effective_at = lot.effective_at;
        self.starts.remove(&(effective_at, number));
        self.balance.granted = self.balance.granted.plus(credits);
        self.put(number, credits);
    }

    /// Adds credits to what a lot has available; the caller says where they come from.
    fn put(&mut self, number: u32, credits: Credits) {
        let lot = self.known_mut(number);
        let was_empty = lot.available.is_zero();
        lot.available = lot.available.plus(credits);
        let (key, priority) = ((lot.end_key(), number), lot.priority);
        let (usable, counts) = (!lot.revoked, lot.counts_for_cap);
        if counts {
            self.counted = self.counted.plus(credits);
        }
        self.balance.available = self.balance.available.plus(credits);
        if was_empty && usable && !credits.is_zero() {
            self.burn.entry(priority).or_default().insert(key);
        }
    }

    /// Takes credits from what a lot has available; the caller says where they go.
    fn take(&mut self, number: u32, credits: Credits) {
        let lot = self.known_mut(number);
        lot.available = lot.available.minus(credits);
        let (key, priority) = ((lot.end_key(), number), lot.priority);
        let (empty, counts) = (lot.available.is_zero(), lot.counts_for_cap);
        if counts {
            self.counted = self.counted.minus(credits);
        }
        self.balance.available = self.balance.available.minus(credits);
        if empty && let Some(lots) = self.burn.get_mut(&priority) {
            lots.remove(&key);
            if lots.is_empty() {
                self.burn.remove(&priority);
            }
        }
    }

    /// Moves a stake from available to held.
    pub(crate) fn hold(&mut self, stake: &[(u32, u32)]) {
        for (number, part) in stake {
            let part = Credits(u64::from(*part));
            self.take(*number, part);
            let lot = self.known_mut(*number);
            lot.held = lot.held.plus(part);
            self.balance.held = self.balance.held.plus(part);
        }
    }

    /// Ends the hold of a stake's pieces, whose credits go where the caller says next.
    fn release(&mut self, stake: &[(u32, u32)]) {
        for (number, part) in stake {
            let part = Credits(u64::from(*part));
            let lot = self.known_mut(*number);
            lot.held = lot.held.minus(part);
            self.balance.held = self.balance.held.minus(part);
        }
    }

    pub(crate) fn consume(&mut self, stake: &[(u32, u32)]) {
        self.release(stake);
        for (number, part) in stake {
            self.balance.consumed = self.balance.consumed.plus(Credits(u64::from(*part)));
            self.drop_if_drained(*number);
        }
    }

    /// Ends a stake that comes back: each of `lots` is the old lot, or a fresh one.
    pub(crate) fn give_back(&mut self, stake: &[(u32, u32)], lots: &[Back], at: Timestamp) {
        self.release(stake);
        for back in lots {
            let number = match back.to {
                BackTo::Fresh(fresh) => {
                    self.enter(fresh_lot(GrantId::Made(self.next), back.credits, fresh, at))
                }
                BackTo::Lot(number) => number,
            };
            // A return mints nothing: the fresh lot starts without being granted.
            self.known_mut(number).started = true;
            self.put(number, back.credits);
        }
        for (number, _) in stake {
            self.drop_if_drained(*number);
        }
    }

    /// Returns what is lost at once of credits that come back to these lots at `at`.
    pub(crate) fn lost_at_once(&self, lots: &[Back], at: Timestamp) -> LostAtOnce {
        let mut lost = LostAtOnce::default();
        for back in lots {
            if let BackTo::Lot(number) = back.to {
                let lot = self.known(number);
                lost.revoked |= lot.revoked;
                lost.ended |= !lot.revoked && lot.has_ended(at);
            }
        }
        lost
    }

    pub(crate) fn expire(&mut self, number: u32, credits: Credits) {
        self.take(number, credits);
        self.balance.expired = self.balance.expired.plus(credits);
        self.drop_if_drained(number);
    }

    /// Takes available credits of a lot back; the lot itself may live on.
    pub(crate) fn take_back(&mut self, grant: &GrantId, credits: Credits) {
        let number = known(self.number_of(grant), "a revoked lot is known");
        self.take(number, credits);
        self.balance.revoked = self.balance.revoked.plus(credits);
        self.drop_if_drained(number);
    }

    /// Revokes a lot: its available credits are taken back, and what returns to it will be. From then on it stays, whoever
    /// made it, so that revoking it again finds it revoked.
    pub(crate) fn revoke(&mut self, grant: &GrantId) {
        let number = known(self.number_of(grant), "a revoked lot is known");
        if let Some(lot) = self.lots.get_mut(&number) {
            lot.revoked = true;
            self.take_all_back(number);
        }
    }

    /// Revokes every lot. Those that the engine made and that nothing is held of go: nobody asks for each of them again.
    pub(crate) fn revoke_all(&mut self) {
        let numbers: Vec<u32> = self.lots().into_iter().map(|(number, _)| number).collect();
        for number in numbers {
            self.take_all_back(number);
            if let Some(lot) = self.lots.get_mut(&number) {
                lot.revoked = true;
            }
        }
    }

    /// Takes all available credits of a lot back, also where it has not started.
    fn take_all_back(&mut self, number: u32) {
        let lot = self.known(number);
        let (effective_at, available) = (lot.effective_at, lot.available);
        self.starts.remove(&(effective_at, number));
        self.take_back(&self.id_of(number), available);
    }

    /// Returns about how many bytes are held: each lot stands in the table and in an order beside it.
    pub(crate) fn weight(&self) -> usize {
        let ordered = size_of::<(i64, u32)>().saturating_mul(2);
        let named = size_of::<(SmolStr, u32)>().saturating_mul(2);
        self.lots
            .allocation_size()
            .saturating_add(self.lots.len().saturating_mul(ordered))
            .saturating_add(self.named.len().saturating_mul(named))
    }

    fn drop_if_drained(&mut self, number: u32) {
        if self
            .lots
            .get(&number)
            .is_some_and(|lot| lot.name.is_none() && lot.is_drained() && !lot.revoked)
        {
            self.lots.remove(&number);
        }
    }
}

fn fresh_lot(id: GrantId, credits: Credits, fresh: FreshLot, at: Timestamp) -> NewLot {
    NewLot {
        id,
        source: Source::Returned,
        counts_for_cap: fresh.counts_for_cap,
        priority: PRIORITY,
        credits,
        effective_at: at,
        expires_at: fresh.expires_at,
    }
}
