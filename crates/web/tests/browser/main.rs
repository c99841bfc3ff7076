//! The pages in real Chromium, as Debian packages it: every page for every role, forms, live update, without a script.
//!
//! `cargo xtask test` runs these where `chromium` and `chromedriver` are on the path, and says so where they are not.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a test stops where something is not as it should be, and shares what it needs"
)]

mod chrome;
mod forms;
mod house;
mod lab;
mod pages;
#[path = "../support/world.rs"]
mod world;
#[path = "../support/year.rs"]
mod year;
