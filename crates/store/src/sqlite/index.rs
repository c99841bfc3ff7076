//! Knows the entries by which things are found: the newest in memory, the others in runs.
//!
//! Owns: what this process knows of the index. Does not own: how entries look ([`entry`](super::entry)), how
//! they are read from the log ([`follow`](super::follow)) and made into runs ([`keeper`](super::keeper)).
//! Invariants: the runs say everything about the log up to `base`, the layers everything between `base` and
//! `known`; both together say everything that is committed, and perhaps more: an entry counts only where what
//! it leads to is there.

use super::entry::{self, Entry, Item};
use super::layer::Layer;
use super::run::Run;
use crate::Change;
use earnest_core::units::ContractId;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// What a row of the log brings to the index.
#[derive(Debug)]
pub(super) struct Brought {
    /// The row's place.
    pub(super) pos: u64,
    /// Its entries.
    pub(super) items: Vec<Item>,
    /// How many messages it has, at least 1.
    pub(super) weight: usize,
    /// What has changed with it.
    pub(super) change: Option<Change>,
}

/// What others have committed since somebody asked.
#[derive(Debug, Default)]
struct Foreign {
    contracts: HashMap<ContractId, u64>,
    documents: HashSet<(String, String)>,
}

/// What this process knows of the index.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The newest row of the log whose entries are here.
    known: u64,
    base: u64,
    generation: u64,
    runs: Arc<Vec<Arc<Run>>>,
    /// Complete layers, oldest first: they wait to become runs.
    full: VecDeque<Arc<Layer>>,
    newest: Layer,
    /// Up to here everything that is known is committed.
    committed: u64,
    /// Up to here no row of the log is another's news.
    told: u64,
    /// Nothing until somebody asks for the first time.
    foreign: Option<Foreign>,
}

/// Which entries of a list are asked for.
#[derive(Debug, Clone)]
pub(super) struct Range {
    /// The first that may be.
    pub(super) from: Vec<u8>,
    /// The first that may not be any more.
    pub(super) to: Vec<u8>,
    /// Whether they are read from the end.
    pub(super) backwards: bool,
    /// How many bytes of both the list takes.
    list: usize,
}

impl Range {
    /// Returns a range within a list.
    pub(super) const fn new(list: &[u8], from: Vec<u8>, to: Vec<u8>, backwards: bool) -> Self {
        Self {
            from,
            to,
            backwards,
            list: list.len(),
        }
    }

    /// Returns what all entries of the list begin with.
    pub(super) fn list(&self) -> &[u8] {
        self.from.get(..self.list).unwrap_or_default()
    }

    /// Returns the bounds within the list.
    pub(super) fn tails(&self) -> (&[u8], &[u8]) {
        let from = self.from.get(self.list..).unwrap_or_default();
        (from, self.to.get(self.list..).unwrap_or_default())
    }
}

impl Index {
    pub(super) const fn known(&self) -> u64 {
        self.known
    }

    pub(super) const fn base(&self) -> u64 {
        self.base
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) const fn runs(&self) -> &Arc<Vec<Arc<Run>>> {
        &self.runs
    }

    /// Returns how heavy the newest layer is.
    pub(super) const fn newest_weight(&self) -> usize {
        self.newest.weight
    }

    /// Returns how many entries are in memory.
    pub(super) fn in_memory(&self) -> usize {
        self.layers().map(Layer::len).sum()
    }

    /// Returns the layer that becomes a run next.
    pub(super) fn oldest_full(&self) -> Option<Arc<Layer>> {
        self.full.front().cloned()
    }

    /// Takes in what this process writes, before it is committed.
    pub(super) fn add_own(
        &mut self,
        pos: u64,
        items: impl IntoIterator<Item = Item>,
        weight: usize,
    ) {
        items.into_iter().for_each(|item| self.newest.add(item));
        self.newest.weight += weight;
        self.newest.to = pos;
        self.known = pos;
        self.told = self.told.max(pos);
    }

    /// Says that everything that was taken in is committed.
    pub(super) const fn commit(&mut self) {
        self.committed = self.known;
    }

