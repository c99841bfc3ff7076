//! Keeps everything in a PostgreSQL database, for any number of processes at once; over workers, where the database
//! has them (Citus).
//!
//! Owns: what is shared by the parts. Does not own: the statements (`statement`), the schema (`migrations/postgres`).
//! Invariants: one transaction touches one contract, names it in every statement, and is checked by its version
//! alone; no lock lives longer than its transaction; a process keeps nothing that another needs.

mod address;
mod answers;
mod commit;
mod contracts;
mod deliveries;
mod documents;
mod fault;
mod feed;
mod gather;
mod inbox;
mod messages;
mod pipeline;
mod pool;
#[cfg(test)]
mod routing;
mod row;
mod schema;
mod statement;
mod status;
mod tls;

use crate::{
    Answer, AnswerPage, Batch, Change, ContractRow, Delivery, DeliveryQuery, Document, EventQuery,
    LogRow, MessagePage, MessageQuery, News, Position, Put, Reading, Snapshot, Store, StoreError,
    StoreStatus, StoredEvent, Writing,
};
use address::Address;
use deadpool_postgres::Pool;
use earnest_core::units::{ContractId, MemberId, MessageId, Timestamp};
use feed::{Following, Horizon};
use futures_util::FutureExt;
use gather::Gather;
use pipeline::{Owned, Step};
use pool::Lent;
use schema::{MIGRATIONS, May};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How many keys are looked up together.
const KEYS_TOGETHER: usize = 512;
/// How often is looked for messages that have not reached inboxes.
const OUTBOX_EVERY: Duration = Duration::from_secs(2);

/// What can be set.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many connections are opened at most.
    pub connections: usize,
    /// Whether an empty database is set up.
    pub begin: bool,
    /// Whether a database of an older schema is brought up to date, and an unfinished spreading over workers
    /// finished.
    pub migrate: bool,
    /// Whether statements are put so that they suit tables that are spread; found out where nothing is said.
    pub spread: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            begin: true,
            migrate: false,
            spread: None,
        }
    }
}

/// How statements are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// All tables are in one place: rows are written together, an inbox with the messages in it.
    Together,
    /// Tables are spread over workers: every statement goes to one, and inboxes are filled after the commit.
    Spread,
}

impl Flow {
    /// Adds the steps that write rows.
    fn steps<T>(
        self,
        steps: &mut Vec<Step>,
        statements: &'static statement::Rows,
        rows: &[T],
        columns: impl Fn(&[T]) -> Vec<Owned>,
    ) {
        if rows.is_empty() {
            return;
        }
        match self {
            Self::Together => steps.push(Step::new(&statements.many, columns(rows))),
            Self::Spread => {
                let one = |row| Step::new(&statements.one, columns(std::slice::from_ref(row)));
                steps.extend(rows.iter().map(one));
            }
        }
    }
}

/// What was counted of this handle.
#[derive(Debug, Default)]
struct Counts {
    commits: AtomicU64,
    micros: AtomicU64,
}

/// What the parts share.
struct Inner {
    pool: Pool,
    flow: Flow,
    /// What is added to a transaction's number to make a place.
    shift: i64,
    /// Names this handle among others.
    writer: i64,
    following: tokio::sync::Mutex<Following>,
    horizon: Horizon,
    counts: Counts,
    is_closed: AtomicBool,
}

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    inner: Arc<Inner>,
    changes: Gather<(), Vec<Change>>,
    answers: Gather<(String, String), Option<Answer>>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

/// What bringing a database up to date came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrated {
    /// There was nothing.
    New,
    /// It was of an older schema, or not spread over its workers.
    Changed,
    /// It was as it should be.
    UpToDate,
}

