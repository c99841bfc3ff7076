//! Puts the parts together: a store, a clock, the contracts in memory, and what they share.
//!
//! Owns: the [`Engine`] and what its parts reach each other by. Does not own: any of their work.

use crate::claims::Claims;
use crate::clock::{Clock, Random};
use crate::failure::Failure;
use crate::keys::KeyCache;
use crate::looks::Looks;
use crate::members::MemberCache;
use crate::metrics::Metrics;
use crate::policies::PolicyCache;
use crate::slot::Slots;
use crate::webhooks::Outlet;
use earnest_core::units::{MessageId, Timestamp};
use earnest_store::{Change, Document, Store, Token, message_id};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many orders may wait before more are turned away.
    pub waiting_most: usize,
    /// How many bytes of contracts are kept in memory, roughly.
    pub memory: usize,
    /// How many events a contract may have after its snapshot before another is taken, at least.
    pub snapshot_after: u64,
    /// How many events one commit may hold that time alone brings.
    pub due_at_once: usize,
    /// How often what falls due is looked for.
    pub sweep_every: Duration,
    /// How far behind a contract's clock this process' may be before orders are refused as out of order.
    pub skew: Duration,
    /// The name of this process among others on the same store.
    pub holder: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            waiting_most: 20_000,
            memory: 256 << 20,
            snapshot_after: 4_096,
            due_at_once: 4_096,
            sweep_every: Duration::from_millis(250),
            skew: Duration::from_secs(600),
            holder: "earnest".to_owned(),
        }
    }
}

/// Runs contracts on a store. A handle: clones share everything.
#[derive(Clone)]
pub struct Engine(Arc<Parts>);

struct Parts {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    options: Options,
    slots: Slots,
    claims: Claims,
    keys: KeyCache,
    members: MemberCache,
    policies: PolicyCache,
    outlet: Outlet,
    metrics: Metrics,
    moved: watch::Sender<u64>,
    low: AtomicU64,
    looks: Looks,
    snapshots: Semaphore,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Takes up the work on a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        options: Options,
    ) -> Result<Self, Failure> {
        let low = AtomicU64::new(random.number());
        let (moved, _) = watch::channel(0);
        let engine = Self(Arc::new(Parts {
            store,
            clock,
            random,
            options,
            slots: Slots::default(),
            claims: Claims::default(),
            keys: KeyCache::default(),
            members: MemberCache::default(),
            policies: PolicyCache::default(),
            outlet: Outlet::default(),
            metrics: Metrics::default(),
            moved,
            low,
            looks: Looks::default(),
            snapshots: Semaphore::new(1),
        }));
        engine.store().foreign().await?;
        engine.load_members().await?;
        Ok(engine)
    }

    /// Returns the instant that it is now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// Returns what was set.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.0.claims
    }

    pub(crate) fn keys(&self) -> &KeyCache {
        &self.0.keys
    }

    pub(crate) fn members(&self) -> &MemberCache {
        &self.0.members
    }

    pub(crate) fn policy_cache(&self) -> &PolicyCache {
        &self.0.policies
    }

    pub(crate) fn looks(&self) -> &Looks {
        &self.0.looks
    }

    pub(crate) fn outlet(&self) -> &Outlet {
        &self.0.outlet
    }

    /// Returns what was counted since the start.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Returns how many contracts are in memory, and how many bytes they take, roughly.
    #[must_use]
    pub fn contracts_in_memory(&self) -> (usize, usize) {
        self.slots().weight()
    }

    /// Says that the log has grown.
    pub(crate) fn say_moved(&self) {
        self.0
            .moved
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Returns what tells of growth of the log: a number that changes with it.
    #[must_use]
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.0.moved.subscribe()
    }

    /// Lets one snapshot at a time be written: each needs memory.
    pub(crate) fn snapshots(&self) -> &Semaphore {
        &self.0.snapshots
    }

    /// Makes a token for a batch.
    pub(crate) fn make_token(&self) -> Token {
        u128::from(self.random().number()) << 64 | u128::from(self.random().number())
    }

    /// Makes up an id for a message sent at `at`.
    pub(crate) fn make_message_id(&self, at: Timestamp) -> MessageId {
        // An odd step visits all 21 bits before any comes again.
        let low = self.0.low.fetch_add(0x000d_3a2d, Ordering::Relaxed);
        message_id(at, low)
    }

    /// Makes up an id for anything else, with what it is of before it.
    pub(crate) fn make_id(&self, prefix: &str) -> String {
        format!("{prefix}{:016x}", self.random().number())
    }

    /// Looks what other processes have committed, and takes note of it. Whoever calls this sees it to its end.
    pub(crate) async fn look(&self) -> Result<(), Failure> {
        let changes = self.store().foreign().await?;
        if changes.is_empty() {
            return Ok(());
        }
        for change in &changes {
            match change {
                Change::Contract { contract, seq } => self.slots().moved(contract, *seq),
                Change::Document { kind, id } => self.document_changed(kind, id),
            }
        }
        self.say_moved();
        Ok(())
    }

    fn document_changed(&self, kind: &str, id: &str) {
        match kind {
            crate::keys::KIND => self.keys().forget(id),
            crate::members::KIND => self.members().forget(id),
            crate::policies::KIND => self.policy_cache().forget(id),
            crate::webhooks::KIND | crate::webhooks::WAKE => self.outlet().touch(),
            _ => {}
        }
    }

    /// Returns all documents of a kind.
    pub(crate) async fn all_documents(&self, kind: &str) -> Result<Vec<Document>, Failure> {
        const PAGE: usize = 1_000;
        let mut all: Vec<Document> = Vec::new();
        loop {
            let after = all.last().map(|last| last.id.clone());
            let page = self.store().documents(kind, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }
}
