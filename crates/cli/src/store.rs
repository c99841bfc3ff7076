//! Opens stores.
//!
//! Owns: which kind of store an address means, what a command needs of it, and how a failure is told. Does not
//! own: how things are kept ([`earnest_store`]).

use crate::error::Error;
use earnest_engine::clock::{SystemClock, SystemRandom};
use earnest_engine::{Engine, Failure};
use earnest_server::config::{Config, StoreUrl};
use earnest_store::memory::MemoryStore;
use earnest_store::postgres::{self, PostgresStore};
use earnest_store::sqlite::{self, SqliteStore};
use earnest_store::{Store, StoreError};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What a command needs of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It may be new.
    Any,
    /// It has to be there.
    There,
    /// It may be of an older schema, which is brought up to date.
    Migrated,
}

/// Runs an asynchronous command.
///
/// # Errors
/// As the command, or when its threads cannot be started.
pub(crate) fn block_on<T>(command: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Input(format!("the threads cannot be started: {error}")))?;
    let done = runtime.block_on(command);
    // Nothing that matters is left; what is stuck is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    done
}

/// Opens the store that is set.
///
/// # Errors
/// Why it cannot be opened, and what to do.
pub(crate) async fn open(config: &Config, need: Need) -> Result<Arc<dyn Store>, Error> {
    open_at(&config.store, config, need).await
}

/// Opens a store that is somewhere else than what is set.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_at(
    place: &StoreUrl,
    config: &Config,
    need: Need,
) -> Result<Arc<dyn Store>, Error> {
    match place {
        StoreUrl::Memory if need == Need::Any => Ok(Arc::new(MemoryStore::new())),
        StoreUrl::Memory => Err(Error::Input(
            "a store in memory is gone with its process; name a file with `--store sqlite:PATH`"
                .to_owned(),
        )),
        StoreUrl::Sqlite(path) => Ok(Arc::new(open_sqlite(path, config, need)?)),
        StoreUrl::Postgres(url) => {
            let options = postgres::Options {
                connections: config.connections,
                begin: need != Need::There,
                migrate: need == Need::Migrated,
                ..postgres::Options::default()
            };
            let opened = PostgresStore::open(url, options).await;
            Ok(Arc::new(opened.map_err(|error| failed(&error))?))
        }
    }
}

/// Opens the store in a file.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_sqlite(path: &Path, config: &Config, need: Need) -> Result<SqliteStore, Error> {
    if need != Need::Any && !path.exists() {
        return Err(Error::Input(format!(
            "there is no store `{}`; name another with `--store sqlite:PATH`, or begin one with `earnest serve`",
            path.display()
        )));
    }
    let options = sqlite::Options {
        migrate: need == Need::Migrated,
        readers: config.readers,
        ..sqlite::Options::default()
    };
    SqliteStore::open(path, options).map_err(|error| failed(&error))
}

/// Returns the file that a store is in; a store that is in none is an error.
///
/// # Errors
/// When the store is not in a file.
pub(crate) fn file_of(config: &Config) -> Result<PathBuf, Error> {
    match &config.store {
        StoreUrl::Sqlite(path) => Ok(path.clone()),
        StoreUrl::Memory => Err(Error::Input(
            "a store in memory is in no file; name one with `--store sqlite:PATH`".to_owned(),
        )),
        StoreUrl::Postgres(_) => Err(Error::Input(
            "a store in PostgreSQL is in no file, and is kept safe with the database's own tools: `pg_dump` and `pg_restore`, or a base backup with its log for any point in time\ndocs/operate.md says how; `earnest copy` makes a file of it"
                .to_owned(),
        )),
    }
}

/// Takes up the work on a store.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn engine(
    store: Arc<dyn Store>,
    options: earnest_engine::Options,
) -> Result<Engine, Error> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let engine = Engine::open(store, clock, random, options).await;
    engine.map_err(refused)
}

/// Opens the store that is set and takes up the work on it.
///
/// # Errors
/// As [`open`] and [`engine`].
pub(crate) async fn take_up(config: &Config, need: Need) -> Result<Engine, Error> {
    engine(open(config, need).await?, config.engine.clone()).await
}

/// Finishes what was begun.
///
/// # Errors
/// When the store cannot be closed.
pub(crate) async fn close(engine: &Engine) -> Result<(), Error> {
    engine.store().close().await.map_err(|error| failed(&error))
}

/// Tells of a store that failed.
pub(crate) fn failed(error: &StoreError) -> Error {
    let what_to_do = match error {
        StoreError::Full(_) => "\nmake room on the disk, then do it again",
        StoreError::Corrupt(_) => "\n`earnest restore` puts a backup in its place",
        _ => "",
    };
    Error::Input(format!("{error}{what_to_do}"))
}

/// Tells of a command that the engine did not carry out.
#[expect(
    clippy::needless_pass_by_value,
    reason = "so that `map_err` takes it as it is"
)]
pub(crate) fn refused(failure: Failure) -> Error {
    Error::Input(failure.to_string())
}
