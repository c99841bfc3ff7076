//! Keeps everything in one SQLite file.
//!
//! Owns: the store's life: opening, its threads, closing. Does not own: what is written (`write`, `keep`) or
//! read (`read`).
//! Invariants: a commit writes behind what is there and touches no index whose keys have no order, so it takes
//! as long with ten million messages as with none; everything by which things are found can be made anew from
//! the log. Several processes may have the file open.
//!
//! One thread commits (`writer`), a few read (`reader`), one turns new entries of the index into runs
//! (`keeper`), one copies the write-ahead log into the file (`checkpoint`).

mod answers;
mod backup;
mod block;
mod checkpoint;
mod columns;
mod commit;
mod draft;
mod entry;
mod fault;
mod filter;
mod follow;
mod header;
mod index;
mod keep;
mod keeper;
mod layer;
mod options;
mod place;
mod queue;
mod read;
mod reader;
mod run;
mod scan;
mod schema;
mod shared;
mod threads;
mod watch;
mod write;
mod writer;

pub use backup::Checked;
pub use options::{Options, Tuning};

use crate::{
    Answer, AnswerPage, Batch, Change, ContractRow, Delivery, DeliveryQuery, Document, EventQuery,
    LogRow, MessagePage, MessageQuery, Position, Put, Reading, Snapshot, Store, StoreError,
    StoreStatus, StoredEvent, Writing,
};
use earnest_core::units::{ContractId, MemberId, MessageId, Timestamp};
use fault::closed;
use queue::Job;
use shared::{Shared, answered};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use threads::Threads;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use watch::Watch;

/// A store in one SQLite file.
pub struct SqliteStore {
    shared: Arc<Shared>,
    watch: Watch,
    threads: Threads,
}

/// Figures of the file, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    /// How many bytes of the write-ahead log were in use when it was last copied.
    pub wal_bytes: u64,
    /// How many runs the index has.
    pub runs: usize,
    /// How many bytes the runs' filters take in memory.
    pub filter_bytes: usize,
    /// How many entries of the index are in memory.
    pub in_memory: usize,
}

impl SqliteStore {
    /// Opens a store, and makes the file where there is none.
    ///
    /// # Errors
    /// [`StoreError::Version`] when the file is of another schema or another program,
    /// [`StoreError::Unavailable`] when it cannot be opened and written, [`StoreError::Corrupt`] when it makes
    /// no sense. The text says what to do.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let writer = schema::open(path, &options)?;
        let shared = Arc::new(Shared::new(path.to_owned(), options));
        begin(&writer, &shared)?;
        let watch = Watch::open(&shared)?;
        let threads = Threads::begin(&shared, writer)?;
        Ok(Self {
            shared,
            watch,
            threads,
        })
    }

    /// Looks whether a file is a whole store, as long as it takes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with what is wrong; the others as [`SqliteStore::open`].
    pub fn check(path: impl AsRef<Path>) -> Result<Checked, StoreError> {
        backup::check(path.as_ref())
    }

    /// Copies the store into a new file, as it is now, while it goes on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file is there already or cannot be written, [`StoreError::Full`]
    /// when there is no room for it.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<(), StoreError> {
        self.is_open()?;
        let shared = Arc::clone(&self.shared);
        let to = to.as_ref().to_owned();
        threads::apart("earnest-backup", move || {
            backup::copy(&shared, &to).map_err(StoreError::from)
        })
        .await?
    }

    /// Returns figures of the file.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let index = self.shared.index.read();
        Metrics {
            wal_bytes: self.shared.figures.wal.load(Ordering::Relaxed),
            runs: index.runs().len(),
            filter_bytes: index.runs().iter().map(|run| run.filter.size()).sum(),
            in_memory: index.in_memory(),
        }
    }

    /// Changes how many pages the file may have.
    ///
    /// # Errors
    /// As a write.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        let limited = self
            .shared
            .write(move |writer| schema::limit_pages(writer.connection, pages));
        answered(limited).await
    }

    fn is_open(&self) -> Result<(), StoreError> {
        if self.shared.queue.refuses() {
            Err(closed())
        } else {
            Ok(())
        }
    }

    fn read<T, F>(&self, read: F) -> Reading<'_, T>
    where
        T: Send + 'static,
        F: Fn(&reader::Reader<'_>) -> fault::Step<T> + Send + 'static,
    {
        Box::pin(self.shared.readers.read(read))
    }
}

/// Takes in what the runs do not say yet.
fn begin(connection: &rusqlite::Connection, shared: &Shared) -> Result<(), StoreError> {
    let begin = || -> fault::Step<()> {
        connection.execute_batch("BEGIN")?;
        let (_, base, generation) = scan::seen(connection)?;
        let runs = Arc::new(run::load(connection, &[])?);
        shared.index.write().begin_at(base, generation, runs);
        scan::settle(connection, &shared.index)?;
        connection.execute_batch("COMMIT")?;
        Ok(())
    };
    Ok(begin()?)
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // What was taken in is still finished, by threads that nobody waits for.
        self.shared.queue.refuse();
        self.shared.end();
    }
}

