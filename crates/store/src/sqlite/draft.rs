//! Writes runs, a slice in each transaction.
//!
//! Owns: a run from its first block to the moment it is live. Does not own: when it is made.
//! Invariants: a run is live with one small transaction, and what it replaces is not from then on; if what it
//! was made of has changed meanwhile, it never becomes live.

use super::block::Packer;
use super::entry;
use super::fault::Step;
use super::filter::Filter;
use super::layer::{Layer, Sorted};
use super::run::{DEAD, LIVE, Run, WRITING};
use super::scan::{self, Scan};
use super::shared::{Shared, answered_here};
use super::writer::Writer;
use crate::error::StoreError;
use rusqlite::{Connection, params};
use std::borrow::Cow;
use std::sync::Arc;

/// Stands for the level of what is made of the entries in memory.
pub(super) const NEWEST: i64 = -1;
/// Above this level are runs so large that filters of fewer bits are worth their false alarms.
const LAST_SMALL_LEVEL: i64 = 1;

/// A run that is being written.
pub(super) struct Making<'c> {
    number: i64,
    level: i64,
    source: Source<'c>,

    entries: u64,
    packer: Packer,
    filter: Filter,
    stage: Stage,
}

/// What a run is made of.
enum Source<'c> {
    /// Entries in memory: how far the layer and the runs before it are, the entries, and how many are packed.
    Layer {
        to: u64,
        base: u64,
        sorted: Sorted,
        at: usize,
    },
    /// Smaller runs.
    Runs(Vec<Arc<Run>>, Box<Scan<'c>>),
}

/// How far it is.
enum Stage {
    Blocks,
    /// The filter, of which so many bytes are written.
    Filter(Vec<u8>, usize),
}

type Blocks = Vec<(Vec<u8>, Vec<u8>)>;

impl<'c> Making<'c> {
    /// Begins a run of a layer.
    pub(super) fn of_layer(shared: &Shared, layer: &Layer) -> Step<Self> {
        let sorted = layer.sorted();
        let hashes = sorted.iter().filter_map(entry::filtered).count();
        let (to, base) = (layer.to, shared.index.read().base());
        Self::begin(
            shared,
            Source::Layer {
                to,
                base,
                sorted,
                at: 0,
            },
            0,
            hashes,
        )
    }

    /// Begins a run of smaller runs.
    pub(super) fn of_runs(
        connection: &'c Connection,
        shared: &Shared,
        runs: Vec<Arc<Run>>,
        level: i64,
    ) -> Step<Self> {
        let hashes = runs
            .iter()
            .map(|run| run.filter.size() * 8 / bits_at(run.level))
            .sum();
        let scan = Box::new(Scan::of_runs(connection, &runs)?);
        Self::begin(shared, Source::Runs(runs, scan), level, hashes)
    }

    fn begin(shared: &Shared, source: Source<'c>, level: i64, hashes: usize) -> Step<Self> {
        let number = answered_here(shared.write_own(
            move |writer| {
                let sql = "INSERT INTO runs (level, entries, state, touched) \
                           VALUES (?1, 0, ?2, unixepoch()) RETURNING number";
                let mut insert = writer.connection.prepare_cached(sql)?;
                Ok(insert.query_row([level, WRITING], |row| row.get(0))?)
            },
            |_, _| (),
        ))?;
        Ok(Self {
            number,
            level,
            source,
            entries: 0,
            packer: Packer::default(),
            filter: Filter::new(hashes, bits_at(level)),
            stage: Stage::Blocks,
        })
    }

