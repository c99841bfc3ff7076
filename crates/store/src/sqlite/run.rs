//! Reads runs: sorted entries in blocks, with a filter each.
//!
//! Owns: the runs' rows, and walking through one. Does not own: who makes runs ([`keeper`](super::keeper)).
//! Invariant: a live run never changes; its blocks go only after it is no longer live.

use super::block::Block;
use super::fault::{Step, corrupt};
use super::filter::Filter;
use super::index::Range;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

/// How a run or a snapshot stands.
pub(super) const WRITING: i64 = 0;
pub(super) const LIVE: i64 = 1;
pub(super) const DEAD: i64 = 2;

/// A live run, as a process knows it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: i64,
    pub(super) level: i64,
    pub(super) filter: Filter,
}

/// Reads the live runs, newest first, and takes those that are known from `before`.
pub(super) fn load(connection: &Connection, before: &[Arc<Run>]) -> Step<Vec<Arc<Run>>> {
    let sql = "SELECT number, level FROM runs WHERE state = 1 ORDER BY number DESC";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let known = before.iter().find(|run| run.number == number).cloned();
        runs.push(match known {
            Some(run) => run,
            None => Arc::new(Run {
                number,
                level: row.get(1)?,
                filter: load_filter(connection, number)?,
            }),
        });
    }
    Ok(runs)
}

fn load_filter(connection: &Connection, run: i64) -> Step<Filter> {
    let sql = "SELECT bytes FROM filters WHERE run = ?1 ORDER BY piece";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([run])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.extend_from_slice(
            row.get_ref(0)?
                .as_blob()
                .map_err(|_| corrupt("a filter is no blob"))?,
        );
    }
    Ok(Filter::from_bytes(&bytes))
}

/// Walks through the entries of a run that lie in a range.
#[derive(Debug)]
pub(super) struct Walk {
    run: i64,
    first: Vec<u8>,
    block: Block,
    /// The entry that is looked at; backwards, the one behind it.
    at: usize,
    done: bool,
}

impl Walk {
    /// Begins at the range's first entry, or backwards at its last one.
    pub(super) fn begin(connection: &Connection, run: i64, range: &Range) -> Step<Self> {
        let mut walk = Self {
            run,
            first: Vec::new(),
            block: Block::default(),
            at: 0,
            done: false,
        };
        if range.backwards {
            walk.load(connection, BELOW, &range.to)?;
            walk.at = walk.block.below(&range.to);
        } else {
            walk.load(connection, AT_OR_BELOW, &range.from)?;
            if walk.done {
                walk.done = false;
                walk.load(connection, ABOVE, &range.from)?;
            }
            walk.at = walk.block.below(&range.from);
            if walk.at == walk.block.len() {
                walk.next_block(connection, range)?;
            }
        }
        Ok(walk)
    }

    /// Returns the entry that the walk stands at.
    pub(super) fn entry(&self, range: &Range) -> Option<&[u8]> {
        if self.done {
            return None;
        }
        if range.backwards {
            let entry = self.block.get(self.at.checked_sub(1)?)?;
            (entry >= range.from.as_slice()).then_some(entry)
        } else {
            let entry = self.block.get(self.at)?;
            (entry < range.to.as_slice()).then_some(entry)
        }
    }

    /// Goes one entry on.
    pub(super) fn step(&mut self, connection: &Connection, range: &Range) -> Step<()> {
        if range.backwards {
            self.at = self.at.saturating_sub(1);
        } else {
            self.at += 1;
        }
        let left = if range.backwards {
            self.at
        } else {
            self.block.len() - self.at
        };
        if left == 0 {
            self.next_block(connection, range)?;
        }
        Ok(())
    }

    fn next_block(&mut self, connection: &Connection, range: &Range) -> Step<()> {
        if self.done {
            return Ok(());
        }
        let first = std::mem::take(&mut self.first);
        let which = if range.backwards { BELOW } else { ABOVE };
        self.load(connection, which, &first)?;
        self.at = if range.backwards { self.block.len() } else { 0 };
        Ok(())
    }

    fn load(&mut self, connection: &Connection, which: &str, bound: &[u8]) -> Step<()> {
        let mut select = connection.prepare_cached(which)?;
        let found = select
            .query_row(params![self.run, bound], |row| {
                let first: Vec<u8> = row.get(0)?;
                let block = Block::read(row.get_ref(1)?.as_blob()?);
                Ok((first, block))
            })
            .optional()?;
        match found {
            Some((first, block)) => {
                self.first = first;
                self.block = block?;
                if self.block.get(0) != Some(self.first.as_slice()) {
                    return Err(corrupt("a block of the index is not where it belongs"));
                }
            }
            None => self.done = true,
        }
        Ok(())
    }
}

const AT_OR_BELOW: &str =
    "SELECT first, bytes FROM blocks WHERE run = ?1 AND first <= ?2 ORDER BY first DESC LIMIT 1";
const BELOW: &str =
    "SELECT first, bytes FROM blocks WHERE run = ?1 AND first < ?2 ORDER BY first DESC LIMIT 1";
const ABOVE: &str =
    "SELECT first, bytes FROM blocks WHERE run = ?1 AND first > ?2 ORDER BY first LIMIT 1";
