//! A chart as it stands in a page.
//!
//! Owns: the order of caption, legend, picture and table, and a picture of each size, of which the style sheet
//! shows the one that fits. Invariant: a chart without figures says so.

use crate::html::escaped;
use crate::ink::Ink;
use crate::{Chart, KeyForm, Size};
use std::fmt::Write;

/// Returns a chart as HTML: caption, legend, pictures, and the figures as a table. `id` must be the only one of
/// its kind in the page; other ids begin with it.
#[must_use]
pub fn figure(chart: &dyn Chart, id: &str) -> String {
    let table = format!(
        "<details class=\"chart-data\"><summary>The same as a table</summary>{}</details>\n",
        chart.table().html(&chart.caption().title)
    );
    with_below(chart, id, &table)
}

/// Returns a chart as HTML as [`figure`] does, for a page that has no room for the figures: `instead` says where they are.
#[must_use]
pub fn picture(chart: &dyn Chart, id: &str, instead: &str) -> String {
    let below = format!("<p class=\"chart-elsewhere\">{}</p>\n", escaped(instead));
    with_below(chart, id, &below)
}

fn with_below(chart: &dyn Chart, id: &str, below: &str) -> String {
    let caption = chart.caption();
    let id = escaped(id);
    let mut html =
        format!("<figure class=\"chart\" id=\"{id}\">\n<figcaption><strong class=\"chart-title\">");
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
            "<p class=\"chart-empty\">There is nothing to draw here yet.</p>\n</figure>\n",
        );
        return html;
    }
    html.push_str(&legend(chart));
    for size in Size::ALL {
        html.push_str(&chart.svg(size, &id));
    }
    html.push_str(below);
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