    /// Writes a slice, and returns whether it was the last one.
    pub(super) fn slice(&mut self, shared: &Shared) -> Step<bool> {
        let tuning = &shared.options.tuning;
        let number = self.number;
        match &mut self.stage {
            Stage::Blocks => {
                let blocks = self.pack(tuning.block, tuning.slice)?;
                if blocks.is_empty() {
                    self.stage = Stage::Filter(self.filter.to_bytes(), 0);
                    return Ok(false);
                }
                answered_here(shared.write_own(
                    move |writer| write_blocks(writer, number, &blocks),
                    |(), _| (),
                ))?;
                Ok(false)
            }
            Stage::Filter(bytes, written) if *written < bytes.len() => {
                let from = *written;
                let to = bytes.len().min(from + tuning.slice.max(1));
                let slice = bytes.get(from..to).unwrap_or_default().to_vec();
                answered_here(shared.write_own(
                    move |writer| write_filter(writer, number, from, &slice),
                    |(), _| (),
                ))?;
                *written = to;
                Ok(false)
            }
            Stage::Filter(..) => self.end(shared).map(|()| true),
        }
    }

    /// Packs the next blocks.
    fn pack(&mut self, block: usize, slice: usize) -> Step<Blocks> {
        let mut blocks = Blocks::new();
        let mut bytes = 0;
        loop {
            let Some(entry) = self.source.next()? else {
                if self.packer.len() > 0 {
                    blocks.push(self.packer.finish());
                }
                break;
            };
            self.packer.push(&entry);
            self.entries += 1;
            if let Some(hash) = entry::filtered(&entry) {
                self.filter.put(hash);
            }
            if self.packer.len() >= block {
                bytes += self.packer.len();
                blocks.push(self.packer.finish());
                if bytes >= slice {
                    break;
                }
            }
        }
        Ok(blocks)
    }

    /// Lets the run be live.
    fn end(&mut self, shared: &Shared) -> Step<()> {
        let number = self.number;
        let entries = self.entries;
        let (replaced, move_base) = match &self.source {
            Source::Layer { to, base, .. } => (Vec::new(), Some((*base, *to))),
            Source::Runs(runs, _) => (runs.iter().map(|run| run.number).collect(), None),
        };
        let run = Arc::new(Run {
            number,
            level: self.level,
            filter: std::mem::take(&mut self.filter),
        });
        let gone = replaced.clone();
        let publish = move |generation: &u64, shared: &Shared| {
            publish(shared, *generation, run, &gone, move_base);
        };
        let ended = shared.write_own(
            move |writer| end_run(writer, number, entries, &replaced, move_base),
            publish,
        );
        answered_here(ended)?;
        Ok(())
    }
}

/// Returns how many bits a filter of a run of a level has for each entry that it knows.
const fn bits_at(level: i64) -> usize {
    if level <= LAST_SMALL_LEVEL { 16 } else { 12 }
}

impl Source<'_> {
    /// Returns the next entry.
    fn next(&mut self) -> Step<Option<Cow<'_, [u8]>>> {
        match self {
            Self::Layer { sorted, at, .. } => {
                *at += 1;
                Ok(sorted.get(*at - 1).map(Cow::Borrowed))
            }
            Self::Runs(_, scan) => Ok(scan.next()?.map(Cow::Owned)),
        }
    }
}

fn write_blocks(writer: &mut Writer<'_>, run: i64, blocks: &Blocks) -> Step<()> {
    touch(writer, run)?;
    let sql = "INSERT OR REPLACE INTO blocks VALUES (?1, ?2, ?3)";
    let mut insert = writer.connection.prepare_cached(sql)?;
    for (first, bytes) in blocks {
        insert.execute(params![run, first, bytes])?;
    }
    drop(insert);
    writer.wrote(blocks.iter().map(|(_, bytes)| bytes.len()).sum());
    Ok(())
}

fn write_filter(writer: &mut Writer<'_>, run: i64, from: usize, bytes: &[u8]) -> Step<()> {
    touch(writer, run)?;
    let sql = "INSERT OR REPLACE INTO filters VALUES (?1, ?2, ?3)";
    let row = params![run, from as i64, bytes];
    writer.connection.prepare_cached(sql)?.execute(row)?;
    writer.wrote(bytes.len());
    Ok(())
}

