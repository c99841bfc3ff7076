//! Lets one process at a time do something: the one that holds the lease, a document with its name and an end.
//!
//! Owns: taking, renewing and giving back leases. Does not own: what their holders do.
//! Invariants: a lease is written by compare-and-set and never removed, so two never take it at once; who has
//! not renewed it in time holds it no more, whatever it believes; what was done under it is written only after another look.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::keys::json;
use earnest_core::units::Timestamp;
use earnest_store::{Document, Put, StoreError};
use serde::{Deserialize, Serialize};

const ID: &str = "lease";

/// The kinds of documents that are leases: they are of one store and one moment.
pub(crate) const KINDS: [&str; 2] = [COURIER.kind, IMPORT.kind];

/// To deliver webhooks.
pub(crate) const COURIER: LeaseKind = LeaseKind {
    kind: "webhook-courier",
    lasts: 15_000,
    left: 10_000,
};

/// To tell histories. What is begun under it is not looked at again before it is done, so much of it must be left.
pub(crate) const IMPORT: LeaseKind = LeaseKind {
    kind: "import-lease",
    lasts: 60_000,
    left: 45_000,
};

/// What one process at a time does.
#[derive(Debug)]
pub(crate) struct LeaseKind {
    kind: &'static str,
    /// How long it lasts, in milliseconds: so long nothing is done after its holder has died.
    lasts: i64,
    /// How much of it must be left, in milliseconds: it is renewed before.
    left: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    holder: String,
    until: Timestamp,
}

/// A lease that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    version: u64,
    until: Timestamp,
}

impl Lease {
    /// Returns whether nobody else held the lease between an earlier look and this one.
    pub(crate) const fn follows(&self, before: Self) -> bool {
        self.version == before.version || self.version == before.version + 1
    }
}

impl LeaseKind {
    /// Takes the lease, or renews it; returns nothing where another holds it.
    pub(crate) async fn hold(
        &self,
        engine: &Engine,
        holder: &str,
        held: Option<Lease>,
    ) -> Result<Option<Lease>, Failure> {
        let now = engine.now();
        let is_long = |lease: &Lease| lease.until.millis_since(now) > self.left;
        if let Some(lease) = held.filter(is_long) {
            return Ok(Some(lease));
        }
        let document = self.document(engine).await?;
        let version = document.as_ref().map_or(0, |it| it.version);
        let kept = document.and_then(|it| read(&it));
        let others = |kept: &Kept| kept.holder != holder && now < kept.until;
        if kept.as_ref().is_some_and(others) {
            return Ok(None);
        }
        let until = now.plus_millis(self.lasts);
        let kept = Kept {
            holder: holder.to_owned(),
            until,
        };
        match engine.store().put(vec![self.put(version, &kept)]).await {
            Ok(()) => Ok(Some(Lease {
                version: version + 1,
                until,
            })),
            Err(StoreError::Conflict) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether nobody has taken the lease since.
    pub(crate) async fn is_held(&self, engine: &Engine, lease: Lease) -> Result<bool, Failure> {
        let document = self.document(engine).await?;
        Ok(document.is_some_and(|it| it.version == lease.version))
    }

    /// Returns when the lease ends that somebody holds.
    pub(crate) async fn ends_at(&self, engine: &Engine) -> Result<Option<Timestamp>, Failure> {
        let document = self.document(engine).await?;
        Ok(document.and_then(|it| read(&it)).map(|kept| kept.until))
    }

    /// Gives the lease back, so that another can take it at once.
    pub(crate) async fn give_back(
        &self,
        engine: &Engine,
        holder: &str,
        lease: Lease,
    ) -> Result<(), Failure> {
        // It ends, but is not removed: so each version follows the one before.
        let ended = Kept {
            holder: holder.to_owned(),
            until: engine.now(),
        };
        let put = self.put(lease.version, &ended);
        match engine.store().put(vec![put]).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn document(&self, engine: &Engine) -> Result<Option<Document>, Failure> {
        Ok(engine.store().document(self.kind, ID).await?)
    }

    fn put(&self, expected: u64, kept: &Kept) -> Put {
        Put {
            kind: self.kind.to_owned(),
            id: ID.to_owned(),
            expected: Some(expected),
            body: Some(json(kept)),
        }
    }
}

fn read(document: &Document) -> Option<Kept> {
    serde_json::from_slice(&document.body).ok()
}
