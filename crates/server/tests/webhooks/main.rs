//! What leaves the server by itself: webhooks and the stream, over real connections; and its figures.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it should be"
)]

mod deliveries;
mod figures;
mod stream;
mod world;
