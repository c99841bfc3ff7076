//! Turns what SQLite says into what a store says.
//!
//! Owns: which failure means what to the caller. Does not own: the one failure that depends on where it
//! happens, a commit of unknown outcome ([`writer`](super::writer)).

use crate::error::StoreError;
use rusqlite::ErrorCode;

/// Why a step inside the store failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite said so.
    Sql(rusqlite::Error),
    /// The store said so.
    Store(StoreError),
    /// The index has moved on since the transaction began: it has to begin anew.
    Moved,
}

/// What a step inside the store gives.
pub(super) type Step<T> = Result<T, Fault>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Sql(error) => meaning(&error),
            Fault::Store(error) => error,
            Fault::Moved => Self::Unavailable("the index moves too fast".to_owned()),
        }
    }
}

/// Says that what is kept makes no sense.
pub(super) fn corrupt(what: impl Into<String>) -> Fault {
    Fault::Store(StoreError::Corrupt(what.into()))
}

/// Says that the store is closed.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("it was closed".to_owned())
}

/// Returns what a failure of SQLite means to the caller.
pub(super) fn meaning(error: &rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => StoreError::Full(text),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Corrupt(text),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                StoreError::Unavailable("another process holds it".to_owned())
            }
            _ => StoreError::Unavailable(text),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::QueryReturnedNoRows
        | rusqlite::Error::Utf8Error(..) => StoreError::Corrupt(text),
        _ => StoreError::Unavailable(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn of(code: i32) -> StoreError {
        meaning(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    #[test]
    fn a_failure_is_told_by_what_to_do_about_it() {
        assert!(matches!(of(ffi::SQLITE_FULL), StoreError::Full(_)));
        assert!(matches!(of(ffi::SQLITE_BUSY), StoreError::Unavailable(_)));
        assert!(matches!(of(ffi::SQLITE_IOERR), StoreError::Unavailable(_)));
        assert!(matches!(of(ffi::SQLITE_CORRUPT), StoreError::Corrupt(_)));
        assert!(matches!(of(ffi::SQLITE_NOTADB), StoreError::Corrupt(_)));
    }
}
