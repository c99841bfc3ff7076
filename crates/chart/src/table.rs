//! The figures of a chart as a table.
//!
//! Owns: its HTML. Invariants: every row begins with its name, as a header; a wide table scrolls by itself.

use crate::html::escaped;

/// Rows of figures under a head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows, each beginning with its name.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns the table as HTML; `caption` says what it holds to those who hear it.
    #[must_use]
    pub fn html(&self, caption: &str) -> String {
        let mut html = format!(
            "<div class=\"chart-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table class=\"chart-table\">\
             <caption>{0}</caption><thead><tr>",
            escaped(caption)
        );
        for name in &self.head {
            html.push_str("<th scope=\"col\">");
            html.push_str(&escaped(name));
            html.push_str("</th>");
        }
        html.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            html.push_str("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let (open, close) = if at == 0 {
                    ("<th scope=\"row\">", "</th>")
                } else {
                    ("<td>", "</td>")
                };
                html.push_str(open);
                html.push_str(&escaped(cell));
                html.push_str(close);
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>");
        html
    }
}
