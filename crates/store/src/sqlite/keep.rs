//! Writes what is kept beside contracts: documents, deliveries, snapshots.
//!
//! Owns: what they write where. Does not own: the transactions.
//! Invariants: all checks of a transaction's part come before its first change; a snapshot counts from the
//! moment all its pieces are there.

use super::fault::{Step, corrupt};
use super::run::{DEAD, LIVE, WRITING};
use super::shared::{Shared, answered};
use super::writer::Writer;
use crate::code::Code;
use crate::delivery::{Delivery, DeliveryState};
use crate::document::Put;
use crate::error::StoreError;
use crate::read::Snapshot;
use earnest_core::units::{ContractId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::sync::Arc;

/// Which version a document is at, and whether it is there.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    version: u64,
    there: bool,
}

/// Writes documents, or none when one is not at the version that is expected.
pub(super) fn put(writer: &mut Writer<'_>, puts: &[Put]) -> Step<()> {
    let changes = check(writer.connection, puts)?;
    for (put, version) in changes {
        let sql = "INSERT INTO documents VALUES (?1, ?2, ?3, ?4) \
                   ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body";
        let row = params![put.kind, put.id, version.cast_signed(), put.body];
        writer.connection.prepare_cached(sql)?.execute(row)?;
        writer.newest += 1;
        let sql = "INSERT INTO log (pos, kind, id) VALUES (?1, ?2, ?3)";
        let row = params![writer.newest.cast_signed(), put.kind, put.id];
        writer.connection.prepare_cached(sql)?.execute(row)?;
        writer.shared.index.write().add_own(writer.newest, [], 1);
    }
    Ok(())
}

/// Checks what puts expect, each after those before it, and returns those that change something with the
/// version that they bring.
fn check<'p>(connection: &Connection, puts: &'p [Put]) -> Step<Vec<(&'p Put, u64)>> {
    let mut ahead: HashMap<(&str, &str), Standing> = HashMap::new();
    let mut changes = Vec::with_capacity(puts.len());
    for put in puts {
        let name = (put.kind.as_str(), put.id.as_str());
        let before = match ahead.get(&name) {
            Some(standing) => *standing,
            None => standing(connection, put)?,
        };
        let seen = if before.there { before.version } else { 0 };
        if put.expected.is_some_and(|expected| expected != seen) {
            return Err(StoreError::Conflict.into());
        }
        let there = put.body.is_some();
        let version = before.version + u64::from(there);
        ahead.insert(name, Standing { version, there });
        if before.there || there {
            changes.push((put, version));
        }
    }
    Ok(changes)
}