impl PostgresStore {
    /// Opens the store at `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. An empty database is set up.
    ///
    /// # Errors
    /// When the database cannot be reached, or is of another version.
    pub async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let mut address = Address::read(url)?;
        let first = pool::pool(&address, 1)?;
        let lent = Lent::of(&first).await?;
        let may = match (options.migrate, options.begin) {
            (true, _) => May::Migrate,
            (false, true) => May::Begin,
            (false, false) => May::Look,
        };
        schema::prepare(&lent, &MIGRATIONS, may).await?;
        let flow = match options.spread {
            Some(true) => Flow::Spread,
            Some(false) => Flow::Together,
            None => schema::flow(&lent).await?,
        };
        let shift = schema::shift(&lent).await?;
        schema::warn_of_settings(&lent).await?;
        lent.done();
        first.close();
        if flow == Flow::Together {
            address.plan_once();
        }
        let pool = pool::pool(&address, options.connections)?;
        let mut name = [0; 8];
        getrandom::fill(&mut name)
            .map_err(|error| StoreError::Unavailable(format!("no random number: {error}")))?;
        let inner = Arc::new(Inner {
            pool,
            flow,
            shift,
            writer: i64::from_be_bytes(name),
            following: tokio::sync::Mutex::default(),
            horizon: Horizon::default(),
            counts: Counts::default(),
            is_closed: AtomicBool::new(false),
        });
        if flow == Flow::Spread {
            tokio::spawn(empty_outbox(Arc::downgrade(&inner)));
        }
        let (asking, looking) = (Arc::clone(&inner), Arc::clone(&inner));
        Ok(Self {
            inner,
            changes: Gather::new(usize::MAX, move |askers: Vec<()>| {
                let inner = Arc::clone(&asking);
                async move {
                    let changes = feed::foreign(&inner).await?;
                    // Each of them has to know before it reads on.
                    Ok(vec![changes; askers.len()])
                }
                .boxed()
            }),
            answers: Gather::new(KEYS_TOGETHER, move |keys| {
                let inner = Arc::clone(&looking);
                async move { answers::find(&inner, keys).await }.boxed()
            }),
        })
    }

    /// Sets a database up, or brings it up to date, and spreads its tables over workers where it has them. Done
    /// again it changes nothing.
    ///
    /// # Errors
    /// When the database cannot be reached, or is of a newer version.
    pub async fn migrate(url: &str) -> Result<Migrated, StoreError> {
        Self::migrate_by(url, &MIGRATIONS).await
    }

    async fn migrate_by(url: &str, steps: &[&str]) -> Result<Migrated, StoreError> {
        let pool = pool::pool(&Address::read(url)?, 2)?;
        let lent = Lent::of(&pool).await?;
        let before = schema::find(&lent).await?;
        let done = schema::prepare(&lent, steps, May::Migrate).await?;
        lent.done();
        pool.close();
        Ok(match (before.schema, done) {
            (0, _) => Migrated::New,
            (_, true) => Migrated::Changed,
            (_, false) => Migrated::UpToDate,
        })
    }

    fn open_inner(&self) -> Result<&Arc<Inner>, StoreError> {
        match self.inner.is_closed.load(Ordering::Acquire) {
            true => Err(fault::closed()),
            false => Ok(&self.inner),
        }
    }
}

/// Brings a database up to date as a later version would, whose schema takes some more steps.
///
/// # Errors
/// As [`PostgresStore::migrate`].
#[cfg(feature = "conformance")]
pub async fn migrate_further(url: &str, more: &[&str]) -> Result<Migrated, StoreError> {
    PostgresStore::migrate_by(url, &[&MIGRATIONS, more].concat()).await
}

/// Returns the schema cut into so many partitions by the columns by which it is spread over workers.
#[cfg(feature = "conformance")]
#[must_use]
pub fn partitioned_schema(parts: u32) -> String {
    schema::partitioned(parts)
}

/// Brings into inboxes what a process that died, or a worker that was away, has left behind.
async fn empty_outbox(inner: std::sync::Weak<Inner>) {
    loop {
        tokio::time::sleep(OUTBOX_EVERY).await;
        let Some(inner) = inner.upgrade() else {
            return;
        };
        if inner.is_closed.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = inbox::deliver_rest(&inner).await {
            tracing::warn!("the outbox could not be emptied: {error}");
        }
    }
}