/// Says that a run is still being written; it conflicts when another process has given it up.
fn touch(writer: &Writer<'_>, run: i64) -> Step<()> {
    let sql = "UPDATE runs SET touched = unixepoch() WHERE number = ?1 AND state = ?2";
    let touched = writer
        .connection
        .prepare_cached(sql)?
        .execute([run, WRITING])?;
    (touched == 1)
        .then_some(())
        .ok_or_else(|| StoreError::Conflict.into())
}

/// Lets a run be live in the place of others, and returns the generation that begins.
fn end_run(
    writer: &Writer<'_>,
    run: i64,
    entries: u64,
    replaced: &[i64],
    move_base: Option<(u64, u64)>,
) -> Step<u64> {
    let (_, base, generation) = scan::seen(writer.connection)?;
    let sql = "SELECT 1 FROM runs WHERE number = ?1 AND state = ?2";
    let mut select = writer.connection.prepare_cached(sql)?;
    for run in replaced {
        if !select.exists([*run, LIVE])? {
            return Err(StoreError::Conflict.into());
        }
    }
    touch(writer, run)?;
    let base = match move_base {
        Some((from, _)) if from != base => return Err(StoreError::Conflict.into()),
        Some((_, to)) => to,
        None => base,
    };
    let sql = "UPDATE runs SET state = ?2, entries = ?3 WHERE number = ?1";
    let mut update = writer.connection.prepare_cached(sql)?;
    update.execute(params![run, LIVE, entries.cast_signed()])?;
    let sql = "UPDATE runs SET state = ?2 WHERE number = ?1";
    let mut update = writer.connection.prepare_cached(sql)?;
    for run in replaced {
        update.execute([*run, DEAD])?;
    }
    let sql = "UPDATE indexed SET base = ?1, generation = ?2";
    let generation = generation + 1;
    let row = [base.cast_signed(), generation.cast_signed()];
    writer.connection.prepare_cached(sql)?.execute(row)?;
    Ok(generation)
}

/// Lets this process know what it has just committed, unless there is more to know: then whoever reads next
/// finds out.
fn publish(
    shared: &Shared,
    generation: u64,
    run: Arc<Run>,
    gone: &[i64],
    move_base: Option<(u64, u64)>,
) {
    let mut index = shared.index.write();
    if index.generation() + 1 != generation {
        return;
    }
    let stays = |run: &&Arc<Run>| !gone.contains(&run.number);
    let mut runs: Vec<_> = index.runs().iter().filter(stays).cloned().collect();
    runs.insert(0, run);
    let base = move_base.map_or(index.base(), |(_, to)| to);
    index.publish(base, generation, Arc::new(runs));
}

/// Gives up what a process that died has left half written.
pub(super) fn abandon(writer: &Writer<'_>, number: i64, is_snapshot: bool) -> Step<()> {
    let sql = if is_snapshot {
        "UPDATE snapshots SET state = ?2 WHERE number = ?1 AND state = ?3"
    } else {
        "UPDATE runs SET state = ?2 WHERE number = ?1 AND state = ?3"
    };
    writer
        .connection
        .prepare_cached(sql)?
        .execute([number, DEAD, WRITING])?;
    Ok(())
}

/// Removes some of the blocks of a run that is no longer live, and at last the run.
pub(super) fn remove_blocks(writer: &mut Writer<'_>, run: i64) -> Step<()> {
    for sql in [
        "DELETE FROM blocks WHERE run = ?1 AND first IN          (SELECT first FROM blocks WHERE run = ?1 LIMIT 32)",
        "DELETE FROM filters WHERE run = ?1 AND piece IN          (SELECT piece FROM filters WHERE run = ?1 LIMIT 4)",
        "DELETE FROM runs WHERE number = ?1",
    ] {
        let removed = writer.connection.prepare_cached(sql)?.execute([run])?;
        if removed > 0 {
            writer.wrote(removed << 12);
            return Ok(());
        }
    }
    Ok(())
}
