//! Finds out what became of commits whose outcome is unknown.
//!
//! A store that breaks off while it commits may have committed, may not have, or may still do so: the database has
//! the order, and only the answer was lost. So an attempt that is not found is remembered for as long as it could
//! land, and looked for again whenever the contract has moved on.
//!
//! Owns: by what an attempt is found again, and what its orders are answered then. Does not own: deciding anew
//! ([`crate::round`]). Invariant: an order that an attempt carried out is answered as that attempt decided it, and
//! not carried out again.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::record::Done;
use crate::round::pause;
use crate::slot::Job;
use earnest_core::event::Event;
use earnest_core::units::ContractId;
use earnest_store::{Answer, Batch, EventQuery, StoreError, Token};
use std::collections::VecDeque;

/// How often a commit of unknown outcome is looked for.
const LOOKS_MOST: u32 = 10;

/// How sure it is that a batch was committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Landed {
    /// It was.
    Surely,
    /// It was, or another process has done the very same at the same instant: which of them cannot be told, nor does it
    /// make a difference to anybody but those who ask whether they were first.
    OrAnother,
}

impl Landed {
    /// Returns the results that a batch stands for.
    fn results(self, jobs: &VecDeque<Job>, results: Results) -> Results {
        if self == Self::Surely {
            return results;
        }
        let mut results = results;
        for (job, result) in jobs.iter().zip(&mut results) {
            if let (Job::Order(job), Some(Ok(done))) = (job, result) {
                done.replayed |= job.order.key.is_some();
            }
        }
        results
    }
}

/// What was decided for jobs, in their order; nothing for a question.
pub(crate) type Results = Vec<Option<Result<Done, Failure>>>;

/// Why a batch is not known to be committed.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It was not committed, or nobody can tell.
    Failed(StoreError),
    /// It is not there, and may land yet.
    NotFound(Box<Traces>),
}

impl From<Ended> for StoreError {
    /// Not found is a conflict: the orders are decided anew.
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Failed(error) => error,
            Ended::NotFound(_) => Self::Conflict,
        }
    }
}

/// Commits a batch; where the outcome is unknown, looks until it is known.
///
/// # Errors
/// As the store's, but never that the outcome is unknown when it can be found.
pub(crate) fn commit_surely(
    engine: &Engine,
    batch: Batch,
) -> impl Future<Output = Result<Landed, Ended>> {
    let traces = Traces::of(&batch);
    let commit = engine.store().commit(batch);
    async move {
        let why = match commit.await {
            Ok(_) => return Ok(Landed::Surely),
            Err(StoreError::Unknown(why)) => why,
            Err(error) => return Err(Ended::Failed(error)),
        };
        Box::pin(traces.look_for(engine, why)).await
    }
}

/// By what a batch is found again.
#[derive(Debug)]
pub(crate) struct Traces {
    contract: ContractId,
    expected: u64,
    token: Token,
    /// The first and, where there are more, the last event, each with its number.
    ends: Vec<(u64, Event)>,
    /// An answer that it keeps.
    answer: Option<Answer>,
}

impl Traces {
    fn of(batch: &Batch) -> Self {
        let numbered = |offset: usize, event: &Event| {
            let offset = u64::try_from(offset).unwrap_or(u64::MAX);
            (batch.expected + 1 + offset, event.clone())
        };
        let first = batch.events.first().map(|event| numbered(0, event));
        let last = match batch.events.len() {
            0 | 1 => None,
            many => batch.events.last().map(|event| numbered(many - 1, event)),
        };
        Self {
            contract: batch.contract.clone(),
            expected: batch.expected,
            token: batch.token,
            ends: first.into_iter().chain(last).collect(),
            answer: batch.answers.first().cloned(),
        }
    }

    /// Looks until it is known what became of the batch, which broke off for the reason given.
    async fn look_for(self, engine: &Engine, why: String) -> Result<Landed, Ended> {
        for look in 1..=LOOKS_MOST {
            match self.is_there(engine).await {
                Ok(Some(landed)) => return Ok(landed),
                Ok(None) => return Err(Ended::NotFound(Box::new(self))),
                Err(StoreError::Corrupt(why)) => {
                    return Err(Ended::Failed(StoreError::Corrupt(why)));
                }
                Err(_) => pause(look + 1).await,
            }
        }
        Err(Ended::Failed(StoreError::Unknown(why)))
    }

