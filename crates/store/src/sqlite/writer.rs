//! Commits: one thread, one connection, as many batches in a transaction as are waiting.
//!
//! Owns: transactions, and what becomes of everybody in one when it fails. Does not own: what a batch writes
//! ([`write`](super::write)).
//! Invariants: who is answered `Ok` is answered after the commit; a batch that conflicts changes nothing and
//! does not hold up the others; what is committed was in the index before.

use super::commit::{Commit, Reply};
use super::fault::{Fault, Step, meaning};
use super::header::Marks;
use super::queue::Job;
use super::scan::{self, Sight};
use super::shared::Shared;
use super::write::{Head, Statements};
use crate::error::StoreError;
use crate::read::Position;
use earnest_core::units::ContractId;
use rusqlite::Connection;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// How many jobs, and about how many bytes, one transaction has at most.
const JOBS: usize = 512;
const BYTES: usize = 2 << 20;
/// How many contracts' heads are remembered.
const HEADS: usize = 100_000;
/// How long the writer waits for those who committed a moment ago to come again.
const LINGER: Duration = Duration::from_micros(150);
/// How long the end of a checkpoint waits for readers.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(10);

/// What came of a job within a transaction: where it stands, or why it was refused.
type Verdict = Result<Position, StoreError>;

/// Answers to those who wait in one runtime. They are given in a task there: waking so many from outside costs the
/// writer a call of the system each.
#[derive(Default)]
struct Replies {
    runtime: Option<Handle>,
    waiting: Vec<(oneshot::Sender<Reply>, Reply)>,
}

impl Replies {
    fn add(&mut self, commit: Commit, verdict: Verdict) {
        let is_here = match (&self.runtime, &commit.runtime) {
            (Some(here), Some(there)) => here.id() == there.id(),
            (None, None) => true,
            _ => false,
        };
        if !is_here {
            std::mem::take(self).give();
            self.runtime = commit.runtime;
        }
        self.waiting.push((commit.reply, (verdict, commit.batch)));
    }

    fn give(self) {
        let give = move || {
            for (reply, answer) in self.waiting {
                // Nobody may be waiting any more.
                drop(reply.send(answer));
            }
        };
        match self.runtime {
            // Where the runtime has ended, those who waited in it have, too.
            Some(runtime) => drop(runtime.spawn(async move { give() })),
            None => give(),
        }
    }
}

/// The thread's own things.
pub(super) struct Writer<'c> {
    pub(super) connection: &'c Connection,
    pub(super) shared: &'c Shared,
    pub(super) sql: Statements<'c>,
    /// What is known of contracts, as long as no other process writes.
    pub(super) heads: HashMap<ContractId, Head>,
    /// The newest row of the log, in this transaction.
    pub(super) newest: u64,
    /// What the transaction sees of the index.
    pub(super) sight: Sight,
    /// Tells messages of one instant apart whose ids are not of the made form.
    pub(super) low: u64,
    /// The header of the write-ahead log's index as it was when the transaction began.
    before: Option<Marks>,
    /// How many bytes were written since the last checkpoint was asked for, about.
    written: u64,
}

/// Works until the queue is closed and empty.
pub(super) fn run(connection: &Connection, shared: &Shared) -> Step<()> {
    let mut writer = Writer {
        connection,
        shared,
        sql: Statements::prepare(connection)?,
        heads: HashMap::new(),
        newest: 0,
        sight: Sight::default(),
        low: RandomState::new().build_hasher().finish(),
        before: None,
        written: 0,
    };
    let mut last = 0;
    loop {
        if last > 1 {
            shared.queue.linger(last, LINGER);
        }
        let Some(jobs) = shared.queue.take(JOBS, BYTES) else {
            return Ok(());
        };
        let (checkpoints, jobs): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .partition(|job| matches!(job, Job::Checkpoint));
        last = jobs.len();
        if !jobs.is_empty() {
            writer.transaction(jobs);
        }
        if !checkpoints.is_empty() {
            writer.end_checkpoint();
        }
    }
}

