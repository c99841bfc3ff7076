//! Lots of credits: granting, burn order, returning, ending, the rollover cap, revoking.

use super::{Answer, Model, refused};
use earnest_core::command::{Grant, Source};
use earnest_core::policy::ReturnedExpiry;
use earnest_core::units::{Credits, Days, GrantId, Timestamp};

/// One lot.
#[derive(Debug, Clone)]
pub(crate) struct Lot {
    pub(crate) id: GrantId,
    /// What is in it and can be spent, or will be when it starts.
    pub(crate) rest: u64,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) priority: u32,
    /// Whether the rollover cap counts and cuts it.
    pub(crate) for_cap: bool,
    pub(crate) started: bool,
    pub(crate) ended: bool,
    pub(crate) revoked: bool,
}

/// A movement of credits, for the contract's figures.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Moved {
    Granted(u64),
    Consumed(u64),
    Expired(u64),
    Revoked(u64),
}

impl Lot {
    /// What can be spent from it now.
    pub(crate) fn available(&self) -> u64 {
        if self.started { self.rest } else { 0 }
    }

    /// The key of "soonest-expiring first, never last".
    fn end(&self) -> (bool, Option<Timestamp>) {
        (self.ends_at.is_none(), self.ends_at)
    }
}

impl Model {
    pub(crate) fn available(&self) -> u64 {
        self.lots.iter().map(Lot::available).sum()
    }

    pub(crate) fn granted(&self) -> u64 {
        self.sum(|moved| if let Moved::Granted(n) = moved { n } else { 0 })
    }

    pub(crate) fn sum(&self, of: impl Fn(Moved) -> u64) -> u64 {
        self.moved.iter().map(|moved| of(*moved)).sum()
    }

    pub(crate) fn lot_at(&self, id: &GrantId) -> Option<usize> {
        self.lots.iter().position(|lot| lot.id == *id)
    }

    fn made_id(&self) -> GrantId {
        GrantId::Made(u32::try_from(self.lots.len()).unwrap())
    }

    pub(crate) fn grant(&mut self, grant: &Grant, at: Timestamp) -> Answer {
        let starts_at = grant.effective_at.unwrap_or(at).max(at);
        if grant.credits == Credits::ZERO || grant.expires_at.is_some_and(|end| end <= starts_at) {
            return refused("malformed");
        }
        if self.lot_at(&grant.id).is_some() {
            return refused("duplicate_id");
        }
        if self.cancelled {
            return refused("contract_cancelled");
        }
        let ahead: u64 = self
            .lots
            .iter()
            .filter(|lot| !lot.started)
            .map(|lot| lot.rest)
            .sum();
        if u128::from(self.granted()) + u128::from(ahead) + u128::from(grant.credits.0)
            > u128::from(Credits::MOST.0)
        {
            return refused("too_many_credits");
        }
        self.lots.push(Lot {
            id: grant.id.clone(),
            rest: grant.credits.0,
            starts_at,
            ends_at: grant.expires_at,
            priority: grant.priority,
            for_cap: matches!(grant.source, Source::Allotment | Source::Returned),
            started: false,
            ended: false,
            revoked: false,
        });
        if starts_at == at {
            self.start_lot(self.lots.len() - 1);
        }
        Ok(())
    }

    /// "A lot counts as granted from its effective instant."
    pub(crate) fn start_lot(&mut self, lot: usize) {
        self.lots[lot].started = true;
        self.moved.push(Moved::Granted(self.lots[lot].rest));
    }

    pub(crate) fn end_lot(&mut self, lot: usize) {
        self.lots[lot].ended = true;
        self.moved.push(Moved::Expired(self.lots[lot].rest));
        self.lots[lot].rest = 0;
    }

    pub(crate) fn revoke(&mut self, id: &GrantId) -> Answer {
        let Some(lot) = self.lot_at(id) else {
            return refused("unknown_grant");
        };
        self.revoke_lot(lot);
        Ok(())
    }

    fn revoke_lot(&mut self, lot: usize) {
        let lot = &mut self.lots[lot];
        lot.revoked = true;
        // "Revoked before, it never counts": neither as granted nor as revoked.
        if lot.started {
            self.moved.push(Moved::Revoked(lot.rest));
        }
        lot.rest = 0;
    }

    pub(crate) fn cancel(&mut self) -> Answer {
        if self.cancelled {
            return refused("contract_cancelled");
        }
        self.cancelled = true;
        for lot in 0..self.lots.len() {
            self.revoke_lot(lot);
        }
        Ok(())
    }

