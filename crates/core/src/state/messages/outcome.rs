//! Names what can become of a message: its status, its credit, its conversation.

use crate::policy::ResponseKind;
use serde::{Deserialize, Serialize};

/// Whether a message was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Neither answered nor lapsed.
    Pending,
    /// Answered in time.
    Responded,
    /// The response window ended without a response.
    Lapsed,
}

impl Status {
    /// Returns the status' name in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Responded => "responded",
            Self::Lapsed => "lapsed",
        }
    }
}

/// What became of a message's credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credit {
    /// The stake is open.
    Held,
    /// The stake came back.
    Returned,
    /// The stake is gone.
    Consumed,
    /// There never was one: the recipient has an open profile.
    None,
}

impl Credit {
    /// Returns the credit's name in files and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Returned => "returned",
            Self::Consumed => "consumed",
            Self::None => "none",
        }
    }
}

/// Who may write on in a message's conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conversation {
    /// Nobody: the recipient has not answered.
    Unanswered,
    /// The recipient only: they declined without a note.
    Declined,
    /// Both sides.
    Open,
}

/// What settled a stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledBy {
    /// The send itself.
    Send,
    /// The first response in time.
    Response,
    /// A report.
    Report,
    /// The end of the window.
    Lapse,
}

/// What an answer was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) kind: ResponseKind,
    pub(crate) note: bool,
}

/// How many messages there have been, forgotten ones included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Sent.
    pub sent: u64,
    /// Answered in time.
    pub responded: u64,
    /// Lapsed.
    pub lapsed: u64,
    /// Whose stake came back.
    pub returned: u64,
    /// Whose stake is gone.
    pub consumed: u64,
}

/// What was lost of a returned stake at once. Of a stake from several lots both may hold, for parts of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LostAtOnce {
    /// Credits whose lot had ended.
    pub ended: bool,
    /// Credits whose lot had been revoked.
    pub revoked: bool,
}
