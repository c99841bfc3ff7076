//! Draws charts as SVG, with the same figures as a table.
//!
//! Owns: how figures look: lines over time with a threshold and a band, stacks, bars and histograms, heat maps,
//! scatters with a frontier, and spans of time. Does not own: the figures, the page around them, files.
//!
//! A chart is plain data; [`figure()`] makes the HTML of one: a caption, a legend, the picture for wide, for middling and
//! for narrow places, and the table. The picture has no colour of its own: every shape says by its class what it
//! is, and [`CSS`], which the page includes once, says how that looks, in the light, in the dark and on paper.
//! So a page may forbid inline styles and scripts, and may change any colour by a custom property.
//!
//! ```
//! use earnest_chart::{Caption, Day, Lines, Mark, Series, Unit, figure};
//!
//! let chart = Lines {
//!     caption: Caption::new("Response rate", "Answered of those sent, by week."),
//!     axis: "response rate".to_owned(),
//!     unit: Unit::Percent,
//!     series: vec![Series {
//!         name: "inmail-2015".to_owned(),
//!         points: vec![(Day(16_436), Some(24.5)), (Day(16_443), None), (Day(16_450), Some(11.0))],
//!     }],
//!     threshold: Some(Mark { value: 13.0, label: "threshold 13 %".to_owned() }),
//!     band: None,
//! };
//! let html = figure(&chart, "rate");
//! assert!(html.starts_with("<figure class=\"chart\" id=\"rate\">"));
//! ```
//!
//! Invariants: the same chart gives the same bytes; no shape has a style attribute, a colour or a script; every
//! picture names itself and says what it shows; every figure that is drawn stands in the table. Numbers are
//! floats here because they become places on paper; nothing is decided by them.

mod axis;
mod bars;
mod canvas;
mod chart;
mod day;
mod figure;
mod heat;
mod html;
mod ink;
mod lines;
mod plot;
mod scatter;
mod spans;
mod stack;
mod table;
mod unit;

pub use bars::{BarForm, Bars};
pub use chart::{Band, Caption, Chart, Detail, Key, KeyForm, Mark, Size};
pub use day::Day;
pub use figure::{Room, figure, figure_within};
pub use heat::HeatMap;
pub use html::escaped;
pub use lines::{Lines, Series};
pub use scatter::{Dot, Scatter};
pub use spans::{Lane, Span, SpanKind, Spans};
pub use stack::{Layer, Stack, StackForm};
pub use table::Table;
pub use unit::{Unit, thousands};

/// The style sheet of all charts, tables and legends here. A page includes it once.
pub const CSS: &str = include_str!("chart.css");
