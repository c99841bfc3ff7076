//! Keeps two processes from doing to one store what only one may do at a time.
//!
//! Owns: lock files beside a store's file; who has to ask the store itself. Does not own: the store's own locks,
//! under which commands and a server work side by side. Invariant: a lock of a file is gone with its process,
//! however that ends; what is left of the file means nothing.

use crate::error::Error;
use crate::store::refused;
use earnest_engine::{Alone, Engine, MayTell};
use earnest_server::config::{Config, StoreUrl};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// A lock that is held, until this is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Whoever waits for nothing does not miss it; one that stays is taken again next time.
        drop(fs::remove_file(&self.path));
    }
}

/// What keeps others from importing, while this is there.
#[derive(Debug)]
pub(crate) enum Importing {
    /// A lock beside the file. Where files cannot be locked there is none, and whoever runs two imports at once has
    /// been warned by the manual.
    File { _lock: Option<Lock> },
    /// A lease in the database: other machines import into it, too.
    Database(Alone),
    /// Nobody else has the store.
    Memory,
}

/// Sees that nobody else imports into the store that is set.
///
/// # Errors
/// When somebody does, or the lock file cannot be made.
pub(crate) async fn for_import(config: &Config, engine: &Engine) -> Result<Importing, Error> {
    let path = match &config.store {
        StoreUrl::Sqlite(path) => path,
        StoreUrl::Memory => return Ok(Importing::Memory),
        StoreUrl::Postgres(_) => {
            return match engine.may_tell().await.map_err(refused)? {
                MayTell::Alone(alone) => Ok(Importing::Database(alone)),
                MayTell::Another(until) => {
                    let until = until.map_or_else(String::new, |until| {
                        format!("; if it has died, that is possible from {until} on")
                    });
                    Err(Error::Input(format!(
                        "another import into `{}` is under way; wait for its end, then do it again{until}",
                        config.store
                    )))
                }
            };
        }
    };
    let _lock = of_file(path)?;
    Ok(Importing::File { _lock })
}

impl Importing {
    /// Sees that nobody else has begun to import meanwhile.
    ///
    /// # Errors
    /// When somebody has.
    pub(crate) async fn look_again(&self, engine: &Engine) -> Result<(), Error> {
        let Self::Database(alone) = self else {
            return Ok(());
        };
        match engine.still_alone(alone).await.map_err(refused)? {
            true => Ok(()),
            false => Err(Error::Input(
                "another import has begun, since nothing was heard of this one for a minute; wait for its end, then do it again"
                    .to_owned(),
            )),
        }
    }

    /// Lets others import.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn end(self, engine: &Engine) -> Result<(), Error> {
        match self {
            Self::Database(alone) => engine.leave(alone).await.map_err(refused),
            Self::File { .. } | Self::Memory => Ok(()),
        }
    }
}

fn of_file(path: &Path) -> Result<Option<Lock>, Error> {
    let beside = beside(path, "-import");
    let file = File::create(&beside).map_err(|error| {
        Error::Input(format!("`{}` cannot be written: {error}", beside.display()))
    })?;
    match file.try_lock() {
        Ok(()) if is_at(&file, &beside) => Ok(Some(Lock {
            path: beside,
            _file: file,
        })),
        Ok(()) | Err(TryLockError::WouldBlock) => Err(Error::Input(format!(
            "another import into `{}` is under way; wait for its end, then do it again",
            path.display()
        ))),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Returns whether a file still has its name: whoever held the lock before may have taken it away meanwhile.
fn is_at(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let inode = |it: std::io::Result<fs::Metadata>| it.map(|it| (it.dev(), it.ino())).ok();
        inode(file.metadata()) == inode(fs::metadata(path))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

/// Returns the path of a file beside another.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
