//! Keeps everything in memory.
//!
//! Owns: the reference that every other backend is compared with, and what tests and trials run on. Does not
//! own: anything that outlives the process.
//! Invariants: all data is behind one lock, so that every call sees all calls before it; everything is checked
//! before anything is changed; a future does its work when it is first asked, and is ready at once.

mod answers;
mod changes;
mod contracts;
mod deliveries;
mod documents;
mod messages;
mod write;

use crate::{
    Answer, AnswerPage, Batch, Change, ContractRow, Delivery, DeliveryQuery, Document, EventQuery,
    LogRow, MessagePage, MessageQuery, Position, Put, Reading, Snapshot, Store, StoreError,
    StoreStatus, StoredEvent, Writing,
};
use changes::Handle;
use earnest_core::units::{ContractId, MemberId, MessageId, Timestamp};
use parking_lot::Mutex;
use std::sync::Arc;
use write::Data;

/// A handle on a store in memory.
///
/// Another handle on the same data, as another process would have it, comes from [`MemoryStore::another`]; the
/// data is gone with the last of them.
pub struct MemoryStore {
    data: Arc<Mutex<Data>>,
    handle: Handle,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::on(Arc::default())
    }

    /// Returns another handle on the same data. It is open, also where this one is closed.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::on(Arc::clone(&self.data))
    }

    fn on(data: Arc<Mutex<Data>>) -> Self {
        let handle = data.lock().changes.open();
        Self { data, handle }
    }

    /// Does some work on the data, when the future is first asked.
    fn with<'a, T>(
        &'a self,
        work: impl FnOnce(&mut Data, Handle) -> Result<T, StoreError> + Send + 'a,
    ) -> Reading<'a, T> {
        Box::pin(async move {
            let mut data = self.data.lock();
            data.changes.check_open(self.handle)?;
            work(&mut data, self.handle)
        })
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.data.lock().changes.forget(self.handle);
    }
}

impl Store for MemoryStore {
    fn commit(&self, batch: Batch) -> Reading<'_, Position> {
        self.with(|data, handle| data.commit(batch, handle))
    }

    fn foreign(&self) -> Reading<'_, Vec<Change>> {
        self.with(|data, handle| Ok(data.changes.foreign(handle)))
    }

    fn head(&self) -> Reading<'_, Position> {
        self.with(|data, _| Ok(data.contracts.head()))
    }

    fn log(&self, after: Position, limit: usize) -> Reading<'_, Vec<LogRow>> {
        self.with(move |data, _| Ok(data.contracts.log(after, limit)))
    }

    fn contract<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<ContractRow>> {
        self.with(|data, _| Ok(data.contracts.row(contract)))
    }

    fn contracts<'a>(
        &'a self,
        after: Option<&'a ContractId>,
        limit: usize,
    ) -> Reading<'a, Vec<ContractRow>> {
        self.with(move |data, _| Ok(data.contracts.rows(after, limit)))
    }

    fn due(&self, at: Timestamp, limit: usize) -> Reading<'_, Vec<ContractId>> {
        self.with(move |data, _| Ok(data.contracts.due(at, limit)))
    }

    fn events(&self, query: EventQuery) -> Reading<'_, Vec<StoredEvent>> {
        self.with(move |data, _| Ok(data.contracts.events(&query)))
    }

    fn messages(&self, query: MessageQuery) -> Reading<'_, MessagePage> {
        self.with(move |data, _| Ok(data.messages.page(&query)))
    }

    fn received<'a>(
        &'a self,
        member: &'a MemberId,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> Reading<'a, u32> {
        self.with(move |data, _| Ok(data.messages.received(member, from, to, most)))
    }

    fn writings<'a>(&'a self, message: &'a MessageId) -> Reading<'a, Vec<Writing>> {
        self.with(|data, _| Ok(data.messages.writings(message)))
    }

    fn answer<'a>(&'a self, space: &'a str, key: &'a str) -> Reading<'a, Option<Answer>> {
        self.with(|data, _| Ok(data.answers.get(space, key)))
    }

    fn may_have_answered(&self, space: &str, key: &str) -> bool {
        self.data.lock().answers.get(space, key).is_some()
    }

    fn answers(&self, after: Option<Vec<u8>>, limit: usize) -> Reading<'_, AnswerPage> {
        self.with(move |data, _| Ok(data.answers.page(after.as_deref(), limit)))
    }

    fn snapshot<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<Snapshot>> {
        let kept = self.with(|data, _| Ok(data.snapshots.get(contract).cloned()));
        // A snapshot may be large: it is copied while others go on.
        Box::pin(async move { Ok(kept.await?.map(Arc::unwrap_or_clone)) })
    }

    fn save_snapshot<'a>(
        &'a self,
        contract: &'a ContractId,
        snapshot: Snapshot,
    ) -> Reading<'a, ()> {
        self.with(move |data, _| {
            data.save_snapshot(contract, snapshot);
            Ok(())
        })
    }

    fn document<'a>(&'a self, kind: &'a str, id: &'a str) -> Reading<'a, Option<Document>> {
        self.with(|data, _| Ok(data.documents.get(kind, id)))
    }

    fn documents<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Reading<'a, Vec<Document>> {
        self.with(move |data, _| Ok(data.documents.list(kind, after, limit)))
    }

    fn kinds(&self) -> Reading<'_, Vec<String>> {
        self.with(|data, _| Ok(data.documents.kinds()))
    }

    fn put(&self, documents: Vec<Put>) -> Reading<'_, ()> {
        self.with(|data, handle| data.put(documents, handle))
    }

    fn deliveries(&self, query: DeliveryQuery) -> Reading<'_, Vec<Delivery>> {
        self.with(|data, _| Ok(data.deliveries.list(query)))
    }

    fn fan_out(&self, deliveries: Vec<Delivery>, documents: Vec<Put>) -> Reading<'_, ()> {
        self.with(|data, handle| {
            data.put(documents, handle)?;
            data.deliveries.add(deliveries);
            Ok(())
        })
    }

    fn update_deliveries(&self, deliveries: Vec<Delivery>) -> Reading<'_, ()> {
        self.with(|data, _| data.deliveries.update(deliveries))
    }

    fn status(&self) -> Reading<'_, StoreStatus> {
        self.with(|data, handle| Ok(data.status(handle)))
    }

    /// Closes this handle; others on the same data stay open. Closing it again changes nothing.
    fn close(&self) -> Reading<'_, ()> {
        Box::pin(async move {
            self.data.lock().changes.close(self.handle);
            Ok(())
        })
    }
}
