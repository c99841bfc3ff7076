//! Webhooks, from the event to the endpoint, with an endpoint that is not really there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it should be"
)]

mod deliveries;
mod processes;
mod receiver;
#[path = "../support/mod.rs"]
mod support;
