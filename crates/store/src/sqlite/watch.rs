//! Notices what other processes have committed, without asking a thread.
//!
//! Owns: a connection for that one question, and the sight of the header that every commit changes.
//! Invariant: it says what was committed before it was asked.

use super::fault::{closed, meaning};
use super::header::{Header, Marks};
use super::schema::{self, Purpose};
use super::shared::Shared;
use crate::error::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::Path;
use std::sync::OnceLock;

/// Looks at the newest row of the log.
pub(super) struct Watch {
    connection: Mutex<Option<Connection>>,
}

/// What is seen of the header.
#[derive(Default)]
pub(super) struct Seen {
    header: OnceLock<Header>,
    /// The header under which this process was last found to know everything.
    current: Mutex<Option<Marks>>,
}

impl Seen {
    /// Returns the header as it is now, unless it is being written or cannot be seen.
    pub(super) fn marks(&self) -> Option<Marks> {
        self.header.get().and_then(Header::marks)
    }

    fn is_current(&self, marks: Option<Marks>) -> bool {
        marks.is_some() && *self.current.lock() == marks
    }

    /// Notes a header under which this process knows everything.
    fn note(&self, marks: Option<Marks>) {
        *self.current.lock() = marks;
    }

    /// Notes that this process has committed, and knew everything before, under an earlier header: where nobody else has
    /// committed since, it knows everything now.
    pub(super) fn note_commit(&self, before: Option<Marks>) {
        let now = self.marks();
        if let (Some(before), Some(now)) = (before, now)
            && now.is_next_after(&before)
        {
            self.note(Some(now));
        }
    }
}

impl Watch {
    pub(super) fn open(shared: &Shared) -> Result<Self, StoreError> {
        let connection = schema::connect(&shared.path, Purpose::Read, &shared.options.tuning)?;
        let watch = Self {
            connection: Mutex::new(Some(connection)),
        };
        // The file with the header is there once somebody has read.
        watch.newest()?;
        if let Some(header) = Header::open(&shared.path) {
            // It is the first: nobody else opens a watch on these parts.
            drop(shared.seen.header.set(header));
        }
        Ok(watch)
    }

    /// Returns the place of the newest row of the log.
    pub(super) fn newest(&self) -> Result<u64, StoreError> {
        let connection = self.connection.lock();
        let connection = connection.as_ref().ok_or_else(closed)?;
        let newest = || -> rusqlite::Result<Option<i64>> {
            connection
                .prepare_cached("SELECT max(pos) FROM log")?
                .query_row([], |row| row.get(0))
        };
        let newest = newest().map_err(|error| meaning(&error))?;
        Ok(newest.unwrap_or(0).cast_unsigned())
    }

    /// Returns whether this process knows everything that is committed.
    pub(super) fn is_current(&self, shared: &Shared) -> Result<bool, StoreError> {
        // Before anything else is looked at: what is committed meanwhile changes it.
        let marks = shared.seen.marks();
        if shared.seen.is_current(marks) {
            return Ok(true);
        }
        let newest = self.newest()?;
        let is_current = newest <= shared.index.read().known();
        if is_current {
            shared.seen.note(marks);
        }
        Ok(is_current)
    }

    /// Answers nothing any more; the writer has ended.
    pub(super) fn close(&self, shared: &Shared) {
        self.connection.lock().take();
        shared.seen.note(None);
    }
}

/// Returns how many bytes a store takes on the disk.
pub(super) fn bytes_of(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    [path.as_os_str(), &log]
        .into_iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|file| file.len())
        .sum()
}
