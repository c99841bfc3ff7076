//! Keeps two processes from doing to one store what only one may do at a time.
//!
//! Owns: lock files beside a store's file. Does not own: the store's own locks, under which commands and a
//! server work side by side. Invariant: a lock is gone with its process, however that ends; what is left of the
//! file means nothing.

use crate::error::Error;
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

/// Sees that nobody else imports into the store that is set.
///
/// # Errors
/// When somebody does, or the lock file cannot be made.
pub(crate) fn for_import(config: &Config) -> Result<Option<Lock>, Error> {
    let StoreUrl::Sqlite(path) = &config.store else {
        return Ok(None);
    };
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
        // Where files cannot be locked, whoever runs two imports at once has been warned by the manual.
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
