//! Finds entries in memory and in all runs, as if they were one sorted list.
//!
//! Owns: bringing what the process knows to what a transaction sees, and merging. Does not own: what the
//! entries lead to.
//! Invariant: an entry that was committed when the transaction began is found, once, wherever it is: the runs
//! and the layers are looked at as of one generation, or the transaction has to begin anew.

use super::entry::{self, Entry};
use super::fault::{Fault, Step};
use super::follow;
use super::index::{Index, Range};
use super::place::Place;
use super::run::{self, Run, Walk};
use earnest_core::units::MessageId;
use parking_lot::RwLock;
use rusqlite::Connection;
use std::sync::Arc;

/// What a transaction sees of the index.
#[derive(Debug, Clone, Default)]
pub(super) struct Sight {
    /// The newest row of the log.
    pub(super) newest: u64,
    generation: u64,
    runs: Arc<Vec<Arc<Run>>>,
}

/// Brings what the process knows to what the transaction sees.
pub(super) fn settle(connection: &Connection, index: &RwLock<Index>) -> Step<Sight> {
    let (newest, base, generation) = seen(connection)?;
    loop {
        let (known, mine, runs) = {
            let index = index.read();
            (index.known(), index.generation(), Arc::clone(index.runs()))
        };
        if mine > generation {
            return Err(Fault::Moved);
        }
        if mine < generation {
            let runs = Arc::new(run::load(connection, &runs)?);
            let mut index = index.write();
            if index.generation() < generation {
                index.publish(base, generation, runs);
            }
        } else if known < newest {
            follow::take_in(connection, index, known, newest)?;
        } else {
            return Ok(Sight {
                newest,
                generation,
                runs,
            });
        }
    }
}

/// Returns the newest row of the log, and how far and in which generation the runs are.
pub(super) fn seen(connection: &Connection) -> Step<(u64, u64, u64)> {
    let sql = "SELECT (SELECT max(pos) FROM log), base, generation FROM indexed";
    let mut select = connection.prepare_cached(sql)?;
    Ok(select.query_row([], |row| {
        let newest: Option<i64> = row.get(0)?;
        let base: i64 = row.get(1)?;
        let generation: i64 = row.get(2)?;
        Ok((
            newest.unwrap_or(0).cast_unsigned(),
            base.cast_unsigned(),
            generation.cast_unsigned(),
        ))
    })?)
}

/// Returns all entries that begin so; `hash` is what filters know them by.
pub(super) fn find(
    connection: &Connection,
    index: &RwLock<Index>,
    sight: &Sight,
    prefix: &[u8],
    hash: u64,
) -> Step<Vec<Entry>> {
    let in_memory = {
        let index = index.read();
        if index.generation() != sight.generation {
            return Err(Fault::Moved);
        }
        index.has(prefix)
    };
    let mut runs = sight
        .runs
        .iter()
        .filter(|run| run.filter.may_have(hash))
        .peekable();
    if !in_memory && runs.peek().is_none() {
        return Ok(Vec::new());
    }
    let range = Range::new(prefix, prefix.to_vec(), entry::end_of(prefix), false);
    let runs = runs.map(Arc::clone).collect::<Vec<_>>();
    let mut scan = Scan::over(connection, index, sight, &runs, range, usize::MAX)?;
    let mut found = Vec::new();
    while let Some(entry) = scan.next()? {
        found.push(entry);
    }
    Ok(found)
}

/// Goes through the entries of a range.
pub(super) struct Scan<'c> {
    connection: &'c Connection,
    range: Range,
    /// How many entries may still be given: no more than were taken from memory.
    left: usize,
    in_memory: std::iter::Peekable<std::vec::IntoIter<Entry>>,
    walks: Vec<Walk>,
}

impl<'c> Scan<'c> {
    /// Begins. It gives at most `most` entries.
    pub(super) fn begin(
        connection: &'c Connection,
        index: &RwLock<Index>,
        sight: &Sight,
        range: Range,
        most: usize,
    ) -> Step<Self> {
        Self::over(connection, index, sight, &sight.runs, range, most)
    }

    /// Goes through whole runs and nothing else.
    pub(super) fn of_runs(connection: &'c Connection, runs: &[Arc<Run>]) -> Step<Self> {
        let range = Range::new(&[], Vec::new(), vec![0xff; 8], false);
        let walks = runs
            .iter()
            .map(|run| Walk::begin(connection, run.number, &range));
        let walks = walks.collect::<Step<_>>()?;
        Ok(Self {
            connection,
            range,
            left: usize::MAX,
            in_memory: Vec::new().into_iter().peekable(),
            walks,
        })
    }

    fn over(
        connection: &'c Connection,
        index: &RwLock<Index>,
        sight: &Sight,
        runs: &[Arc<Run>],
        range: Range,
        most: usize,
    ) -> Step<Self> {
        let in_memory = {
            let index = index.read();
            if index.generation() != sight.generation {
                return Err(Fault::Moved);
            }
            index.in_range(&range, most)
        };
        let walks = runs
            .iter()
            .map(|run| Walk::begin(connection, run.number, &range))
            .collect::<Step<_>>()?;
        Ok(Self {
            connection,
            range,
            left: most,
            in_memory: in_memory.into_iter().peekable(),
            walks,
        })
    }

    /// Returns the next entry.
    pub(super) fn next(&mut self) -> Step<Option<Entry>> {
        let mut best: Option<&[u8]> = self.in_memory.peek().map(Vec::as_slice);
        for walk in &self.walks {
            if let Some(entry) = walk.entry(&self.range) {
                let sooner = best.is_none_or(|best| (entry < best) != self.range.backwards);
                if sooner {
                    best = Some(entry);
                }
            }
        }
        let Some(best) = best.filter(|_| self.left > 0).map(Entry::from) else {
            return Ok(None);
        };
        self.left -= 1;
        self.in_memory.next_if(|entry| *entry == best);
        for walk in &mut self.walks {
            if walk.entry(&self.range) == Some(best.as_slice()) {
                walk.step(self.connection, &self.range)?;
            }
        }
        Ok(Some(best))
    }
}

/// Returns where the message of an id is kept that is not of the made form.
pub(super) fn place_of_other(
    connection: &Connection,
    index: &RwLock<Index>,
    sight: &Sight,
    id: &MessageId,
) -> Step<Option<Place>> {
    let prefix = entry::named_as(id);
    let hash = entry::name_hash(id.as_str().as_bytes());
    let found = find(connection, index, sight, &prefix, hash)?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    Ok(Some(Place(entry::number_behind(found, prefix.len())?)))
}
