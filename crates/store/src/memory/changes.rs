//! Tells each handle what the others have done.
//!
//! Owns: the handles, and the changes that some handle has not seen yet. Does not own: what changed.
//! Invariants: `first` numbers the oldest change that is kept; no handle's cursor is before it; a change that
//! nobody is going to ask for is not kept.

use crate::{Change, StoreError};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Names a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Handle(u64);

#[derive(Default)]
struct Open {
    /// The number of the next change to be shown; nothing before the handle has asked for the first time.
    cursor: Option<u64>,
    closed: bool,
    batches: u64,
}

/// The handles, and the changes that some of them have not seen.
#[derive(Default)]
pub(super) struct Changes {
    handles: BTreeMap<Handle, Open>,
    opened: u64,
    first: u64,
    kept: VecDeque<(Handle, Change)>,
}

impl Changes {
    pub(super) fn open(&mut self) -> Handle {
        self.opened += 1;
        let handle = Handle(self.opened);
        self.handles.insert(handle, Open::default());
        handle
    }

    pub(super) fn check_open(&self, handle: Handle) -> Result<(), StoreError> {
        match self.handles.get(&handle) {
            Some(open) if !open.closed => Ok(()),
            _ => Err(StoreError::Unavailable("it is closed".to_owned())),
        }
    }

    pub(super) fn close(&mut self, handle: Handle) {
        if let Some(open) = self.handles.get_mut(&handle) {
            open.closed = true;
            open.cursor = None;
        }
        self.trim();
    }

    pub(super) fn forget(&mut self, handle: Handle) {
        self.handles.remove(&handle);
        self.trim();
    }

    /// Counts a batch that was committed through a handle.
    pub(super) fn count(&mut self, by: Handle) {
        if let Some(open) = self.handles.get_mut(&by) {
            open.batches += 1;
        }
    }

    pub(super) fn counted(&self, by: Handle) -> u64 {
        self.handles.get(&by).map_or(0, |open| open.batches)
    }

    pub(super) fn record(&mut self, by: Handle, change: Change) {
        let awaited = |(handle, open): (&Handle, &Open)| *handle != by && open.cursor.is_some();
        if self.handles.iter().any(awaited) {
            self.kept.push_back((by, change));
        }
    }

    /// Returns what others changed since the handle last asked, each thing once, as it is now.
    pub(super) fn foreign(&mut self, handle: Handle) -> Vec<Change> {
        let head = self.first + self.kept.len() as u64;
        let Some(open) = self.handles.get_mut(&handle) else {
            return Vec::new();
        };
        let from = open.cursor.replace(head).unwrap_or(head);
        let changes = self.since(from, handle);
        self.trim();
        changes
    }

    fn since(&self, from: u64, handle: Handle) -> Vec<Change> {
        let mut seen = HashSet::new();
        let unseen = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let mut changes: Vec<Change> = self
            .kept
            .iter()
            .skip(unseen)
            .rev()
            .filter(|(by, change)| *by != handle && seen.insert(name(change)))
            .map(|(_, change)| change.clone())
            .collect();
        changes.reverse();
        changes
    }

    /// Lets go of what every handle has seen.
    fn trim(&mut self) {
        let cursors = self.handles.values().filter_map(|open| open.cursor);
        let needed = cursors.min().unwrap_or(u64::MAX);
        while self.first < needed && self.kept.pop_front().is_some() {
            self.first += 1;
        }
    }
}

/// Returns what tells the things apart that can change: a document's kind, and an id.
fn name(change: &Change) -> (Option<&str>, &str) {
    match change {
        Change::Contract { contract, .. } => (None, contract.as_str()),
        Change::Document { kind, id } => (Some(kind), id),
    }
}
