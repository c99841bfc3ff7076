//! Keeps webhook deliveries.
//!
//! Owns: the lists in which they are found. Does not own: which of several waiting ones is next, nor when.
//! Invariant: `due`, `waiting` and `listed` say of every delivery what the delivery says of itself.

use crate::{Delivery, DeliveryQuery, DeliveryState, StoreError};
use earnest_core::units::{ContractId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

/// Names a delivery.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    webhook: String,
    contract: ContractId,
    seq: u64,
}

/// An endpoint, and a state or all of them.
type Listing = (String, Option<DeliveryState>);
/// Where a delivery stands among those of its endpoint.
type Place = (Timestamp, ContractId, u64);

/// The deliveries.
#[derive(Default)]
pub(super) struct Deliveries {
    kept: BTreeMap<Key, Delivery>,
    due: BTreeSet<(Timestamp, Key)>,
    waiting: BTreeSet<Key>,
    listed: HashMap<Listing, BTreeSet<Place>>,
}

impl Deliveries {
    /// Adds deliveries; those that are there stay as they are.
    pub(super) fn add(&mut self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            let key = key(&delivery);
            if !self.kept.contains_key(&key) {
                self.insert(key, delivery);
            }
        }
    }

    /// Replaces deliveries, if all of them are there.
    pub(super) fn update(&mut self, deliveries: Vec<Delivery>) -> Result<(), StoreError> {
        let there = |delivery| self.kept.contains_key(&key(delivery));
        if !deliveries.iter().all(there) {
            return Err(StoreError::Conflict);
        }
        for delivery in deliveries {
            let key = key(&delivery);
            self.remove(&key);
            self.insert(key, delivery);
        }
        Ok(())
    }

    fn insert(&mut self, key: Key, delivery: Delivery) {
        if delivery.state == DeliveryState::Waiting {
            self.waiting.insert(key.clone());
            if let Some(at) = delivery.next_at {
                self.due.insert((at, key.clone()));
            }
        }
        for state in [None, Some(delivery.state)] {
            let listing = (delivery.webhook.clone(), state);
            let listed = self.listed.entry(listing).or_default();
            listed.insert(place(&delivery));
        }
        self.kept.insert(key, delivery);
    }

    fn remove(&mut self, key: &Key) {
        let Some(delivery) = self.kept.remove(key) else {
            return;
        };
        self.waiting.remove(key);
        if let Some(at) = delivery.next_at {
            self.due.remove(&(at, key.clone()));
        }
        for state in [None, Some(delivery.state)] {
            let listing = (delivery.webhook.clone(), state);
            if let Some(listed) = self.listed.get_mut(&listing) {
                listed.remove(&place(&delivery));
            }
        }
    }

    pub(super) fn list(&self, query: DeliveryQuery) -> Vec<Delivery> {
        match query {
            DeliveryQuery::Due { at, limit } => {
                let due = self.due.iter().take_while(|(next, _)| *next <= at);
                self.named(due.map(|(_, key)| key).take(limit))
            }
            DeliveryQuery::Waiting {
                webhook,
                contract,
                limit,
            } => {
                let last = key_of(&webhook, &contract, u64::MAX);
                let waiting = self.waiting.range(key_of(&webhook, &contract, 0)..=last);
                self.named(waiting.take(limit))
            }
            DeliveryQuery::Of {
                webhook,
                state,
                after,
                limit,
            } => self.of(webhook, state, after, limit),
            DeliveryQuery::One {
                webhook,
                contract,
                seq,
            } => self.named([&key_of(&webhook, &contract, seq)].into_iter()),
        }
    }

    fn of(
        &self,
        webhook: String,
        state: Option<DeliveryState>,
        after: Option<Place>,
        limit: usize,
    ) -> Vec<Delivery> {
        let listing = (webhook, state);
        let Some(listed) = self.listed.get(&listing) else {
            return Vec::new();
        };
        let end = after.map_or(Bound::Unbounded, Bound::Excluded);
        let newest_first = listed.range((Bound::Unbounded, end)).rev().take(limit);
        let keys: Vec<Key> = newest_first
            .map(|(_, contract, seq)| key_of(&listing.0, contract, *seq))
            .collect();
        self.named(keys.iter())
    }

    fn named<'a>(&self, keys: impl Iterator<Item = &'a Key>) -> Vec<Delivery> {
        keys.filter_map(|key| self.kept.get(key).cloned()).collect()
    }

    /// Returns how many deliveries are waiting, and when the oldest of them was made.
    pub(super) fn waiting(&self) -> (u64, Option<Timestamp>) {
        let waiting = self
            .listed
            .iter()
            .filter(|((_, state), _)| *state == Some(DeliveryState::Waiting));
        let oldest = waiting.filter_map(|(_, listed)| listed.first().map(|(at, ..)| *at));
        (self.waiting.len() as u64, oldest.min())
    }
}

fn key(delivery: &Delivery) -> Key {
    key_of(&delivery.webhook, &delivery.contract, delivery.seq)
}

fn key_of(webhook: &str, contract: &ContractId, seq: u64) -> Key {
    Key {
        webhook: webhook.to_owned(),
        contract: contract.clone(),
        seq,
    }
}

fn place(delivery: &Delivery) -> Place {
    (delivery.created_at, delivery.contract.clone(), delivery.seq)
}
