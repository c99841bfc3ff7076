//! Opens connections, and knows the schema's versions.
//!
//! Owns: how every connection is set up; what a file must be to be a store; the migrations. Does not own: what
//! is kept in the tables.
//! Invariants: a schema is only ever moved forward, one migration after the other, all in one transaction; a
//! file that is no store, or of a newer schema, is left as it is.

use super::fault::{Fault, Step};
use super::options::{Options, Tuning};
use crate::error::StoreError;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, OptionalExtension};
use std::path::Path;
use std::time::Duration;

/// The steps from nothing to the newest schema. Each brings the schema to the number of its place, from 1.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/1.sql")];
const PAGE_BYTES: u32 = 4_096;
/// `Earn`, by which tools that look at files know one of ours.
const APPLICATION: u32 = 0x4561_726e;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The one that commits.
    Write,
    /// One that only reads.
    Read,
    /// The one that copies the write-ahead log into the file.
    Checkpoint,
}

/// Opens the file, makes or migrates what it has to have, and returns the connection that commits.
pub(super) fn open(path: &Path, options: &Options) -> Result<Connection, StoreError> {
    refuse_what_is_no_file(path)?;
    let first = || -> Step<Connection> {
        let connection = connect(path, Purpose::Write, &options.tuning)?;
        if connection.is_readonly(MAIN_DB)? {
            return Err(cannot_write(path).into());
        }
        set_up(path, &connection, options.migrate)?;
        Ok(connection)
    };
    first().map_err(|fault| no_store(path, fault))
}

/// Opens a file that must be a store of the newest schema, to look at it.
pub(super) fn open_to_look(path: &Path) -> Result<Connection, StoreError> {
    refuse_what_is_no_file(path)?;
    let open = || -> Step<Connection> {
        let connection = connect(path, Purpose::Read, &Tuning::default())?;
        match schema_of(path, &connection)? {
            Some(schema) if schema == MIGRATIONS.len() => Ok(connection),
            Some(schema) => Err(other_schema(path, schema).into()),
            None => {
                let text = format!("`{}` is empty", path.display());
                Err(StoreError::Version(text).into())
            }
        }
    };
    open().map_err(|fault| no_store(path, fault))
}

fn other_schema(path: &Path, schema: usize) -> StoreError {
    let shown = path.display();
    let newest = MIGRATIONS.len();
    StoreError::Version(if schema > newest {
        format!(
            "`{shown}` has schema {schema} and this version of earnest knows {newest} at most; \
             use a newer one"
        )
    } else {
        format!(
            "`{shown}` has schema {schema} and this version of earnest needs {newest}; run \
             `earnest migrate --store sqlite:{shown}`"
        )
    })
}

fn refuse_what_is_no_file(path: &Path) -> Result<(), StoreError> {
    let shown = path.display();
    if let Ok(there) = path.metadata() {
        if there.is_dir() {
            let text = format!("`{shown}` is a folder; name a file in it");
            return Err(StoreError::Unavailable(text));
        }
        if there.permissions().readonly() {
            return Err(cannot_write(path));
        }
        return Ok(());
    }
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            let text = format!(
                "the folder `{}` is not there; make it first",
                folder.display()
            );
            Err(StoreError::Unavailable(text))
        }
        _ => Ok(()),
    }
}

fn cannot_write(path: &Path) -> StoreError {
    let shown = path.display();
    StoreError::Unavailable(format!(
        "`{shown}` is read-only; allow this user to write it"
    ))
}

/// Says more plainly why a file is no store.
fn no_store(path: &Path, fault: Fault) -> StoreError {
    let shown = path.display();
    match fault {
        Fault::Sql(rusqlite::Error::SqliteFailure(failure, text)) => match failure.code {
            ErrorCode::NotADatabase => StoreError::Version(format!(
                "`{shown}` is not an Earnest store; name another file"
            )),
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => {
                let text =
                    format!("`{shown}` cannot be opened; look at its and its folder's rights");
                StoreError::Unavailable(text)
            }
            _ => Fault::Sql(rusqlite::Error::SqliteFailure(failure, text)).into(),
        },
        fault => fault.into(),
    }
}