fn standing(connection: &Connection, put: &Put) -> Step<Standing> {
    let sql = "SELECT version, body IS NOT NULL FROM documents WHERE kind = ?1 AND id = ?2";
    let mut select = connection.prepare_cached(sql)?;
    let found = select.query_row([&put.kind, &put.id], |row| {
        Ok(Standing {
            version: row.get::<_, i64>(0)?.cast_unsigned(),
            there: row.get(1)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Adds deliveries that are not there yet, and writes documents.
pub(super) fn fan_out(
    writer: &mut Writer<'_>,
    deliveries: &[Delivery],
    documents: &[Put],
) -> Step<()> {
    put(writer, documents)?;
    for delivery in deliveries {
        let sql = "INSERT INTO deliveries VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
                   ON CONFLICT (webhook, contract, seq) DO NOTHING";
        write_delivery(writer.connection, sql, delivery)?;
    }
    Ok(())
}

/// Replaces deliveries, or none when one is not there.
pub(super) fn update_deliveries(writer: &Writer<'_>, deliveries: &[Delivery]) -> Step<()> {
    let sql = "SELECT 1 FROM deliveries WHERE webhook = ?1 AND contract = ?2 AND seq = ?3";
    for delivery in deliveries {
        let mut select = writer.connection.prepare_cached(sql)?;
        let key = params![
            delivery.webhook,
            delivery.contract.as_str(),
            delivery.seq.cast_signed()
        ];
        if !select.exists(key)? {
            return Err(StoreError::Conflict.into());
        }
    }
    let sql = "UPDATE deliveries SET state = ?4, attempts = ?5, next_at = ?6, created_at = ?7, \
               tried_at = ?8, status = ?9, error = ?10 \
               WHERE webhook = ?1 AND contract = ?2 AND seq = ?3";
    for delivery in deliveries {
        write_delivery(writer.connection, sql, delivery)?;
    }
    Ok(())
}

fn write_delivery(connection: &Connection, sql: &str, delivery: &Delivery) -> Step<()> {
    let waits = delivery.state == DeliveryState::Waiting;
    connection.prepare_cached(sql)?.execute(params![
        delivery.webhook,
        delivery.contract.as_str(),
        delivery.seq.cast_signed(),
        delivery.state.code(),
        delivery.attempts,
        delivery.next_at.filter(|_| waits).map(Timestamp::millis),
        delivery.created_at.millis(),
        delivery.tried_at.map(Timestamp::millis),
        delivery.status,
        delivery.error,
    ])?;
    Ok(())
}

/// Keeps a snapshot in the place of older ones, a slice in each transaction.
pub(super) async fn save_snapshot(
    shared: &Shared,
    contract: &ContractId,
    snapshot: Snapshot,
) -> Result<(), StoreError> {
    let seq = snapshot.seq;
    let bytes = Arc::new(snapshot.bytes);
    let name = contract.clone();
    let number = answered(shared.write(move |writer| begin_snapshot(writer, &name, seq))).await?;
    let slice = shared.options.tuning.slice.max(1);
    for piece in 0..bytes.len().div_ceil(slice) {
        let bytes = Arc::clone(&bytes);
        let written = shared.write(move |writer| {
            let from = piece * slice;
            let to = bytes.len().min(from + slice);
            let piece_bytes = bytes.get(from..to).unwrap_or_default();
            write_piece(writer, number, piece, piece_bytes)
        });
        answered(written).await?;
    }
    let old = answered(shared.write(move |writer| end_snapshot(writer, number, seq))).await?;
    for old in old {
        // It counts no more in any case, and the keeper removes what is left.
        if let Err(error) = remove_snapshot(shared, old).await {
            tracing::debug!("an old snapshot was not removed: {error}");
            break;
        }
    }
    Ok(())
}

fn begin_snapshot(writer: &mut Writer<'_>, contract: &ContractId, seq: u64) -> Step<i64> {
    let contract = writer.number_of(contract)?;
    let sql = "INSERT INTO snapshots (contract, seq, state, touched) \
               VALUES (?1, ?2, ?3, unixepoch()) RETURNING number";
    let mut insert = writer.connection.prepare_cached(sql)?;
    let row = params![contract, seq.cast_signed(), WRITING];
    Ok(insert.query_row(row, |row| row.get(0))?)
}

fn write_piece(writer: &mut Writer<'_>, number: i64, piece: usize, bytes: &[u8]) -> Step<()> {
    let sql = "UPDATE snapshots SET touched = unixepoch() WHERE number = ?1 AND state = ?2";
    if writer
        .connection
        .prepare_cached(sql)?
        .execute(params![number, WRITING])?
        == 0
    {
        return Err(StoreError::Conflict.into());
    }
    let sql = "INSERT OR REPLACE INTO pieces VALUES (?1, ?2, ?3)";
    writer
        .connection
        .prepare_cached(sql)?
        .execute(params![number, piece as i64, bytes])?;
    writer.wrote(bytes.len());
    Ok(())
}

/// Lets a snapshot count, unless a newer one does, and returns those that do not count any more.
fn end_snapshot(writer: &Writer<'_>, number: i64, seq: u64) -> Step<Vec<i64>> {
    let sql = "SELECT o.number, o.seq > ?2 FROM snapshots o JOIN snapshots n \
               ON o.contract = n.contract WHERE n.number = ?1 AND o.state = 1";
    let mut select = writer.connection.prepare_cached(sql)?;
    let mut rows = select.query(params![number, seq.cast_signed()])?;
    let mut old = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get(1)? {
            old = vec![number];
            break;
        }
        old.push(row.get(0)?);
    }
    let sql = "UPDATE snapshots SET state = ?2 WHERE number = ?1";
    let mut update = writer.connection.prepare_cached(sql)?;
    if update.execute(params![number, LIVE])? == 0 {
        return Err(corrupt("a snapshot vanished while it was written"));
    }
    for old in &old {
        update.execute(params![old, DEAD])?;
    }
    Ok(old)
}

/// Removes a snapshot that does not count, a piece in each transaction.
async fn remove_snapshot(shared: &Shared, number: i64) -> Result<(), StoreError> {
    while !answered(shared.write(move |writer| remove_piece(writer, number))).await? {}
    Ok(())
}

/// Removes a piece of a snapshot that does not count, and returns whether nothing is left of it.
pub(super) fn remove_piece(writer: &Writer<'_>, number: i64) -> Step<bool> {
    let sql = "DELETE FROM pieces WHERE rowid IN \
               (SELECT rowid FROM pieces WHERE snapshot = ?1 LIMIT 4)";
    let removed = writer.connection.prepare_cached(sql)?.execute([number])?;
    if removed > 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM snapshots WHERE number = ?1";
    writer.connection.prepare_cached(sql)?.execute([number])?;
    Ok(true)
}
