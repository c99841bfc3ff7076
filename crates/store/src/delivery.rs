//! Says what a webhook delivery is: one event on its way to one endpoint.

use earnest_core::units::{ContractId, Timestamp};

/// One event on its way to one endpoint.
///
/// Of the waiting deliveries of one endpoint and one contract only the one with the lowest `seq` has a
/// `next_at`: the others wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The endpoint.
    pub webhook: String,
    /// The contract whose event it is.
    pub contract: ContractId,
    /// The event's number.
    pub seq: u64,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; nothing while it waits for an earlier one, or is done.
    pub next_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last tried.
    pub tried_at: Option<Timestamp>,
    /// The HTTP status of the last try; nothing when there was none.
    pub status: Option<u16>,
    /// What went wrong at the last try.
    pub error: Option<String>,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It will be tried, for the first time or again.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was given up: a dead letter, which can be replayed.
    Dead,
}

/// Asks for deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryQuery {
    /// Waiting ones whose `next_at` is at or before an instant, earliest first.
    Due {
        /// The instant.
        at: Timestamp,
        /// How many at most.
        limit: usize,
    },
    /// The first waiting ones of an endpoint and a contract, by `seq`.
    Waiting {
        /// The endpoint.
        webhook: String,
        /// The contract.
        contract: ContractId,
        /// How many at most.
        limit: usize,
    },
    /// An endpoint's, newest first.
    Of {
        /// The endpoint.
        webhook: String,
        /// Only those of this state.
        state: Option<DeliveryState>,
        /// Only those after this one: when it was made, its contract and its number.
        after: Option<(Timestamp, ContractId, u64)>,
        /// How many at most.
        limit: usize,
    },
    /// One of them.
    One {
        /// The endpoint.
        webhook: String,
        /// The contract.
        contract: ContractId,
        /// The event's number.
        seq: u64,
    },
}
