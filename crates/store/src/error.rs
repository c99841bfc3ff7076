//! Says why a store did not do what it was asked.

/// Why a store's method failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster: read again and decide anew.
    #[error("the store has moved on since it was read")]
    Conflict,
    /// The commit may or may not have happened: look for its token before anything else.
    #[error("it is unknown whether the commit happened: {0}")]
    Unknown(String),
    /// The store cannot be reached, is closing, or is busy: nothing has changed, try again later.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The disk is full or a quota is reached: nothing has changed.
    #[error("the store has no room left: {0}")]
    Full(String),
    /// What is kept makes no sense: stop, and look with `earnest audit`.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The store was made by another version.
    #[error("{0}")]
    Version(String),
}
