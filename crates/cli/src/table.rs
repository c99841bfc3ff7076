//! Lays out tables as all commands print them: a line under the heading, no frame, numbers to the right.

use crate::error::Error;
use crate::output::{Look, Out, WIDTH};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A heading, its line, and nothing else.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Text, to the left.
    Text,
    /// A number, to the right.
    Number,
}

/// Returns a table with these columns and headings; a heading may have several lines.
pub(crate) fn table(columns: &[(Column, &str)]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(_, heading)| *heading));
    for (at, (column, _)) in columns.iter().enumerate() {
        if let Some(cells) = table.column_mut(at) {
            // With the blank that stands for the frame, two between columns.
            cells.set_padding((0, 1));
            if *column == Column::Number {
                cells.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    table
}

/// Lets cells take several lines where the table would be wider than the page.
pub(crate) fn fit(table: &mut Table) {
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
}

/// Sets rows apart that have several lines.
pub(crate) fn set_apart(table: &mut Table) {
    table.load_style(STYLE.row_separator(LineStyle::none().fill(' ').junction(' ')));
}

/// Prints a table, its heading bold and the line under it dim, each line after `indent`.
pub(crate) fn print(table: &Table, indent: &str, out: &mut Out) -> Result<(), Error> {
    let mut heading = true;
    for line in table.trim_fmt().lines() {
        let ruled = heading && line.starts_with('─');
        let line = match (heading, ruled) {
            (true, true) => out.paint(Look::Dim, format_args!("{line}")),
            (true, false) => out.paint(Look::Bold, format_args!("{line}")),
            (false, _) => line.to_owned(),
        };
        heading = heading && !ruled;
        out.line(format_args!("{indent}{line}"))?;
    }
    Ok(())
}
