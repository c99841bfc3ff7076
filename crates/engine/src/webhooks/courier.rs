//! Carries events to endpoints.
//!
//! Owns: the one loop that makes deliveries, tries them and writes down what came of it. Does not own: HTTP.
//! Invariants: while the lease is held nobody else changes deliveries that wait; only the first of a lane is in
//! the air; what landed is written before its lane goes on.

use super::attempt::{Answered, Call, Deliver};
use super::endpoint::{self, Kept, WebhookChange, WebhookState};
use super::fan_out::{Cursor, Endpoints, Lane, fan_out, first_waiting, read_log};
use super::id::webhook_id;
use super::land::landed;
use super::schedule::RetrySchedule;
use super::sign::signatures;
use super::{Counted, KIND, WAKE, heal, listed};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::lease::{COURIER, Lease};
use crate::metrics::Metrics;
use earnest_core::units::Timestamp;
use earnest_store::{Delivery, DeliveryQuery, DeliveryState, Document, Put, StoreError};
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

/// How many due deliveries are looked at together.
const DUE: usize = 512;
/// How long a delivery is put off whose endpoint has enough in the air, where others may hide behind it.
const PUT_OFF: i64 = 1_000;
/// How long events are let gather before they are looked at.
const GATHER: Duration = Duration::from_millis(5);
/// How long to wait after a failure of the store.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long what is in the air is waited for at the end.
const LAST_WAIT: Duration = Duration::from_secs(3);

/// What can be set of a courier.
#[derive(Debug, Clone)]
pub struct CourierOptions {
    /// When failed attempts are repeated.
    pub retry: RetrySchedule,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// How many attempts are in the air together.
    pub together: usize,
    /// How many of them to one endpoint.
    pub together_to_one: usize,
    /// How often is looked for what other processes have done, and for what is due.
    pub look_every: Duration,
}

impl Default for CourierOptions {
    fn default() -> Self {
        Self {
            retry: RetrySchedule::default(),
            timeout: Duration::from_secs(15),
            together: 32,
            together_to_one: 16,
            look_every: Duration::from_millis(250),
        }
    }
}

/// Carries events to endpoints, while no other process does.
pub struct Courier {
    engine: Engine,
    deliver: Arc<dyn Deliver>,
    options: CourierOptions,
    name: String,
    lease: Option<Lease>,
    cursor: Option<Cursor>,
    generation: Option<u64>,
    endpoints: Arc<Endpoints>,
    wakes: Vec<Document>,
    /// The endpoints whose deliveries are to be looked at again.
    unhealed: HashSet<String>,
    flying: JoinSet<Answered>,
    aloft: HashMap<Id, Delivery>,
    landed: Vec<(Delivery, Answered)>,
    busy: HashSet<Lane>,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier")
            .field("name", &self.name)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

impl Courier {
    /// Makes a courier; it does nothing before it is run.
    #[must_use]
    pub fn new(engine: Engine, deliver: Arc<dyn Deliver>, options: CourierOptions) -> Self {
        // Two processes may have one name.
        let name = engine.make_id(&format!("{}/", engine.options().holder));
        Self {
            engine,
            deliver,
            options,
            name,
            lease: None,
            cursor: None,
            generation: None,
            endpoints: Arc::default(),
            wakes: Vec::new(),
            unhealed: HashSet::new(),
            flying: JoinSet::new(),
            aloft: HashMap::new(),
            landed: Vec::new(),
            busy: HashSet::new(),
        }
    }

    /// Works until it is told to stop; then waits a moment for what is in the air and gives the lease back.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut moved = self.engine.moved();
        while !*stop.borrow_and_update() {
            let pause = match self.step().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => self.options.look_every,
                Err(failure) => {
                    tracing::warn!("webhooks could not be delivered: {failure}");
                    AFTER_FAILURE
                }
            };
            // Who has nothing to do, or may not, need not hear of every commit.
            let is_at_work = self.lease.is_some() && !self.is_idle();
            let listens = is_at_work && pause <= self.options.look_every;
            let engine = self.engine.clone();
            tokio::select! {
                changed = stop.changed() => if changed.is_err() { break },
                _ = moved.changed(), if listens => tokio::time::sleep(GATHER).await,
                () = engine.outlet().changed.notified() => {}
                joined = self.flying.join_next_with_id(), if !self.flying.is_empty() => {
                    self.note(joined);
                }
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Err(failure) = self.close().await {
            tracing::warn!("the last webhooks' results could not be written: {failure}");
        }
    }

