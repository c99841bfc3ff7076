//! Lets one process at a time deliver: the one that holds the lease, a document with its name and an end.
//!
//! Owns: taking, renewing and giving back the lease. Does not own: what its holder does.
//! Invariants: a lease is written by compare-and-set and never removed, so two never take it at once; who has
//! not renewed it in time holds it no more, whatever it believes; what was done under it is written only after another look.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::units::Timestamp;
use earnest_store::{Put, StoreError};
use serde::{Deserialize, Serialize};

pub(super) const KIND: &str = "webhook-courier";
const ID: &str = "lease";
/// How long a lease lasts, in milliseconds: so long nothing is delivered after its holder has died.
const LASTS: i64 = 15_000;
/// How much of it must be left, in milliseconds: it is renewed before.
const LEFT: i64 = 10_000;

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    holder: String,
    until: Timestamp,
}

/// A lease that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lease {
    version: u64,
    until: Timestamp,
}

impl Lease {
    /// Returns whether there is enough left of it at `now` to begin something.
    pub(super) const fn is_long(&self, now: Timestamp) -> bool {
        self.until.millis_since(now) > LEFT
    }

    /// Returns whether nobody else held the lease between an earlier look and this one.
    pub(super) const fn follows(&self, before: Self) -> bool {
        self.version == before.version || self.version == before.version + 1
    }
}

/// Takes the lease, or renews it; returns nothing where another holds it.
pub(super) async fn hold(
    engine: &Engine,
    holder: &str,
    held: Option<Lease>,
) -> Result<Option<Lease>, Failure> {
    let now = engine.now();
    if let Some(lease) = held.filter(|lease| lease.is_long(now)) {
        return Ok(Some(lease));
    }
    let document = engine.store().document(KIND, ID).await?;
    let version = document.as_ref().map_or(0, |it| it.version);
    if let Some(document) = &document {
        let kept: Option<Kept> = serde_json::from_slice(&document.body).ok();
        let others = |kept: &Kept| kept.holder != holder && now < kept.until;
        if kept.as_ref().is_some_and(others) {
            return Ok(None);
        }
    }
    let until = now.plus_millis(LASTS);
    let kept = Kept {
        holder: holder.to_owned(),
        until,
    };
    match engine.store().put(vec![put(version, &kept)]).await {
        Ok(()) => Ok(Some(Lease {
            version: version + 1,
            until,
        })),
        Err(StoreError::Conflict) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether nobody has taken the lease since.
pub(super) async fn is_held(engine: &Engine, lease: Lease) -> Result<bool, Failure> {
    let document = engine.store().document(KIND, ID).await?;
    Ok(document.is_some_and(|it| it.version == lease.version))
}

/// Gives the lease back, so that another can take it at once.
pub(super) async fn give_back(engine: &Engine, holder: &str, lease: Lease) -> Result<(), Failure> {
    // It ends, but is not removed: so each version follows the one before.
    let ended = Kept {
        holder: holder.to_owned(),
        until: engine.now(),
    };
    match engine.store().put(vec![put(lease.version, &ended)]).await {
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn put(expected: u64, kept: &Kept) -> Put {
    Put {
        kind: KIND.to_owned(),
        id: ID.to_owned(),
        expected: Some(expected),
        body: Some(json(kept)),
    }
}
