//! Makes runs of the newest entries and of smaller runs, and removes what is no longer needed.
//!
//! Owns: the thread that does it, a slice at a time. Does not own: how a run is written ([`draft`](super::draft)).
//! Invariants: no transaction of its own is longer than a slice; entries in memory become a run before anything
//! else happens, smaller runs are merged before larger ones.

use super::draft::{self, Making};
use super::fault::Step;
use super::run::{DEAD, WRITING};
use super::shared::{Shared, Woken, answered_here};
use super::{keep, run::Run};
use crate::error::StoreError;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often it looks whether the store is quiet.
const ROUND: Duration = Duration::from_secs(1);
/// After how many rounds it looks for what others have left behind.
const ROUNDS: u32 = 60;

struct Keeper<'c> {
    connection: &'c Connection,
    shared: &'c Shared,
    /// What is being made: nothing, or one of each level at most; by level.
    making: BTreeMap<i64, Making<'c>>,
    /// Whether something may be there to be removed.
    litter: bool,
    /// Whether merging goes wrong, so that trying again would only do it again.
    damaged: bool,
}

/// Works until the store ends.
pub(super) fn run(connection: &Connection, shared: &Shared) {
    let mut keeper = Keeper {
        connection,
        shared,
        making: BTreeMap::new(),
        litter: true,
        damaged: false,
    };
    let mut known = 0;
    for round in 1.. {
        let woken = shared.keeper.wait(Some(ROUND));
        if woken == Woken::Late {
            known = keeper.roll_when_quiet(known);
            keeper.litter |= round % ROUNDS == 0;
        }
        if woken == Woken::Ended {
            keeper.finish();
            return;
        }
        keeper.work();
    }
}

impl Keeper<'_> {
    /// Does what there is to do, but stops when the store ends.
    fn work(&mut self) {
        loop {
            match self.slice() {
                Ok(true) if !self.shared.keeper.has_ended() => {}
                Ok(_) => return,
                Err(fault) => return self.give_up(fault.into()),
            }
        }
    }

    /// Makes a run of what is in memory, where it is much, so that opening does not have to read it again.
    fn finish(&mut self) {
        self.making.retain(|level, _| *level == draft::NEWEST);
        if self.is_much() {
            self.shared.index.write().roll();
        }
        while self.making.contains_key(&draft::NEWEST)
            || self.shared.index.read().oldest_full().is_some()
        {
            if let Err(fault) = self.make_newest() {
                return self.give_up(fault.into());
            }
        }
    }

    /// Puts aside what cannot be done now.
    fn give_up(&mut self, error: StoreError) {
        self.making.clear();
        self.litter = true;
        match error {
            // Another process was faster.
            StoreError::Conflict => {}
            // What is not done now is done when the store is opened again.
            _ if self.shared.keeper.has_ended() => {}
            StoreError::Corrupt(_) => {
                self.damaged = true;
                tracing::error!("runs are not merged any more: {error}");
            }
            error => tracing::warn!("a run could not be written: {error}"),
        }
    }

    /// Ends the newest layer when nothing was committed for a round.
    fn roll_when_quiet(&self, before: u64) -> u64 {
        let known = self.shared.index.read().known();
        if known == before && self.is_much() {
            self.shared.index.write().roll();
        }
        known
    }

    fn is_much(&self) -> bool {
        self.shared.index.read().newest_weight() > self.shared.options.tuning.run / 8
    }

    /// Does one slice of work and returns whether there was one.
    fn slice(&mut self) -> Step<bool> {
        if self.make_newest()? {
            return Ok(true);
        }
        self.begin_merges()?;
        if let Some(mut smallest) = self.making.first_entry() {
            if smallest.get_mut().slice(self.shared)? {
                smallest.remove();
                self.litter = true;
            }
            return Ok(true);
        }
        if self.litter {
            self.litter = self.remove()?;
            return Ok(self.litter);
        }
        Ok(false)
    }

    /// Does one slice of making a run of the oldest full layer, if there is one.
    fn make_newest(&mut self) -> Step<bool> {
        if !self.making.contains_key(&draft::NEWEST) {
            let Some(layer) = self.shared.index.read().oldest_full() else {
                return Ok(false);
            };
            let making = Making::of_layer(self.shared, &layer)?;
            self.making.insert(draft::NEWEST, making);
        }
        if let Some(making) = self.making.get_mut(&draft::NEWEST)
            && making.slice(self.shared)?
        {
            self.making.remove(&draft::NEWEST);
        }
        Ok(true)
    }

    /// Begins to merge where there are enough runs of one level.
    fn begin_merges(&mut self) -> Step<()> {
        if self.damaged {
            return Ok(());
        }
        let mut levels: BTreeMap<i64, Vec<Arc<Run>>> = BTreeMap::new();
        let runs = Arc::clone(self.shared.index.read().runs());
        for run in runs.iter().rev() {
            levels.entry(run.level).or_default().push(Arc::clone(run));
        }
        let fan_out = self.shared.options.tuning.fan_out.max(2);
        for (level, mut runs) in levels {
            if runs.len() >= fan_out && !self.making.contains_key(&level) {
                runs.truncate(fan_out);
                let making = Making::of_runs(self.connection, self.shared, runs, level + 1)?;
                self.making.insert(level, making);
            }
        }
        Ok(())
    }

    /// Removes a slice of what is no longer needed, and returns whether there was something.
    fn remove(&self) -> Step<bool> {
        let sql = "SELECT number, state, 0 FROM runs WHERE state = ?2 \
                     OR state = ?1 AND touched < unixepoch() - 600 \
                   UNION ALL SELECT number, state, 1 FROM snapshots WHERE state <> 1 \
                     AND (state = ?2 OR touched < unixepoch() - 600) LIMIT 1";
        let found = {
            let mut select = self.connection.prepare_cached(sql)?;
            let mut rows = select.query(params![WRITING, DEAD])?;
            match rows.next()? {
                Some(row) => (
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, bool>(2)?,
                ),
                None => return Ok(false),
            }
        };
        let (number, state, is_snapshot) = found;
        answered_here(self.shared.write_own(
            move |writer| match (state == WRITING, is_snapshot) {
                (true, _) => draft::abandon(writer, number, is_snapshot),
                (false, true) => keep::remove_piece(writer, number).map(|_| ()),
                (false, false) => draft::remove_blocks(writer, number),
            },
            |(), _| (),
        ))?;
        Ok(true)
    }
}
