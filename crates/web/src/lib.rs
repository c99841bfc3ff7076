//! Shows Earnest to people: pages for seatholders, recipients and administrators, and the ways to sign in.
//!
//! Owns: HTML, forms, sessions' cookies, the style sheet and the little script. Does not own: rules and words of
//! explanations ([`earnest_core`]), what is asked and done ([`earnest_engine`]), who may do what
//! ([`earnest_server::Operation`], the one table).
//! Invariants: a page asks for the same right as the API's route for the same thing, and an object beyond a
//! session's reach is answered as one that is not there; every page works without the script; nothing is fetched
//! from elsewhere; a form changes nothing without its session's token.

mod assets;
mod charts;
mod fault;
mod form;
mod lab;
mod layout;
mod live;
mod names;
mod orders;
mod pages;
mod plain;
mod query;
mod routes;
mod sign_in;
mod story;
mod token;
mod ui;
mod visitor;
mod words;

pub use routes::{PATHS, pages};
pub use sign_in::link_path;
