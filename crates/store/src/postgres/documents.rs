//! Reads and writes documents.
//!
//! Invariant: a version is given once; what was removed leaves its last one behind.

use super::Inner;
use super::pipeline::{Open, Owned, Step, apart, values};
use super::pool::{Lent, read};
use super::row::{Columns, limit, number};
use super::statement::{
    CHANGE_DOCUMENT, DOCUMENT, DOCUMENTS, FIRST_DOCUMENTS, KINDS, REMOVE_DOCUMENT, Statement,
    WRITE_DOCUMENT,
};
use crate::document::{Document, Put};
use crate::error::StoreError;
use tokio_postgres::Row;

pub(super) async fn one(
    inner: &Inner,
    kind: &str,
    id: &str,
) -> Result<Option<Document>, StoreError> {
    let rows = read(&inner.pool, &DOCUMENT, &[&kind, &id.as_bytes()]).await?;
    rows.first().map(to_document).transpose()
}

pub(super) async fn kinds(inner: &Inner) -> Result<Vec<String>, StoreError> {
    let rows = read(&inner.pool, &KINDS, &[]).await?;
    rows.iter().map(|row| row.read(0)).collect()
}

pub(super) async fn list(
    inner: &Inner,
    kind: &str,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<Document>, StoreError> {
    let pool = &inner.pool;
    let rows = match after {
        None => read(pool, &FIRST_DOCUMENTS, &[&kind, &limit(most)]).await?,
        Some(after) => read(pool, &DOCUMENTS, &[&kind, &after.as_bytes(), &limit(most)]).await?,
    };
    rows.iter().map(to_document).collect()
}

fn to_document(row: &Row) -> Result<Document, StoreError> {
    Ok(Document {
        id: row.text(0)?,
        version: row.number(1)?,
        body: row.read(2)?,
    })
}

/// What a put becomes.
enum Act {
    /// A statement, and whether it has to find what it expects.
    Write(Step, bool),
    /// It has to be absent, and stays so.
    Absent(Step),
    /// Nobody can have been there.
    Never,
}

fn act(inner: &Inner, at: usize, put: &Put) -> Act {
    let part = i32::try_from(at).unwrap_or(i32::MAX);
    let expected = put.expected.map(number);
    let Some(expected) = expected.map_or(Some(None), |it| it.map(Some)) else {
        return Act::Never;
    };
    let step = |statement: &'static Statement, with_body: bool| {
        let mut values: Vec<Owned> = values![
            inner.shift,
            part,
            inner.writer,
            put.kind.clone(),
            put.id.as_bytes().to_vec(),
            expected
        ];
        if with_body {
            values.extend(values![put.body.clone()]);
        }
        Step::new(statement, values)
    };
    match (&put.body, expected) {
        (Some(_), None | Some(0)) => Act::Write(step(&WRITE_DOCUMENT, true), true),
        (Some(_), Some(_)) => Act::Write(step(&CHANGE_DOCUMENT, true), true),
        (None, None) => Act::Write(step(&REMOVE_DOCUMENT, false), false),
        (None, Some(0)) => Act::Absent(Step::new(
            &DOCUMENT,
            values![put.kind.clone(), put.id.as_bytes().to_vec()],
        )),
        (None, Some(_)) => Act::Write(step(&REMOVE_DOCUMENT, false), true),
    }
}

/// Writes documents, all or none.
pub(super) async fn put(inner: &Inner, puts: &[Put]) -> Result<(), StoreError> {
    if let [put] = puts {
        return put_one(inner, put).await;
    }
    if puts.is_empty() {
        return Ok(());
    }
    let lent = Lent::of(&inner.pool).await?;
    let (open, _) = Open::begin(
        lent,
        &[Step::new(
            &DOCUMENT,
            values![String::new(), Vec::<u8>::new()],
        )],
    )
    .await?;
    let open = put_within(inner, open, puts).await?;
    open.commit(&[]).await?;
    Ok(())
}

/// Writes one document: one statement is a transaction of its own.
async fn put_one(inner: &Inner, put: &Put) -> Result<(), StoreError> {
    let (step, wants_row) = match act(inner, 0, put) {
        Act::Write(step, must_find) => (step, must_find.then_some(true)),
        Act::Absent(step) => (step, Some(false)),
        Act::Never => return Err(StoreError::Conflict),
    };
    let lent = Lent::of(&inner.pool).await?;
    let rows = apart(lent, &[step]).await?;
    let found = rows.first().is_some_and(|rows| !rows.is_empty());
    match wants_row {
        Some(wanted) if wanted != found => Err(StoreError::Conflict),
        _ => Ok(()),
    }
}

/// Writes documents as a part of a transaction, which is taken back where one is not as expected.
pub(super) async fn put_within(
    inner: &Inner,
    mut open: Open,
    puts: &[Put],
) -> Result<Open, StoreError> {
    for (at, put) in puts.iter().enumerate() {
        let (step, wants_row) = match act(inner, at, put) {
            Act::Write(step, must_find) => (step, must_find.then_some(true)),
            Act::Absent(step) => (step, Some(false)),
            Act::Never => {
                open.roll_back().await;
                return Err(StoreError::Conflict);
            }
        };
        let (next, rows) = open.go_on(&[step]).await?;
        open = next;
        let found = rows.first().is_some_and(|rows| !rows.is_empty());
        if wants_row.is_some_and(|wanted| wanted != found) {
            open.roll_back().await;
            return Err(StoreError::Conflict);
        }
    }
    Ok(open)
}
