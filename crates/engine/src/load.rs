//! Rebuilds contracts from the store, and keeps snapshots so that it is quick.
//!
//! Owns: what a snapshot holds and when one is taken. Does not own: the state's own layout. Invariants: a
//! contract that was rebuilt equals the one that lived; a snapshot that cannot be read costs time, never truth.

use crate::details::Details;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::hot::Hot;
use crate::metrics::Metrics;
use crate::responses::Responses;
use earnest_core::event::Fact;
use earnest_core::policy::Policy;
use earnest_core::units::ContractId;
use earnest_core::{Contract, Policies, State};
use earnest_store::{ContractRow, EventQuery, News, Snapshot, StoreError, StoredEvent};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many events are read at once.
const PAGE: usize = 8_192;
/// From this size on a snapshot is written and read off the task that serves requests.
const LARGE: usize = 1 << 18;

/// What a snapshot holds.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    state: Cow<'a, State>,
    responses: Cow<'a, Responses>,
}

/// Returns the contract as it is in the store; nothing where there is none.
pub(crate) async fn load(engine: &Engine, id: &ContractId) -> Result<Option<Hot>, StoreError> {
    let store = engine.store();
    let Some(row) = store.contract(id).await? else {
        return Ok(None);
    };
    Metrics::add(&engine.metrics().loads, 1);
    let details = details(&row)?;
    let policies = policies(engine, &details).await?;
    let kept = match store.snapshot(id).await? {
        Some(snapshot) if snapshot.seq <= row.seq => read(id, snapshot).await,
        _ => None,
    };
    let (snapshot_seq, start) = match kept {
        Some((seq, state, responses)) => (seq, Some((state, responses))),
        None => (0, None),
    };
    let (state, responses) = replay(engine, &row, snapshot_seq, start).await?;
    let ledger = state.balance();
    Ok(Some(Hot {
        contract: Contract::resume(policies, state),
        responses,
        details,
        seq: row.seq,
        ledger,
        ahead: Vec::new(),
        snapshot_seq,
        snapshotting: Arc::default(),
        recorded: None,
    }))
}

/// Brings a contract in memory, to which nothing was done that is not recorded, to what is in the store. Where
/// that fails it is of no more use.
pub(crate) async fn follow(engine: &Engine, hot: &mut Hot) -> Result<(), StoreError> {
    let id = hot.contract.state().id().clone();
    let news = engine.store().news(&id, hot.seq).await?;
    let News { row, mut events } =
        news.ok_or_else(|| StoreError::Corrupt(format!("contract `{id}` is gone")))?;
    // A policy that was added is found by the new notes.
    hot.details = details(&row)?;
    if hot.seq < row.seq {
        without_gap(&row, hot.seq, &events)?;
    }
    while hot.seq < row.seq {
        for StoredEvent { event, .. } in std::mem::take(&mut events) {
            let policy = match &event.fact {
                Fact::PolicyAdded { version, .. } => Some(version_of(engine, hot, *version).await?),
                _ => None,
            };
            hot.follow(&event, policy.as_ref());
        }
        if hot.seq < row.seq {
            events = page(engine, &row, hot.seq).await?;
        }
    }
    let details = hot.details.clone();
    hot.sum_up(&details);
    Ok(())
}

/// Makes sure that the contract is in the store as it is in memory. What was looked up beside it may be newer, and nobody
/// is answered by two states at once; a commit makes sure by itself.
///
/// # Errors
/// A conflict where it has moved on.
pub(crate) async fn is_still(engine: &Engine, hot: &Hot) -> Result<(), StoreError> {
    let row = engine.store().contract(hot.contract.state().id()).await?;
    match row.is_some_and(|row| row.seq == hot.seq) {
        true => Ok(()),
        false => Err(StoreError::Conflict),
    }
}

async fn version_of(engine: &Engine, hot: &Hot, version: u32) -> Result<Arc<Policy>, StoreError> {
    let text = usize::try_from(version)
        .ok()
        .and_then(|at| hot.details.texts.get(at));
    let text =
        text.ok_or_else(|| StoreError::Corrupt(format!("policy version {version} is not kept")))?;
    let policy = engine.policy_of(text).await;
    policy.map_err(as_store)
}

/// Returns what kept a policy from being read: the store's passing trouble, or something that is wrong with it.
fn as_store(failure: Failure) -> StoreError {
    match failure {
        Failure::Unavailable(why) => StoreError::Unavailable(why),
        other => StoreError::Corrupt(other.to_string()),
    }
}

fn details(row: &ContractRow) -> Result<Details, StoreError> {
    serde_json::from_slice(&row.details).map_err(|error| {
        StoreError::Corrupt(format!(
            "the notes on contract `{}` cannot be read: {error}",
            row.id
        ))
    })
}