    /// Takes `price` credits in burn order; the caller knows that they are there.
    pub(crate) fn draw(&mut self, price: u64) -> Vec<(usize, u64)> {
        let mut order: Vec<usize> = (0..self.lots.len()).collect();
        order.sort_by_key(|&lot| (self.lots[lot].priority, self.lots[lot].end(), lot));
        let mut missing = price;
        let mut pieces = Vec::new();
        for lot in order {
            let taken = missing.min(self.lots[lot].available());
            if taken > 0 {
                self.lots[lot].rest -= taken;
                missing -= taken;
                pieces.push((lot, taken));
            }
        }
        assert_eq!(missing, 0, "the model draws more than there is");
        pieces
    }

    /// Gives a stake back as `mode` says; a fresh lot lasts `lasts` from `at`.
    pub(crate) fn give_back(
        &mut self,
        pieces: &[(usize, u64)],
        mode: ReturnedExpiry,
        lasts: Option<Days>,
        at: Timestamp,
    ) {
        let mut fresh: Vec<(bool, u64)> = Vec::new();
        for &(from, credits) in pieces {
            let lot = &mut self.lots[from];
            if lot.revoked || self.cancelled {
                self.moved.push(Moved::Revoked(credits));
            } else if mode == ReturnedExpiry::Fresh {
                // "A stake over both kinds returns as one lot of each, in the order drawn."
                let kind = lot.for_cap;
                match fresh.iter_mut().find(|(for_cap, _)| *for_cap == kind) {
                    Some((_, sum)) => *sum += credits,
                    None => fresh.push((kind, credits)),
                }
            } else if lot.ended {
                self.moved.push(Moved::Expired(credits));
            } else {
                lot.rest += credits;
            }
        }
        for (for_cap, credits) in fresh {
            self.make_lot(credits, for_cap, lasts, at);
        }
    }

    fn make_lot(&mut self, credits: u64, for_cap: bool, lasts: Option<Days>, at: Timestamp) {
        self.lots.push(Lot {
            id: self.made_id(),
            rest: credits,
            starts_at: at,
            ends_at: lasts.map(|days| at.plus(days)),
            priority: 1,
            for_cap,
            started: true,
            ended: false,
            revoked: false,
        });
    }

    /// Allots to the seats their month's credits, then cuts what is above the rollover cap.
    pub(crate) fn allot(&mut self, seats: &[usize], with_bonus: bool, at: Timestamp) {
        if !self.allotments || self.cancelled {
            return;
        }
        let policy = self.policy();
        let mut allotted = false;
        for &seat in seats {
            let monthly = policy.monthly(&self.seats[seat].seat_type).0;
            if monthly > 0 {
                allotted = true;
                self.moved.push(Moved::Granted(monthly));
                self.make_lot(monthly, true, policy.expires_after, at);
            }
            for bonus in policy
                .bonuses
                .iter()
                .filter(|bonus| bonus.month == at.month_of_year())
            {
                let entitled = bonus.seat_types.contains(&self.seats[seat].seat_type);
                if with_bonus && entitled && bonus.credits.0 > 0 {
                    // The extra credits come with an allotment, so where they come there is one, be it of 0.
                    allotted = true;
                    self.moved.push(Moved::Granted(bonus.credits.0));
                    self.make_lot(bonus.credits.0, false, bonus.expires_after, at);
                }
            }
        }
        if let (Some(cap), true) = (policy.rollover_cap, allotted) {
            let month: u64 = self
                .seats
                .iter()
                .map(|seat| policy.monthly(&seat.seat_type).0)
                .sum();
            self.cut_above(u64::from(cap) * month);
        }
    }

    fn cut_above(&mut self, most: u64) {
        let counted = self.lots.iter().filter(|lot| lot.for_cap);
        let mut excess = counted
            .map(Lot::available)
            .sum::<u64>()
            .saturating_sub(most);
        let mut order: Vec<usize> = (0..self.lots.len())
            .filter(|&l| self.lots[l].for_cap)
            .collect();
        order.sort_by_key(|&lot| (self.lots[lot].end(), lot));
        for lot in order {
            let cut = excess.min(self.lots[lot].available());
            if cut > 0 {
                self.lots[lot].rest -= cut;
                excess -= cut;
                self.moved.push(Moved::Expired(cut));
            }
        }
    }
}
