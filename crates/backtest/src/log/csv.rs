//! Cuts `csv` lines into cells.
//!
//! Owns: the header and the cutting. Does not own: what a cell may hold ([`Row`]).
//! Invariant: a message is one line; a quoted cell ends on the line on which it began.

use super::error::Fault;
use super::read::Lines;
use super::row::{Cells, Column, Row};
use super::scan::Scan;
use std::borrow::Cow;

/// The columns that a file's header names, in its order.
pub(super) struct Csv {
    columns: Vec<Column>,
}

impl Csv {
    /// Reads the header.
    pub(super) fn of_header(line: &str) -> Result<Self, Fault> {
        let mut columns = Vec::new();
        cut(line, |cell| {
            let column = Column::named(&cell)?;
            if columns.contains(&column) {
                return Err(Fault::RepeatedColumn(column));
            }
            columns.push(column);
            Ok(())
        })?;
        let has = |column| columns.contains(&column);
        for column in [Column::Recipient, Column::SentAt] {
            if !has(column) {
                return Err(Fault::MissingColumn(column));
            }
        }
        if !has(Column::Contract) && !has(Column::Seat) {
            return Err(Fault::MissingColumn(Column::Seat));
        }
        Ok(Self { columns })
    }
}

impl Lines for Csv {
    type Item<'l> = Row<'l>;

    fn read<'l>(&self, line: &'l str) -> Result<Row<'l>, Fault> {
        self.plain(line).map_or_else(|| self.read_any(line), Ok)
    }
}

impl Csv {
    /// Reads a line as nearly all are: no cell is quoted, instants are whole seconds, and there is no fault. Nothing for
    /// any other line.
    fn plain<'l>(&self, line: &'l str) -> Option<Row<'l>> {
        let mut scan = Scan::of(line);
        let mut cells = [""; Column::ALL.len()];
        let mut instants = [None; 3];
        for (number, column) in self.columns.iter().enumerate() {
            if number > 0 {
                scan.comma()?;
            }
            match column.instant_place() {
                Some(place) => instants[place] = scan.instant()?,
                // The name of a response is spelt as an id is.
                None => cells[*column as usize] = scan.id()?,
            }
        }
        if !scan.is_at_end() {
            return None;
        }
        Row::plain(&cells, instants)
    }

    /// Reads any line.
    fn read_any<'l>(&self, line: &'l str) -> Result<Row<'l>, Fault> {
        let mut cells = Cells::default();
        let mut found = 0;
        cut(line, |cell| {
            if let Some(column) = self.columns.get(found) {
                cells.set(*column, cell);
            }
            found += 1;
            Ok(())
        })?;
        if found != self.columns.len() {
            return Err(Fault::Columns {
                expected: self.columns.len(),
                found,
            });
        }
        Row::of(cells)
    }
}

