//! Follows the credits of a contract: how many there are, and when they end.
//!
//! Lots that are made in the order in which they end are burnt in the order in which they were made, so that a
//! queue is the burn order; and where no lot ever ends the sum alone matters. Both hold where all that a policy
//! gives lasts equally long from the instant at which it comes, returns included.
//! Owns: which grants are of that kind ([`Supply::new`]). Invariants: lots stand in the order of their ends, and
//! `available` is their sum and what never ends.

use earnest_core::policy::{Policy, ReturnedExpiry};
use earnest_core::units::{Credits, Days, Timestamp, add_months};
use std::collections::VecDeque;

/// The shortest life of credits with which an allotment is there until the next one comes.
const LONGEST_MONTH: Days = Days(31);

/// Where credits come from: what a policy gives to seats of its first type, or a lot that has enough for all stakes.
pub(super) struct Supply {
    /// Whether there is such a lot. It never ends, so that it is burnt last, and nothing else is given.
    unlimited: bool,
    /// Credits for each seat and month.
    monthly: u64,
    bonuses: Vec<Bonus>,
    /// How long credits last; nothing means for ever.
    expires_after: Option<Days>,
    rollover_cap: Option<u32>,
}

/// Credits for each seat with the allotment that falls in `from..to`.
struct Bonus {
    from: Timestamp,
    to: Timestamp,
    credits: u64,
}

impl Supply {
    /// Returns what the policy gives, or nothing where its credits do not end in the order in which they come,
    /// or where some of them are cut and others not.
    pub(super) fn new(policy: &Policy) -> Option<Self> {
        let seat_type = policy.first_seat_type();
        let bonuses: Vec<_> = policy
            .bonuses
            .iter()
            .filter(|bonus| bonus.seat_types.contains(&seat_type))
            .collect();
        let lasts = policy.expires_after;
        let in_order = bonuses.iter().all(|bonus| bonus.expires_after == lasts)
            && (lasts.is_none() || policy.returned == ReturnedExpiry::Fresh);
        let alike = policy.rollover_cap.is_none() || bonuses.is_empty();
        if !in_order || !alike {
            return None;
        }
        let bonuses = bonuses.into_iter().map(|bonus| {
            let from = Timestamp::parse(&format!("{}-01T00:00:00Z", bonus.month)).ok()?;
            Some(Bonus {
                from,
                to: add_months(from, 1),
                credits: bonus.credits.0,
            })
        });
        Some(Self {
            unlimited: false,
            monthly: policy.monthly(&seat_type).0,
            bonuses: bonuses.collect::<Option<_>>()?,
            expires_after: lasts,
            rollover_cap: policy.rollover_cap,
        })
    }

    /// Returns a supply for as many stakes as there are.
    pub(super) fn unlimited(policy: &Policy) -> Self {
        Self {
            unlimited: true,
            monthly: 0,
            bonuses: Vec::new(),
            // Of returns alone: what goes back to the lot that it came from lasts as long as that.
            expires_after: match policy.returned {
                ReturnedExpiry::Fresh => policy.expires_after,
                ReturnedExpiry::Original => None,
            },
            rollover_cap: None,
        }
    }

    /// Returns what each seat is given with the contract's allotment at `at`.
    fn allotted(&self, at: Timestamp) -> u64 {
        let bonuses = self.bonuses.iter();
        let due = bonuses.filter(|bonus| bonus.from <= at && at < bonus.to);
        self.monthly + due.map(|bonus| bonus.credits).sum::<u64>()
    }

    /// Returns whether credits cannot run short where stakes come to so many: the newest allotment alone is
    /// enough, it is burnt last, and neither its end nor the cap reaches it before the next one comes.
    fn outlasts(&self, seats: u64, stakes: u64) -> bool {
        let newest = stakes <= self.monthly.saturating_mul(seats)
            && self
                .expires_after
                .is_none_or(|lasts| lasts >= LONGEST_MONTH)
            && self.rollover_cap.is_none_or(|cap| cap >= 1);
        self.unlimited || newest
    }
}

