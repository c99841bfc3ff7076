//! Reads the columns of rows.
//!
//! Does not own: what a number stands for ([`crate::code`]).

use super::fault::Step;
use crate::code::{Code, to_id, to_instant};
use earnest_core::units::Timestamp;
use rusqlite::Row;
use rusqlite::types::FromSql;

/// Reads columns.
pub(super) trait Columns {
    /// Returns what a column's number stands for.
    fn coded<T: Code>(&self, column: usize) -> Step<T>;
    /// Returns what a column's number stands for, where there is one.
    fn coded_or_null<T: Code>(&self, column: usize) -> Step<Option<T>>;
    /// Returns an instant.
    fn instant(&self, column: usize) -> Step<Timestamp>;
    /// Returns an instant, where there is one.
    fn instant_or_null(&self, column: usize) -> Step<Option<Timestamp>>;
    /// Returns a number that is never negative.
    fn number(&self, column: usize) -> Step<u64>;
    /// Returns what is named by a text.
    fn id<T: std::str::FromStr>(&self, column: usize) -> Step<T>;
    /// Returns what is named by a text, where there is one.
    fn id_or_null<T: std::str::FromStr>(&self, column: usize) -> Step<Option<T>>;
    /// Returns what a column holds.
    fn read<T: FromSql>(&self, column: usize) -> Step<T>;
}

impl Columns for Row<'_> {
    fn coded<T: Code>(&self, column: usize) -> Step<T> {
        Ok(T::of_code(self.get(column)?)?)
    }

    fn coded_or_null<T: Code>(&self, column: usize) -> Step<Option<T>> {
        let code: Option<i64> = self.get(column)?;
        Ok(code.map(T::of_code).transpose()?)
    }

    fn instant(&self, column: usize) -> Step<Timestamp> {
        Ok(to_instant(self.get(column)?)?)
    }

    fn instant_or_null(&self, column: usize) -> Step<Option<Timestamp>> {
        let millis: Option<i64> = self.get(column)?;
        Ok(millis.map(to_instant).transpose()?)
    }

    fn number(&self, column: usize) -> Step<u64> {
        Ok(self.get::<_, i64>(column)?.cast_unsigned())
    }

    fn id<T: std::str::FromStr>(&self, column: usize) -> Step<T> {
        let text = self.get_ref(column)?.as_str();
        Ok(to_id(text.map_err(rusqlite::Error::from)?)?)
    }

    fn id_or_null<T: std::str::FromStr>(&self, column: usize) -> Step<Option<T>> {
        let text = self
            .get_ref(column)?
            .as_str_or_null()
            .map_err(rusqlite::Error::from)?;
        Ok(text.map(to_id).transpose()?)
    }

    fn read<T: FromSql>(&self, column: usize) -> Step<T> {
        Ok(self.get(column)?)
    }
}
