//! Keeps documents.
//!
//! Owns: their versions. Does not own: what they say.
//! Invariant: a version is given once; what was removed leaves its last one behind.

use crate::{Document, Put, StoreError};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

#[derive(Default)]
struct Kept {
    version: u64,
    /// What it says; nothing where it was removed.
    body: Option<Vec<u8>>,
}

/// The documents, by kind and id.
#[derive(Default)]
pub(super) struct Documents(BTreeMap<String, BTreeMap<String, Kept>>);

/// Which version a document is at, and whether it is there.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    version: u64,
    there: bool,
}

impl Standing {
    const fn seen(self) -> u64 {
        if self.there { self.version } else { 0 }
    }

    const fn after(self, put: &Put) -> Self {
        let there = put.body.is_some();
        let version = if there {
            self.version + 1
        } else {
            self.version
        };
        Self { version, there }
    }
}

impl Documents {
    pub(super) fn get(&self, kind: &str, id: &str) -> Option<Document> {
        let kept = self.0.get(kind)?.get(id)?;
        to_document(id, kept)
    }

    pub(super) fn list(&self, kind: &str, after: Option<&str>, limit: usize) -> Vec<Document> {
        let Some(kept) = self.0.get(kind) else {
            return Vec::new();
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        kept.range::<str, _>((from, Bound::Unbounded))
            .filter_map(|(id, kept)| to_document(id, kept))
            .take(limit)
            .collect()
    }

    pub(super) fn kinds(&self) -> Vec<String> {
        let is_kept = |kept: &Kept| kept.body.is_some();
        let has_any = self.0.iter().filter(|(_, kept)| kept.values().any(is_kept));
        has_any.map(|(kind, _)| kind.clone()).collect()
    }

    /// Checks what the puts expect, each after those before it.
    pub(super) fn check(&self, puts: &[Put]) -> Result<(), StoreError> {
        let mut ahead: HashMap<(&str, &str), Standing> = HashMap::new();
        for put in puts {
            let name = (put.kind.as_str(), put.id.as_str());
            let standing = ahead
                .entry(name)
                .or_insert_with(|| self.standing(put.kind.as_str(), put.id.as_str()));
            if put.expected.is_some_and(|seen| seen != standing.seen()) {
                return Err(StoreError::Conflict);
            }
            *standing = standing.after(put);
        }
        Ok(())
    }

    fn standing(&self, kind: &str, id: &str) -> Standing {
        let kept = self.0.get(kind).and_then(|kept| kept.get(id));
        kept.map_or_else(Standing::default, |kept| Standing {
            version: kept.version,
            there: kept.body.is_some(),
        })
    }

    /// Writes and removes, and returns what was changed: kinds and ids.
    pub(super) fn apply(&mut self, puts: Vec<Put>) -> Vec<(String, String)> {
        let mut changed = Vec::new();
        for put in puts {
            let standing = self.standing(&put.kind, &put.id);
            let next = standing.after(&put);
            if !standing.there && !next.there {
                continue;
            }
            let kept = self.0.entry(put.kind.clone()).or_default();
            let kept = kept.entry(put.id.clone()).or_default();
            kept.version = next.version;
            kept.body = put.body;
            changed.push((put.kind, put.id));
        }
        changed
    }
}

fn to_document(id: &str, kept: &Kept) -> Option<Document> {
    Some(Document {
        id: id.to_owned(),
        version: kept.version,
        body: kept.body.clone()?,
    })
}
