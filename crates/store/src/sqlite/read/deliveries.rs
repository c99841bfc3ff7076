//! Reads webhook deliveries.
//!
//! Owns: which index answers which question.

use super::contracts::limit_of;
use crate::code::Code;
use crate::delivery::{Delivery, DeliveryQuery, DeliveryState};
use crate::sqlite::columns::Columns;
use crate::sqlite::fault::Step;
use crate::sqlite::reader::Reader;
use earnest_core::units::{ContractId, Timestamp};
use rusqlite::{Params, Row, params};

const COLUMNS: &str = "SELECT webhook, contract, seq, state, attempts, next_at, created_at, \
    tried_at, status, error FROM deliveries";

/// Returns deliveries.
pub(in crate::sqlite) fn list(reader: &Reader<'_>, query: &DeliveryQuery) -> Step<Vec<Delivery>> {
    match query {
        DeliveryQuery::Due { at, limit } => select(
            reader,
            "WHERE state = 0 AND next_at IS NOT NULL AND next_at <= ?1 \
             ORDER BY next_at, webhook, contract, seq LIMIT ?2",
            params![at.millis(), limit_of(*limit)],
        ),
        DeliveryQuery::Waiting {
            webhook,
            contract,
            limit,
        } => select(
            reader,
            "WHERE state = 0 AND webhook = ?1 AND contract = ?2 ORDER BY seq LIMIT ?3",
            params![webhook, contract.as_str(), limit_of(*limit)],
        ),
        DeliveryQuery::Of {
            webhook,
            state,
            after,
            limit,
        } => of(reader, webhook, *state, after.as_ref(), *limit),
        DeliveryQuery::One {
            webhook,
            contract,
            seq,
        } => select(
            reader,
            "WHERE webhook = ?1 AND contract = ?2 AND seq = ?3",
            params![webhook, contract.as_str(), seq.cast_signed()],
        ),
    }
}

fn of(
    reader: &Reader<'_>,
    webhook: &str,
    state: Option<DeliveryState>,
    after: Option<&(Timestamp, ContractId, u64)>,
    limit: usize,
) -> Step<Vec<Delivery>> {
    // What is open has an index of its own, which SQLite takes only where the question says so in words.
    let of_state = match state {
        None => "",
        Some(DeliveryState::Delivered) => " AND state = 1",
        Some(DeliveryState::Waiting) => " AND state = 0 AND state <> 1",
        Some(DeliveryState::Dead) => " AND state = 2 AND state <> 1",
    };
    let sql = format!(
        "WHERE webhook = ?1{of_state} AND (created_at, contract, seq) < (?2, ?3, ?4) \
         ORDER BY created_at DESC, contract DESC, seq DESC LIMIT ?5"
    );
    let (at, contract, seq) = match after {
        Some((at, contract, seq)) => (at.millis(), contract.as_str(), seq.cast_signed()),
        None => (i64::MAX, "", 0),
    };
    select(
        reader,
        &sql,
        params![webhook, at, contract, seq, limit_of(limit)],
    )
}

fn select(reader: &Reader<'_>, which: &str, with: impl Params) -> Step<Vec<Delivery>> {
    let mut select = reader
        .connection
        .prepare_cached(&format!("{COLUMNS} {which}"))?;
    let mut rows = select.query(with)?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push(from_row(row)?);
    }
    Ok(deliveries)
}

fn from_row(row: &Row<'_>) -> Step<Delivery> {
    Ok(Delivery {
        webhook: row.read(0)?,
        contract: row.id(1)?,
        seq: row.number(2)?,
        state: DeliveryState::of_code(row.read(3)?)?,
        attempts: row.read(4)?,
        next_at: row.instant_or_null(5)?,
        created_at: row.instant(6)?,
        tried_at: row.instant_or_null(7)?,
        status: row.read(8)?,
        error: row.read(9)?,
    })
}