    /// Takes in rows of the log that this process did not write, and leaves out what it knows.
    pub(super) fn add_others(&mut self, rows: Vec<Brought>) {
        for row in rows {
            if row.pos <= self.known {
                continue;
            }
            let is_news = row.pos > self.told;
            self.add_own(row.pos, row.items, row.weight);
            self.committed = row.pos;
            if let (true, Some(foreign), Some(change)) = (is_news, &mut self.foreign, row.change) {
                foreign.add(change);
            }
        }
    }

    /// Says that everything up to a place is known, also where nothing of it is left to be taken in.
    pub(super) fn begin_at(&mut self, base: u64, generation: u64, runs: Arc<Vec<Arc<Run>>>) {
        self.publish(base, generation, runs);
        self.known = self.known.max(base);
        self.committed = self.known;
        self.told = self.known;
    }

    /// Takes over a newer state of the runs. Layers that they have overtaken go.
    pub(super) fn publish(&mut self, base: u64, generation: u64, runs: Arc<Vec<Arc<Run>>>) {
        self.base = base;
        self.generation = generation;
        self.runs = runs;
        while self.full.front().is_some_and(|layer| layer.to <= base) {
            self.full.pop_front();
        }
    }

    /// Ends the newest layer, if it has something and all of it is committed.
    pub(super) fn roll(&mut self) {
        if self.newest.is_empty() || self.known != self.committed {
            return;
        }
        let layer = std::mem::take(&mut self.newest);
        self.newest.to = layer.to;
        self.full.push_back(Arc::new(layer));
    }

    /// Forgets the newest layer before a transaction is rolled back: what is committed of it, which is known up
    /// to a place, has to be taken in anew.
    pub(super) fn forget_newest(&mut self, committed: u64) {
        self.told = committed;
        self.newest = Layer::default();
        self.known = self.full.back().map_or(self.base, |layer| layer.to);
        self.newest.to = self.known;
        self.committed = self.known;
    }

    /// Returns at most so many of the entries in memory, in the range's order.
    pub(super) fn in_range(&self, range: &Range, most: usize) -> Vec<Entry> {
        let mut found = Vec::new();
        for layer in self.layers() {
            layer.find(range, most, &mut found);
        }
        found.sort_unstable();
        if range.backwards {
            found.reverse();
        }
        found.dedup();
        found.truncate(most);
        found
    }

    /// Returns whether a list has an entry in memory.
    pub(super) fn has(&self, list: &[u8]) -> bool {
        self.layers().any(|layer| layer.has(list))
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.full
            .iter()
            .map(|layer| &**layer)
            .chain(std::iter::once(&self.newest))
    }

    /// Returns whether an answer's key may have been used, as far as this process knows.
    pub(super) fn may_answer(&self, hash: u64) -> bool {
        self.runs.iter().any(|run| run.filter.may_have(hash)) || self.has(&entry::answers(hash))
    }

    /// Returns whether an answer's key may have been used by the time that others' changes were last handed out.
    pub(super) fn may_have_answered(&self, hash: u64) -> bool {
        // After a transaction was rolled back some of what was known is forgotten, until it is read anew.
        self.known < self.told || self.may_answer(hash)
    }

    /// Returns whether changes of others are collected.
    pub(super) const fn is_collecting(&self) -> bool {
        self.foreign.is_some()
    }

    /// Returns whether there is nothing to hand out, and somebody has asked before.
    pub(super) fn has_none_foreign(&self) -> bool {
        let none = |foreign: &Foreign| foreign.contracts.is_empty() && foreign.documents.is_empty();
        self.foreign.as_ref().is_some_and(none)
    }

    /// Hands out the changes of others. They are collected from the first time on.
    pub(super) fn take_foreign(&mut self) -> Vec<Change> {
        let Foreign {
            contracts,
            documents,
        } = self.foreign.replace(Foreign::default()).unwrap_or_default();
        let contracts = contracts
            .into_iter()
            .map(|(contract, seq)| Change::Contract { contract, seq });
        let documents = documents
            .into_iter()
            .map(|(kind, id)| Change::Document { kind, id });
        contracts.chain(documents).collect()
    }
}

impl Foreign {
    fn add(&mut self, change: Change) {
        match change {
            Change::Contract { contract, seq } => {
                let newest = self.contracts.entry(contract).or_default();
                *newest = seq.max(*newest);
            }
            Change::Document { kind, id } => {
                self.documents.insert((kind, id));
            }
        }
    }
}
