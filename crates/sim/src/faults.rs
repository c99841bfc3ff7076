//! A process' way to the data, on which calls take their time, fail, and end in the dark.
//!
//! Owns: when a call waits or fails, and what becomes of calls under way when their process dies. Does not own:
//! the data ([`crate::disk`]). Invariants: a call that fails with anything but an unknown outcome has changed
//! nothing; what answered well has happened; a dead process hears nothing any more and, apart from a write that
//! was under way, changes nothing.

use crate::disk::{Disk, at_once};
use crate::life::Life;
use crate::mutant::Mutant;
use crate::options::Levels;
use crate::rng::Rng;
use crate::trace::Trace;
use earnest_core::units::{ContractId, MemberId, MessageId, Timestamp};
use earnest_store::memory::MemoryStore;
use earnest_store::{
    Answer, AnswerPage, Batch, Change, ContractRow, Delivery, DeliveryQuery, Document, EventQuery,
    LogRow, MessagePage, MessageQuery, Position, Put, Reading, Snapshot, Store, StoreError,
    StoreStatus, StoredEvent, Writing,
};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

/// Whether things go wrong, for all processes at once.
#[derive(Debug)]
pub struct Weather {
    levels: Levels,
    is_calm: AtomicBool,
}

impl Weather {
    /// Begins calm.
    #[must_use]
    pub const fn new(levels: Levels) -> Self {
        Self {
            levels,
            is_calm: AtomicBool::new(true),
        }
    }

    /// Lets things go wrong, or lets them be.
    pub fn set_calm(&self, is_calm: bool) {
        self.is_calm.store(is_calm, SeqCst);
    }

    /// Returns whether nothing goes wrong.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.is_calm.load(SeqCst)
    }

    fn levels(&self) -> Levels {
        match self.is_calm() {
            true => Levels::default(),
            false => self.levels,
        }
    }
}

/// A process' way to the data.
pub struct FaultyStore(Arc<Way>);

struct Way {
    disk: Arc<Disk>,
    handle: MemoryStore,
    weather: Arc<Weather>,
    life: Life,
    rng: Mutex<Rng>,
    trace: Arc<Trace>,
}

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Well,
    Unavailable,
    Full,
    Conflict,
    UnknownLanded,
    UnknownLost,
    /// The outcome is told as unknown, and the write lands after that or not at all.
    UnknownLate,
}

impl FaultyStore {
    /// Makes a way to the data for a process.
    #[must_use]
    pub fn new(
        disk: Arc<Disk>,
        weather: Arc<Weather>,
        life: Life,
        rng: Rng,
        trace: Arc<Trace>,
    ) -> Self {
        let handle = disk.handle();
        Self(Arc::new(Way {
            disk,
            handle,
            weather,
            life,
            rng: Mutex::new(rng),
            trace,
        }))
    }
}

impl Way {
    /// Lets some time pass; a dead process never comes out of it.
    async fn pass(&self) {
        self.wait().await;
        self.or_end().await;
    }

    async fn wait(&self) {
        let levels = self.weather.levels();
        let millis = {
            let mut rng = self.rng.lock();
            let is_slow = rng.rarely(levels.slow);
            is_slow.then(|| rng.between(0, levels.slow_most))
        };
        match millis {
            None => {}
            Some(0) => tokio::task::yield_now().await,
            Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
        }
    }

    async fn or_end(&self) {
        if self.life.is_over() {
            std::future::pending::<()>().await;
        }
    }

    fn draw(&self, per_mille: u64) -> bool {
        self.rng.lock().rarely(per_mille)
    }

    async fn read<T>(&self, what: &'static str, reading: Reading<'_, T>) -> Result<T, StoreError> {
        self.pass().await;
        let answer = match self.draw(self.weather.levels().read) {
            true => {
                self.note(|| format!("{what} is not available"));
                Err(StoreError::Unavailable("a simulated fault".to_owned()))
            }
            false => at_once(reading),
        };
        self.pass().await;
        answer
    }

    fn note(&self, line: impl FnOnce() -> String) {
        self.trace
            .note(|| format!("{} store: {}", self.life.name(), line()));
    }

