//! Holds what waits for the writer.
//!
//! Owns: how much may wait. Does not own: what becomes of it.
//! Invariant: what was taken in is worked on, also after the queue was closed.

use super::commit::Commit;
use super::fault::{Step, closed};
use super::shared::Shared;
use super::writer::Writer;
use crate::error::StoreError;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::time::Duration;

/// How many bytes of batches may wait, about.
const BYTES: usize = 64 << 20;

/// Something else to be done in a transaction than committing a batch.
pub(super) trait Work: Send {
    /// Does it. Whatever it finds wrong it finds before it changes anything. It may be called again, in another
    /// transaction, when this one fails.
    fn run(&mut self, writer: &mut Writer<'_>) -> Step<()>;

    /// Hears how it ended, after the transaction did.
    fn done(self: Box<Self>, ended: Result<(), StoreError>, shared: &Shared);
}

/// What the writer does.
pub(super) enum Job {
    /// Commits a batch.
    Commit(Box<Commit>),
    /// Does something else.
    Work(Box<dyn Work>),
    /// Ends a checkpoint, between transactions.
    Checkpoint,
}

impl Job {
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Commit(commit) => commit.batch.bytes,
            Self::Work(_) | Self::Checkpoint => 0,
        }
    }
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    bytes: usize,
    /// How many jobs the writer waits for, so that it is not woken for fewer.
    wanted: usize,
    /// Whether nothing from outside is taken in.
    refuses: bool,
    /// Whether nothing at all is taken in.
    closed: bool,
}

/// What waits for the writer.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
    most: usize,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            more: Condvar::new(),
            most,
        }
    }

    /// Takes a job in that somebody outside wants.
    pub(super) fn push(&self, job: Job) -> Result<(), StoreError> {
        let waiting = self.waiting.lock();
        if waiting.refuses {
            return Err(closed());
        }
        if waiting.jobs.len() >= self.most || waiting.bytes >= BYTES {
            let text = format!("{} batches are waiting already", waiting.jobs.len());
            return Err(StoreError::Unavailable(text));
        }
        self.add(waiting, job)
    }

    /// Takes a job in that the store itself wants, however many are waiting.
    pub(super) fn push_own(&self, job: Job) -> Result<(), StoreError> {
        self.add(self.waiting.lock(), job)
    }

    fn add(&self, mut waiting: MutexGuard<'_, Waiting>, job: Job) -> Result<(), StoreError> {
        if waiting.closed {
            return Err(closed());
        }
        waiting.bytes += job.bytes();
        waiting.jobs.push_back(job);
        let enough = waiting.jobs.len() >= waiting.wanted;
        drop(waiting);
        if enough {
            self.more.notify_one();
        }
        Ok(())
    }

    /// Takes nothing in from outside any more, and returns whether it did until now.
    pub(super) fn refuse(&self) -> bool {
        !std::mem::replace(&mut self.waiting.lock().refuses, true)
    }

    /// Returns whether nothing from outside is taken in.
    pub(super) fn refuses(&self) -> bool {
        self.waiting.lock().refuses
    }

    /// Takes nothing in any more.
    pub(super) fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.refuses = true;
        waiting.closed = true;
        drop(waiting);
        self.more.notify_all();
    }

    /// Waits for jobs and returns those that are to be done at once: at most so many, and no more after so many
    /// bytes. Returns nothing when the queue is closed and empty.
    pub(super) fn take(&self, most: usize, bytes_most: usize) -> Option<Vec<Job>> {
        let mut waiting = self.waiting.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            waiting.wanted = 1;
            self.more.wait(&mut waiting);
        }
        let mut taken = Vec::with_capacity(waiting.jobs.len().min(most));
        let mut bytes = 0;
        while taken.len() < most && bytes < bytes_most {
            let Some(job) = waiting.jobs.pop_front() else {
                break;
            };
            bytes += job.bytes();
            taken.push(job);
        }
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        Some(taken)
    }

    /// Waits until so many jobs are waiting, but not longer than so.
    pub(super) fn linger(&self, jobs: usize, longest: Duration) {
        let mut waiting = self.waiting.lock();
        waiting.wanted = jobs;
        while waiting.jobs.len() < jobs && !waiting.closed {
            if self.more.wait_for(&mut waiting, longest).timed_out() {
                return;
            }
        }
    }
}
