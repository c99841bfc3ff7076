//! What was found, as one page that needs nothing else.
//!
//! Owns: the pages: what stands on them, in which order, and how they look. Does not own: the figures, the pictures
//! ([`earnest_chart`]), files.
//!
//! A [`Report`] is plain data; [`page`] makes one self-contained HTML page of it, [`body`] the same without the frame
//! for a page that has one already, and [`body_within`] for one that may have only so many bytes. [`log()`] makes the report of a replayed log, [`sweep()`]
//! that of a sweep, [`market()`] that of a simulation.
//!
//! Invariants: the same report gives the same bytes; a page fetches nothing and runs nothing, so that it can be mailed,
//! kept, printed and opened from a disk; every figure's heading leads to its definition.

mod html;
mod log;
mod market;
pub mod number;
mod pieces;
mod report;
mod sweep;
mod words;

pub use html::{CSS, body, body_within, page};
pub use log::{LogFacts, log};
pub use market::market;
pub use report::{Block, Cell, Column, Definition, Report, Section, Table, Tile, Tone};
pub use sweep::{Swept, sweep};
