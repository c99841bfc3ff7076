//! `earnest migrate`: brings a store up to date.
//!
//! Owns: what is said of it. Does not own: the steps ([`earnest_store`]). Invariant: done again it changes nothing.

use crate::error::Error;
use crate::output::Out;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed, file_of};
use earnest_server::config::Config;
use earnest_store::Store;
use earnest_store::sqlite::{Options, SqliteStore};
use std::path::Path;

/// Brings a store up to date that an older version has made
///
/// A store that is not there is made. Make a backup first: an older version cannot read what a newer one has
/// brought up to date.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Brings it up to date, and says what that meant.
pub(crate) fn run(args: &MigrateArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read()?;
    let path = file_of(&config)?;
    let done = match path.exists() {
        false => {
            open_and_close(&path, &config, Need::Any)?;
            "is new, and up to date"
        }
        true if is_up_to_date(&path) => "is up to date; nothing was to be done",
        true => {
            open_and_close(&path, &config, Need::Migrated)?;
            "was brought up to date"
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
