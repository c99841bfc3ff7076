//! Reads Parquet files: the columns of `csv`, a row a message.
//!
//! Owns: which types a column may have, and the cutting of row groups into rows. Does not own: what a cell may hold
//! ([`Row`]). Invariants: a number is never read through a float; rows come in the file's order whatever the number of
//! threads; of a row group no more is in memory than some ten thousand rows.

mod column;

use super::error::{Fault, LogError};
use super::read::Said;
use super::row::{Cells, Column, Row};
use super::sheet::{Sheet, Writing};
use bytes::Bytes;
use column::{Cell, Reader, Shape};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;
use rayon::prelude::*;

/// How many rows are read at a time.
const BATCH: usize = 64 * 1_024;
/// How many rows one core takes at a time.
const SHARE: usize = 4 * 1_024;

/// Takes some rows, and about how many bytes of the file have been read.
type Take<'t> = dyn FnMut(Vec<Said<Sheet>>, u64) -> Result<(), LogError> + 't;

/// Reads a file's rows and hands some at a time to `take`, in order, each with its number from 1.
pub(super) fn read(
    file: Vec<u8>,
    name: &str,
    writing: &Writing,
    take: &mut Take<'_>,
) -> Result<(), LogError> {
    let wrong = |why: String| LogError::Parquet {
        name: name.to_owned(),
        why,
    };
    let unread = |error: ParquetError| wrong(error.to_string());
    let size = u64::try_from(file.len()).unwrap_or(u64::MAX);
    let file = SerializedFileReader::new(Bytes::from(file)).map_err(unread)?;
    let meta = file.metadata().file_metadata();
    let shapes = shapes(meta.schema_descr()).map_err(wrong)?;
    let all = u64::try_from(meta.num_rows()).unwrap_or(0).max(1);
    let mut before = 0_u32;
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).map_err(unread)?;
        let readers: Result<Vec<Reader>, ParquetError> = shapes
            .iter()
            .enumerate()
            .map(|(at, shape)| Reader::new(group.get_column_reader(at)?, *shape))
            .collect();
        let mut readers = readers.map_err(unread)?;
        loop {
            let columns: Result<Vec<Vec<Cell>>, ParquetError> = readers
                .par_iter_mut()
                .map(|reader| reader.next(BATCH))
                .collect();
            let columns = columns.map_err(unread)?;
            let rows = columns.first().map_or(0, Vec::len);
            if columns.iter().any(|column| column.len() != rows) {
                return Err(wrong("its columns have different lengths".to_owned()));
            }
            let Some(after) = u32::try_from(rows).ok().and_then(|n| before.checked_add(n)) else {
                return Err(super::build::Full::LINES.in_log(name));
            };
            if rows == 0 {
                break;
            }
            let said = rows_of(&shapes, &columns, before, writing);
            take(said, size * u64::from(after) / all)?;
            before = after;
        }
    }
    Ok(())
}

/// Makes rows of columns, share by share on all cores, in order.
fn rows_of(
    shapes: &[Shape],
    columns: &[Vec<Cell>],
    before: u32,
    writing: &Writing,
) -> Vec<Said<Sheet>> {
    let rows = columns.first().map_or(0, Vec::len);
    (0..rows.div_ceil(SHARE))
        .into_par_iter()
        .map(|share| {
            let mut said = Said {
                items: Sheet::of(&[], writing),
                block: Vec::new(),
                faults: Vec::new(),
            };
            for at in share * SHARE..((share + 1) * SHARE).min(rows) {
                // INVARIANT: `read` counted the rows and found that their numbers fit.
                let line = u32::try_from(at).map_or(u32::MAX, |at| before + at + 1);
                match row(shapes, columns, at) {
                    Ok(row) => said.items.add(line, &row),
                    Err(fault) => said.faults.push((u64::from(line), fault)),
                }
            }
            said
        })
        .collect()
}

fn row<'c>(shapes: &[Shape], columns: &'c [Vec<Cell>], at: usize) -> Result<Row<'c>, Fault> {
    let mut cells = Cells::default();
    for (shape, column) in shapes.iter().zip(columns) {
        if let Some(cell) = column.get(at) {
            shape.set(cell, &mut cells)?;
        }
    }
    Row::of(cells)
}

/// Returns what each column of a file is, or what is wrong with one.
fn shapes(schema: &SchemaDescriptor) -> Result<Vec<Shape>, String> {
    let mut shapes: Vec<Shape> = Vec::with_capacity(schema.num_columns());
    for described in schema.columns() {
        let column = Column::named(&described.path().string()).map_err(|it| it.to_string())?;
        if shapes.iter().any(|shape| shape.column == column) {
            return Err(Fault::RepeatedColumn(column).to_string());
        }
        shapes.push(Shape::of(column, described)?);
    }
    let has = |column| shapes.iter().any(|shape| shape.column == column);
    let missing = [Column::Recipient, Column::SentAt]
        .into_iter()
        .find(|column| !has(*column))
        .or_else(|| {
            let nobody = !has(Column::Contract) && !has(Column::Seat);
            nobody.then_some(Column::Seat)
        });
    match missing {
        Some(column) => Err(format!(
            "it has no column `{column}`; `recipient`, `sent_at` and one of `contract` and `seat` are required"
        )),
        None => Ok(shapes),
    }
}

#[cfg(test)]
mod tests;
