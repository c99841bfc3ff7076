//! Holds the data that all processes share, and notes what really lands on it.
//!
//! Owns: the data, the count of moments, and the order in which wishes landed. Does not own: faults.
//! Invariant: a moment is given once, so that of any two things it is known which came first.

use crate::mutant::{Mutant, Mutation};
use earnest_core::units::MemberId;
use earnest_engine::{Key, Wishes};
use earnest_store::memory::MemoryStore;
use earnest_store::{Batch, Position, Put, Reading, Store, StoreError};
use futures_util::FutureExt;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// When something was, between what was before and what came after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment {
    /// The count of moments.
    pub tick: u64,
    /// Where the log ended.
    pub head: Position,
}

/// A member's wishes that landed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    /// When.
    pub tick: u64,
    /// What was wished from then on.
    pub wishes: Wishes,
}

/// An answer that is kept under an idempotency key.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// When its batch landed.
    pub tick: u64,
    /// How many events the contract had before the batch.
    pub after: u64,
}

/// The data that all processes share.
pub struct Disk {
    data: MemoryStore,
    ticks: AtomicU64,
    wishes: Mutex<BTreeMap<MemberId, Vec<Landed>>>,
    /// By space and key.
    kept: Mutex<BTreeMap<(String, String), Kept>>,
    mutation: Mutation,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

/// Returns what a call on the data itself answers: it never waits.
///
/// # Errors
/// As the call.
pub fn at_once<T>(reading: Reading<'_, T>) -> Result<T, StoreError> {
    let waits = || StoreError::Corrupt("a store in memory waits for nothing".to_owned());
    reading.now_or_never().unwrap_or_else(|| Err(waits()))
}

impl Disk {
    /// Makes an empty one.
    #[must_use]
    pub fn new(mutant: Option<Mutant>) -> Self {
        Self {
            data: MemoryStore::new(),
            ticks: AtomicU64::new(0),
            wishes: Mutex::default(),
            kept: Mutex::default(),
            mutation: Mutation::new(mutant),
        }
    }

    /// Returns the data itself, as it is now.
    #[must_use]
    pub const fn data(&self) -> &MemoryStore {
        &self.data
    }

    /// Returns a handle as a process has it.
    #[must_use]
    pub fn handle(&self) -> MemoryStore {
        self.data.another()
    }

    pub(crate) const fn mutation(&self) -> &Mutation {
        &self.mutation
    }

    /// Returns a moment that nothing else has.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment {
            tick: self.ticks.fetch_add(1, SeqCst),
            head: at_once(self.data.head()).unwrap_or_default(),
        }
    }

    /// Lets a batch land through a handle.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn land(&self, handle: &MemoryStore, batch: Batch) -> Result<Position, StoreError> {
        let after = batch.expected;
        let answers = batch.answers.iter();
        let keys: Vec<_> = answers
            .map(|answer| (answer.space.clone(), answer.key.clone()))
            .collect();
        let position = self.mutation.land(handle, batch)?;
        let tick = self.moment().tick;
        let kept = keys.into_iter().map(|key| (key, Kept { tick, after }));
        self.kept.lock().extend(kept);
        Ok(position)
    }

    /// Returns when an answer under a key landed, if one has.
    #[must_use]
    pub fn kept(&self, key: &Key) -> Option<Kept> {
        let key = (key.space.clone(), key.key.clone());
        self.kept.lock().get(&key).copied()
    }

    /// Lets documents land through a handle.
    ///
    /// # Errors
    /// As [`Store::put`].
    pub fn land_documents(&self, handle: &MemoryStore, puts: Vec<Put>) -> Result<(), StoreError> {
        let wished = puts.iter().filter_map(wished).collect::<Vec<_>>();
        at_once(handle.put(puts))?;
        for (member, wishes) in wished {
            let tick = self.moment().tick;
            let mut all = self.wishes.lock();
            all.entry(member).or_default().push(Landed { tick, wishes });
        }
        Ok(())
    }

    /// Returns a member's wishes, in the order in which they landed.
    #[must_use]
    pub fn wishes(&self, member: &MemberId) -> Vec<Landed> {
        self.wishes.lock().get(member).cloned().unwrap_or_default()
    }
}

fn wished(put: &Put) -> Option<(MemberId, Wishes)> {
    if put.kind != "member" {
        return None;
    }
    let member = MemberId::new(&put.id).ok()?;
    let wishes = serde_json::from_slice(put.body.as_deref()?).ok()?;
    Some((member, wishes))
}
