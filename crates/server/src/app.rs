//! Holds what every handler reaches: the engine, the settings, and the server's own counts and limits.

use crate::access::RateLimits;
use crate::settings::Settings;
use crate::traffic::Traffic;
use earnest_engine::{Engine, Failure, Key};
use parking_lot::Mutex;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore, watch};

/// What every handler reaches. A handle: clones share everything.
#[derive(Debug, Clone)]
pub struct App {
    /// The engine.
    pub engine: Engine,
    /// What was set.
    pub settings: Arc<Settings>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    room: Semaphore,
    limits: RateLimits,
    traffic: Traffic,
    stopping: watch::Sender<bool>,
    /// The keys of answers that were kept beside contracts, by their documents' ids.
    kept: OnceCell<Mutex<HashSet<String>>>,
}

impl App {
    /// Puts an app together.
    #[must_use]
    pub fn new(engine: Engine, settings: Settings) -> Self {
        let (stopping, _) = watch::channel(false);
        let shared = Shared {
            room: Semaphore::new(settings.requests_most),
            limits: RateLimits::default(),
            traffic: Traffic::default(),
            stopping,
            kept: OnceCell::new(),
        };
        Self {
            engine,
            settings: Arc::new(settings),
            shared: Arc::new(shared),
        }
    }

    /// Returns what tells that the server is to stop: answers that never end by themselves end then.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.shared.stopping.subscribe()
    }

    /// Tells all that the server is to stop.
    pub(crate) fn stop(&self) {
        self.shared.stopping.send_replace(true);
    }

    pub(crate) fn room(&self) -> &Semaphore {
        &self.shared.room
    }

    pub(crate) fn limits(&self) -> &RateLimits {
        &self.shared.limits
    }

    /// Returns what was counted of requests since the start.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.shared.traffic
    }

    /// Refuses an order's key that was used for something that is no order. Only what other processes kept since
    /// this one began can be missed.
    pub(crate) async fn refuse_kept(&self, key: &Key) -> Result<(), Failure> {
        let is_kept = {
            let kept = self.kept().await?.lock();
            !kept.is_empty() && kept.contains(&Engine::kept_id(key))
        };
        match is_kept {
            true => Err(Failure::KeyReused),
            false => Ok(()),
        }
    }

    /// Notes that an answer was kept under a key.
    pub(crate) async fn note_kept(&self, key: &Key) -> Result<(), Failure> {
        self.kept().await?.lock().insert(Engine::kept_id(key));
        Ok(())
    }

    async fn kept(&self) -> Result<&Mutex<HashSet<String>>, Failure> {
        let load = async || {
            let ids = self.engine.kept_ids().await?;
            Ok(Mutex::new(ids.into_iter().collect()))
        };
        self.shared.kept.get_or_try_init(load).await
    }
}
