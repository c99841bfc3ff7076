//! Reads contracts, their events and their snapshots.

use super::Inner;
use super::fault::corrupt;
use super::pipeline::{Step, apart, values};
use super::pool::{Lent, read};
use super::row::{Columns, at_most, limit, to_contract};
use super::statement::{
    CONTRACT, CONTRACTS, DUE, EVENTS_DOWN, EVENTS_UP, NEWS, SAVE_SNAPSHOT, SNAPSHOT,
};
use crate::error::StoreError;
use crate::read::{ContractRow, EventQuery, News, Snapshot, StoredEvent};
use earnest_core::event::Event;
use earnest_core::units::{ContractId, Timestamp};

/// How many batches are read at once at most.
const BATCHES: usize = 1_024;
/// How many are read as news: what others have done since one last looked.
const NEWS_BATCHES: usize = 64;

pub(super) async fn one(
    inner: &Inner,
    contract: &ContractId,
) -> Result<Option<ContractRow>, StoreError> {
    let rows = read(&inner.pool, &CONTRACT, &[&contract.as_str()]).await?;
    rows.first().map(to_contract).transpose()
}

/// Returns what has come to a contract after an event, with one question where that event ended its batch.
pub(super) async fn news(
    inner: &Inner,
    contract: &ContractId,
    after: u64,
) -> Result<Option<News>, StoreError> {
    let batches = limit(NEWS_BATCHES);
    let values: [super::pool::Value<'_>; 3] = [&contract.as_str(), &at_most(after), &batches];
    let rows = read(&inner.pool, &NEWS, &values).await?;
    let Some(row) = rows.first().map(to_contract).transpose()? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    for row in &rows {
        if let Some(first) = row.read::<Option<i64>>(5)? {
            found.extend(numbered(first.cast_unsigned(), row.read(6)?)?);
        }
    }
    let begins = found.first().map(|event| event.seq);
    if row.seq > after && begins != Some(after + 1) {
        // The event stands in the middle of a batch.
        let query = EventQuery {
            contract: contract.clone(),
            from: after + 1,
            to: row.seq,
            newest_first: false,
            limit: BATCHES,
        };
        found = events(inner, &query).await?;
    }
    Ok(Some(News { row, events: found }))
}

pub(super) async fn list(
    inner: &Inner,
    after: Option<&ContractId>,
    most: usize,
) -> Result<Vec<ContractRow>, StoreError> {
    let after = after.map_or("", ContractId::as_str);
    let rows = read(&inner.pool, &CONTRACTS, &[&after, &limit(most)]).await?;
    rows.iter().map(to_contract).collect()
}

pub(super) async fn due(
    inner: &Inner,
    at: Timestamp,
    most: usize,
) -> Result<Vec<ContractId>, StoreError> {
    let rows = read(&inner.pool, &DUE, &[&at.millis(), &limit(most)]).await?;
    rows.iter().map(|row| row.id(0)).collect()
}

pub(super) async fn events(
    inner: &Inner,
    query: &EventQuery,
) -> Result<Vec<StoredEvent>, StoreError> {
    let (from, to) = (query.from.max(1), query.to);
    if from > to || query.limit == 0 {
        return Ok(Vec::new());
    }
    let statement = match query.newest_first {
        true => &EVENTS_DOWN,
        false => &EVENTS_UP,
    };
    // Every batch has at least one event.
    let batches = limit(query.limit.min(BATCHES));
    let values: [super::pool::Value<'_>; 4] = [
        &query.contract.as_str(),
        &at_most(from),
        &at_most(to),
        &batches,
    ];
    let rows = read(&inner.pool, statement, &values).await?;
    let mut found = Vec::new();
    for row in &rows {
        let mut asked: Vec<StoredEvent> = numbered(row.number(0)?, row.read(1)?)?
            .filter(|it| (from..=to).contains(&it.seq))
            .collect();
        if query.newest_first {
            asked.reverse();
        }
        found.extend(asked);
        if found.len() >= query.limit {
            break;
        }
    }
    found.truncate(query.limit);
    Ok(found)
}

/// Reads the events of a batch with their numbers, of which `first` is the first.
fn numbered(
    first: u64,
    text: &str,
) -> Result<impl Iterator<Item = StoredEvent> + use<>, StoreError> {
    let numbered = (first..).zip(to_events(text)?);
    Ok(numbered.map(|(seq, event)| StoredEvent { seq, event }))
}

/// Reads the events of a batch.
pub(super) fn to_events(text: &str) -> Result<Vec<Event>, StoreError> {
    serde_json::from_str(text).map_err(|error| corrupt(format!("events cannot be read: {error}")))
}

pub(super) async fn snapshot(
    inner: &Inner,
    contract: &ContractId,
) -> Result<Option<Snapshot>, StoreError> {
    let rows = read(&inner.pool, &SNAPSHOT, &[&contract.as_str()]).await?;
    let snapshot = rows.first().map(|row| {
        Ok(Snapshot {
            seq: row.number(0)?,
            bytes: row.read(1)?,
        })
    });
    snapshot.transpose()
}

pub(super) async fn save_snapshot(
    inner: &Inner,
    contract: &ContractId,
    snapshot: Snapshot,
) -> Result<(), StoreError> {
    let values = values![
        contract.as_str().to_owned(),
        at_most(snapshot.seq),
        snapshot.bytes
    ];
    let lent = Lent::of(&inner.pool).await?;
    apart(lent, &[Step::new(&SAVE_SNAPSHOT, values)]).await?;
    Ok(())
}
