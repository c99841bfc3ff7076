//! Gathers figures for operators.
//!
//! Over a cluster these are sums over workers that were asked one after the other: estimates.

use super::Inner;
use super::pool::read;
use super::row::Columns;
use super::statement::{COUNT_CONTRACTS, COUNT_DELIVERIES, GUESS_CONTRACTS, OLDEST_DUE, SIZE};
use crate::error::StoreError;
use crate::read::StoreStatus;
use std::sync::atomic::Ordering;

/// Up to here contracts are counted; above, their number is the database's own estimate.
const COUNTED: u64 = 100_000;

pub(super) async fn status(inner: &Inner) -> Result<StoreStatus, StoreError> {
    let pool = &inner.pool;
    let counted = read(pool, &COUNT_CONTRACTS, &[]).await?;
    let mut contracts = counted.first().map_or(Ok(0), |row| row.number(0))?;
    if contracts > COUNTED {
        let guessed = read(pool, &GUESS_CONTRACTS, &[]).await?;
        let guessed = guessed.first().map_or(Ok(0), |row| row.number(0))?;
        contracts = contracts.max(guessed);
    }
    let waiting = read(pool, &COUNT_DELIVERIES, &[]).await?;
    let due = read(pool, &OLDEST_DUE, &[]).await?;
    let size = read(pool, &SIZE, &[]).await?;
    let counts = &inner.counts;
    Ok(StoreStatus {
        bytes: size.first().map_or(Ok(0), |row| row.number(0))?,
        contracts,
        deliveries_waiting: waiting.first().map_or(Ok(0), |row| row.number(0))?,
        oldest_delivery: waiting
            .first()
            .map_or(Ok(None), |row| row.instant_or_null(1))?,
        oldest_due: due.first().map_or(Ok(None), |row| row.instant_or_null(0))?,
        commits: counts.commits.load(Ordering::Relaxed),
        batches: counts.commits.load(Ordering::Relaxed),
        commit_micros: counts.micros.load(Ordering::Relaxed),
    })
}
