//! Changes what is kept.
//!
//! Owns: the order of a commit: all checks, then all changes. Does not own: how each part is kept.
//! Invariant: nothing fails after the first change.

use super::answers::Answers;
use super::changes::{Changes, Handle};
use super::contracts::{Contracts, Step};
use super::deliveries::Deliveries;
use super::documents::Documents;
use super::messages::Messages;
use crate::{Batch, Change, Position, Put, Snapshot, StoreError, StoreStatus};
use earnest_core::units::ContractId;
use std::collections::HashMap;
use std::sync::Arc;

/// All that a store keeps.
#[derive(Default)]
pub(super) struct Data {
    pub(super) contracts: Contracts,
    pub(super) messages: Messages,
    pub(super) answers: Answers,
    pub(super) snapshots: HashMap<ContractId, Arc<Snapshot>>,
    pub(super) documents: Documents,
    pub(super) deliveries: Deliveries,
    pub(super) changes: Changes,
}

impl Data {
    pub(super) fn commit(&mut self, batch: Batch, by: Handle) -> Result<Position, StoreError> {
        let free = self.contracts.newest(&batch.contract) == batch.expected
            && self.messages.are_new(&batch.messages)
            && self.answers.are_new(&batch.answers);
        if !free {
            return Err(StoreError::Conflict);
        }
        Ok(self.apply(batch, by))
    }

    fn apply(&mut self, batch: Batch, by: Handle) -> Position {
        self.messages.add(&batch.contract, batch.messages);
        self.messages.settle(batch.outcomes);
        self.messages.write(batch.writings);
        self.answers.add(&batch.contract, batch.answers);
        let moves_on = !batch.events.is_empty();
        let position = self.contracts.step(Step {
            contract: batch.contract.clone(),
            token: batch.token,
            events: batch.events,
            update: batch.update,
        });
        self.changes.count(by);
        let seq = if moves_on {
            self.contracts.newest(&batch.contract)
        } else {
            0
        };
        let contract = batch.contract;
        self.changes.record(by, Change::Contract { contract, seq });
        position
    }

    pub(super) fn put(&mut self, puts: Vec<Put>, by: Handle) -> Result<(), StoreError> {
        self.documents.check(&puts)?;
        for (kind, id) in self.documents.apply(puts) {
            self.changes.record(by, Change::Document { kind, id });
        }
        Ok(())
    }

    /// Keeps a snapshot, unless a newer one is kept.
    pub(super) fn save_snapshot(&mut self, contract: &ContractId, snapshot: Snapshot) {
        let kept = self.snapshots.get(contract);
        if kept.is_none_or(|kept| kept.seq <= snapshot.seq) {
            self.snapshots.insert(contract.clone(), Arc::new(snapshot));
        }
    }

    pub(super) fn status(&self, handle: Handle) -> StoreStatus {
        let (deliveries_waiting, oldest_delivery) = self.deliveries.waiting();
        let batches = self.changes.counted(handle);
        StoreStatus {
            bytes: 0,
            contracts: self.contracts.count(),
            deliveries_waiting,
            oldest_delivery,
            oldest_due: self.contracts.earliest_due(),
            commits: batches,
            batches,
            // There is no clock here, and nothing to wait for.
            commit_micros: 0,
        }
    }
}
