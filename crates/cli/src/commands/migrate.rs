//! `earnest migrate`: brings a store up to date.
//!
//! Owns: what is said of it. Does not own: the steps ([`earnest_store`]). Invariant: done again it changes nothing.

use crate::error::Error;
use crate::output::Out;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed, file_of};
use earnest_server::config::{Config, StoreUrl};
use earnest_store::Store;
use earnest_store::postgres::{Migrated, PostgresStore};
use earnest_store::sqlite::{Options, SqliteStore};
use std::path::Path;

const NEW: &str = "is new, and up to date";
const CHANGED: &str = "was brought up to date";
const UP_TO_DATE: &str = "is up to date; nothing was to be done";

/// Brings a store up to date that an older version has made
///
/// A store that is not there is made. Make a backup first: an older version cannot read what a newer one has
/// brought up to date. In PostgreSQL, servers of the version before may go on meanwhile, and where the database has
/// workers (Citus) the tables are spread over them.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Brings it up to date, and says what that meant.
pub(crate) fn run(args: &MigrateArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read()?;
    if let StoreUrl::Postgres(url) = &config.store {
        let migrated = block_on(async {
            let migrated = PostgresStore::migrate(url).await;
            migrated.map_err(|error| failed(&error))
        })?;
        let done = match migrated {
            Migrated::New => NEW,
            Migrated::Changed => CHANGED,
            Migrated::UpToDate => UP_TO_DATE,
        };
        return out.line(format_args!("`{}` {done}", config.store));
    }
    let path = file_of(&config)?;
    let done = match path.exists() {
        false => {
            open_and_close(&path, &config, Need::Any)?;
            NEW
        }
        true if is_up_to_date(&path) => UP_TO_DATE,
        true => {
            open_and_close(&path, &config, Need::Migrated)?;
            CHANGED
        }
    };
    out.line(format_args!("`{}` {done}", path.display()))
}

/// Returns whether the store opens as it is. Why it does not is told by whoever brings it up to date.
fn is_up_to_date(path: &Path) -> bool {
    let opened = SqliteStore::open(path, Options::default());
    let Ok(store) = opened else {
        return false;
    };
    let closed = block_on(async { store.close().await.map_err(|error| failed(&error)) });
    closed.is_ok()
}

fn open_and_close(path: &Path, config: &Config, need: Need) -> Result<(), Error> {
    block_on(async {
        let store = store::open_sqlite(path, config, need)?;
        store.close().await.map_err(|error| failed(&error))
    })
}