    fn fate(&self, can_conflict: bool) -> Fate {
        let levels = self.weather.levels();
        let mut rng = self.rng.lock();
        if rng.rarely(levels.write) {
            return *rng.pick(&[Fate::Unavailable, Fate::Full]);
        }
        if can_conflict && rng.rarely(levels.conflict) {
            return Fate::Conflict;
        }
        if rng.rarely(levels.unknown) {
            return match rng.below(4) {
                0 | 1 => Fate::UnknownLanded,
                2 => Fate::UnknownLate,
                _ => Fate::UnknownLost,
            };
        }
        Fate::Well
    }

    /// Writes, and lets go wrong what has to. `land` may be called more than once, or after this has ended.
    async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        what: String,
        can_conflict: bool,
        land: impl FnOnce(&Self, Fate) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.wait().await;
        if self.life.is_over() {
            if self.rng.lock().chance(50) {
                let landed = land(self, Fate::Well).is_ok();
                self.note(|| format!("{what}: was under way at the death, landed: {landed}"));
            }
            self.or_end().await;
            return Err(StoreError::Unavailable("the process is dead".to_owned()));
        }
        let fate = self.fate(can_conflict);
        let unknown = || StoreError::Unknown("a simulated fault".to_owned());
        let answer = match fate {
            Fate::Unavailable => Err(StoreError::Unavailable("a simulated fault".to_owned())),
            Fate::Full => Err(StoreError::Full("a simulated fault".to_owned())),
            Fate::Conflict => Err(StoreError::Conflict),
            Fate::UnknownLost => Err(unknown()),
            Fate::Well => land(self, fate),
            Fate::UnknownLanded => match land(self, fate) {
                Err(StoreError::Conflict) => Err(StoreError::Conflict),
                _ => Err(unknown()),
            },
            Fate::UnknownLate => {
                let (way, what) = (Arc::clone(self), what.clone());
                tokio::spawn(async move {
                    way.wait().await;
                    let landed = land(&way, fate).is_ok();
                    way.note(|| format!("{what}: lands late: {landed}"));
                });
                Err(unknown())
            }
        };
        self.note(|| match &answer {
            Ok(_) => format!("{what}: landed"),
            Err(error) => format!("{what}: {fate:?}: {error}"),
        });
        self.pass().await;
        answer
    }

    async fn commit(self: &Arc<Self>, batch: Batch) -> Result<Position, StoreError> {
        let what = format!(
            "commit {} {}+{} ({} answers)",
            batch.contract,
            batch.expected,
            batch.events.len(),
            batch.answers.len()
        );
        self.write(what, true, |way, fate| {
            let again = (fate == Fate::UnknownLanded).then(|| batch.clone());
            let landed = way.disk.land(&way.handle, batch);
            if let (Ok(_), Some(again)) = (&landed, again) {
                way.disk.mutation().land_again(&way.handle, &again);
            }
            landed
        })
        .await
    }

    async fn put(self: &Arc<Self>, puts: Vec<Put>) -> Result<(), StoreError> {
        let names: Vec<String> = puts
            .iter()
            .map(|put| format!("{}/{}", put.kind, put.id))
            .collect();
        let what = format!("put {}", names.join(", "));
        let can_conflict = puts.iter().any(|put| put.expected.is_some());
        self.write(what, can_conflict, |way, _| {
            way.disk.land_documents(&way.handle, puts)
        })
        .await
    }
}

