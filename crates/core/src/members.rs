//! Remembers what members wish: preferences, blocks, and the cold messages of the day.
//!
//! Owns: the recipients' side, which is apart from any contract and its clock. Does not own: refusing;
//! a send carries what is found here ([`Recipient`]) and the contract decides.

use crate::command::{Accepts, Recipient};
use crate::units::{ContractId, MemberId, SeatId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The members of whom anything is known. Everybody else is a member with defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    all: BTreeMap<MemberId, Member>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Member {
    accepts: Accepts,
    price: Option<u32>,
    daily_cap: Option<u32>,
    blocks: BTreeSet<Block>,
    /// The UTC day of the newest cold message, and how many came on it.
    received: (i64, u32),
}

/// A change of preferences: what is nothing stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    /// Whose messages the member accepts.
    pub accepts: Option<Accepts>,
    /// The price, at least 1; `Some(None)` leaves it to the policy.
    pub price: Option<Option<u32>>,
    /// The most cold messages a UTC day; `Some(None)` lifts the cap.
    pub daily_cap: Option<Option<u32>>,
}

/// A sender that a member blocks: a seat, or a whole contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Block {
    /// The contract.
    pub contract: ContractId,
    /// The seat; nothing means the whole contract.
    pub seat: Option<SeatId>,
}

impl Members {
    /// Returns an empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes the preferences that `change` names.
    pub fn prefer(&mut self, member: &MemberId, change: &Preferences) {
        let member = self.entry(member);
        member.accepts = change.accepts.unwrap_or(member.accepts);
        member.price = change.price.unwrap_or(member.price);
        member.daily_cap = change.daily_cap.unwrap_or(member.daily_cap);
    }

    /// Blocks a sender.
    pub fn block(&mut self, member: &MemberId, block: Block) {
        self.entry(member).blocks.insert(block);
    }

    /// Lifts a block.
    pub fn unblock(&mut self, member: &MemberId, block: &Block) {
        self.entry(member).blocks.remove(block);
    }

    /// Returns whether the member blocks the seat or its contract.
    #[must_use]
    pub fn blocks(&self, member: &MemberId, contract: &ContractId, seat: &SeatId) -> bool {
        self.all.get(member).is_some_and(|member| {
            member.blocks.iter().any(|block| {
                block.contract == *contract && block.seat.as_ref().is_none_or(|one| one == seat)
            })
        })
    }

    /// Returns the member's wishes as a send from the seat at `at` sees them.
    #[must_use]
    pub fn recipient(
        &self,
        member: &MemberId,
        contract: &ContractId,
        seat: &SeatId,
        at: Timestamp,
    ) -> Recipient {
        let Some(known) = self.all.get(member) else {
            return Recipient::default();
        };
        Recipient {
            accepts: known.accepts,
            price: known.price,
            daily_cap: known.daily_cap,
            received_today: known.received_on(at.utc_day()),
            blocks: self.blocks(member, contract, seat),
        }
    }

    /// Counts a cold message that was sent to the member at `at`.
    pub fn received(&mut self, member: &MemberId, at: Timestamp) {
        let day = at.utc_day();
        let member = self.entry(member);
        member.received = (day, member.received_on(day).saturating_add(1));
    }

    fn entry(&mut self, member: &MemberId) -> &mut Member {
        self.all.entry(member.clone()).or_default()
    }
}

impl Member {
    const fn received_on(&self, day: i64) -> u32 {
        if self.received.0 == day {
            self.received.1
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> (MemberId, ContractId, SeatId) {
        (
            MemberId::new("bo").unwrap(),
            ContractId::new("acme").unwrap(),
            SeatId::new("ana").unwrap(),
        )
    }

    #[test]
    fn a_day_is_a_utc_day() {
        let (bo, acme, ana) = names();
        let mut members = Members::new();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        members.received(&bo, at("2026-01-01T23:59:59.999Z"));
        let today = |text| members.recipient(&bo, &acme, &ana, at(text)).received_today;
        assert_eq!(today("2026-01-01T00:00:00Z"), 1);
        assert_eq!(today("2026-01-02T00:00:00Z"), 0);
    }

    #[test]
    fn a_block_of_a_contract_is_a_block_of_its_seats() {
        let (bo, acme, ana) = names();
        let other = SeatId::new("cy").unwrap();
        let mut members = Members::new();
        let seat = Block {
            contract: acme.clone(),
            seat: Some(ana.clone()),
        };
        members.block(&bo, seat.clone());
        assert!(members.blocks(&bo, &acme, &ana));
        assert!(!members.blocks(&bo, &acme, &other));
        members.block(
            &bo,
            Block {
                contract: acme.clone(),
                seat: None,
            },
        );
        members.unblock(&bo, &seat);
        assert!(members.blocks(&bo, &acme, &ana));
        assert!(members.blocks(&bo, &acme, &other));
    }

    #[test]
    fn a_preference_that_is_not_named_stays() {
        let (bo, acme, ana) = names();
        let mut members = Members::new();
        let now = Timestamp::MIN;
        members.prefer(
            &bo,
            &Preferences {
                price: Some(Some(3)),
                daily_cap: Some(Some(1)),
                ..Preferences::default()
            },
        );
        members.prefer(
            &bo,
            &Preferences {
                accepts: Some(Accepts::None),
                daily_cap: Some(None),
                ..Preferences::default()
            },
        );
        let wishes = members.recipient(&bo, &acme, &ana, now);
        assert_eq!(
            (wishes.accepts, wishes.price, wishes.daily_cap),
            (Accepts::None, Some(3), None)
        );
    }
}
