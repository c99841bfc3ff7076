//! Holds the tests of the HTTP API: requests in this process, on a store in memory, under a clock that is set.

#![expect(
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test stops where something is not as it should be, and shares what it needs"
)]

mod answers;
mod batches;
mod campaigns;
mod connections;
mod contracts;
mod credits;
mod edge;
mod health;
mod idempotency;
mod keys;
mod members;
mod messages;
mod openapi;
mod paging;
mod policies;
mod reports;
mod rights;
mod seats;
mod strict;
mod support;
