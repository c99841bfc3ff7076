//! Reads the header of the write-ahead log's index, which every commit of any process changes.
//!
//! SQLite keeps it at the beginning of the file whose name ends in `-shm`, twice, one copy behind the other
//! (<https://www.sqlite.org/walformat.html>, "The WAL-Index Header"). It has a count of changes, the number of the
//! last frame that is committed and a running checksum over all frames: two equal headers are one commit.
//! Looking at it costs one call of the system; asking SQLite takes locks and twenty times as long.
//!
//! Owns: the open file. Invariant: a file that was opened here is never closed: closing any handle of a file
//! gives up all locks that the process has on it, and SQLite has its own there.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, LazyLock};

const COPY: usize = 48;

/// Where in a copy the count of commits stands, in the machine's own order of bytes.
const COUNT: std::ops::Range<usize> = 8..12;

/// Both copies of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks([u8; 2 * COPY]);

impl Marks {
    /// Returns whether exactly one commit lies between an earlier header and this one.
    pub(super) fn is_next_after(&self, earlier: &Self) -> bool {
        match (self.count(), earlier.count()) {
            (Some(count), Some(before)) => count == before.wrapping_add(1),
            _ => false,
        }
    }

    fn count(&self) -> Option<u32> {
        let bytes = self.0.get(COUNT)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    }
}

/// Where a header is read.
pub(super) struct Header(Arc<File>);

/// Files by device and inode.
type Files = HashMap<(u64, u64), Arc<File>>;

/// All files that were opened, so that none is opened twice or closed.
static OPENED: LazyLock<Mutex<Files>> = LazyLock::new(Mutex::default);

impl Header {
    /// Returns the header of a store's file, unless the file with it cannot be read: then SQLite is asked.
    pub(super) fn open(store: &Path) -> Option<Self> {
        let mut path = store.canonicalize().ok()?.into_os_string();
        path.push("-shm");
        let mut opened = OPENED.lock();
        let there = std::fs::metadata(&path).ok()?;
        if let Some(file) = opened.get(&(there.dev(), there.ino())) {
            return Some(Self(Arc::clone(file)));
        }
        let file = Arc::new(File::open(&path).ok()?);
        // What was opened is kept, even where another file has taken the name since it was looked at.
        let meta = file.metadata();
        let name = meta.map_or_else(|_| (there.dev(), there.ino()), |it| (it.dev(), it.ino()));
        let kept = opened.entry(name).or_insert_with(|| Arc::clone(&file));
        if !Arc::ptr_eq(kept, &file) {
            std::mem::forget(file);
        }
        Some(Self(Arc::clone(kept)))
    }

    /// Returns the header, unless it is being written.
    pub(super) fn marks(&self) -> Option<Marks> {
        let mut marks = [0; 2 * COPY];
        self.0.read_exact_at(&mut marks, 0).ok()?;
        let (first, second) = marks.split_at(COPY);
        (first == second).then_some(Marks(marks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn open(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = wal; CREATE TABLE IF NOT EXISTS t (n)")
            .unwrap();
        connection
    }

    #[test]
    fn every_commit_changes_it_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let (one, other) = (open(&path), open(&path));
        let header = Header::open(&path).unwrap();
        let mut seen = vec![header.marks().unwrap()];
        for round in 0..50 {
            let writes = if round % 2 == 0 { &one } else { &other };
            writes
                .execute("INSERT INTO t VALUES (?1)", [round])
                .unwrap();
            let marks = header.marks().unwrap();
            assert!(!seen.contains(&marks), "round {round}");
            assert!(marks.is_next_after(seen.last().unwrap()), "round {round}");
            let not_next = seen.iter().rev().skip(1).chain([&marks]);
            assert!(
                not_next.copied().all(|it| !marks.is_next_after(&it)),
                "round {round}"
            );
            seen.push(marks);
            let count = "SELECT count(*) FROM t";
            one.query_row(count, [], |row| row.get::<_, i64>(0))
                .unwrap();
            if round % 10 == 0 {
                let copy = "PRAGMA wal_checkpoint(PASSIVE)";
                other.query_row(copy, [], |_| Ok(())).unwrap();
            }
            assert_eq!(header.marks().unwrap(), marks, "round {round}");
        }
    }

    #[test]
    fn a_file_is_opened_once_and_one_that_is_not_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        assert!(Header::open(&path).is_none());
        let _connection = open(&path);
        let (one, other) = (Header::open(&path).unwrap(), Header::open(&path).unwrap());
        assert!(Arc::ptr_eq(&one.0, &other.0));
    }
}
