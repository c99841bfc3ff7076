//! Notices what other processes have committed, without asking a thread.
//!
//! Owns: a connection for that one question. Invariant: it says what was committed before it was asked.

use super::fault::{closed, meaning};
use super::schema::{self, Purpose};
use super::shared::Shared;
use crate::error::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::Path;

/// Looks at the newest row of the log.
pub(super) struct Watch(Mutex<Option<Connection>>);

impl Watch {
    pub(super) fn open(shared: &Shared) -> Result<Self, StoreError> {
        let connection = schema::connect(&shared.path, Purpose::Read, &shared.options.tuning)?;
        Ok(Self(Mutex::new(Some(connection))))
    }

    /// Returns the place of the newest row of the log.
    pub(super) fn newest(&self) -> Result<u64, StoreError> {
        let connection = self.0.lock();
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
        let newest = self.newest()?;
        Ok(newest <= shared.index.read().known())
    }

    pub(super) fn close(&self) {
        self.0.lock().take();
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