impl Store for PostgresStore {
    fn commit(&self, batch: Batch) -> Reading<'_, Position> {
        Box::pin(async move {
            let inner = self.open_inner()?;
            let began = Instant::now();
            let done = commit::commit(inner, batch).await;
            if done.is_ok() {
                let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                inner.counts.commits.fetch_add(1, Ordering::Relaxed);
                inner.counts.micros.fetch_add(micros, Ordering::Relaxed);
            }
            done
        })
    }

    fn foreign(&self) -> Reading<'_, Vec<Change>> {
        Box::pin(async move {
            self.open_inner()?;
            self.changes.ask(()).await
        })
    }

    fn head(&self) -> Reading<'_, Position> {
        Box::pin(async move { feed::head(self.open_inner()?).await })
    }

    fn log(&self, after: Position, limit: usize) -> Reading<'_, Vec<LogRow>> {
        Box::pin(async move { feed::log(self.open_inner()?, after, limit).await })
    }

    fn contract<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<ContractRow>> {
        Box::pin(async move { contracts::one(self.open_inner()?, contract).await })
    }

    fn news<'a>(&'a self, contract: &'a ContractId, after: u64) -> Reading<'a, Option<News>> {
        Box::pin(async move { contracts::news(self.open_inner()?, contract, after).await })
    }

    fn contracts<'a>(
        &'a self,
        after: Option<&'a ContractId>,
        limit: usize,
    ) -> Reading<'a, Vec<ContractRow>> {
        Box::pin(async move { contracts::list(self.open_inner()?, after, limit).await })
    }

    fn due(&self, at: Timestamp, limit: usize) -> Reading<'_, Vec<ContractId>> {
        Box::pin(async move { contracts::due(self.open_inner()?, at, limit).await })
    }

    fn events(&self, query: EventQuery) -> Reading<'_, Vec<StoredEvent>> {
        Box::pin(async move { contracts::events(self.open_inner()?, &query).await })
    }

    fn messages(&self, query: MessageQuery) -> Reading<'_, MessagePage> {
        Box::pin(async move { messages::page(self.open_inner()?, &query).await })
    }

    fn received<'a>(
        &'a self,
        member: &'a MemberId,
        from: Timestamp,
        to: Timestamp,
        most: u32,
    ) -> Reading<'a, u32> {
        Box::pin(
            async move { messages::received(self.open_inner()?, member, (from, to), most).await },
        )
    }

    fn writings<'a>(&'a self, message: &'a MessageId) -> Reading<'a, Vec<Writing>> {
        Box::pin(async move { messages::writings(self.open_inner()?, message).await })
    }

    fn answer<'a>(&'a self, space: &'a str, key: &'a str) -> Reading<'a, Option<Answer>> {
        Box::pin(async move {
            self.open_inner()?;
            self.answers.ask((space.to_owned(), key.to_owned())).await
        })
    }

    fn answers(&self, after: Option<Vec<u8>>, limit: usize) -> Reading<'_, AnswerPage> {
        Box::pin(async move { answers::list(self.open_inner()?, after, limit).await })
    }

    fn snapshot<'a>(&'a self, contract: &'a ContractId) -> Reading<'a, Option<Snapshot>> {
        Box::pin(async move { contracts::snapshot(self.open_inner()?, contract).await })
    }

    fn save_snapshot<'a>(
        &'a self,
        contract: &'a ContractId,
        snapshot: Snapshot,
    ) -> Reading<'a, ()> {
        Box::pin(
            async move { contracts::save_snapshot(self.open_inner()?, contract, snapshot).await },
        )
    }

    fn document<'a>(&'a self, kind: &'a str, id: &'a str) -> Reading<'a, Option<Document>> {
        Box::pin(async move { documents::one(self.open_inner()?, kind, id).await })
    }

    fn documents<'a>(
        &'a self,
        kind: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> Reading<'a, Vec<Document>> {
        Box::pin(async move { documents::list(self.open_inner()?, kind, after, limit).await })
    }

    fn kinds(&self) -> Reading<'_, Vec<String>> {
        Box::pin(async move { documents::kinds(self.open_inner()?).await })
    }

    fn put(&self, documents: Vec<Put>) -> Reading<'_, ()> {
        Box::pin(async move { documents::put(self.open_inner()?, &documents).await })
    }

    fn deliveries(&self, query: DeliveryQuery) -> Reading<'_, Vec<Delivery>> {
        Box::pin(async move { deliveries::list(self.open_inner()?, &query).await })
    }

    fn fan_out(&self, deliveries: Vec<Delivery>, documents: Vec<Put>) -> Reading<'_, ()> {
        Box::pin(
            async move { deliveries::fan_out(self.open_inner()?, &deliveries, &documents).await },
        )
    }

    fn update_deliveries(&self, deliveries: Vec<Delivery>) -> Reading<'_, ()> {
        Box::pin(async move { deliveries::update(self.open_inner()?, &deliveries).await })
    }

    fn status(&self) -> Reading<'_, StoreStatus> {
        Box::pin(async move { status::status(self.open_inner()?).await })
    }

    fn close(&self) -> Reading<'_, ()> {
        Box::pin(async move {
            self.inner.is_closed.store(true, Ordering::Release);
            self.inner.pool.close();
            Ok(())
        })
    }
}
