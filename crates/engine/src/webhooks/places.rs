//! Finds places in the log in what is kept of webhooks, for a store that is copied into another: there the same events
//! stand at other places.
//!
//! Owns: which documents have places in them, and where.

use super::{KIND, endpoint, fan_out};
use crate::failure::Failure;
use crate::keys::json;
use crate::lease;
use earnest_store::{Document, Position};

/// The kinds of documents that are of one store and one moment, and are not copied with others.
pub const NOT_COPIED: [&str; 2] = lease::KINDS;

/// Returns the place in the log that a document names, if it does.
///
/// # Errors
/// When the document cannot be read.
pub fn place_in(kind: &str, document: &Document) -> Result<Option<Position>, Failure> {
    match kind {
        KIND => Ok(Some(endpoint::read(document)?.from())),
        fan_out::KIND => Ok(Some(fan_out::place(document)?)),
        _ => Ok(None),
    }
}

/// Returns what a document says with another place in the place of its own.
///
/// # Errors
/// When the document cannot be read.
pub fn with_place(kind: &str, document: Document, place: Position) -> Result<Vec<u8>, Failure> {
    match kind {
        KIND => Ok(json(&endpoint::read(&document)?.moved_to(place))),
        fan_out::KIND => Ok(json(&place.0)),
        _ => Ok(document.body),
    }
}
