//! Sends events to those who asked for them: webhooks, signed as the Standard Webhooks specification says.
//!
//! Owns: endpoints, which event goes to which of them, the order and the repeating of attempts, signatures,
//! dead letters and their replay. Does not own: HTTP and addresses ([`Deliver`]), rights.
//! Invariants: a delivery is made from the log, so it exists for every event and for nothing else; of one
//! endpoint and one contract an event is not tried before the one before it was delivered or given up; one
//! process at a time delivers, the one that holds the lease; what is signed is what is sent.

mod attempt;
mod courier;
mod endpoint;
mod fan_out;
mod heal;
mod id;
mod land;
mod listed;
mod places;
mod replay;
mod schedule;
mod sign;

pub use attempt::{Answered, Call, Deliver, Delivering};
pub use courier::{Courier, CourierOptions};
pub use endpoint::{NewWebhook, Owner, WebhookChange, WebhookRecord, WebhookState};
pub use listed::{EVENT_TYPES, event_type, listed_event};
pub use places::{NOT_COPIED, place_in, with_place};
pub use replay::{DeliveryRecord, Replay};
pub use schedule::RetrySchedule;

use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// The kind of the documents that are endpoints.
pub(crate) const KIND: &str = "webhook";
/// The kind of the documents that ask the courier to look at an endpoint's deliveries again.
pub(crate) const WAKE: &str = "webhook-wake";

/// What the parts of a process that deal with webhooks tell each other.
#[derive(Debug, Default)]
pub(crate) struct Outlet {
    generation: AtomicU64,
    changed: Notify,
    counted: Counted,
}

/// What was counted of deliveries since the process began.
#[derive(Debug, Default)]
pub struct Counted {
    /// Deliveries that were made.
    pub made: AtomicU64,
    /// Attempts that an endpoint took.
    pub delivered: AtomicU64,
    /// Attempts that failed.
    pub failed: AtomicU64,
    /// Deliveries that were given up.
    pub dead: AtomicU64,
}

impl Outlet {
    /// Says that an endpoint was written, by whichever process.
    pub(crate) fn touch(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
    }

    /// Returns a number that changes with the endpoints.
    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}
