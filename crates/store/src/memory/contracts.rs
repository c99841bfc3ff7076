//! Keeps contracts, their events and the log.
//!
//! Owns: numbers of events, places in the log, what falls due when. Does not own: what an event says.
//! Invariants: a contract that is kept has at least one event; event `n` of a contract stands at `n - 1`; `due`
//! has exactly the contracts that have a `next_due`.

use crate::{ContractRow, ContractUpdate, EventQuery, LogRow, Position, StoredEvent, Token};
use earnest_core::event::Event;
use earnest_core::units::{ContractId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

#[derive(Default)]
struct Contract {
    events: Vec<Event>,
    token: Token,
    next_due: Option<Timestamp>,
    details: Vec<u8>,
}

/// Where a batch with events stands in the log; its events are with the contract.
struct Entry {
    position: Position,
    contract: ContractId,
    first: u64,
    count: usize,
    token: Token,
}

/// What a batch brings to its contract.
pub(super) struct Step {
    pub(super) contract: ContractId,
    pub(super) token: Token,
    pub(super) events: Vec<Event>,
    pub(super) update: ContractUpdate,
}

/// The contracts and the log.
#[derive(Default)]
pub(super) struct Contracts {
    kept: BTreeMap<ContractId, Contract>,
    due: BTreeSet<(Timestamp, ContractId)>,
    log: Vec<Entry>,
    head: u64,
}

impl Contracts {
    /// Returns the number of a contract's newest event; 0 for one that is not there.
    pub(super) fn newest(&self, contract: &ContractId) -> u64 {
        let events = self.kept.get(contract).map_or(0, |kept| kept.events.len());
        events as u64
    }

    /// Takes a batch and returns its place. One without events has a place too, at which there is nothing; for
    /// a contract that has not begun it changes nothing.
    pub(super) fn step(&mut self, step: Step) -> Position {
        self.head += 1;
        let position = Position(self.head);
        if step.events.is_empty() {
            if self.kept.contains_key(&step.contract) {
                self.update(step.contract, step.update);
            }
            return position;
        }
        let kept = self.kept.entry(step.contract.clone()).or_default();
        self.log.push(Entry {
            position,
            contract: step.contract.clone(),
            first: kept.events.len() as u64 + 1,
            count: step.events.len(),
            token: step.token,
        });
        kept.token = step.token;
        kept.events.extend(step.events);
        self.update(step.contract, step.update);
        position
    }

    fn update(&mut self, contract: ContractId, update: ContractUpdate) {
        let Some(kept) = self.kept.get_mut(&contract) else {
            return;
        };
        if let Some(details) = update.details {
            kept.details = details;
        }
        let before = std::mem::replace(&mut kept.next_due, update.next_due);
        if before == update.next_due {
            return;
        }
        if let Some(at) = before {
            self.due.remove(&(at, contract.clone()));
        }
        if let Some(at) = update.next_due {
            self.due.insert((at, contract));
        }
    }

    pub(super) const fn head(&self) -> Position {
        Position(self.head)
    }

    pub(super) fn log(&self, after: Position, limit: usize) -> Vec<LogRow> {
        let from = self.log.partition_point(|entry| entry.position <= after);
        let entries = self.log.iter().skip(from).take(limit);
        entries.map(|entry| self.log_row(entry)).collect()
    }

    fn log_row(&self, entry: &Entry) -> LogRow {
        let kept = self.kept.get(&entry.contract);
        let events = kept.map_or(&[][..], |kept| &kept.events);
        let skipped = usize::try_from(entry.first - 1).unwrap_or(usize::MAX);
        LogRow {
            position: entry.position,
            contract: entry.contract.clone(),
            first: entry.first,
            token: entry.token,
            events: events
                .iter()
                .skip(skipped)
                .take(entry.count)
                .cloned()
                .collect(),
        }
    }

    pub(super) fn row(&self, contract: &ContractId) -> Option<ContractRow> {
        let kept = self.kept.get(contract)?;
        Some(to_row(contract, kept))
    }

    pub(super) fn rows(&self, after: Option<&ContractId>, limit: usize) -> Vec<ContractRow> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let kept = self.kept.range((from, Bound::Unbounded)).take(limit);
        kept.map(|(id, kept)| to_row(id, kept)).collect()
    }

    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64
    }

    pub(super) fn due(&self, at: Timestamp, limit: usize) -> Vec<ContractId> {
        let due = self.due.iter().take_while(|(next, _)| *next <= at);
        due.take(limit).map(|(_, id)| id.clone()).collect()
    }

    pub(super) fn earliest_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(super) fn events(&self, query: &EventQuery) -> Vec<StoredEvent> {
        let events = self
            .kept
            .get(&query.contract)
            .map_or(&[][..], |kept| &kept.events);
        let first = query.from.max(1);
        let place = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let end = place(query.to).min(events.len());
        let asked = events.get(place(first - 1)..end).unwrap_or_default();
        let numbered = asked.iter().zip(first..).map(|(event, seq)| StoredEvent {
            seq,
            event: event.clone(),
        });
        if query.newest_first {
            let skipped = asked.len().saturating_sub(query.limit);
            let mut newest: Vec<StoredEvent> = numbered.skip(skipped).collect();
            newest.reverse();
            return newest;
        }
        numbered.take(query.limit).collect()
    }
}

fn to_row(id: &ContractId, kept: &Contract) -> ContractRow {
    ContractRow {
        id: id.clone(),
        seq: kept.events.len() as u64,
        token: kept.token,
        next_due: kept.next_due,
        details: kept.details.clone(),
    }
}
