//! Records what falls due even when nobody calls.
//!
//! Owns: the background work of a process: looking for what is due, writing down when keys were used, forgetting
//! sessions that have expired. Does not own: what falls due. Invariant: contracts are found by the store's index; nothing is scanned.

use crate::engine::Engine;
use crate::failure::Failure;
use earnest_core::next_due_at;
use earnest_core::units::ContractId;
use earnest_store::{Batch, ContractUpdate, StoreError};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How many contracts are looked at together.
const TOGETHER: usize = 64;
/// How often it is written down when keys were used.
const NOTE_EVERY: Duration = Duration::from_secs(60);

impl Engine {
    /// Begins the background work; it goes on until the handle is aborted.
    #[must_use]
    pub fn start(&self) -> Vec<JoinHandle<()>> {
        let (sweeping, noting) = (self.clone(), self.clone());
        vec![
            tokio::spawn(async move { sweeping.sweep_for_ever().await }),
            tokio::spawn(async move { noting.note_for_ever().await }),
        ]
    }

    async fn sweep_for_ever(self) {
        loop {
            match self.sweep().await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(self.options().sweep_every).await,
                Err(failure) => {
                    tracing::warn!("what is due could not be recorded: {failure}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn note_for_ever(self) {
        loop {
            tokio::time::sleep(NOTE_EVERY).await;
            if let Err(failure) = self.note_used_keys().await {
                tracing::warn!("when keys were used could not be noted: {failure}");
            }
            if let Err(failure) = self.forget_expired_sessions().await {
                tracing::warn!("sessions that have expired could not be forgotten: {failure}");
            }
        }
    }

    /// Records what is due, of some contracts; returns whether there may be more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self) -> Result<bool, Failure> {
        self.refresh().await?;
        let due = self.store().due(self.now(), TOGETHER).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let looks = due.iter().map(|contract| self.ask(contract, |_, _| ()));
        let mut failed = false;
        for (looked, contract) in join_all(looks).await.into_iter().zip(&due) {
            if let Err(failure) = looked {
                failed = true;
                tracing::warn!(%contract, "what is due of contract {contract} could not be recorded: {failure}");
            }
        }
        if failed {
            return Ok(false);
        }
        // What nothing fell due of after all says when to look again.
        let mut moved = due.len() == TOGETHER;
        for contract in self.store().due(self.now(), TOGETHER).await? {
            if due.contains(&contract) {
                moved |= self.look_later(&contract).await?;
            }
        }
        Ok(moved)
    }

    /// Notes when a contract, which is up to date, is to be looked at next. Returns whether that is now.
    async fn look_later(&self, contract: &ContractId) -> Result<bool, Failure> {
        let (seq, next_due) = self
            .ask(contract, |hot, _| {
                let next = next_due_at(hot.contract.policies(), hot.contract.state());
                (hot.seq, next.filter(|_| hot.is_live()))
            })
            .await?;
        let batch = Batch {
            contract: contract.clone(),
            expected: seq,
            token: self.make_token(),
            events: Vec::new(),
            messages: Vec::new(),
            outcomes: Vec::new(),
            writings: Vec::new(),
            answers: Vec::new(),
            update: ContractUpdate {
                next_due,
                details: None,
            },
        };
        match self.store().commit(batch).await {
            Ok(_) => Ok(next_due.is_some_and(|next| next <= self.now())),
            // It has moved on meanwhile, and said itself when to look.
            Err(StoreError::Conflict) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}
