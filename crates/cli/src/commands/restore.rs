//! `earnest restore`: puts a backup in a store's place.
//!
//! Owns: the checks before it, and the one step in which the file takes its place. Does not own: what makes a
//! backup whole ([`SqliteStore::check`]). Invariants: the backup is checked before anything changes, and is itself
//! left as it is; whatever fails leaves the store as it was.

use crate::error::Error;
use crate::lock::beside;
use crate::number::count;
use crate::output::Out;
use crate::settings::StoreArgs;
use crate::store::{self, Need, block_on, failed, file_of};
use earnest_server::config::Config;
use earnest_store::sqlite::{Checked, SqliteStore};
use earnest_store::{Store, StoreError};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Puts a backup in a store's place
///
/// The backup is checked first, and brought up to date where it is of an older version. A store that has anything in
/// it is replaced with `--force` only, and one that another process uses not at all.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a store that has anything in it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Restores.
pub(crate) fn run(args: &RestoreArgs, out: &mut Out) -> Result<(), Error> {
    let config = args.store.read()?;
    let path = file_of(&config)?;
    let copy = Copy::of(&args.file, &path)?;
    let checked = block_on(async {
        let checked = check(&copy.0, &args.file, &config).await?;
        make_way(&path, &config, args.force).await?;
        Ok(checked)
    })?;
    copy.take_place(&path)?;
    out.line(format_args!(
        "`{}` has {} and {}",
        path.display(),
        count(checked.contracts, "contract"),
        count(checked.messages, "message")
    ))
}

/// A copy of the backup beside the store. It goes away unless it takes its place.
struct Copy(PathBuf);

impl Copy {
    fn of(backup: &Path, store: &Path) -> Result<Self, Error> {
        let shown = backup.display();
        if beside(backup, "-wal").exists() {
            return Err(Error::Input(format!(
                "`{shown}` is a store in use and no backup: a write-ahead log is beside it\nmake a backup of it with `earnest backup FILE --store sqlite:{shown}`"
            )));
        }
        if same_file(backup, store) {
            return Err(Error::Input(format!(
                "`{shown}` is the store itself; name a backup"
            )));
        }
        let copy = Self(beside(store, ".restoring"));
        let copied = fs::copy(backup, &copy.0);
        copied.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if !backup.exists() => {
                Error::Input(format!("there is no file `{shown}`; name a backup"))
            }
            _ => Error::Input(format!(
                "`{shown}` cannot be copied beside the store: {error}"
            )),
        })?;
        Ok(copy)
    }

    /// Puts the copy in the store's place, in one step.
    fn take_place(self, store: &Path) -> Result<(), Error> {
        let placed = || -> io::Result<()> {
            fs::File::open(&self.0)?.sync_all()?;
            // What is left of the store's write-ahead log is not the backup's.
            for ending in ["-wal", "-shm"] {
                match fs::remove_file(beside(store, ending)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            fs::rename(&self.0, store)
        };
        placed().map_err(|error| {
            Error::Input(format!("`{}` cannot be replaced: {error}", store.display()))
        })
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            // One that is not there is as good as gone.
            drop(fs::remove_file(beside(&self.0, ending)));
        }
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

/// Checks the copy, and brings it up to date.
async fn check(copy: &Path, backup: &Path, config: &Config) -> Result<Checked, Error> {
    let shown = backup.display();
    let wrong = |error: StoreError| {
        let why = error.to_string();
        // The copy has another name than what the caller knows.
        let why = why.replace(&copy.display().to_string(), &shown.to_string());
        Error::Input(format!("`{shown}` is no whole backup: {why}"))
    };
    if fs::metadata(copy).is_ok_and(|it| it.len() == 0) {
        return Err(Error::Input(format!("`{shown}` is empty; name a backup")));
    }
    let options = earnest_store::sqlite::Options {
        migrate: true,
        readers: config.readers,
        ..earnest_store::sqlite::Options::default()
    };
    let store = SqliteStore::open(copy, options).map_err(wrong)?;
    store.close().await.map_err(wrong)?;
    drop(store);
    let copy = copy.to_owned();
    let checked = tokio::task::spawn_blocking(move || SqliteStore::check(copy)).await;
    let checked = checked.map_err(|error| Error::Input(error.to_string()))?;
    checked.map_err(wrong)
}

/// Refuses to replace what should stay.
async fn make_way(path: &Path, config: &Config, force: bool) -> Result<(), Error> {
    if !path.exists() {
        return Ok(());
    }
    let shown = path.display();
    let store = match store::open_sqlite(path, config, Need::There) {
        Ok(store) => store,
        // What cannot be read is what a backup is for; but nobody knows what it is.
        Err(_) if force => return Ok(()),
        Err(error) => {
            return Err(Error::Input(format!(
                "{error}\n`--force` replaces it all the same"
            )));
        }
    };
    let has_content = has_content(&store).await;
    store.close().await.map_err(|error| failed(&error))?;
    drop(store);
    // Whoever closes a store last takes its write-ahead log away: one that stays is somebody's.
    if beside(path, "-wal").exists() {
        return Err(Error::Input(format!(
            "`{shown}` is used by another process; stop it, then restore"
        )));
    }
    match has_content {
        Ok(false) => Ok(()),
        _ if force => Ok(()),
        Ok(true) => Err(Error::Input(format!(
            "`{shown}` has something in it; `--force` replaces it, and `earnest backup` keeps it"
        ))),
        Err(error) => Err(Error::Input(format!(
            "{error}\n`--force` replaces the store all the same"
        ))),
    }
}

async fn has_content(store: &SqliteStore) -> Result<bool, StoreError> {
    let contracts = store.contracts(None, 1).await?;
    let keys = store.documents("key", None, 1).await?;
    Ok(!contracts.is_empty() || !keys.is_empty())
}