/// Opens a connection.
pub(super) fn connect(path: &Path, purpose: Purpose, tuning: &Tuning) -> Step<Connection> {
    let create = match purpose {
        Purpose::Write => OpenFlags::SQLITE_OPEN_CREATE,
        Purpose::Read | Purpose::Checkpoint => OpenFlags::empty(),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(tuning.patience.into()))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    if purpose == Purpose::Write {
        to_wal(&connection)?;
    }
    let kibibytes = match purpose {
        Purpose::Write => 16_384,
        Purpose::Read => 2_048,
        Purpose::Checkpoint => 256,
    };
    connection.pragma_update(None, "cache_size", -kibibytes)?;
    for (pragma, value) in [
        ("synchronous", 2),
        ("temp_store", 2),
        ("mmap_size", 0),
        ("trusted_schema", 0),
        ("wal_autocheckpoint", 0),
        ("query_only", i32::from(purpose == Purpose::Read)),
    ] {
        connection.pragma_update(None, pragma, value)?;
    }
    if purpose == Purpose::Write && tuning.pages > 0 {
        limit_pages(&connection, tuning.pages)?;
    }
    Ok(connection)
}

/// Limits how many pages the file may have.
pub(super) fn limit_pages(connection: &Connection, pages: u32) -> Step<()> {
    let sql = format!("PRAGMA max_page_count = {pages}");
    Ok(connection.query_row(&sql, [], |_| Ok(()))?)
}

fn to_wal(connection: &Connection) -> Step<()> {
    let mode: String = connection.query_row("PRAGMA journal_mode = wal", [], |row| row.get(0))?;
    if mode == "wal" {
        return Ok(());
    }
    let text = "the file's folder does not allow a write-ahead log; keep the store on a local disk";
    Err(StoreError::Unavailable(text.to_owned()).into())
}

/// Makes the tables of a new file, and looks at those of an old one.
fn set_up(path: &Path, connection: &Connection, migrate: bool) -> Step<()> {
    if schema_of(path, connection)? == Some(MIGRATIONS.len()) {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = bring_forward(path, connection, migrate);
    connection.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    done
}

fn bring_forward(path: &Path, connection: &Connection, migrate: bool) -> Step<()> {
    let newest = MIGRATIONS.len();
    let from = match schema_of(path, connection)? {
        Some(schema) if schema > newest || schema < newest && !migrate => {
            return Err(other_schema(path, schema).into());
        }
        Some(schema) => schema,
        None => {
            connection.pragma_update(None, "application_id", APPLICATION)?;
            0
        }
    };
    for migration in MIGRATIONS.iter().skip(from) {
        connection.execute_batch(migration)?;
    }
    connection.execute(
        "UPDATE meta SET value = ?1 WHERE key = 'schema'",
        [newest as i64],
    )?;
    Ok(())
}

/// Returns the schema's number, or nothing for an empty file.
fn schema_of(path: &Path, connection: &Connection) -> Step<Option<usize>> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(None);
    }
    let there = "SELECT 1 FROM sqlite_schema WHERE name = 'meta' AND sql LIKE '%key%value%'";
    let of_ours = connection.query_row(there, [], |_| Ok(())).optional()?;
    let schema: Option<i64> = match of_ours {
        Some(()) => connection
            .query_row("SELECT value FROM meta WHERE key = 'schema'", [], |row| {
                row.get(0)
            })
            .optional()?,
        None => None,
    };
    schema
        .and_then(|schema| usize::try_from(schema).ok())
        .map(Some)
        .ok_or_else(|| {
            let shown = path.display();
            let text = format!("`{shown}` is a database of another program; name another file");
            StoreError::Version(text).into()
        })
}
