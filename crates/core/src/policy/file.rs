//! Reads policy files.
//!
//! Owns: the format, its keys ([`KEYS`]), what a file may start from, and all mistakes of one with their
//! lines. Does not own: reading from a disk; [`load`] is handed what it asks for before any rule runs.
//! Invariant: a policy that comes out of here settles every stake.

mod build;
mod check;
mod json;
pub mod key;
mod layers;
pub mod reference;
mod schema;
mod section;
#[cfg(test)]
mod tests;

pub use json::to_json;
pub use key::{FORMAT, KEYS, Key};
pub use layers::{Base, Layers, Open, Reader, Source, Unknown, base, load, open};
pub use reference::reference;
pub use schema::schema;

use super::Policy;
use crate::document::Mistakes;

/// Reads a policy that stands in one text or starts from a preset. `file` is the file's name as mistakes
/// show it, and without its folders and `.toml` the policy's name where the text gives none.
///
/// # Errors
/// All mistakes, each with its file and line.
pub fn parse(file: &str, text: &str) -> Result<Policy, Mistakes> {
    let mut none = |_: &str, _: &str| Err("no other file is at hand".to_owned());
    load(Source::new(file, text), &mut none)?.policy()
}
