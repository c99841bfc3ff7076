//! Copies a store while it is in use, and looks whether a file is whole.
//!
//! Invariants: a copy has everything that was committed before it began and is never half there under its own
//! name; a check changes nothing.

use super::block::Block;
use super::fault::{Fault, Step, corrupt};
use super::scan;
use super::schema::{self, Purpose};
use super::shared::Shared;
use crate::error::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What a check has found in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many contracts there are.
    pub contracts: u64,
    /// How many messages there are.
    pub messages: u64,
    /// The newest place in the log.
    pub head: u64,
}

/// Copies the store into a new file.
pub(super) fn copy(shared: &Shared, to: &Path) -> Step<()> {
    if to.exists() {
        let text = format!("`{}` is there already; name a new file", to.display());
        return Err(StoreError::Unavailable(text).into());
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // Left over from one that was broken off.
    drop(std::fs::remove_file(&part));
    let name = part
        .to_str()
        .ok_or_else(|| failed(to, "its name is no UTF-8"))?;
    let connection = schema::connect(&shared.path, Purpose::Checkpoint, &shared.options.tuning)?;
    let copied = connection.execute("VACUUM INTO ?1", [name]);
    let kept = copied.map_err(Fault::from).and_then(|_| {
        let rename = || -> std::io::Result<()> {
            File::open(&part)?.sync_all()?;
            std::fs::hard_link(&part, to).or_else(|_| std::fs::rename(&part, to))
        };
        rename().map_err(|error| failed(to, &error.to_string()))
    });
    drop(std::fs::remove_file(&part));
    kept
}

fn failed(to: &Path, why: &str) -> Fault {
    StoreError::Unavailable(format!("`{}` cannot be written: {why}", to.display())).into()
}

/// Looks whether a file is a whole store.
pub(super) fn check(path: &Path) -> Result<Checked, StoreError> {
    if !path.exists() {
        let text = format!("`{}` is not there", path.display());
        return Err(StoreError::Unavailable(text));
    }
    let connection = schema::open_to_look(path)?;
    let checked = || -> Step<Checked> {
        connection.execute_batch("BEGIN")?;
        look_at_pages(&connection)?;
        look_at_log(&connection)?;
        look_at_runs(&connection)?;
        figures(&connection)
    };
    Ok(checked()?)
}

fn look_at_pages(connection: &Connection) -> Step<()> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(corrupt(found))
    }
}

/// Looks whether the log has every event that contracts say they have, and every message that it names.
fn look_at_log(connection: &Connection) -> Step<()> {
    let gap = "SELECT c.id FROM contracts c LEFT JOIN (SELECT contract, sum(count) AS count, \
               max(first + count - 1) AS last FROM log WHERE count > 0 GROUP BY contract) l \
               ON l.contract = c.number \
               WHERE coalesce(l.count, 0) <> c.seq OR coalesce(l.last, 0) <> c.seq LIMIT 1";
    let gap: Option<String> = connection.query_row(gap, [], |row| row.get(0)).optional()?;
    if let Some(contract) = gap {
        return Err(corrupt(format!(
            "events of contract `{contract}` are missing"
        )));
    }
    let unsent = "SELECT (SELECT sum(length(sent)) / 8 FROM log), (SELECT count(*) FROM messages)";
    let (named, kept): (Option<i64>, i64) =
        connection.query_row(unsent, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if named.unwrap_or(0) == kept {
        return Ok(());
    }
    Err(corrupt(format!(
        "{} messages were sent and {kept} are kept",
        named.unwrap_or(0)
    )))
}

fn look_at_runs(connection: &Connection) -> Step<()> {
    let (newest, base, _) = scan::seen(connection)?;
    if base > newest {
        return Err(corrupt("the index knows more than the log"));
    }
    let mut runs = connection.prepare("SELECT number, entries FROM runs WHERE state = 1")?;
    let mut runs = runs.query([])?;
    while let Some(run) = runs.next()? {
        let (number, entries): (i64, i64) = (run.get(0)?, run.get(1)?);
        let mut blocks = connection.prepare_cached("SELECT bytes FROM blocks WHERE run = ?1")?;
        let mut blocks = blocks.query([number])?;
        let mut found = 0;
        while let Some(block) = blocks.next()? {
            let bytes = block.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            found += Block::read(bytes)?.len() as i64;
        }
        if found != entries {
            return Err(corrupt(format!(
                "run {number} of the index has {found} of {entries} entries"
            )));
        }
    }
    Ok(())
}

fn figures(connection: &Connection) -> Step<Checked> {
    let sql = "SELECT (SELECT count(*) FROM contracts WHERE seq > 0), \
               (SELECT count(*) FROM messages), (SELECT max(pos) FROM log)";
    Ok(connection.query_row(sql, [], |row| {
        Ok(Checked {
            contracts: row.get::<_, i64>(0)?.cast_unsigned(),
            messages: row.get::<_, i64>(1)?.cast_unsigned(),
            head: row.get::<_, Option<i64>>(2)?.unwrap_or(0).cast_unsigned(),
        })
    })?)
}