    /// Works until there is nothing to do at this instant.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn settle(&mut self) -> Result<(), Failure> {
        loop {
            let moved = self.step().await?;
            let joined = self.flying.join_next_with_id().await;
            if joined.is_none() && !moved && self.landed.is_empty() {
                return Ok(());
            }
            self.note(joined);
        }
    }

    /// Waits a moment for what is in the air, writes down what came of it, and gives the lease back.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn close(mut self) -> Result<(), Failure> {
        let all = async {
            while let Some(joined) = self.flying.join_next_with_id().await {
                note(joined, &mut self.aloft, &mut self.landed);
            }
        };
        // What takes longer is tried again by whoever comes next.
        let _ = tokio::time::timeout(LAST_WAIT, all).await;
        self.land().await?;
        match self.lease.take() {
            Some(lease) => COURIER.give_back(&self.engine, &self.name, lease).await,
            None => Ok(()),
        }
    }

    /// Does what is to be done now, and returns whether there may be more at once. What is in the air is not
    /// waited for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn step(&mut self) -> Result<bool, Failure> {
        let done = self.work().await;
        if done.is_err() {
            // What was written is not known: it is read again.
            self.cursor = None;
        }
        done
    }

    async fn work(&mut self) -> Result<bool, Failure> {
        self.learn().await?;
        if self.is_idle() {
            return Ok(false);
        }
        if !self.hold().await? {
            return Ok(false);
        }
        let mut moved = self.land().await?;
        moved |= self.heal().await?;
        moved |= self.make().await?;
        moved |= self.take_off().await?;
        Ok(moved)
    }

    /// Returns whether there is nobody to deliver to.
    fn is_idle(&self) -> bool {
        let nobody = self.endpoints.is_empty() && self.wakes.is_empty();
        nobody && self.aloft.is_empty() && self.landed.is_empty()
    }

    /// Learns of endpoints that have changed, in whichever process.
    async fn learn(&mut self) -> Result<(), Failure> {
        self.engine.refresh().await?;
        let generation = self.engine.outlet().generation();
        if self.generation == Some(generation) {
            return Ok(());
        }
        let mut endpoints = Endpoints::default();
        for document in self.engine.all_documents(KIND).await? {
            match endpoint::read(&document) {
                Ok(kept) => endpoints.add(document.id, kept),
                Err(failure) => tracing::error!("a webhook is passed over: {failure}"),
            }
        }
        self.endpoints = Arc::new(endpoints);
        self.wakes = self.engine.all_documents(WAKE).await?;
        self.generation = Some(generation);
        Ok(())
    }

    /// Sees that the lease is held; returns whether it is.
    async fn hold(&mut self) -> Result<bool, Failure> {
        let before = self.lease;
        let lease = COURIER.hold(&self.engine, &self.name, before).await?;
        let goes_on =
            matches!((before, lease), (Some(before), Some(lease)) if lease.follows(before));
        if !goes_on {
            self.lose();
            self.unhealed.extend(self.endpoints.ids().cloned());
        }
        self.lease = lease;
        Ok(lease.is_some())
    }

    /// Lets go of everything: somebody else may be at work.
    fn lose(&mut self) {
        self.lease = None;
        self.cursor = None;
        self.flying = JoinSet::new();
        self.aloft.clear();
        self.landed.clear();
        self.busy.clear();
    }

    fn note(&mut self, joined: Option<Result<(Id, Answered), JoinError>>) {
        if let Some(joined) = joined {
            note(joined, &mut self.aloft, &mut self.landed);
        }
    }

    /// Writes down what came of attempts.
    async fn land(&mut self) -> Result<bool, Failure> {
        while let Some(joined) = self.flying.try_join_next_with_id() {
            self.note(Some(joined));
        }
        let Some(lease) = self.lease.filter(|_| !self.landed.is_empty()) else {
            return Ok(false);
        };
        if !COURIER.is_held(&self.engine, lease).await? {
            self.lose();
            return Ok(false);
        }
        let mut updates = Vec::new();
        for (before, answer) in &self.landed {
            let after = self.landing(before, answer).await?;
            if after.state != DeliveryState::Waiting {
                updates.extend(heal::after(&self.engine, &after).await?);
            }
            updates.push(after);
        }
        self.engine
            .store()
            .update_deliveries(updates.clone())
            .await?;
        self.count(&updates);
        for (delivery, _) in self.landed.drain(..) {
            self.busy.remove(&lane(&delivery));
        }
        Ok(true)
    }

    async fn landing(&self, before: &Delivery, answer: &Answered) -> Result<Delivery, Failure> {
        let engine = &self.engine;
        if answer.is_gone() {
            let reason = "the endpoint answered 410 Gone".to_owned();
            let change = WebhookChange {
                state: Some((WebhookState::Paused, Some(reason))),
                types: None,
            };
            match engine.change_webhook(&before.webhook, change).await {
                Ok(_) | Err(Failure::Unknown { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
        let (retry, now) = (&self.options.retry, engine.now());
        Ok(landed(before.clone(), answer, retry, now, engine.random()))
    }

    fn count(&self, updates: &[Delivery]) {
        let counted = self.engine.webhook_counts();
        let of = |state| updates.iter().filter(|it| it.state == state).count();
        let (delivered, dead) = (of(DeliveryState::Delivered), of(DeliveryState::Dead));
        Metrics::add(&counted.delivered, delivered);
        Metrics::add(&counted.dead, dead);
        let failed = self.landed.len().saturating_sub(delivered);
        Metrics::add(&counted.failed, failed);
    }

    /// Looks at deliveries again where that is asked for; one endpoint at a time.
    async fn heal(&mut self) -> Result<bool, Failure> {
        if let Some(asked) = self.wakes.pop() {
            heal::heal(&self.engine, &asked.id, self.endpoints.get(&asked.id)).await?;
            self.unhealed.remove(&asked.id);
            let done = Put {
                kind: WAKE.to_owned(),
                id: asked.id,
                expected: Some(asked.version),
                body: None,
            };
            match self.engine.store().put(vec![done]).await {
                Ok(()) => {}
                // It was asked for again.
                Err(StoreError::Conflict) => self.engine.outlet().touch(),
                Err(error) => return Err(error.into()),
            }
            return Ok(true);
        }
        let Some(webhook) = self.unhealed.iter().next().cloned() else {
            return Ok(false);
        };
        heal::heal(&self.engine, &webhook, self.endpoints.get(&webhook)).await?;
        self.unhealed.remove(&webhook);
        Ok(true)
    }

    /// Makes deliveries of what has happened.
    async fn make(&mut self) -> Result<bool, Failure> {
        let mut cursor = match self.cursor {
            Some(cursor) => cursor,
            None => Cursor::load(&self.engine).await?,
        };
        let rows = read_log(&self.engine, &mut cursor, &self.endpoints).await?;
        self.cursor = Some(cursor);
        if rows.is_empty() {
            return Ok(false);
        }
        self.learn().await?;
        let made = fan_out(&self.engine, &mut cursor, &self.endpoints, &rows).await?;
        let Some(made) = made else {
            self.lose();
            return Ok(false);
        };
        self.cursor = Some(cursor);
        heal::begin(&self.engine, &made.doubtful).await?;
        Metrics::add(&self.engine.webhook_counts().made, made.count);
        Ok(made.more)
    }

    /// Tries what is due, as much as may be in the air.
    async fn take_off(&mut self) -> Result<bool, Failure> {
        let room = self.options.together.saturating_sub(self.aloft.len());
        if room == 0 {
            return Ok(false);
        }
        let now = self.engine.now();
        let query = DeliveryQuery::Due {
            at: now,
            limit: DUE,
        };
        let due = self.engine.store().deliveries(query).await?;
        let is_full = due.len() == DUE;
        let mut aside = Vec::new();
        for delivery in due {
            if self.aloft.len() >= self.options.together {
                break;
            }
            if !self.busy.contains(&lane(&delivery)) {
                aside.extend(self.look_at(delivery, now, is_full).await?);
            }
        }
        if aside.is_empty() {
            return Ok(false);
        }
        self.engine.store().update_deliveries(aside).await?;
        Ok(true)
    }

    /// Tries a delivery that is due; or returns how it, or what is before it, is put aside.
    async fn look_at(
        &mut self,
        due: Delivery,
        now: Timestamp,
        others_may_hide: bool,
    ) -> Result<Vec<Delivery>, Failure> {
        let endpoints = Arc::clone(&self.endpoints);
        let Some(kept) = endpoints.get(&due.webhook) else {
            self.unhealed.insert(due.webhook);
            return Ok(Vec::new());
        };
        if !kept.is_active() {
            return Ok(vec![at(due, None)]);
        }
        let to_it = self.aloft.values().filter(|it| it.webhook == due.webhook);
        if to_it.count() >= self.options.together_to_one {
            let later = now.plus_millis(PUT_OFF);
            let put_off = others_may_hide.then(|| at(due, Some(later)));
            return Ok(put_off.into_iter().collect());
        }
        let first = first_waiting(&self.engine, &due, 1).await?.pop();
        match first {
            Some(first) if first.seq == due.seq => self.launch(first, kept, now).await,
            // What was replayed goes before it.
            Some(first) => {
                let begun = first.next_at.is_none().then(|| at(first, Some(now)));
                Ok(begun.into_iter().chain([at(due, None)]).collect())
            }
            None => Ok(Vec::new()),
        }
    }

    /// Sends a delivery on its way.
    async fn launch(
        &mut self,
        delivery: Delivery,
        kept: &Kept,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, Failure> {
        let (contract, seq) = (&delivery.contract, delivery.seq);
        let found = self
            .engine
            .events(contract, seq, seq, false, 1)
            .await?
            .pop();
        let Some(found) = found else {
            return Ok(vec![dead(delivery, "its event is not in the store")]);
        };
        let body = listed::body(contract, seq, &found.event)?;
        let id = webhook_id(&delivery.webhook, contract, seq);
        let timestamp = now.millis().div_euclid(1_000);
        let call = Call {
            signature: signatures(kept.secrets(now), &id, timestamp, &body),
            url: kept.url.clone(),
            id,
            timestamp,
            body,
        };
        let (deliver, timeout) = (Arc::clone(&self.deliver), self.options.timeout);
        let flight = self.flying.spawn(async move {
            let answer = tokio::time::timeout(timeout, deliver.deliver(call)).await;
            answer.unwrap_or_else(|_| {
                Answered::Failed(format!("there was no answer within {timeout:?}"))
            })
        });
        self.busy.insert(lane(&delivery));
        self.aloft.insert(flight.id(), delivery);
        Ok(Vec::new())
    }
}

/// Notes what came of an attempt.
fn note(
    joined: Result<(Id, Answered), JoinError>,
    aloft: &mut HashMap<Id, Delivery>,
    landed: &mut Vec<(Delivery, Answered)>,
) {
    let (id, answer) = match joined {
        Ok(joined) => joined,
        Err(error) => {
            tracing::error!("an attempt to deliver a webhook was given up: {error}");
            let why = "the attempt was given up; the server's log says why".to_owned();
            (error.id(), Answered::Failed(why))
        }
    };
    if let Some(delivery) = aloft.remove(&id) {
        landed.push((delivery, answer));
    }
}

fn lane(delivery: &Delivery) -> Lane {
    (delivery.webhook.clone(), delivery.contract.clone())
}

fn at(delivery: Delivery, next_at: Option<Timestamp>) -> Delivery {
    Delivery {
        next_at,
        ..delivery
    }
}

fn dead(delivery: Delivery, why: &str) -> Delivery {
    Delivery {
        state: DeliveryState::Dead,
        next_at: None,
        error: Some(why.to_owned()),
        ..delivery
    }
}

impl Engine {
    /// Returns what was counted of deliveries since the start.
    #[must_use]
    pub fn webhook_counts(&self) -> &Counted {
        &self.outlet().counted
    }
}
