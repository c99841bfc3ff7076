//! Does one round of a contract's work: brings it up to date, decides the orders that wait, commits all of it
//! at once, and only then answers.
//!
//! Owns: loading and retrying. Does not own: what an order becomes ([`crate::decide`]), what happens when a
//! commit's outcome is unknown ([`crate::attempt`]), nor the queue. Invariants: nothing is answered before it is committed, refusals
//! included; orders decided on a state that did not last are decided again on the one that did.

use crate::attempt::{Attempts, Results};
use crate::begin;
use crate::decide::{Deciding, Taken};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::known::look_up;
use crate::load;
use crate::metrics::Metrics;
use crate::past;
use crate::record::Done;
use crate::slot::{Job, Slot};
use earnest_core::units::Timestamp;
use earnest_store::StoreError;
use std::collections::VecDeque;
use std::time::Duration;

/// How often orders are decided anew before they are given up.
const TRIES_MOST: u32 = 12;

/// Works on jobs until all of them are answered.
pub(crate) async fn work(
    engine: &Engine,
    slot: &Slot,
    hot: &mut Option<Hot>,
    mut jobs: VecDeque<Job>,
) {
    let mut tries = 0;
    let mut attempts = Attempts::default();
    while !jobs.is_empty() {
        match step(engine, slot, hot, &mut jobs, &mut attempts).await {
            Ok(()) => tries = 0,
            Err(error) => {
                slot.may_come_to(attempts.may_come());
                // What is in memory may never have been recorded.
                let recorded = hot.take().and_then(|hot| hot.recorded);
                if matches!(error, StoreError::Conflict) {
                    *hot = recorded.map(|recorded| *recorded);
                    slot.was_overtaken();
                }
                Metrics::add(&engine.metrics().conflicts, 1);
                if !matches!(error, StoreError::Conflict) || tries >= TRIES_MOST {
                    fail_all(&mut jobs, &error.into());
                    return;
                }
                tries += 1;
                pause(tries).await;
                Box::pin(answer_again(engine, &mut jobs, &mut attempts)).await;
            }
        }
    }
}

/// Answers the orders that another process has carried out under the same keys meanwhile.
async fn answer_again(engine: &Engine, jobs: &mut VecDeque<Job>, attempts: &mut Attempts) {
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
            (Job::Order(job), Ok(Some(done))) => {
                attempts.leave_out(left.len());
                job.answer(Ok(done));
            }
            (Job::Order(job), Err(Failure::KeyReused)) => {
                attempts.leave_out(left.len());
                job.answer(Err(Failure::KeyReused));
            }
            (job, _) => left.push_back(job),
        }
    }
    *jobs = left;
}

/// Waits a little before deciding anew, longer each time: others are at work on the contract.
pub(crate) async fn pause(tries: u32) {
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
    attempts: &mut Attempts,
) -> Result<(), StoreError> {
    // What is seldom done is kept apart, so that what is done for each order is small enough to be moved about.
    match hot {
        Some(contract) if !slot.is_behind(contract.seq) => {}
        Some(contract) if contract.ahead.is_empty() => {
            Box::pin(load::follow(engine, contract)).await?;
        }
        _ => *hot = Box::pin(load::load(engine, &slot.id)).await?,
    }
    let Some(contract) = hot else {
        *hot = Box::pin(begin::begin(engine, &slot.id, jobs, attempts)).await?;
        return Ok(());
    };
    if !attempts.is_empty() && Box::pin(attempts.settle(engine, contract.seq, jobs)).await? {
        return Ok(());
    }
    // Days are counted as of the instant at which the orders are decided.
    let now = engine.now();
    let known = look_up(engine, contract, jobs, now).await?;
    let has_looked = !known.is_empty();
    contract.keep_recorded(slot.is_contended());
    let mut deciding = Deciding::new(engine, contract, known, now);
    let (results, reload) = take_all(&mut deciding, jobs);
    let batch = deciding.into_batch();
    let mut results = match batch {
        Some((batch, marks)) => {
            let last = batch.expected + u64::try_from(batch.events.len()).unwrap_or(u64::MAX);
            let news = contract.recorded.is_some().then(|| batch.events.clone());
            let results = attempts.commit(engine, batch, jobs, results).await?;
            contract.seq = last;
            contract.was_recorded(&news.unwrap_or_default());
            engine.say_moved();
            past::keep(engine, contract.contract.state().id(), marks);
            results
        }
        None => {
            if has_looked {
                Box::pin(load::is_still(engine, contract)).await?;
            }
            results
        }
    };
    attempts.leave_open(&mut results);
    attempts.were_answered(results.len());
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
fn take_all(deciding: &mut Deciding<'_>, jobs: &VecDeque<Job>) -> (Results, bool) {
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
