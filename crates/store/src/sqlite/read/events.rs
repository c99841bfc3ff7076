//! Reads events, from one contract or from the log.
//!
//! Owns: turning what stands in the log into events.

use super::contracts;
use crate::read::{EventQuery, LogRow, Position, StoredEvent};
use crate::sqlite::columns::Columns;
use crate::sqlite::entry;
use crate::sqlite::fault::{Step, corrupt};
use crate::sqlite::index::Range;
use crate::sqlite::reader::Reader;
use crate::sqlite::scan::Scan;
use earnest_core::event::Event;
use rusqlite::{Connection, params};

/// After how much JSON a page of events ends.
const BYTES: usize = 8 << 20;
/// How many entries may lead to nothing: those of transactions that are about to be committed.
const AHEAD: usize = 1_024;

/// The events of one row of the log.
struct Stretch {
    first: u64,
    events: Vec<Event>,
    bytes: usize,
}

/// Returns a contract's events.
pub(in crate::sqlite) fn of_contract(
    reader: &Reader<'_>,
    query: &EventQuery,
) -> Step<Vec<StoredEvent>> {
    let Some(contract) = contracts::number(reader, &query.contract)? else {
        return Ok(Vec::new());
    };
    if query.from > query.to {
        return Ok(Vec::new());
    }
    let prefix = entry::events_of(contract);
    let from = match first_at_or_before(reader, &prefix, query.from)? {
        Some(first) => entry::from_number(&prefix, first),
        None => prefix.clone(),
    };
    let range = Range::new(
        &prefix,
        from,
        bound_behind(&prefix, query.to),
        query.newest_first,
    );
    let most = query.limit.saturating_add(AHEAD);
    let index = &reader.shared.index;
    let mut scan = Scan::begin(reader.connection, index, &reader.sight, range, most)?;
    let mut found = Vec::new();
    let mut bytes = 0;
    while found.len() < query.limit
        && bytes < BYTES
        && let Some(entry) = scan.next()?
    {
        let pos = entry::number_at_end(&entry, prefix.len() + 8)?;
        let Some(stretch) = stretch_at(reader.connection, pos, contract)? else {
            continue;
        };
        if stretch.first != entry::number_behind(&entry, prefix.len())? {
            return Err(corrupt("an entry of the index leads to other events"));
        }
        bytes += stretch.bytes;
        push_events(&mut found, stretch, query);
    }
    Ok(found)
}

/// Returns where the stretch of events begins that an event is in.
fn first_at_or_before(reader: &Reader<'_>, prefix: &[u8], seq: u64) -> Step<Option<u64>> {
    let range = Range::new(prefix, prefix.to_vec(), bound_behind(prefix, seq), true);
    let index = &reader.shared.index;
    let mut scan = Scan::begin(reader.connection, index, &reader.sight, range, 1)?;
    scan.next()?
        .map(|entry| entry::number_behind(&entry, prefix.len()))
        .transpose()
}

/// Returns a bound above all entries of stretches that begin with a number or before.
fn bound_behind(prefix: &[u8], seq: u64) -> Vec<u8> {
    match seq.checked_add(1) {
        Some(next) => entry::from_number(prefix, next),
        None => entry::end_of(prefix),
    }
}

fn push_events(found: &mut Vec<StoredEvent>, stretch: Stretch, query: &EventQuery) {
    let numbered = (stretch.first..).zip(stretch.events);
    let wanted = numbered
        .filter(|(seq, _)| (query.from..=query.to).contains(seq))
        .map(|(seq, event)| StoredEvent { seq, event });
    let room = query.limit - found.len();
    if query.newest_first {
        let mut wanted: Vec<_> = wanted.collect();
        wanted.reverse();
        found.extend(wanted.into_iter().take(room));
    } else {
        found.extend(wanted.take(room));
    }
}

fn stretch_at(connection: &Connection, pos: u64, contract: u32) -> Step<Option<Stretch>> {
    let sql = "SELECT first, events FROM log WHERE pos = ?1 AND contract = ?2";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params![pos.cast_signed(), contract])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(Some(Stretch {
        first: row.number(0)?,
        events: parse(text, pos)?,
        bytes: text.len(),
    }))
}

fn parse(events: &str, pos: u64) -> Step<Vec<Event>> {
    serde_json::from_str(events).map_err(|error| {
        corrupt(format!(
            "the events at position {pos} cannot be read: {error}"
        ))
    })
}

/// Returns rows of the log.
pub(in crate::sqlite) fn log(
    reader: &Reader<'_>,
    after: Position,
    limit: usize,
) -> Step<Vec<LogRow>> {
    let sql = "SELECT l.pos, c.id, l.first, l.token, l.events FROM log l \
               CROSS JOIN contracts c ON c.number = l.contract \
               WHERE l.pos > ?1 AND l.count > 0 ORDER BY l.pos LIMIT ?2";
    let mut select = reader.connection.prepare_cached(sql)?;
    let after = i64::try_from(after.0).unwrap_or(i64::MAX);
    let mut rows = select.query(params![after, contracts::limit_of(limit)])?;
    let mut log = Vec::new();
    while let Some(row) = rows.next()? {
        let pos = row.number(0)?;
        let events = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
        log.push(LogRow {
            position: Position(pos),
            contract: row.id(1)?,
            first: row.number(2)?,
            token: u128::from_be_bytes(row.read(3)?),
            events: parse(events, pos)?,
        });
    }
    Ok(log)
}