async fn policies(engine: &Engine, details: &Details) -> Result<Policies, StoreError> {
    let mut policies: Option<Policies> = None;
    for text in &details.texts {
        let policy = engine.policy_of(text).await;
        let policy = policy.map_err(as_store)?;
        match &mut policies {
            None => policies = Some(Policies::new(policy)),
            Some(policies) => policies.push(policy),
        }
    }
    policies.ok_or_else(|| StoreError::Corrupt("a contract follows no policy".to_owned()))
}

/// Applies the events after a snapshot, or all of them.
async fn replay(
    engine: &Engine,
    row: &ContractRow,
    mut seq: u64,
    mut start: Option<(State, Responses)>,
) -> Result<(State, Responses), StoreError> {
    while seq < row.seq {
        for StoredEvent { seq: number, event } in page(engine, row, seq).await? {
            seq = number;
            match &mut start {
                Some((state, responses)) => {
                    state.apply(&event);
                    responses.count(&event, state);
                }
                None => {
                    let state = State::from_first(&event).ok_or_else(|| missing(row, 1))?;
                    start = Some((state, Responses::default()));
                }
            }
        }
    }
    start.ok_or_else(|| missing(row, 1))
}

/// Returns some of the events after one, which must follow it without a gap.
async fn page(
    engine: &Engine,
    row: &ContractRow,
    after: u64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let query = EventQuery {
        contract: row.id.clone(),
        from: after + 1,
        to: row.seq,
        newest_first: false,
        limit: PAGE,
    };
    let events = engine.store().events(query).await?;
    without_gap(row, after, &events)?;
    Ok(events)
}

/// Looks whether there are events and they follow one without a gap.
fn without_gap(row: &ContractRow, after: u64, events: &[StoredEvent]) -> Result<(), StoreError> {
    let expected = (after + 1)..;
    let gap = events
        .iter()
        .zip(expected)
        .find(|(found, seq)| found.seq != *seq);
    match gap {
        Some((_, seq)) => Err(missing(row, seq)),
        None if events.is_empty() => Err(missing(row, after + 1)),
        None => Ok(()),
    }
}

fn missing(row: &ContractRow, seq: u64) -> StoreError {
    StoreError::Corrupt(format!("contract `{}` has no event {seq}", row.id))
}

/// Reads a snapshot. One that cannot be read is passed over: the events say the same.
async fn read(id: &ContractId, snapshot: Snapshot) -> Option<(u64, State, Responses)> {
    let seq = snapshot.seq;
    let is_large = snapshot.bytes.len() > LARGE;
    let read = move || postcard::from_bytes::<Kept<'static>>(&snapshot.bytes);
    let kept = match is_large {
        true => tokio::task::spawn_blocking(read).await.ok()?,
        false => read(),
    };
    match kept {
        Ok(kept) => Some((seq, kept.state.into_owned(), kept.responses.into_owned())),
        Err(error) => {
            tracing::warn!(contract = %id, "the snapshot of contract {id} is passed over: {error}");
            None
        }
    }
}

/// Takes a snapshot in the background where enough has happened since the last.
pub(crate) fn snapshot_if_due(engine: &Engine, hot: &mut Hot) {
    let since = hot.seq.saturating_sub(hot.snapshot_seq);
    let kept = u64::try_from(hot.contract.state().message_count()).unwrap_or(u64::MAX);
    let least = engine.options().snapshot_after.max(kept / 4);
    if since < least || !hot.ahead.is_empty() || hot.snapshotting.swap(true, Ordering::AcqRel) {
        return;
    }
    // What the store alone remembers from now on is in the store already.
    hot.contract.forget();
    hot.recorded = None;
    hot.snapshot_seq = hot.seq;
    let snapshot = Taking {
        seq: hot.seq,
        contract: hot.contract.state().id().clone(),
        state: hot.contract.state().clone(),
        responses: hot.responses.clone(),
        running: Arc::clone(&hot.snapshotting),
    };
    tokio::spawn(snapshot.save(engine.clone()));
}

/// A snapshot on its way.
struct Taking {
    seq: u64,
    contract: ContractId,
    state: State,
    responses: Responses,
    running: Arc<AtomicBool>,
}

impl Taking {
    async fn save(self, engine: Engine) {
        let _one_at_a_time = engine.snapshots().acquire().await;
        let Self {
            seq,
            contract,
            state,
            responses,
            running,
        } = self;
        let is_large = state.weight() > LARGE;
        let write = move || {
            let kept = Kept {
                state: Cow::Owned(state),
                responses: Cow::Owned(responses),
            };
            postcard::to_stdvec(&kept)
        };
        let bytes = match is_large {
            true => tokio::task::spawn_blocking(write).await.ok(),
            false => Some(write()),
        };
        if let Some(Ok(bytes)) = bytes {
            let saved = engine
                .store()
                .save_snapshot(&contract, Snapshot { seq, bytes })
                .await;
            match saved {
                Ok(()) => Metrics::add(&engine.metrics().snapshots, 1),
                Err(error) => {
                    tracing::warn!(%contract, "the snapshot of contract {contract} is not kept: {error}");
                }
            }
        }
        running.store(false, Ordering::Release);
    }
}
