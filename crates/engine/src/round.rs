//! Does one round of a contract's work: brings it up to date, decides the orders that wait, commits all of it
//! at once, and only then answers.
//!
//! Owns: loading, retrying, and what happens when a commit's outcome is unknown. Does not own: what an order
//! becomes ([`crate::decide`]), nor the queue. Invariants: nothing is answered before it is committed, refusals
//! included; orders decided on a state that did not last are decided again on the one that did.

use crate::begin;
use crate::decide::{Deciding, Taken};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::known::look_up;
use crate::load;
use crate::metrics::Metrics;
use crate::past::{self, Mark};
use crate::record::Done;
use crate::slot::{Job, Slot};
use earnest_core::event::Event;
use earnest_core::units::Timestamp;
use earnest_store::{Batch, StoreError, Token};
use std::collections::VecDeque;
use std::time::Duration;

/// How often orders are decided anew before they are given up.
const TRIES_MOST: u32 = 12;
/// How often a commit of unknown outcome is looked for.
const LOOKS_MOST: u32 = 10;

/// Works on jobs until all of them are answered.
pub(crate) async fn work(
    engine: &Engine,
    slot: &Slot,
    hot: &mut Option<Hot>,
    mut jobs: VecDeque<Job>,
) {
    let mut tries = 0;
    while !jobs.is_empty() {
        match step(engine, slot, hot, &mut jobs).await {
            Ok(()) => tries = 0,
            Err(error) => {
                // What is in memory may never have been kept.
                *hot = None;
                Metrics::add(&engine.metrics().conflicts, 1);
                if !matches!(error, StoreError::Conflict) || tries >= TRIES_MOST {
                    fail_all(&mut jobs, &error.into());
                    return;
                }
                tries += 1;
                pause(tries).await;
                answer_again(engine, &mut jobs).await;
            }
        }
    }
}

/// Answers the orders that another process has carried out under the same keys meanwhile.
async fn answer_again(engine: &Engine, jobs: &mut VecDeque<Job>) {
    let mut left = VecDeque::with_capacity(jobs.len());
    for job in jobs.drain(..) {
        let key = match &job {
            Job::Order(job) => job.order.key.clone(),
            Job::Read(_) => None,
        };
        let known = match key {
            Some(key) => engine.replay(&key).await,
            None => Ok(None),
        };
        match (job, known) {
            (Job::Order(job), Ok(Some(done))) => job.answer(Ok(done)),
            (Job::Order(job), Err(Failure::KeyReused)) => job.answer(Err(Failure::KeyReused)),
            (job, _) => left.push_back(job),
        }
    }
    *jobs = left;
}

/// Waits a little before deciding anew, longer each time: others are at work on the contract.
async fn pause(tries: u32) {
    if tries > 1 {
        tokio::time::sleep(Duration::from_millis(1 << tries.min(7))).await;
    }
}

fn fail_all(jobs: &mut VecDeque<Job>, failure: &Failure) {
    for job in jobs.drain(..) {
        job.fail(failure.clone());
    }
}

/// Does one round: answers some of the jobs, from the front, or at least commits what fell due before them.
async fn step(
    engine: &Engine,
    slot: &Slot,
    hot: &mut Option<Hot>,
    jobs: &mut VecDeque<Job>,
) -> Result<(), StoreError> {
    match hot {
        Some(contract) if contract.seq >= slot.known() => {}
        Some(contract) if contract.ahead.is_empty() => load::follow(engine, contract).await?,
        _ => *hot = load::load(engine, &slot.id).await?,
    }
    let Some(contract) = hot else {
        *hot = begin::begin(engine, &slot.id, jobs).await?;
        return Ok(());
    };
    let known = look_up(engine, contract, jobs).await?;
    let now = engine.now();
    let mut deciding = Deciding::new(engine, contract, known, now);
    let (results, reload) = take_all(&mut deciding, jobs);
    let batch = deciding.into_batch();
    commit(engine, contract, batch).await?;
    for (job, result) in jobs.drain(..results.len()).zip(results) {
        answer(engine, contract, job, result, now);
    }
    load::snapshot_if_due(engine, contract);
    if reload {
        *hot = None;
    }
    Ok(())
}

