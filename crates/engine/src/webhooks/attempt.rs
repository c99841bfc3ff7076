//! Says what an attempt is: what is sent, and what came of it.

use std::future::Future;
use std::pin::Pin;

/// What is sent to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Where to.
    pub url: String,
    /// The `webhook-id`, the same at every attempt.
    pub id: String,
    /// The `webhook-timestamp`: seconds since 1970 at this attempt.
    pub timestamp: i64,
    /// The `webhook-signature`.
    pub signature: String,
    /// The body, in JSON: these bytes are what was signed.
    pub body: Vec<u8>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The endpoint answered with this HTTP status.
    Status(u16),
    /// There was no answer, and this is why, in a few words.
    Failed(String),
}

/// What an attempt gives back, when it is over.
pub type Delivering<'a> = Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;

/// Reaches endpoints.
pub trait Deliver: Send + Sync + 'static {
    /// Sends something to an endpoint and returns what it answered. Follows no redirects.
    fn deliver(&self, call: Call) -> Delivering<'_>;
}

impl Answered {
    /// Returns whether the endpoint took what was sent.
    pub(super) const fn is_taken(&self) -> bool {
        matches!(self, Self::Status(200..300))
    }

    /// Returns whether the endpoint says that it is no more.
    pub(super) const fn is_gone(&self) -> bool {
        matches!(self, Self::Status(410))
    }

    pub(super) const fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            Self::Failed(_) => None,
        }
    }

    /// Returns what went wrong, if anything.
    pub(super) fn error(&self) -> Option<String> {
        match self {
            _ if self.is_taken() => None,
            Self::Status(status @ 300..400) => Some(format!(
                "the answer was {status}; redirects are not followed"
            )),
            Self::Status(status) => Some(format!("the answer was {status}")),
            Self::Failed(why) => Some(why.clone()),
        }
    }
}
