//! Follows what was committed: the log, and what others have done.
//!
//! Owns: places. A place is made of the number of the transaction that committed; transactions end in another order
//! than they begin, so what stands after one that is still open is not final. All databases of a server count their
//! transactions together: those of others hold nothing back for long. Invariants: what is told of the log is
//! final: nothing comes to stand before it; a reader sees whatever was committed before it asked, and waits, for as
//! long as the transactions take that were open then, to know its place; nothing that others have done is told
//! twice, or passed over.

use super::Inner;
use super::contracts::to_events;
use super::pipeline::{Step, apart, values};
use super::pool::{Lent, Value, read};
use super::row::{Columns, limit, number, to_token};
use super::statement::{BATCH, FOREIGN, HEAD, LOG, OPEN};
use crate::error::StoreError;
use crate::read::{Change, LogRow, Position};
use earnest_core::units::ContractId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::Row;

/// How many rows are read at once.
const ROWS: usize = 4_096;
/// How long is waited for what is open to end.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many looks belong to that: a process that was held up has not waited, however late it is.
const LOOKS: u32 = 20;
/// How often is looked whether it has.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// After how many looks it is asked whose transactions are open.
const SOON: u32 = 10;
/// How often is looked then.
const ASK_AGAIN: Duration = Duration::from_millis(20);
/// How much that was told may stand after what is open before it is asked whose that is.
const MANY: usize = 256;

/// What a handle has been told of others.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// Up to this place everything; nothing before it has asked.
    up_to: Option<i64>,
    /// Of what stands after that, what it was told already: places, and parts of them.
    beyond: BTreeSet<(i64, i32)>,
    /// How much was left of that when it was last asked whose transactions are open.
    left: usize,
}

/// What is known of open transactions: those of this database below a place are over.
#[derive(Debug, Default)]
pub(super) struct Horizon(AtomicI64);

impl Horizon {
    /// Returns the place. What is read after this was asked shows all that was committed below it.
    fn place(&self) -> i64 {
        self.0.load(Ordering::Acquire)
    }

    fn raise(&self, place: i64) {
        self.0.fetch_max(place, Ordering::Release);
    }
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
    let mut waiting = Waiting::begin();
    loop {
        let known = inner.horizon.place();
        let rows = read(&inner.pool, &LOG, &[&after, &limit(most)]).await?;
        let mut entries = Vec::with_capacity(rows.len());
        let mut is_final = true;
        for row in &rows {
            let place: i64 = row.read(1)?;
            is_final &= place < open_from(inner, known, row)?;
            if is_final {
                entries.push(Entry {
                    place,
                    contract: row.id(2)?,
                    first: row.read(3)?,
                });
            }
        }
        if is_final || waiting.is_late() && !entries.is_empty() {
            // A worker may be a moment behind with what was committed.
            if let Some(found) = batches(inner, entries).await? {
                return Ok(found);
            }
        }
        waiting.go_on(inner).await?;
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
    let mut waiting = Waiting::begin();
    let mut newest: Option<i64> = None;
    loop {
        let known = inner.horizon.place();
        let rows = read(&inner.pool, &HEAD, &[]).await?;
        if let Some(row) = rows.first() {
            let open_from = open_from(inner, known, row)?;
            let newest = match newest {
                Some(newest) => newest,
                None => *newest.insert(row.read(1)?),
            };
            if newest < open_from {
                return Ok(Position(newest.cast_unsigned()));
            }
        }
        waiting.go_on(inner).await?;
    }
}

/// Waits for transactions to end.
struct Waiting {
    until: Instant,
    looks: u32,
}

impl Waiting {
    fn begin() -> Self {
        Self {
            until: Instant::now() + PATIENCE,
            looks: 0,
        }
    }

    fn is_late(&self) -> bool {
        self.looks >= LOOKS && Instant::now() >= self.until
    }

    /// Waits a little, or gives up.
    async fn go_on(&mut self, inner: &Inner) -> Result<(), StoreError> {
        if self.is_late() {
            return Err(StoreError::Unavailable(
                "a transaction in the same database has written something and not ended for seconds, and what was \
                 committed since cannot be put in order; look for it in pg_stat_activity"
                    .to_owned(),
            ));
        }
        self.looks += 1;
        if self.looks < SOON {
            tokio::time::sleep(LOOK_AGAIN).await;
            return Ok(());
        }
        tokio::time::sleep(ASK_AGAIN).await;
        ask_whose(inner).await
    }
}

/// Asks which of the open transactions are of this database. Where that may not be asked, all count.
async fn ask_whose(inner: &Inner) -> Result<(), StoreError> {
    // What else may be wrong is found by the next look.
    let Ok(rows) = read(&inner.pool, &OPEN, &[]).await else {
        return Ok(());
    };
    if let Some(row) = rows.first() {
        let place = row.read::<i64>(0)?.saturating_add(inner.shift);
        inner.horizon.raise(place);
    }
    Ok(())
}

/// Returns what others have done since this was last asked.
pub(super) async fn foreign(inner: &Inner) -> Result<Vec<Change>, StoreError> {
    let mut following = inner.following.lock().await;
    let (is_first, mut up_to) = match following.up_to {
        Some(up_to) => (false, up_to),
        None => (true, final_up_to(inner).await?),
    };
    let asks = following.beyond.len() >= following.left.saturating_mul(2).max(MANY);
    if asks {
        ask_whose(inner).await?;
    }
    let known = inner.horizon.place();
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
            first_open = Some(open_from(inner, known, row)?);
        }
        if rows.len() < ROWS {
            break;
        }
    }
    up_to = first_open.map_or(up_to, |open| up_to.max(open.saturating_sub(1)));
    following.beyond.extend(told);
    following.beyond = following.beyond.split_off(&(up_to, i32::MAX));
    following.left = match asks {
        true => following.beyond.len(),
        false => following.left.min(following.beyond.len()),
    };
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
    let known = inner.horizon.place();
    let rows = read(&inner.pool, &HEAD, &[]).await?;
    rows.first().map_or(Ok(0), |row| {
        Ok(open_from(inner, known, row)?.saturating_sub(1))
    })
}

/// Returns the place of the oldest transaction of this database that is open, or was when the row was read; `known` was
/// known before that.
fn open_from(inner: &Inner, known: i64, row: &Row) -> Result<i64, StoreError> {
    Ok(row.read::<i64>(0)?.saturating_add(inner.shift).max(known))
}
