//! Says why a command did not do what it was asked.

use std::io;

/// Why a command ended early. Each of these ends in exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The call or its input was wrong; the text says what to do.
    #[error("{0}")]
    Input(String),
    /// The results could not be written.
    #[error("cannot write the results: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// Returns an error of the caller's.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "so that `map_err` takes it as it is"
    )]
    pub(crate) fn input(why: impl ToString) -> Self {
        Self::Input(why.to_string())
    }
}

impl From<serde_json::Error> for Error {
    /// Takes a failed write of JSON for what it is: serializing our own data does not fail otherwise.
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}
