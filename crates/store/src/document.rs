//! Says what documents are: small things that are read whole, written whole, and known by a kind and an id.

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id within its kind.
    pub id: String,
    /// How often it was written: 1 the first time. Never reused after it was removed.
    pub version: u64,
    /// What it says.
    pub body: Vec<u8>,
}

/// Writes or removes a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Its kind.
    pub kind: String,
    /// Its id within its kind.
    pub id: String,
    /// The version that it must have; 0 when it must not be there; nothing where it does not matter.
    pub expected: Option<u64>,
    /// What it says; nothing removes it.
    pub body: Option<Vec<u8>>,
}
