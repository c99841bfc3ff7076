//! Reads one column of a Parquet file.

use super::super::error::{Fault, NotInstant};
use super::super::row::{Cells, Column};
use earnest_core::units::Timestamp;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescriptor;
use std::borrow::Cow;

/// What a column is, and how its values are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) column: Column,
    meaning: Meaning,
    /// Whether a value may be missing.
    optional: bool,
}

/// How a value is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// As `csv` has it.
    Text,
    /// A whole number, taken as it would be written.
    Number,
    /// An instant, by so many of its units in a second.
    Instant(i64),
}

/// A value.
pub(super) enum Cell {
    Missing,
    Text(ByteArray),
    Number(i64),
}

impl Shape {
    /// Returns what a column is, or what is wrong with it.
    pub(super) fn of(column: Column, described: &ColumnDescriptor) -> Result<Self, String> {
        let types = if column.is_instant() {
            "a timestamp, Unix seconds as whole numbers, or text"
        } else {
            "text, or whole numbers"
        };
        let wrong = |what: &str| Err(format!("the column `{column}` {what}; write {types}"));
        if described.max_rep_level() > 0 || described.max_def_level() > 1 {
            return wrong("has lists or structures");
        }
        let meaning = match described.physical_type() {
            Type::BYTE_ARRAY => Meaning::Text,
            Type::INT32 | Type::INT64 if !column.is_instant() => Meaning::Number,
            Type::INT64 => Meaning::Instant(units_a_second(described)),
            Type::INT32 => Meaning::Instant(1),
            other => return wrong(&format!("is of the type {other}")),
        };
        Ok(Self {
            column,
            meaning,
            optional: described.max_def_level() > 0,
        })
    }

    /// Puts a value among a row's cells.
    pub(super) fn set<'c>(&self, cell: &'c Cell, cells: &mut Cells<'c>) -> Result<(), Fault> {
        match (cell, self.meaning) {
            (Cell::Missing, _) => {}
            (Cell::Text(bytes), _) => {
                let text = std::str::from_utf8(bytes.data()).map_err(|_| Fault::NotUtf8)?;
                cells.set(self.column, Cow::Borrowed(text));
            }
            (Cell::Number(number), Meaning::Instant(units)) => {
                let instant = instant(*number, units).map_err(|why| Fault::Instant {
                    column: self.column,
                    text: number.to_string(),
                    why,
                })?;
                cells.set_instant(self.column, instant);
            }
            (Cell::Number(number), _) => cells.set(self.column, Cow::Owned(number.to_string())),
        }
        Ok(())
    }
}

/// Returns how many units of a column make a second: those of its timestamps, else one.
fn units_a_second(described: &ColumnDescriptor) -> i64 {
    let of = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    match (described.logical_type_ref(), described.converted_type()) {
        (Some(LogicalType::Timestamp(timestamp)), _) => of(&timestamp.unit),
        (_, ConvertedType::TIMESTAMP_MILLIS) => 1_000,
        (_, ConvertedType::TIMESTAMP_MICROS) => 1_000_000,
        _ => 1,
    }
}

fn instant(number: i64, units: i64) -> Result<Timestamp, NotInstant> {
    let millis = match units {
        1 => number.checked_mul(1_000).ok_or(NotInstant::OutOfRange)?,
        _ if number % (units / 1_000) != 0 => return Err(NotInstant::TooFine),
        _ => number / (units / 1_000),
    };
    Timestamp::from_millis(millis).ok_or(NotInstant::OutOfRange)
}

/// Reads a column of a row group.
pub(super) struct Reader {
    from: Typed,
    optional: bool,
    levels: Vec<i16>,
}

enum Typed {
    Int32(ColumnReaderImpl<parquet::data_type::Int32Type>),
    Int64(ColumnReaderImpl<parquet::data_type::Int64Type>),
    Bytes(ColumnReaderImpl<parquet::data_type::ByteArrayType>),
}

impl Reader {
    pub(super) fn new(column: ColumnReader, shape: Shape) -> Result<Self, ParquetError> {
        let from = match column {
            ColumnReader::Int32ColumnReader(reader) => Typed::Int32(reader),
            ColumnReader::Int64ColumnReader(reader) => Typed::Int64(reader),
            ColumnReader::ByteArrayColumnReader(reader) => Typed::Bytes(reader),
            // The schema was looked at before.
            _ => {
                return Err(ParquetError::General(format!(
                    "the column `{}` is not of its own type",
                    shape.column
                )));
            }
        };
        Ok(Self {
            from,
            optional: shape.optional,
            levels: Vec::new(),
        })
    }

    /// Returns the next values, at most so many; none at the end of the row group.
    pub(super) fn next(&mut self, most: usize) -> Result<Vec<Cell>, ParquetError> {
        let (optional, levels) = (self.optional, &mut self.levels);
        match &mut self.from {
            Typed::Int32(from) => cells(from, most, optional, levels, |n| Cell::Number(n.into())),
            Typed::Int64(from) => cells(from, most, optional, levels, Cell::Number),
            Typed::Bytes(from) => cells(from, most, optional, levels, Cell::Text),
        }
    }
}

fn cells<T: DataType>(
    from: &mut ColumnReaderImpl<T>,
    most: usize,
    optional: bool,
    levels: &mut Vec<i16>,
    cell: impl Fn(T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    levels.clear();
    let mut values = Vec::with_capacity(most);
    from.read_records(most, optional.then_some(&mut *levels), None, &mut values)?;
    if !optional {
        return Ok(values.into_iter().map(cell).collect());
    }
    let mut values = values.into_iter();
    let some = |level: &i16| match level {
        0 => Cell::Missing,
        _ => values.next().map_or(Cell::Missing, &cell),
    };
    Ok(levels.iter().map(some).collect())
}
