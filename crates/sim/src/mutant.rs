//! Breaks the store on purpose, one promise at a time, to prove that the auditor finds it.

use crate::disk::at_once;
use earnest_store::memory::MemoryStore;
use earnest_store::{Batch, Position, Store, StoreError};
use parking_lot::Mutex;

/// A promise that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A commit of unknown outcome happens twice.
    CommitsTwice,
    /// A commit that was answered is not there now and then.
    LosesAnswered,
    /// A commit that was answered lands after the contract's next one.
    HoldsBack,
    /// A batch that was decided on an older state lands all the same.
    IgnoresExpected,
    /// Of a batch only a part lands now and then.
    KeepsHalf,
    /// A batch's events land in another order.
    SwapsEvents,
    /// The answers to idempotency keys are not kept now and then.
    ForgetsAnswers,
    /// What became of messages is not kept now and then.
    ForgetsOutcomes,
    /// A process is not told what others have done.
    HidesChanges,
    /// When a contract is to be looked at is not kept.
    ForgetsDue,
}

impl Mutant {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::CommitsTwice,
        Self::LosesAnswered,
        Self::HoldsBack,
        Self::IgnoresExpected,
        Self::KeepsHalf,
        Self::SwapsEvents,
        Self::ForgetsAnswers,
        Self::ForgetsOutcomes,
        Self::HidesChanges,
        Self::ForgetsDue,
    ];
}

/// A mutant at work.
#[derive(Debug)]
pub(crate) struct Mutation {
    mutant: Option<Mutant>,
    /// How many batches have come.
    count: Mutex<u64>,
    held: Mutex<Option<Batch>>,
}

impl Mutation {
    pub(crate) fn new(mutant: Option<Mutant>) -> Self {
        Self {
            mutant,
            count: Mutex::new(0),
            held: Mutex::new(None),
        }
    }

    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Returns true for every so-and-so-manieth batch.
    fn now_and_then(&self) -> bool {
        const EVERY: u64 = 11;
        let mut count = self.count.lock();
        *count += 1;
        count.is_multiple_of(EVERY)
    }

    /// Lets a batch land, as the mutant has it.
    pub(crate) fn land(
        &self,
        handle: &MemoryStore,
        mut batch: Batch,
    ) -> Result<Position, StoreError> {
        match self.mutant {
            Some(Mutant::LosesAnswered) if batch.expected > 0 && self.now_and_then() => {
                return at_once(handle.head());
            }
            Some(Mutant::HoldsBack) => return self.hold_back(handle, batch),
            Some(Mutant::IgnoresExpected) if batch.expected > 0 => on_top(handle, &mut batch)?,
            Some(Mutant::KeepsHalf) if batch.events.len() > 1 && self.now_and_then() => {
                batch.events.truncate(batch.events.len() / 2);
            }
            Some(Mutant::SwapsEvents) if batch.expected > 0 => batch.events.reverse(),
            Some(Mutant::ForgetsAnswers) if self.now_and_then() => batch.answers.clear(),
            Some(Mutant::ForgetsOutcomes) if self.now_and_then() => batch.outcomes.clear(),
            Some(Mutant::ForgetsDue) => batch.update.next_due = None,
            _ => {}
        }
        at_once(handle.commit(batch))
    }

    fn hold_back(&self, handle: &MemoryStore, mut batch: Batch) -> Result<Position, StoreError> {
        let mut held = self.held.lock();
        let waits = held.take_if(|held| held.contract == batch.contract);
        if held.is_none() && waits.is_none() && batch.expected > 0 && self.now_and_then() {
            *held = Some(batch);
            return at_once(handle.head());
        }
        let Some(mut waits) = waits else {
            return at_once(handle.commit(batch));
        };
        on_top(handle, &mut batch)?;
        let position = at_once(handle.commit(batch))?;
        on_top(handle, &mut waits)?;
        at_once(handle.commit(waits)).or(Ok(position))
    }

    /// Lets a batch land once more, where the mutant has it.
    pub(crate) fn land_again(&self, handle: &MemoryStore, batch: &Batch) {
        if !self.is(Mutant::CommitsTwice) {
            return;
        }
        let mut again = batch.clone();
        again.messages.clear();
        again.answers.clear();
        if on_top(handle, &mut again).is_ok() {
            // It may not fit any more.
            drop(at_once(handle.commit(again)));
        }
    }
}

/// Pretends that a batch was decided on the newest state.
fn on_top(handle: &MemoryStore, batch: &mut Batch) -> Result<(), StoreError> {
    let row = at_once(handle.contract(&batch.contract))?;
    batch.expected = row.map_or(0, |row| row.seq);
    Ok(())
}