/// Takes jobs from the front as long as they can be decided in this round. Returns their results (nothing for
/// a question) and whether the contract has to be loaded again before the next.
fn take_all(
    deciding: &mut Deciding<'_>,
    jobs: &VecDeque<Job>,
) -> (Vec<Option<Result<Done, Failure>>>, bool) {
    let mut results = Vec::with_capacity(jobs.len());
    for job in jobs {
        let taken = match job {
            Job::Order(job) => deciding.take(job),
            Job::Read(_) => deciding.take_question(),
        };
        match taken {
            Taken::Order(result) => results.push(Some(*result)),
            Taken::Question => results.push(None),
            Taken::Later => return (results, false),
            Taken::Reload => return (results, true),
        }
    }
    (results, false)
}

/// Answers a job. A question is answered as of `now`, the instant up to which the round recorded what fell due.
fn answer(
    engine: &Engine,
    hot: &mut Hot,
    job: Job,
    result: Option<Result<Done, Failure>>,
    now: Timestamp,
) {
    if let Some(Err(failure)) = &result {
        engine.metrics().count_failure(failure);
    }
    match (job, result) {
        (Job::Order(job), Some(result)) => job.answer(result),
        (Job::Read(job), _) => {
            let at = hot.seen_at(now);
            (job.run)(Ok((hot, at)));
        }
        (job, None) => job.fail(crate::slot::gave_up()),
    }
}

/// Commits a batch and moves the contract on.
async fn commit(
    engine: &Engine,
    hot: &mut Hot,
    batch: Option<(Batch, Vec<Mark>)>,
) -> Result<(), StoreError> {
    let Some((batch, marks)) = batch else {
        return Ok(());
    };
    let last = batch.expected + u64::try_from(batch.events.len()).unwrap_or(u64::MAX);
    let recorded_at = batch.events.last().map(|event| event.at);
    commit_surely(engine, batch).await?;
    hot.seq = last;
    hot.recorded_at = recorded_at.unwrap_or(hot.recorded_at);
    engine.say_moved();
    past::keep(engine, hot.contract.state().id(), marks);
    Ok(())
}

/// Commits a batch; where the outcome is unknown, looks until it is known.
///
/// # Errors
/// As the store's, but never that the outcome is unknown when it can be found.
pub(crate) async fn commit_surely(engine: &Engine, batch: Batch) -> Result<(), StoreError> {
    let traces = Traces::of(&batch);
    match engine.store().commit(batch).await {
        Ok(_) => Ok(()),
        Err(StoreError::Unknown(why)) => traces.look(engine, why).await,
        Err(error) => Err(error),
    }
}

/// By what a batch is found again.
struct Traces {
    contract: earnest_core::units::ContractId,
    expected: u64,
    token: Token,
    /// The first and the last event, each with its number.
    ends: Vec<(u64, Event)>,
}

impl Traces {
    fn of(batch: &Batch) -> Self {
        let numbered = |offset: usize, event: &Event| {
            let offset = u64::try_from(offset).unwrap_or(u64::MAX);
            (batch.expected + 1 + offset, event.clone())
        };
        let last = batch.events.len().saturating_sub(1);
        let first = batch.events.first().map(|event| numbered(0, event));
        let last = batch.events.get(last).map(|event| numbered(last, event));
        Self {
            contract: batch.contract.clone(),
            expected: batch.expected,
            token: batch.token,
            ends: first.into_iter().chain(last).collect(),
        }
    }

    /// Finds out whether the batch was committed. It was not: [`StoreError::Conflict`], so that it is decided
    /// anew.
    async fn look(&self, engine: &Engine, why: String) -> Result<(), StoreError> {
        for look in 1..=LOOKS_MOST {
            match self.is_there(engine).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(StoreError::Conflict),
                Err(StoreError::Corrupt(why)) => return Err(StoreError::Corrupt(why)),
                Err(_) => pause(look + 1).await,
            }
        }
        Err(StoreError::Unknown(why))
    }

    async fn is_there(&self, engine: &Engine) -> Result<bool, StoreError> {
        let store = engine.store();
        let Some(row) = store.contract(&self.contract).await? else {
            return Ok(false);
        };
        if row.token == self.token {
            return Ok(true);
        }
        if row.seq <= self.expected || self.ends.is_empty() {
            return Ok(false);
        }
        // Others have gone on since: after this batch, or in its place.
        for (seq, event) in &self.ends {
            let query = earnest_store::EventQuery {
                contract: self.contract.clone(),
                from: *seq,
                to: *seq,
                newest_first: false,
                limit: 1,
            };
            let found = store.events(query).await?;
            if found.first().is_none_or(|found| found.event != *event) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
