//! A chart as it stands in a page.
//!
//! Owns: the order of caption, legend, picture and table, and a picture of each size, of which the style sheet
//! shows the one that fits. Invariant: a chart without figures says so.

use crate::html::escaped;
use crate::ink::Ink;
use crate::{Chart, Detail, KeyForm, Size};
use std::fmt::Write;

/// How much room a page has for a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room<'r> {
    /// All that it takes.
    #[default]
    Ample,
    /// Less: shapes say nothing when they are pointed at.
    Scant,
    /// Less still: the picture for wide places is missing.
    Small,
    /// The least: the table is missing, too, and this says where it is.
    Least(&'r str),
}

/// Returns a chart as HTML: caption, legend, pictures, and the figures as a table. `id` must be the only one of
/// its kind in the page; other ids begin with it.
#[must_use]
pub fn figure(chart: &dyn Chart, id: &str) -> String {
    figure_within(chart, id, Room::Ample)
}

/// Returns a chart as HTML as [`figure`] does, with as much in it as there is room for.
#[must_use]
pub fn figure_within(chart: &dyn Chart, id: &str, room: Room<'_>) -> String {
    let caption = chart.caption();
    let id = escaped(id);
    let small = match room {
        Room::Ample | Room::Scant => "",
        Room::Small | Room::Least(_) => " chart-small",
    };
    let mut html = format!(
        "<figure class=\"chart{small}\" id=\"{id}\">\n<figcaption><strong class=\"chart-title\">"
    );
    html.push_str(&escaped(&caption.title));
    html.push_str("</strong>");
    if !caption.about.is_empty() {
        html.push_str(" <span class=\"chart-about\">");
        html.push_str(&escaped(&caption.about));
        html.push_str("</span>");
    }
    html.push_str("</figcaption>\n");
    if chart.is_empty() {
        html.push_str(
            "<p class=\"chart-empty\">There is too little here to draw.</p>\n</figure>\n",
        );
        return html;
    }
    html.push_str(&legend(chart));
    let (sizes, detail) = match room {
        Room::Ample => (&Size::ALL[..], Detail::Full),
        Room::Scant => (&Size::ALL[..], Detail::Brief),
        Room::Small | Room::Least(_) => (&[Size::Medium, Size::Narrow][..], Detail::Brief),
    };
    for size in sizes {
        html.push_str(&chart.svg(*size, detail, &id));
    }
    // Writing to a text cannot fail.
    let _ = match room {
        Room::Least(instead) => {
            writeln!(
                html,
                "<p class=\"chart-elsewhere\">{}</p>",
                escaped(instead)
            )
        }
        _ => writeln!(
            html,
            "<details class=\"chart-data\"><summary>The same as a table</summary>{}</details>",
            chart.table().html(&caption.title)
        ),
    };
    html.push_str("</figure>\n");
    html
}

fn legend(chart: &dyn Chart) -> String {
    let keys = chart.keys();
    if keys.is_empty() {
        return String::new();
    }
    let mut html = "<ul class=\"chart-legend\">".to_owned();
    for key in keys {
        let shape = match key.form {
            KeyForm::Line(series) => format!(
                "<path class=\"{}\" d=\"M0 6L24 6\"/>",
                Ink::line(series).class()
            ),
            KeyForm::Fill(series) => square(Ink::fill(series)),
            KeyForm::Warned => square(Ink::WARNED),
            KeyForm::Restricted => square(Ink::RESTRICTED),
        };
        // Writing to a text cannot fail.
        let _ = write!(
            html,
            "<li><svg class=\"chart-svg chart-key\" viewBox=\"0 0 24 12\" aria-hidden=\"true\">{shape}</svg>{}</li>",
            escaped(&key.name)
        );
    }
    html.push_str("</ul>\n");
    html
}

fn square(ink: Ink) -> String {
    format!(
        "<rect class=\"{}\" x=\"6\" y=\"0\" width=\"12\" height=\"12\"/>",
        ink.class()
    )
}
