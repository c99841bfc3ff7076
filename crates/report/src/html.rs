//! A report as HTML.
//!
//! Owns: the frame, the order of things, and escaping. Does not own: what stands where, which the report says.
//! Invariants: nothing is fetched, nothing is run; ids are the report's own.

use crate::report::{Block, Cell, Column, Definition, Report, Section, Table, Tile, Tone};
use earnest_chart::{Chart, Room, escaped, figure_within};
use std::fmt::Write;

/// A table of more columns is shown row by row where there is little room.
const STACKED: usize = 3;

/// The style sheet of reports; their charts have their own, [`earnest_chart::CSS`].
pub const CSS: &str = include_str!("report.css");

/// Returns a report as a page that needs nothing else.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut html =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    push(
        &mut html,
        format_args!("<title>{}</title>\n", escaped(&report.title)),
    );
    html.push_str(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"generator\" content=\"earnest\">\n<style>\n",
    );
    html.push_str(CSS);
    html.push_str(earnest_chart::CSS);
    html.push_str("</style>\n</head>\n<body class=\"report-page\">\n<main>\n");
    html.push_str(&body(report));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

/// Returns what stands in a report's page, for a page that has a frame of its own and includes [`CSS`] and the charts'.
#[must_use]
pub fn body(report: &Report) -> String {
    let pieces = pieces(report);
    pieces.iter().map(|piece| piece.html.as_str()).collect()
}

/// Returns what stands in a report's page as [`body`] does, in at most so many bytes: where it is more, charts
/// give way, step by step and in each step the largest first: what their shapes say when pointed at, the picture for wide
/// places, the table, at last all of them; of a table or a chart that is missing it is said that the whole report has it.
/// What is no chart stands in any case.
#[must_use]
pub fn body_within(report: &Report, most: usize) -> String {
    let mut pieces = pieces(report);
    let mut size: usize = pieces.iter().map(|piece| piece.html.len()).sum();
    if size > most {
        pieces.iter_mut().for_each(Piece::draw_less);
    }
    while size > most {
        // A chart gives first what it saves by going without its table, later all of itself.
        let least = pieces.iter().filter_map(|piece| piece.less.first());
        let Some(stage) = least.map(|less| less.stage).min() else {
            break;
        };
        let can_give = |piece: &&mut Piece<'_>| {
            let less = piece.less.first();
            less.is_some_and(|less| less.stage == stage)
        };
        let saved = |piece: &&mut Piece<'_>| {
            let less = piece.less.first().map_or(0, |less| less.html.len());
            piece.html.len().saturating_sub(less)
        };
        let pieces = pieces.iter_mut().rev();
        let Some(piece) = pieces.filter(can_give).max_by_key(saved) else {
            break;
        };
        let less = piece.less.remove(0);
        size = size.saturating_sub(piece.html.len()) + less.html.len();
        piece.html = less.html;
    }
    pieces.iter().map(|piece| piece.html.as_str()).collect()
}

/// A part of the HTML.
struct Piece<'r> {
    html: String,
    /// The chart that it is, and its id.
    chart: Option<(&'r dyn Chart, String)>,
    /// What can stand in its place where there is no room, the longest first.
    less: Vec<Less>,
}

/// Something shorter.
struct Less {
    stage: u8,
    html: String,
}

impl From<String> for Piece<'_> {
    fn from(html: String) -> Self {
        Self {
            html,
            chart: None,
            less: Vec::new(),
        }
    }
}

impl Piece<'_> {
    /// Draws what can stand in a chart's place.
    fn draw_less(&mut self) {
        let Some((chart, id)) = &self.chart else {
            return;
        };
        let title = escaped(&chart.caption().title);
        let nothing = format!(
            "<p class=\"chart-elsewhere\">{title}: there is no room for it on this page; it is in the whole report.</p>\n"
        );
        let rooms = [
            Room::Scant,
            Room::Small,
            Room::Least("The same as a table is in the whole report."),
        ];
        let less = rooms.map(|room| figure_within(*chart, id, room));
        self.less = (0..)
            .zip(less.into_iter().chain([nothing]))
            .map(|(stage, html)| Less { stage, html })
            .collect();
    }
}

fn pieces(report: &Report) -> Vec<Piece<'_>> {
    let mut html = String::from("<article class=\"report\">\n<header class=\"report-head\">\n");
    push(
        &mut html,
        format_args!(
            "<h1>{}</h1>\n<p class=\"report-about\">{}</p>\n",
            escaped(&report.title),
            escaped(&report.about)
        ),
    );
    html.push_str("</header>\n");
    tiles(&report.tiles, &mut html);
    list("report-findings", &report.findings, &mut html);
    contents(report, &mut html);
    let mut pieces = vec![Piece::from(html)];
    for section in &report.sections {
        self::section(section, &mut pieces);
    }
    let mut html = String::new();
    if !report.warnings.is_empty() {
        html.push_str(
            "<section class=\"report-section\" id=\"bear-in-mind\">\n<h2>To bear in mind</h2>\n",
        );
        list("report-warnings", &report.warnings, &mut html);
        html.push_str("</section>\n");
    }
    definitions(&report.definitions, &mut html);
    html.push_str("</article>\n");
    pieces.push(html.into());
    pieces
}

fn tiles(tiles: &[Tile], html: &mut String) {
    if tiles.is_empty() {
        return;
    }
    // As many side by side as make rows of one length.
    let across = match tiles.len() {
        few @ ..=5 => few,
        6 | 9 => 3,
        7 | 8 => 4,
        _ => 5,
    };
    push(
        html,
        format_args!("<dl class=\"report-tiles by-{across}\">\n"),
    );
    for tile in tiles {
        push(
            html,
            format_args!(
                "<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>\n",
                escaped(&tile.name),
                escaped(&tile.figure),
                escaped(&tile.note)
            ),
        );
    }
    html.push_str("</dl>\n");
}