    async fn is_there(&self, engine: &Engine) -> Result<Option<Landed>, StoreError> {
        let store = engine.store();
        let Some(row) = store.contract(&self.contract).await? else {
            return Ok(None);
        };
        if row.token == self.token {
            return Ok(Some(Landed::Surely));
        }
        let is_bare = self.ends.is_empty() && self.answer.is_none();
        if row.seq <= self.expected && !self.ends.is_empty() || is_bare {
            return Ok(None);
        }
        // Others have gone on since: after this batch, or in its place.
        if let Some(own) = &self.answer
            && store.answer(&own.space, &own.key).await?.as_ref() != Some(own)
        {
            return Ok(None);
        }
        for (seq, event) in &self.ends {
            let query = EventQuery {
                contract: self.contract.clone(),
                from: *seq,
                to: *seq,
                newest_first: false,
                limit: 1,
            };
            let found = store.events(query).await?;
            if found.first().is_none_or(|found| found.event != *event) {
                return Ok(None);
            }
        }
        Ok(Some(Landed::OrAnother))
    }
}

/// Attempts of one round that were not found.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    all: Vec<Attempt>,
    /// The number of the first event that one of them may bring yet, or one that nobody could look for.
    may_come: u64,
}

#[derive(Debug)]
struct Attempt {
    traces: Box<Traces>,
    /// What it decided for the jobs from the front on.
    results: Results,
}

impl Attempts {
    /// Commits a batch, and returns the results that it stands for. One that is not found is remembered with them, for
    /// it may land yet.
    ///
    /// # Errors
    /// As the store's; one that is not found is a conflict, so that its orders are decided anew.
    pub(crate) async fn commit(
        &mut self,
        engine: &Engine,
        batch: Batch,
        jobs: &VecDeque<Job>,
        results: Results,
    ) -> Result<Results, StoreError> {
        let (first, has_events) = (batch.expected + 1, !batch.events.is_empty());
        match commit_surely(engine, batch).await {
            Ok(landed) => {
                if has_events {
                    // It stands in the place of all that were tried before, so that none of them can land.
                    self.all.clear();
                }
                Ok(landed.results(jobs, results))
            }
            Err(Ended::NotFound(traces)) => {
                self.may_come = first;
                self.all.push(Attempt { traces, results });
                Err(StoreError::Conflict)
            }
            Err(Ended::Failed(error)) => {
                if matches!(error, StoreError::Unknown(_)) {
                    self.may_come = first;
                }
                Err(error)
            }
        }
    }

    /// Returns whether there are none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the number of an event that may come yet without anybody hearing of it.
    pub(crate) const fn may_come(&self) -> u64 {
        self.may_come
    }

    /// Leaves it open what becomes of an order that is turned away now, and that one of them may carry out yet.
    pub(crate) fn leave_open(&self, results: &mut Results) {
        for (place, result) in results.iter_mut().enumerate() {
            let is_carried_out = |it: &Attempt| matches!(it.results.get(place), Some(Some(Ok(_))));
            if let Some(Err(failure)) = result
                && failure.turns_away()
                && self.all.iter().any(is_carried_out)
            {
                *failure = StoreError::Unknown("the store broke off".to_owned()).into();
            }
        }
    }

    /// Hears that so many jobs from the front are answered and gone.
    pub(crate) fn were_answered(&mut self, count: usize) {
        for attempt in &mut self.all {
            attempt.results.drain(..count.min(attempt.results.len()));
        }
        self.all.retain(|attempt| !attempt.results.is_empty());
    }

    /// Hears that the job at a place is answered and gone.
    pub(crate) fn leave_out(&mut self, place: usize) {
        for attempt in &mut self.all {
            if place < attempt.results.len() {
                attempt.results.remove(place);
            }
        }
    }

    /// Looks whether one of them has landed by the event `seq`, and answers its orders then. Returns whether one had.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn settle(
        &mut self,
        engine: &Engine,
        seq: u64,
        jobs: &mut VecDeque<Job>,
    ) -> Result<bool, StoreError> {
        let mut landed = None;
        for (place, attempt) in self.all.iter().enumerate() {
            // One without events leaves the number as it is.
            let may_be = seq > attempt.traces.expected || attempt.traces.ends.is_empty();
            if may_be && let Some(how) = attempt.traces.is_there(engine).await? {
                landed = Some((place, how));
                break;
            }
        }
        let Some((place, how)) = landed else {
            return Ok(false);
        };
        let attempt = self.all.swap_remove(place);
        let results = how.results(jobs, attempt.results);
        // As when a batch is committed: the others cannot land any more.
        self.all.clear();
        engine.say_moved();
        let taken = results.len().min(jobs.len());
        let mut questions = Vec::new();
        for (job, result) in jobs.drain(..taken).zip(results) {
            match (job, result) {
                (Job::Order(job), Some(result)) => job.answer(result),
                (job, _) => questions.push(job),
            }
        }
        questions
            .into_iter()
            .rev()
            .for_each(|job| jobs.push_front(job));
        Ok(true)
    }
}
