//! Reads contracts' rows, their snapshots, and the figures.
//!
//! Owns: which rows count: a contract is there from its first event on.

use crate::read::{ContractRow, Snapshot, StoreStatus};
use crate::sqlite::columns::Columns;
use crate::sqlite::fault::{Step, corrupt};
use crate::sqlite::reader::Reader;
use earnest_core::units::{ContractId, Timestamp};
use rusqlite::{OptionalExtension, Row, params};

const COLUMNS: &str = "SELECT c.id, c.seq, c.token, c.next_due, d.bytes FROM contracts c \
    LEFT JOIN details d ON d.contract = c.number WHERE c.seq > 0";

/// Returns a contract's number in this file.
pub(in crate::sqlite) fn number(reader: &Reader<'_>, contract: &ContractId) -> Step<Option<u32>> {
    let sql = "SELECT number FROM contracts WHERE id = ?1";
    let mut select = reader.connection.prepare_cached(sql)?;
    Ok(select
        .query_row([contract.as_str()], |row| row.get(0))
        .optional()?)
}

/// Returns a contract's row.
pub(in crate::sqlite) fn one(
    reader: &Reader<'_>,
    contract: &ContractId,
) -> Step<Option<ContractRow>> {
    let sql = format!("{COLUMNS} AND c.id = ?1");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let mut rows = select.query([contract.as_str()])?;
    rows.next()?.map(from_row).transpose()
}

/// Returns contracts in the order of their ids.
pub(in crate::sqlite) fn list(
    reader: &Reader<'_>,
    after: Option<&ContractId>,
    limit: usize,
) -> Step<Vec<ContractRow>> {
    let sql = format!("{COLUMNS} AND c.id > ?1 ORDER BY c.id LIMIT ?2");
    let mut select = reader.connection.prepare_cached(&sql)?;
    let after = after.map_or("", ContractId::as_str);
    let mut rows = select.query(params![after, limit_of(limit)])?;
    let mut contracts = Vec::new();
    while let Some(row) = rows.next()? {
        contracts.push(from_row(row)?);
    }
    Ok(contracts)
}

fn from_row(row: &Row<'_>) -> Step<ContractRow> {
    Ok(ContractRow {
        id: row.id(0)?,
        seq: row.number(1)?,
        token: u128::from_be_bytes(row.read(2)?),
        next_due: row.instant_or_null(3)?,
        details: row.read::<Option<Vec<u8>>>(4)?.unwrap_or_default(),
    })
}

/// Returns a limit as SQLite takes it.
pub(in crate::sqlite) fn limit_of(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Returns the contracts that are due.
pub(in crate::sqlite) fn due(
    reader: &Reader<'_>,
    at: Timestamp,
    limit: usize,
) -> Step<Vec<ContractId>> {
    let sql = "SELECT id FROM contracts WHERE next_due <= ?1 ORDER BY next_due LIMIT ?2";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query(params![at.millis(), limit_of(limit)])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(row.id(0)?);
    }
    Ok(due)
}

/// Returns a contract's newest snapshot.
pub(in crate::sqlite) fn snapshot(
    reader: &Reader<'_>,
    contract: &ContractId,
) -> Step<Option<Snapshot>> {
    let sql = "SELECT s.number, s.seq FROM snapshots s JOIN contracts c ON s.contract = c.number \
               WHERE c.id = ?1 AND s.state = 1 ORDER BY s.seq DESC, s.number DESC LIMIT 1";
    let mut select = reader.connection.prepare_cached(sql)?;
    let found = select.query_row([contract.as_str()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    let Some((number, seq)) = found.optional()? else {
        return Ok(None);
    };
    let sql = "SELECT bytes FROM pieces WHERE snapshot = ?1 ORDER BY piece";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([number])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        let piece = row
            .get_ref(0)?
            .as_blob()
            .map_err(|_| corrupt("a snapshot is no blob"))?;
        bytes.extend_from_slice(piece);
    }
    Ok(Some(Snapshot {
        seq: seq.cast_unsigned(),
        bytes,
    }))
}

/// Returns what of the figures stands in the file.
pub(in crate::sqlite) fn figures(reader: &Reader<'_>) -> Step<StoreStatus> {
    let sql = "SELECT (SELECT count(*) FROM contracts WHERE seq > 0), \
               (SELECT min(next_due) FROM contracts WHERE next_due IS NOT NULL), \
               (SELECT count(*) FROM deliveries WHERE state = 0), \
               (SELECT min(created_at) FROM deliveries WHERE state = 0)";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let row = rows
        .next()?
        .ok_or_else(|| corrupt("there are no figures"))?;
    Ok(StoreStatus {
        contracts: row.number(0)?,
        oldest_due: row.instant_or_null(1)?,
        deliveries_waiting: row.number(2)?,
        oldest_delivery: row.instant_or_null(3)?,
        ..StoreStatus::default()
    })
}
