//! Holds what the engine notes on a contract beside its events: which texts its policy versions are, and
//! whether its history is still being told.

use crate::policies::PolicyText;
use earnest_core::units::Timestamp;
use serde::{Deserialize, Serialize};

/// The engine's notes on a contract, kept in its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    /// The policy versions' texts, by number.
    pub(crate) texts: Vec<PolicyText>,
    /// Since when time does its work on the contract; nothing while its history is being told.
    pub(crate) live_at: Option<Timestamp>,
}

impl Details {
    pub(crate) fn write(&self) -> Vec<u8> {
        crate::keys::json(self)
    }
}
