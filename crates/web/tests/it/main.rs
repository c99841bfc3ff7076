//! The pages, asked in this process without a browser.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test stops where something is not as it should be, and shares what it needs"
)]

mod forms;
mod lab;
mod lists;
mod looks;
mod rights;
mod sign_in;
mod support;
mod watching;
#[path = "../support/world.rs"]
mod world;
#[path = "../support/year.rs"]
mod year;