/// Calls `each` with every cell of a line.
fn cut<'l>(
    line: &'l str,
    mut each: impl FnMut(Cow<'l, str>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    // Ids and instants never need quotes.
    if memchr::memchr(b'"', line.as_bytes()).is_none() {
        let mut begin = 0;
        for end in memchr::memchr_iter(b',', line.as_bytes()) {
            each(Cow::Borrowed(line.get(begin..end).unwrap_or_default()))?;
            begin = end + 1;
        }
        return each(Cow::Borrowed(line.get(begin..).unwrap_or_default()));
    }
    // Inside a quoted cell a quote is doubled, so a line whose cells all end has an even number.
    let quotes = line.bytes().filter(|byte| *byte == b'"').count();
    if !quotes.is_multiple_of(2) {
        return Err(Fault::OpenQuote);
    }
    let mut record = ::csv::StringRecord::new();
    ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(line.as_bytes())
        .read_record(&mut record)
        // Reading from memory does not fail, and the line is known to be UTF-8.
        .map_err(|_| Fault::NotUtf8)?;
    record
        .iter()
        .try_for_each(|cell| each(Cow::Owned(cell.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cells(line: &str) -> Result<Vec<String>, Fault> {
        let mut cells = Vec::new();
        cut(line, |cell| {
            cells.push(cell.into_owned());
            Ok(())
        })?;
        Ok(cells)
    }

    #[test]
    fn a_line_is_cut_at_its_commas_outside_quotes() {
        assert_eq!(cells("a,b,,c").unwrap(), ["a", "b", "", "c"]);
        assert_eq!(cells(",").unwrap(), ["", ""]);
        assert_eq!(cells("\"a\",\"b,c\",d").unwrap(), ["a", "b,c", "d"]);
        assert_eq!(cells("\"a\"\"b\",\"\"").unwrap(), ["a\"b", ""]);
        assert_eq!(cells("a,\"b"), Err(Fault::OpenQuote));
    }

    #[test]
    fn a_header_names_what_every_log_has() {
        let fault = |line: &str| Csv::of_header(line).err();
        assert_eq!(fault("sent_at,recipient,seat"), None);
        assert_eq!(fault("\"contract\",\"recipient\",\"sent_at\""), None);
        assert_eq!(
            fault("seat,sent_at"),
            Some(Fault::MissingColumn(Column::Recipient))
        );
        assert_eq!(
            fault("seat,recipient"),
            Some(Fault::MissingColumn(Column::SentAt))
        );
        assert_eq!(
            fault("recipient,sent_at"),
            Some(Fault::MissingColumn(Column::Seat))
        );
        assert_eq!(
            fault("seat,recipient,sent_at,seat"),
            Some(Fault::RepeatedColumn(Column::Seat))
        );
    }

    /// Returns a line of nine cells, usual ones, unusual ones and wrong ones.
    fn lines() -> impl Strategy<Value = String> {
        let id =
            || prop::sample::select(vec!["", "ana", "bo", "a b", "é", ".", "\"bo\"", "x:@-_9"]);
        let instant = || {
            prop::sample::select(vec![
                "",
                "0",
                "1420189200",
                "2015-01-02T09:00:00Z",
                "2015-01-02T09:00:01Z",
                "2015-01-02T09:00:00.5Z",
                "2015-02-30T00:00:00Z",
                "noon",
            ])
        };
        let response = prop::sample::select(vec!["", "reply", "accept", "not_interested", "no"]);
        let ids = [id(), id(), id(), id(), id()];
        (ids, [instant(), instant(), instant()], response).prop_map(|(ids, instants, response)| {
            let [id, contract, seat, recipient, campaign] = ids;
            let [sent_at, responded_at, seen_at] = instants;
            format!("{id},{contract},{seat},{recipient},{sent_at},{campaign},{responded_at},{response},{seen_at}")
        })
    }

    proptest! {
        #[test]
        fn the_short_way_never_differs_from_the_long_one(line in lines()) {
            let header = Column::ALL.map(Column::name).join(",");
            let csv = Csv::of_header(&header).unwrap();
            if let Some(row) = csv.plain(&line) {
                prop_assert_eq!(csv.read_any(&line), Ok(row));
            }
        }
    }

    #[test]
    fn a_usual_line_goes_the_short_way() {
        let csv = Csv::of_header("id,seat,recipient,sent_at,responded_at,response").unwrap();
        let line = "m1,ana,bo,2015-01-02T09:00:00Z,2015-01-03T09:00:00Z,accept";
        assert_eq!(csv.plain(line), csv.read_any(line).ok());
        assert!(csv.plain(line).is_some());
        for other in [
            "m1,ana,bo,2015-01-02T09:00:00Z,",
            "m1,ana,bo,2015-01-02T09:00:00Z,,,",
            "m1,\"ana\",bo,2015-01-02T09:00:00Z,,",
            "m1,ana,bo,2015-01-02T09:00:00Z,2015-01-01T09:00:00Z,",
            "m1,ana,,2015-01-02T09:00:00Z,,",
        ] {
            assert_eq!(csv.plain(other), None, "{other}");
        }
    }
}