/// The credits of a contract.
pub(super) struct Pool<'p> {
    supply: &'p Supply,
    /// Whether credits are followed even where they cannot run short.
    always: bool,
    /// Whether this contract's credits are followed.
    counts: bool,
    seats: u64,
    start: Timestamp,
    /// The next allotment's month, counted from 0 at the start, and its instant.
    month: u32,
    renewal: Timestamp,
    granted: u64,
    available: u64,
    /// What ends when, soonest first. What never ends is in the sum alone.
    lots: VecDeque<(Timestamp, u64)>,
}

impl<'p> Pool<'p> {
    pub(super) const fn new(supply: &'p Supply, always: bool) -> Self {
        Self {
            supply,
            always,
            counts: false,
            seats: 0,
            start: Timestamp::MIN,
            month: 0,
            renewal: Timestamp::MIN,
            granted: 0,
            available: 0,
            lots: VecDeque::new(),
        }
    }

    /// Begins with a contract whose stakes come to at most so many credits.
    pub(super) fn begin(&mut self, start: Timestamp, seats: u64, stakes: u64) {
        let supply = self.supply;
        self.counts = self.always || !supply.outlasts(seats, stakes);
        self.seats = seats;
        self.start = start;
        self.month = 0;
        // Unlimited credits are there from the start, and no month brings any.
        (self.renewal, self.granted) = match supply.unlimited {
            true => (Timestamp::MAX, Credits::MOST.0),
            false => (start, 0),
        };
        self.available = self.granted;
        self.lots.clear();
    }

    /// Returns whether the contract's credits are followed: they can run short, or somebody wants to know.
    pub(super) const fn counts(&self) -> bool {
        self.counts
    }

    /// Takes credits in burn order at `at`; takes none and returns false where there are too few.
    pub(super) fn draw(&mut self, at: Timestamp, credits: u64) -> bool {
        self.renew(at);
        self.expire(at);
        let enough = credits <= self.available;
        if enough {
            self.take(credits);
        }
        enough
    }

    /// Adds a returned stake.
    pub(super) fn give_back(&mut self, at: Timestamp, credits: u64) {
        self.renew(at);
        self.put(at, credits);
    }

    /// Returns how many credits were granted up to `at`, and how many are available then. They must be followed.
    pub(super) fn at(&mut self, at: Timestamp) -> (u64, u64) {
        self.renew(at);
        self.expire(at);
        (self.granted, self.available)
    }

    /// Grants the allotments that fall due up to `at`.
    fn renew(&mut self, at: Timestamp) {
        while self.renewal <= at {
            self.allot(self.renewal);
            self.month += 1;
            self.renewal = add_months(self.start, self.month);
        }
    }

    #[cold]
    fn allot(&mut self, at: Timestamp) {
        let supply = self.supply;
        self.expire(at);
        let given = supply.allotted(at).saturating_mul(self.seats);
        if given > 0 {
            self.granted += given;
            self.put(at, given);
        }
        if let Some(cap) = supply.rollover_cap {
            let monthly = supply.monthly.saturating_mul(self.seats);
            let most = monthly.saturating_mul(u64::from(cap));
            self.take(self.available.saturating_sub(most));
        }
    }

    /// Adds credits that come at `at`, which is never before those that came last.
    fn put(&mut self, at: Timestamp, credits: u64) {
        self.available += credits;
        let Some(lasts) = self.supply.expires_after else {
            return;
        };
        let end = at.plus(lasts);
        match self.lots.back_mut() {
            Some((last, more)) if *last == end => *more += credits,
            _ => self.lots.push_back((end, credits)),
        }
    }

    /// Takes credits, which must be there, from those that end first.
    fn take(&mut self, credits: u64) {
        self.available -= credits;
        let mut rest = credits;
        while let Some((_, lot)) = self.lots.front_mut() {
            if *lot > rest {
                *lot -= rest;
                break;
            }
            rest -= *lot;
            self.lots.pop_front();
        }
    }

    fn expire(&mut self, at: Timestamp) {
        while let Some((_, credits)) = self.lots.pop_front_if(|(end, _)| *end <= at) {
            self.available -= credits;
        }
    }
}
