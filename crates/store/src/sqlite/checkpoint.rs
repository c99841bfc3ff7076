//! Copies the write-ahead log into the file, beside the commits.
//!
//! Owns: when it is copied, and when it begins anew. Does not own: the last step, which is the writer's.
//! Invariant: commits go on meanwhile; only the last step, when little is left to copy, holds them up.

use super::queue::Job;
use super::shared::{Shared, Woken};
use rusqlite::Connection;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often it looks whether something was left over.
const ROUND: Duration = Duration::from_secs(2);
/// How long it waits for the writer to end a checkpoint.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it copies in a row what was written meanwhile.
const PASSES: usize = 8;
const PAGE_BYTES: u64 = 4_096;

/// What a pass has found: bytes in the write-ahead log, and how many of them are not copied yet.
#[derive(Debug, Clone, Copy)]
struct Pass {
    wal: u64,
    left: u64,
}

/// Works until the store ends.
pub(super) fn run(connection: &Connection, shared: &Shared) {
    let mut commits = 0;
    loop {
        let woken = shared.checkpointer.wait(Some(ROUND));
        let now = shared.figures.commits.load(Ordering::Relaxed);
        match woken {
            Woken::Ended => return,
            Woken::Late if now == commits => {}
            Woken::Late | Woken::Raised => work(connection, shared),
        }
        commits = now;
    }
}

fn work(connection: &Connection, shared: &Shared) {
    let tuning = &shared.options.tuning;
    for _ in 0..PASSES {
        let pass = match pass(connection) {
            Ok(pass) => pass,
            Err(error) => return tracing::warn!("the write-ahead log was not copied: {error}"),
        };
        shared.figures.wal.store(pass.wal, Ordering::Relaxed);
        let little = pass.left <= tuning.pass / 4;
        if pass.wal < tuning.wal {
            return;
        }
        if little || pass.wal >= tuning.wal_most {
            if shared.queue.push_own(Job::Checkpoint).is_ok() {
                shared.checkpointed.wait(Some(PATIENCE));
            }
            return;
        }
    }
}

fn pass(connection: &Connection) -> rusqlite::Result<Pass> {
    let sql = "PRAGMA wal_checkpoint(PASSIVE)";
    let (wal, copied): (i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(1)?, row.get(2)?)))?;
    let bytes = |pages: i64| u64::try_from(pages).unwrap_or(0) * PAGE_BYTES;
    Ok(Pass {
        wal: bytes(wal),
        left: bytes(wal - copied),
    })
}
