//! Follows what was committed: the log, and what others have done.
//!
//! Owns: places. A place is made of the number of the transaction that committed; transactions end in another order
//! than they begin, so what stands after one that is still open is not final. Invariants: what is told of the log is
//! final: nothing comes to stand before it; a reader sees whatever was committed before it asked, and waits, for as
//! long as the transactions take that were open then, to know its place; nothing that others have done is told
//! twice, or passed over.

use super::Inner;
use super::contracts::to_events;
use super::pipeline::{Step, apart, values};
use super::pool::{Lent, Value, read};
use super::row::{Columns, limit, number, to_token};
use super::statement::{BATCH, FOREIGN, HEAD, LOG};
use crate::error::StoreError;
use crate::read::{Change, LogRow, Position};
use earnest_core::units::ContractId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::Row;

/// How many rows are read at once.
const ROWS: usize = 4_096;
/// How long is waited for what is open to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often is looked whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What a handle has been told of others.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// Up to this place everything; nothing before it has asked.
    up_to: Option<i64>,
    /// Of what stands after that, what it was told already: places, and parts of them.
    beyond: BTreeSet<(i64, i32)>,
}

/// A row of the log whose batch is still to be read.
struct Entry {
    place: i64,
    contract: ContractId,
    first: i64,
}

/// Returns rows of the log.
pub(super) async fn log(
    inner: &Inner,
    after: Position,
    most: usize,
) -> Result<Vec<LogRow>, StoreError> {
    let Some(after) = number(after.0) else {
        return Ok(Vec::new());
    };
    let until = Instant::now() + PATIENCE;
    loop {
        let rows = read(&inner.pool, &LOG, &[&after, &limit(most)]).await?;
        let mut entries = Vec::with_capacity(rows.len());
        let mut is_final = true;
        for row in &rows {
            let place: i64 = row.read(1)?;
            is_final &= place < open_from(inner, row)?;
            if is_final {
                entries.push(Entry {
                    place,
                    contract: row.id(2)?,
                    first: row.read(3)?,
                });
            }
        }
        let is_late = Instant::now() >= until;
        if is_final || is_late && !entries.is_empty() {
            // A worker may be a moment behind with what was committed.
            if let Some(found) = batches(inner, entries).await? {
                return Ok(found);
            }
        }
        wait_or(until).await?;
    }
}

/// Reads the batches of entries; nothing where one cannot be seen yet.
async fn batches(inner: &Inner, entries: Vec<Entry>) -> Result<Option<Vec<LogRow>>, StoreError> {
    if entries.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let step = |entry: &Entry| {
        Step::new(
            &BATCH,
            values![entry.contract.as_str().to_owned(), entry.first],
        )
    };
    let steps: Vec<Step> = entries.iter().map(step).collect();
    let lent = Lent::of(&inner.pool).await?;
    let mut found = Vec::with_capacity(entries.len());
    for (entry, rows) in entries.into_iter().zip(apart(lent, &steps).await?) {
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        found.push(LogRow {
            position: Position(entry.place.cast_unsigned()),
            contract: entry.contract,
            first: entry.first.cast_unsigned(),
            token: to_token(row.read(0)?)?,
            events: to_events(row.read(1)?)?,
        });
    }
    Ok(Some(found))
}

/// Returns the newest place.
pub(super) async fn head(inner: &Inner) -> Result<Position, StoreError> {
    let until = Instant::now() + PATIENCE;
    let mut newest: Option<i64> = None;
    loop {
        let rows = read(&inner.pool, &HEAD, &[]).await?;
        if let Some(row) = rows.first() {
            let open_from = open_from(inner, row)?;
            let newest = match newest {
                Some(newest) => newest,
                None => *newest.insert(row.read(1)?),
            };
            if newest < open_from {
                return Ok(Position(newest.cast_unsigned()));
            }
        }
        wait_or(until).await?;
    }
}

/// Waits a little, or gives up.
async fn wait_or(until: Instant) -> Result<(), StoreError> {
    if Instant::now() >= until {
        return Err(StoreError::Unavailable(
            "a transaction in the same PostgreSQL has written something and not ended for seconds, and what was \
             committed since cannot be put in order; look for it in pg_stat_activity"
                .to_owned(),
        ));
    }
    tokio::time::sleep(LOOK_AGAIN).await;
    Ok(())
}

/// Returns what others have done since this was last asked.
pub(super) async fn foreign(inner: &Inner) -> Result<Vec<Change>, StoreError> {
    let mut following = inner.following.lock().await;
    let (is_first, mut up_to) = match following.up_to {
        Some(up_to) => (false, up_to),
        None => (true, final_up_to(inner).await?),
    };
    let mut contracts: BTreeMap<ContractId, u64> = BTreeMap::new();
    let mut documents: BTreeSet<(String, String)> = BTreeSet::new();
    // Noted as told once all of it is read: a look that breaks off has told nobody anything.
    let mut told: Vec<(i64, i32)> = Vec::new();
    let mut from = (up_to, i32::MAX);
    // As the first rows were read: what ended since may stand among them, and was not seen.
    let mut first_open: Option<i64> = None;
    loop {
        let values: [Value<'_>; 4] = [&from.0, &from.1, &inner.writer, &limit(ROWS)];
        let rows = read(&inner.pool, &FOREIGN, &values).await?;
        for row in &rows {
            let Some(place) = row.read::<Option<i64>>(1)? else {
                continue;
            };
            from = (place, row.read(6)?);
            if following.beyond.contains(&from) {
                continue;
            }
            told.push(from);
            match row.read::<Option<&str>>(2)? {
                Some(_) => {
                    let newest = contracts.entry(row.id(2)?).or_default();
                    *newest = row.number(3)?.max(*newest);
                }
                None => {
                    documents.insert((row.read(4)?, row.text(5)?));
                }
            }
        }
        if let (Some(row), None) = (rows.first(), first_open) {
            first_open = Some(open_from(inner, row)?);
        }
        if rows.len() < ROWS {
            break;
        }
    }
    up_to = first_open.map_or(up_to, |open| up_to.max(open.saturating_sub(1)));
    following.beyond.extend(told);
    following.beyond = following.beyond.split_off(&(up_to, i32::MAX));
    following.up_to = Some(up_to);
    if is_first {
        return Ok(Vec::new());
    }
    let contracts = contracts
        .into_iter()
        .map(|(contract, seq)| Change::Contract { contract, seq });
    let documents = documents
        .into_iter()
        .map(|(kind, id)| Change::Document { kind, id });
    Ok(contracts.chain(documents).collect())
}

/// Returns up to which place nothing is open.
async fn final_up_to(inner: &Inner) -> Result<i64, StoreError> {
    let rows = read(&inner.pool, &HEAD, &[]).await?;
    rows.first()
        .map_or(Ok(0), |row| Ok(open_from(inner, row)?.saturating_sub(1)))
}

/// Returns the place of the oldest transaction that is open, or was when the row was read.
fn open_from(inner: &Inner, row: &Row) -> Result<i64, StoreError> {
    Ok(row.read::<i64>(0)?.saturating_add(inner.shift))
}