impl Writer<'_> {
    /// Does jobs in one transaction, and answers them.
    fn transaction(&mut self, mut jobs: Vec<Job>) {
        let started = Instant::now();
        if let Err(fault) = self.begin() {
            return self.fail(jobs, &fault.into());
        }
        let verdicts = jobs.iter_mut().map(|job| self.perform(job)).collect();
        match self.or_roll_back(verdicts) {
            Ok(verdicts) => match self.commit() {
                Ok(()) => {
                    self.count(&jobs, started);
                    self.answer(jobs, verdicts);
                }
                Err(error) => self.fail(jobs, &error),
            },
            Err(fault) => {
                let error = StoreError::from(fault);
                if jobs.len() == 1 || matches!(error, StoreError::Full(_)) {
                    return self.fail(jobs, &error);
                }
                // One of them spoils it for the others: each by itself.
                jobs.into_iter().for_each(|job| self.transaction(vec![job]));
            }
        }
    }

    fn fail(&self, jobs: Vec<Job>, error: &StoreError) {
        tracing::warn!("a transaction failed: {error}");
        let verdicts = jobs.iter().map(|_| Err(error.clone())).collect();
        self.answer(jobs, verdicts);
    }

    fn answer(&self, jobs: Vec<Job>, verdicts: Vec<Verdict>) {
        let mut apart = Replies::default();
        for (job, verdict) in jobs.into_iter().zip(verdicts) {
            match job {
                Job::Commit(commit) => apart.add(*commit, verdict),
                Job::Work(work) => work.done(verdict.map(|_| ()), self.shared),
                Job::Checkpoint => {}
            }
        }
        apart.give();
    }

    fn begin(&mut self) -> Step<()> {
        self.sql.begin.execute([])?;
        let seen = scan::settle(self.connection, &self.shared.index);
        let sight = self.or_roll_back(seen)?;
        if sight.newest != self.newest {
            self.heads.clear();
            self.newest = sight.newest;
        }
        self.sight = sight;
        // From here on nobody else commits, and this process knows everything.
        self.before = self.shared.seen.marks();
        Ok(())
    }

    /// Does a job. An outer error spoils the transaction, an inner one is the job's alone.
    fn perform(&mut self, job: &mut Job) -> Step<Verdict> {
        let done = match job {
            Job::Commit(commit) => self.write(&commit.batch),
            Job::Work(work) => work.run(self).map(|()| Position(self.newest)),
            Job::Checkpoint => Ok(Position(self.newest)),
        };
        match done {
            Err(Fault::Store(refused)) => Ok(Err(refused)),
            done => done.map(Ok),
        }
    }

    fn or_roll_back<T>(&mut self, step: Step<T>) -> Step<T> {
        if step.is_err() {
            self.roll_back();
        }
        step
    }

    /// Takes back everything since the transaction began.
    fn roll_back(&mut self) {
        // First the index: otherwise another process could write what this one believes to know.
        self.shared.index.write().forget_newest(self.sight.newest);
        self.heads.clear();
        self.newest = 0;
        if !self.connection.is_autocommit()
            && let Err(error) = self.sql.roll_back.execute([])
        {
            tracing::error!("a transaction cannot be rolled back: {error}");
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.sql.commit.execute([]) {
            self.roll_back();
            return Err(match meaning(&error) {
                StoreError::Unavailable(text) => StoreError::Unknown(text),
                error => error,
            });
        }
        if self.heads.len() > HEADS {
            self.heads.clear();
        }
        let mut index = self.shared.index.write();
        index.commit();
        if index.newest_weight() >= self.shared.options.tuning.run {
            index.roll();
            drop(index);
            self.shared.keeper.raise();
        }
        self.shared.seen.note_commit(self.before.take());
        Ok(())
    }

    fn count(&mut self, jobs: &[Job], started: Instant) {
        let batches = jobs
            .iter()
            .filter(|job| matches!(job, Job::Commit(_)))
            .count();
        let figures = &self.shared.figures;
        figures.commits.fetch_add(1, Ordering::Relaxed);
        figures.batches.fetch_add(batches as u64, Ordering::Relaxed);
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        figures.micros.fetch_add(micros, Ordering::Relaxed);
        self.wrote(jobs.iter().map(Job::bytes).sum());
    }

    /// Counts bytes that go into the write-ahead log, and asks for a checkpoint after enough of them.
    pub(super) fn wrote(&mut self, bytes: usize) {
        // Pages are written whole, and those on the way to them too.
        self.written += bytes as u64 + (16 << 10);
        if self.written >= self.shared.options.tuning.pass {
            self.written = 0;
            self.shared.checkpointer.raise();
        }
    }

    /// Copies what a checkpoint has left over, so that the write-ahead log begins anew with the next commit.
    fn end_checkpoint(&mut self) {
        let patience = Duration::from_millis(self.shared.options.tuning.patience.into());
        let end = || -> rusqlite::Result<()> {
            self.connection.busy_timeout(CHECKPOINT_PATIENCE)?;
            let done = self
                .connection
                .query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| {
                    row.get::<_, i64>(0)
                });
            self.connection.busy_timeout(patience)?;
            done.map(|_| ())
        };
        if let Err(error) = end() {
            tracing::warn!("a checkpoint could not be ended: {error}");
        }
        self.shared.checkpoint_ended();
    }
}
