//! `earnest backup`: copies a store while it is in use.
//!
//! Owns: the options. Does not own: the copying ([`SqliteStore::backup`](earnest_store::sqlite::SqliteStore::backup)).

use crate::error::Error;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed, file_of};
use earnest_store::Store;
use std::path::PathBuf;

/// Copies a store into a new file, also while a server works on it
///
/// The copy has everything that was answered before it began. `earnest restore` puts it back.
#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// The file to write, which must not be there
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// Copies.
pub(crate) fn run(args: &BackupArgs) -> Result<(), Error> {
    let config = args.store.read()?;
    let path = file_of(&config)?;
    block_on(async {
        let store = store::open_sqlite(&path, &config, Need::There)?;
        let copied = store.backup(&args.file).await;
        let closed = store.close().await;
        copied.and(closed).map_err(|error| failed(&error))
    })
}
