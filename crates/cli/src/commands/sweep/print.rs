//! Prints the ranking: a table for people, JSON, or csv.
//!
//! Owns: which figures the table shows. Does not own: their order ([`earnest_lab::sweep::rank`]).
//! Invariant: JSON and csv have every row and every figure; the table has as many rows as were asked for.

use crate::error::Error;
use crate::number::{count, days, percent, ratio, thousands};
use crate::output::{Look, Out};
use crate::table::{self, Column::Number, Column::Text, table};
use earnest_lab::json::Ranked;
use earnest_lab::sweep::{Figure, Measure, Row, Sweep};
use earnest_lab::vary::Vary;
use earnest_report::LogFacts;
use serde_json::Value;

/// What the table shows beside the varied keys: the figures that a choice is made by.
const SHOWN: [(Figure, &str); 7] = [
    (Figure::Sent, "sent"),
    (Figure::ResponseRate, "rate"),
    (Figure::Lost, "answers\nlost"),
    (Figure::LostShare, "of\nall"),
    (Figure::Avoided, "unanswered\navoided"),
    (Figure::AvoidedShare, "of\nall"),
    (Figure::SeatsRestricted, "seats\nrestricted"),
];
const MILLIS_A_DAY: u64 = 86_400_000;

/// What there is to print.
pub(super) struct Table<'t> {
    pub(super) log: &'t LogFacts,
    pub(super) base: &'t str,
    pub(super) sweep: &'t Sweep,
    /// Ranked.
    pub(super) rows: &'t [Row],
    pub(super) rank: Figure,
    pub(super) top: usize,
}

impl Table<'_> {
    /// Returns all of it as data.
    pub(super) fn json(&self) -> Value {
        let ranked = Ranked {
            base: self.base,
            sweep: self.sweep,
            rows: self.rows,
            rank: self.rank,
            messages: self.log.messages,
            until: self.log.until,
        };
        ranked.json()
    }

    /// Prints a line for each row, under a heading.
    pub(super) fn csv(&self, out: &mut Out) -> Result<(), Error> {
        let paths = self.sweep.varies().iter().map(|vary| vary.path.as_str());
        let figures = Figure::ALL.map(Figure::name);
        let heading: Vec<&str> = std::iter::once("rank")
            .chain(paths)
            .chain(["frontier"])
            .chain(figures)
            .collect();
        // No key, word or number has a comma or a quote in it.
        out.line(heading.join(","))?;
        for (rank, row) in (1_u64..).zip(self.rows) {
            let figures = Figure::ALL.map(|figure| match figure.of(row).json() {
                Value::Null => String::new(),
                value => value.to_string(),
            });
            let cells: Vec<String> = std::iter::once(rank.to_string())
                .chain(row.values.iter().map(Vary::shown))
                .chain([row.frontier.to_string()])
                .chain(figures)
                .collect();
            out.line(cells.join(","))?;
        }
        Ok(())
    }

    /// Prints the best rows for people.
    pub(super) fn print(&self, out: &mut Out) -> Result<(), Error> {
        let whole = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        out.line(out.paint(Look::Bold, format_args!("{}", self.log.name)))?;
        out.line(format_args!(
            "{} under {} of {}, ranked by {}",
            count(self.log.messages, "cold message"),
            count(whole(self.rows.len()), "variant"),
            self.base,
            self.rank,
        ))?;
        out.line(format_args!("figures as of {}", self.log.until))?;
        out.line("")?;
        let mut shown: Vec<(Figure, &str)> = SHOWN.to_vec();
        if !shown.iter().any(|(figure, _)| *figure == self.rank) {
            shown.push((self.rank, self.rank.name()));
        }
        let names: Vec<String> = self
            .sweep
            .varies()
            .iter()
            .map(|vary| heading(&vary.path))
            .collect();
        let mut columns = vec![(Number, "")];
        columns.extend(names.iter().map(|name| (Text, name.as_str())));
        columns.extend(shown.iter().map(|(_, name)| (Number, *name)));
        columns.push((Text, ""));
        let mut rows = table(&columns);
        for (rank, row) in (1_u64..).zip(self.rows.iter().take(self.top)) {
            let mut cells = vec![thousands(rank)];
            cells.extend(row.values.iter().map(Vary::shown));
            cells.extend(shown.iter().map(|(figure, _)| cell(*figure, row)));
            cells.push(if row.frontier { "*" } else { "" }.to_owned());
            rows.add_row(cells);
        }
        table::fit(&mut rows);
        table::print(&rows, "", out)?;
        if let Some(more @ 1..) = self.rows.len().checked_sub(self.top) {
            out.line(format_args!(
                "and {} more; --top, --json or --csv show them",
                thousands(whole(more))
            ))?;
        }
        out.note(
            "* nothing that was tried avoids as many unanswered messages for fewer answers lost",
        )?;
        out.note("a log cannot tell how senders would change what they do: `earnest simulate` tries that")
    }
}

/// Returns a key's path over as many lines as it has parts, so that columns stay narrow.
fn heading(path: &str) -> String {
    path.replace('.', ".\n")
}

fn cell(figure: Figure, row: &Row) -> String {
    match (figure, figure.of(row)) {
        (_, Measure::Whole(number)) => thousands(number),
        (Figure::CreditsPerResponse, Measure::Ratio(part, whole)) => ratio(part, whole),
        (Figure::RestrictedDays, Measure::Ratio(part, whole)) => {
            days(part.saturating_mul(MILLIS_A_DAY / whole.max(1)))
        }
        (_, Measure::Ratio(part, whole)) => percent(part, whole),
    }
}
