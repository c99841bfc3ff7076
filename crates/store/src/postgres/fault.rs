//! Turns what PostgreSQL says into what a store says.
//!
//! Owns: which failure means what to the caller. Invariants: a text that leaves here has no password in it, and no
//! text of a message; whether a commit happened is never guessed.

use crate::error::StoreError;
use deadpool_postgres::PoolError;
use tokio_postgres::error::{Severity, SqlState};
use tokio_rustls::rustls;

/// Says that what is kept makes no sense.
pub(super) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::Corrupt(what.into())
}

/// Says that the store is closed.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("it was closed".to_owned())
}

/// Returns what a failure to get a connection means.
pub(super) fn no_connection(error: &PoolError) -> StoreError {
    match error {
        PoolError::Closed => closed(),
        PoolError::Backend(error) if is_of_certificate(error) => StoreError::Unavailable(format!(
            "PostgreSQL's certificate is not trusted: {}; see that `sslrootcert` in the address names the file of the \
             authority that signed it, and that the address has the host that it is for",
            told(error)
        )),
        PoolError::Backend(error) => match meaning(error) {
            StoreError::Unavailable(why) => StoreError::Unavailable(format!(
                "PostgreSQL cannot be reached: {why}; see that it runs, and that its address and password are right"
            )),
            other => other,
        },
        PoolError::Timeout(_) => StoreError::Unavailable(
            "all connections to PostgreSQL are in use; raise `postgres.connections`, or see what keeps the database busy"
                .to_owned(),
        ),
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// Returns what a failure means to the caller, where nothing was being committed.
pub(super) fn meaning(error: &tokio_postgres::Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        return StoreError::Unavailable(told(error));
    };
    // The detail of such an error may have values of rows in it: it is left out.
    let text = format!("PostgreSQL: {} ({})", said.message(), said.code().code());
    match said.code() {
        code if is_conflict(code, said.message()) => StoreError::Conflict,
        code if *code == SqlState::DISK_FULL => StoreError::Full(text),
        code if is_of_schema(code) => StoreError::Version(format!(
            "{text}; the database is not set up for this version: run `earnest migrate` with this store"
        )),
        code if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
            StoreError::Corrupt(text)
        }
        _ => StoreError::Unavailable(text),
    }
}

/// Returns what a failure of a transaction that was sent whole, its commit included, means.
pub(super) fn of_commit(error: &tokio_postgres::Error) -> StoreError {
    match meaning(error) {
        // The connection is gone, and with it the answer.
        StoreError::Unavailable(text) if ends_connection(error) => StoreError::Unknown(text),
        certain => certain,
    }
}

/// Returns whether the connection is of no more use.
pub(super) fn ends_connection(error: &tokio_postgres::Error) -> bool {
    let Some(said) = error.as_db_error() else {
        let cause = std::error::Error::source(error);
        return error.is_closed()
            || cause.is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    };
    let class = said.code().code().get(..2).unwrap_or_default();
    let is_over = matches!(
        said.parsed_severity(),
        Some(Severity::Fatal | Severity::Panic)
    );
    is_over || class == "08" || class == "57" && *said.code() != SqlState::QUERY_CANCELED
}

/// Returns whether whoever answered could not prove who it is.
fn is_of_certificate(error: &tokio_postgres::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let within = error.downcast_ref::<std::io::Error>();
        let within = within.and_then(std::io::Error::get_ref);
        let tls = within.and_then(|within| within.downcast_ref::<rustls::Error>());
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Returns whether somebody else was faster.
fn is_conflict(code: &SqlState, message: &str) -> bool {
    [
        SqlState::UNIQUE_VIOLATION,
        // A contract that is at another number, or not there.
        SqlState::CHECK_VIOLATION,
        SqlState::FOREIGN_KEY_VIOLATION,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
        // A cluster tells of a duplicate so when a worker found it.
        || *code == SqlState::INTERNAL_ERROR && message.contains("duplicate key")
}

fn is_of_schema(code: &SqlState) -> bool {
    [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_OBJECT,
    ]
    .contains(code)
}

/// Tells of a failure with its causes.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
