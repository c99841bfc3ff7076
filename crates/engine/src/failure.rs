//! Says why an order or a question was not answered.
//!
//! Owns: the families of failures: the caller's, the store's, overload. Does not own: their form on a wire.

use earnest_core::explain::Explanation;
use earnest_core::refusal::{Malformed, Refusal};
use earnest_core::units::{ContractId, MessageId};
use earnest_store::StoreError;

/// Why something was not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A rule is against it.
    #[error("{}", .0.refusal)]
    Refused(Box<Refused>),
    /// It has no sense, whatever the contract.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The id is taken: of a contract, a policy or another thing apart from a contract's own.
    #[error("the id `{0}` is taken")]
    DuplicateId(String),
    /// There is no such contract.
    #[error("there is no contract `{0}`")]
    UnknownContract(ContractId),
    /// There is no such message.
    #[error("there is no message `{0}`")]
    UnknownMessage(MessageId),
    /// There is no such policy.
    #[error("there is no policy `{0}`")]
    UnknownPolicy(String),
    /// There is no such thing of another kind: a webhook, a key, a block.
    #[error("there is no {kind} `{id}`")]
    Unknown {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Something in the order is wrong in itself; `field` names it.
    #[error("{why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A policy file has mistakes.
    #[error("the policy has mistakes:\n{0}")]
    PolicyMistakes(String),
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used before, with another body")]
    KeyReused,
    /// Too much is waiting: try again in a moment.
    #[error("too many commands are waiting; try again in a second")]
    Overloaded,
    /// The store cannot be reached, or has no room; nothing has changed.
    #[error("{0}")]
    Unavailable(String),
    /// A bug: the order was given up.
    #[error("something is wrong with this server: {0}")]
    Internal(String),
}

impl Failure {
    /// Returns whether it says of an order that it is not to be carried out, and not only that it was not.
    pub(crate) const fn turns_away(&self) -> bool {
        !matches!(
            self,
            Self::KeyReused | Self::Overloaded | Self::Unavailable(_) | Self::Internal(_)
        )
    }
}

/// A refusal with its story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The refusal.
    pub refusal: Refusal,
    /// Why, in the words of the policy, and what would change it.
    pub explanation: Explanation,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_)
            | StoreError::Full(_)
            | StoreError::Unknown(_)
            | StoreError::Conflict => Self::Unavailable(error.to_string()),
            StoreError::Corrupt(_) | StoreError::Version(_) => Self::Internal(error.to_string()),
        }
    }
}