impl Store for SqliteStore {
    fn commit(&self, batch: Batch) -> Reading<'_, Position> {
        Box::pin(async move {
            self.is_open()?;
            let batch = commit::prepare(batch)?;
            let (reply, answer) = oneshot::channel();
            let runtime = Handle::try_current().ok();
            let commit = commit::Commit {
                batch,
                reply,
                runtime,
            };
            self.shared.queue.push(Job::Commit(Box::new(commit)))?;
            let (verdict, _) = answer.await.map_err(|_| closed())?;
            verdict
        })
    }

    fn foreign(&self) -> Reading<'_, Vec<Change>> {
        Box::pin(async move {
            let is_current = self.watch.is_current(&self.shared)?;
            if is_current && self.shared.index.read().has_none_foreign() {
                return Ok(Vec::new());
            }
            if !is_current || !self.shared.index.read().is_collecting() {
                // Whoever reads brings the index up to date.
                self.shared.readers.read(|_| Ok(())).await?;
            }
            Ok(self.shared.index.write().take_foreign())
        })
    }

    fn head(&self) -> Reading<'_, Position> {
        Box::pin(async move { self.watch.newest().map(Position) })
    }

    fn log(&self, after: Position, limit: usize) -> Reading<'_, Vec<LogRow>> {
        self.read(move |reader| read::events::log(reader, after, limit))
    }

    fn contract<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<ContractRow>> {
        let contract = contract.clone();
        self.read(move |reader| read::contracts::one(reader, &contract))
    }

    fn contracts<'a>(
        &'a self,
        after: Option<&'a ContractId>,
        limit: usize,
    ) -> Reading<'a, Vec<ContractRow>> {
        let after = after.cloned();
        self.read(move |reader| read::contracts::list(reader, after.as_ref(), limit))
    }

    fn due(&self, at: Timestamp, limit: usize) -> Reading<'_, Vec<ContractId>> {
        self.read(move |reader| read::contracts::due(reader, at, limit))
    }

    fn events(&self, query: EventQuery) -> Reading<'_, Vec<StoredEvent>> {
        self.read(move |reader| read::events::of_contract(reader, &query))
    }

    fn messages(&self, query: MessageQuery) -> Reading<'_, MessagePage> {
        self.read(move |reader| read::messages::page(reader, &query))
    }

    fn received<'a>(
        &'a self,
        member: &'a MemberId,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> Reading<'a, u32> {
        let member = member.clone();
        self.read(move |reader| read::messages::received(reader, &member, (from, to), most))
    }

    fn writings<'a>(&'a self, message: &'a MessageId) -> Reading<'a, Vec<Writing>> {
        let message = message.clone();
        self.read(move |reader| read::messages::writings(reader, &message))
    }

    fn answer<'a>(&'a self, space: &'a str, key: &'a str) -> Reading<'a, Option<Answer>> {
        Box::pin(async move {
            let hash = entry::hash_of(space, key);
            if self.watch.is_current(&self.shared)? && !self.shared.index.read().may_answer(hash) {
                return Ok(None);
            }
            let (space, key) = (space.to_owned(), key.to_owned());
            self.read(move |reader| read::messages::answer(reader, &space, &key, hash))
                .await
        })
    }

    fn may_have_answered(&self, space: &str, key: &str) -> bool {
        let hash = entry::hash_of(space, key);
        self.shared.index.read().may_have_answered(hash)
    }

    fn answers(&self, after: Option<Vec<u8>>, limit: usize) -> Reading<'_, AnswerPage> {
        self.read(move |reader| answers::page(reader, after.as_deref(), limit))
    }

    fn snapshot<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<Snapshot>> {
        let contract = contract.clone();
        self.read(move |reader| read::contracts::snapshot(reader, &contract))
    }

    fn save_snapshot<'a>(
        &'a self,
        contract: &'a ContractId,
        snapshot: Snapshot,
    ) -> Reading<'a, ()> {
        Box::pin(keep::save_snapshot(&self.shared, contract, snapshot))
    }

    fn document<'a>(&'a self, kind: &'a str, id: &'a str) -> Reading<'a, Option<Document>> {
        let (kind, id) = (kind.to_owned(), id.to_owned());
        self.read(move |reader| read::documents::one(reader, &kind, &id))
    }

    fn documents<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Reading<'a, Vec<Document>> {
        let (kind, after) = (kind.to_owned(), after.map(str::to_owned));
        self.read(move |reader| read::documents::list(reader, &kind, after.as_deref(), limit))
    }

    fn kinds(&self) -> Reading<'_, Vec<String>> {
        self.read(read::documents::kinds)
    }

    fn put(&self, documents: Vec<Put>) -> Reading<'_, ()> {
        let put = self
            .shared
            .write(move |writer| keep::put(writer, &documents));
        Box::pin(answered(put))
    }

    fn deliveries(&self, query: DeliveryQuery) -> Reading<'_, Vec<Delivery>> {
        self.read(move |reader| read::deliveries::list(reader, &query))
    }

    fn fan_out(&self, deliveries: Vec<Delivery>, documents: Vec<Put>) -> Reading<'_, ()> {
        let fan_out = self
            .shared
            .write(move |writer| keep::fan_out(writer, &deliveries, &documents));
        Box::pin(answered(fan_out))
    }

    fn update_deliveries(&self, deliveries: Vec<Delivery>) -> Reading<'_, ()> {
        let update = self
            .shared
            .write(move |writer| keep::update_deliveries(writer, &deliveries));
        Box::pin(answered(update))
    }

    fn status(&self) -> Reading<'_, StoreStatus> {
        Box::pin(async move {
            let in_file = self.read(read::contracts::figures).await?;
            let figures = &self.shared.figures;
            Ok(StoreStatus {
                bytes: watch::bytes_of(&self.shared.path),
                commits: figures.commits.load(Ordering::Relaxed),
                batches: figures.batches.load(Ordering::Relaxed),
                commit_micros: figures.micros.load(Ordering::Relaxed),
                ..in_file
            })
        })
    }

    fn close(&self) -> Reading<'_, ()> {
        Box::pin(async move {
            if self.shared.queue.refuse() {
                self.threads.end(&self.shared).await?;
                self.watch.close(&self.shared);
            }
            Ok(())
        })
    }
}
