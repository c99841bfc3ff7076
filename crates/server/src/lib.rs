//! Serves the engine over HTTP: the JSON API of version 1, rights, strict input, connections; and the pages that
//! it is handed.
//!
//! Owns: everything between a socket and [`earnest_engine`]. Does not own: rules, storage, time.
//! Invariants: no input is answered with a 5xx; an object beyond a key's reach is answered as one that is not
//! there; who may do what stands in one table (`access.rs`), and what status a code has in one other (`problem.rs`).

mod access;
mod answer;
mod api;
mod app;
mod body;
pub mod config;
mod deliver;
mod docs;
mod edge;
mod idempotency;
mod metrics;
mod openapi;
mod pages;
mod problem;
mod query;
mod read;
mod router;
mod serve;
mod settings;
mod traffic;

pub use access::{Caller, Operation, message as message_id};
pub use app::App;
pub use body::{Sent, form, form_with_files};
pub use deliver::check as check_address;
pub use openapi::document as openapi_document;
pub use pages::Pages;
pub use problem::{CODES, Code, CodeEntry, Named, Problem};
pub use router::router;
pub use serve::{BindError, Server};
pub use settings::{Secret, Settings};