fn list(class: &str, items: &[String], html: &mut String) {
    if items.is_empty() {
        return;
    }
    push(html, format_args!("<ul class=\"{class}\">\n"));
    for item in items {
        push(html, format_args!("<li>{}</li>\n", escaped(item)));
    }
    html.push_str("</ul>\n");
}

fn contents(report: &Report, html: &mut String) {
    html.push_str("<nav class=\"report-contents\" aria-label=\"Contents\"><ul>\n");
    for section in &report.sections {
        push(
            html,
            format_args!(
                "<li><a href=\"#{}\">{}</a></li>\n",
                escaped(&section.id),
                escaped(&section.title)
            ),
        );
    }
    if !report.warnings.is_empty() {
        html.push_str("<li><a href=\"#bear-in-mind\">To bear in mind</a></li>\n");
    }
    if !report.definitions.is_empty() {
        html.push_str("<li><a href=\"#definitions\">Definitions</a></li>\n");
    }
    html.push_str("</ul></nav>\n");
}

fn section<'r>(section: &'r Section, pieces: &mut Vec<Piece<'r>>) {
    let id = escaped(&section.id);
    let mut html = format!(
        "<section class=\"report-section\" id=\"{id}\">\n<h2>{}</h2>\n",
        escaped(&section.title)
    );
    if !section.about.is_empty() {
        push(
            &mut html,
            format_args!("<p>{}</p>\n", escaped(&section.about)),
        );
    }
    let mut charts = 0_u32;
    for block in &section.blocks {
        match block {
            Block::Text(text) => push(&mut html, format_args!("<p>{}</p>\n", escaped(text))),
            Block::Table(table) => self::table(table, &mut html),
            Block::Charts(all) => {
                let class = if all.len() > 1 {
                    "report-charts several"
                } else {
                    "report-charts"
                };
                push(&mut html, format_args!("<div class=\"{class}\">\n"));
                pieces.push(std::mem::take(&mut html).into());
                for chart in all {
                    charts += 1;
                    let id = format!("{}-{charts}", section.id);
                    pieces.push(Piece {
                        html: earnest_chart::figure(&**chart, &id),
                        chart: Some((&**chart, id)),
                        less: Vec::new(),
                    });
                }
                html.push_str("</div>\n");
            }
        }
    }
    html.push_str("</section>\n");
    pieces.push(html.into());
}

fn table(table: &Table, html: &mut String) {
    let caption = escaped(&table.caption);
    let is_stacked = table.columns.len() > STACKED;
    let stacked = if is_stacked { " stacked" } else { "" };
    push(
        html,
        format_args!(
            "<div class=\"report-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table class=\"report-table{stacked}\">\
             <caption>{caption}</caption>\n<thead><tr>"
        ),
    );
    for column in &table.columns {
        heading(column, html);
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        html.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let column = table.columns.get(at);
            let text = column.is_some_and(|column| column.text);
            let label = column.filter(|_| is_stacked).map(|column| &*column.name);
            self::cell((at == 0, text), label, cell, html);
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
}

fn heading(column: &Column, html: &mut String) {
    let class = if column.text { " class=\"text\"" } else { "" };
    // A long key may break after its dots.
    let name = escaped(&column.name).replace('.', ".<wbr>");
    match column.definition {
        Some(id) => push(
            html,
            format_args!("<th scope=\"col\"{class}><a href=\"#def-{id}\">{name}</a></th>"),
        ),
        None => push(html, format_args!("<th scope=\"col\"{class}>{name}</th>")),
    }
}

fn cell((first, text): (bool, bool), label: Option<&str>, cell: &Cell, html: &mut String) {
    let name = if first { "th scope=\"row\"" } else { "td" };
    let end = if first { "th" } else { "td" };
    let (tone, mark) = match cell.tone {
        Tone::Plain => ("", ""),
        Tone::Below => (
            "below",
            "<span class=\"mark\" title=\"below 13\u{a0}%\">\u{25bc}</span>",
        ),
        Tone::Good => (
            "good",
            "<span class=\"mark\" title=\"in the good 20 to 30\u{a0}%\">\u{25cf}</span>",
        ),
        Tone::Above => (
            "above",
            "<span class=\"mark\" title=\"above the good 20 to 30\u{a0}%\">\u{25b2}</span>",
        ),
    };
    let class = match (text, tone) {
        (true, "") => " class=\"text\"".to_owned(),
        (true, tone) => format!(" class=\"text {tone}\""),
        (false, "") => String::new(),
        (false, tone) => format!(" class=\"{tone}\""),
    };
    let label = label.map_or_else(String::new, |label| {
        format!(" data-label=\"{}\"", escaped(label))
    });
    push(
        html,
        format_args!(
            "<{name}{class}{label}>{}{mark}</{end}>",
            escaped(&cell.text)
        ),
    );
}

fn definitions(definitions: &[Definition], html: &mut String) {
    if definitions.is_empty() {
        return;
    }
    html.push_str("<section class=\"report-section\" id=\"definitions\">\n<h2>Definitions</h2>\n<dl class=\"report-definitions\">\n");
    for it in definitions {
        push(
            html,
            format_args!(
                "<div id=\"def-{}\"><dt>{}</dt><dd>{}</dd></div>\n",
                it.id,
                escaped(it.term),
                escaped(it.meaning)
            ),
        );
    }
    html.push_str("</dl>\n</section>\n");
}

/// Writes to a text, which cannot fail.
fn push(html: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = html.write_fmt(text);
}