impl Store for FaultyStore {
    fn commit(&self, batch: Batch) -> Reading<'_, Position> {
        Box::pin(async move { self.0.commit(batch).await })
    }

    fn foreign(&self) -> Reading<'_, Vec<Change>> {
        Box::pin(async move {
            // What was taken is gone: a caller that goes away after this moment takes it along.
            let changes = self.0.read("foreign", self.0.handle.foreign()).await?;
            match self.0.disk.mutation().is(Mutant::HidesChanges) {
                true => Ok(Vec::new()),
                false => Ok(changes),
            }
        })
    }

    fn head(&self) -> Reading<'_, Position> {
        Box::pin(self.0.read("head", self.0.handle.head()))
    }

    fn log(&self, after: Position, limit: usize) -> Reading<'_, Vec<LogRow>> {
        Box::pin(self.0.read("log", self.0.handle.log(after, limit)))
    }

    fn contract<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<ContractRow>> {
        Box::pin(self.0.read("contract", self.0.handle.contract(contract)))
    }

    fn contracts<'a>(
        &'a self,
        after: Option<&'a ContractId>,
        limit: usize,
    ) -> Reading<'a, Vec<ContractRow>> {
        Box::pin(
            self.0
                .read("contracts", self.0.handle.contracts(after, limit)),
        )
    }

    fn due(&self, at: Timestamp, limit: usize) -> Reading<'_, Vec<ContractId>> {
        Box::pin(self.0.read("due", self.0.handle.due(at, limit)))
    }

    fn events(&self, query: EventQuery) -> Reading<'_, Vec<StoredEvent>> {
        Box::pin(self.0.read("events", self.0.handle.events(query)))
    }

    fn messages(&self, query: MessageQuery) -> Reading<'_, MessagePage> {
        Box::pin(self.0.read("messages", self.0.handle.messages(query)))
    }

    fn received<'a>(
        &'a self,
        member: &'a MemberId,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> Reading<'a, u32> {
        Box::pin(
            self.0
                .read("received", self.0.handle.received(member, from, to, most)),
        )
    }

    fn writings<'a>(&'a self, message: &'a MessageId) -> Reading<'a, Vec<Writing>> {
        Box::pin(self.0.read("writings", self.0.handle.writings(message)))
    }

    fn answer<'a>(&'a self, space: &'a str, key: &'a str) -> Reading<'a, Option<Answer>> {
        Box::pin(self.0.read("answer", self.0.handle.answer(space, key)))
    }

    fn may_have_answered(&self, space: &str, key: &str) -> bool {
        self.0.handle.may_have_answered(space, key)
    }

    fn answers(&self, after: Option<Vec<u8>>, limit: usize) -> Reading<'_, AnswerPage> {
        Box::pin(self.0.read("answers", self.0.handle.answers(after, limit)))
    }

    fn snapshot<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<Snapshot>> {
        Box::pin(self.0.read("snapshot", self.0.handle.snapshot(contract)))
    }

    fn save_snapshot<'a>(
        &'a self,
        contract: &'a ContractId,
        snapshot: Snapshot,
    ) -> Reading<'a, ()> {
        let contract = contract.clone();
        let what = format!("snapshot of {contract} at {}", snapshot.seq);
        Box::pin(async move {
            self.0
                .write(what, false, move |way, _| {
                    at_once(way.handle.save_snapshot(&contract, snapshot))
                })
                .await
        })
    }

    fn document<'a>(&'a self, kind: &'a str, id: &'a str) -> Reading<'a, Option<Document>> {
        Box::pin(self.0.read("document", self.0.handle.document(kind, id)))
    }

    fn documents<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Reading<'a, Vec<Document>> {
        Box::pin(
            self.0
                .read("documents", self.0.handle.documents(kind, after, limit)),
        )
    }

    fn kinds(&self) -> Reading<'_, Vec<String>> {
        Box::pin(self.0.read("kinds", self.0.handle.kinds()))
    }

    fn put(&self, documents: Vec<Put>) -> Reading<'_, ()> {
        Box::pin(async move { self.0.put(documents).await })
    }

    fn deliveries(&self, query: DeliveryQuery) -> Reading<'_, Vec<Delivery>> {
        Box::pin(self.0.read("deliveries", self.0.handle.deliveries(query)))
    }

    fn fan_out(&self, deliveries: Vec<Delivery>, documents: Vec<Put>) -> Reading<'_, ()> {
        Box::pin(
            self.0
                .read("fan_out", self.0.handle.fan_out(deliveries, documents)),
        )
    }

    fn update_deliveries(&self, deliveries: Vec<Delivery>) -> Reading<'_, ()> {
        let reading = self.0.handle.update_deliveries(deliveries);
        Box::pin(self.0.read("update_deliveries", reading))
    }

    fn status(&self) -> Reading<'_, StoreStatus> {
        Box::pin(self.0.read("status", self.0.handle.status()))
    }

    fn close(&self) -> Reading<'_, ()> {
        Box::pin(self.0.read("close", self.0.handle.close()))
    }
}
