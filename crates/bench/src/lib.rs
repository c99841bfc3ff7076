//! What loads and tests of a server share: a client, and servers in processes of their own.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark or a test stops where something is not as it should be"
)]

pub mod client;
pub mod process;
