//! Reads documents.

use super::contracts::limit_of;
use crate::document::Document;
use crate::sqlite::columns::Columns;
use crate::sqlite::fault::Step;
use crate::sqlite::reader::Reader;
use rusqlite::{Row, params};

/// Returns a document.
pub(in crate::sqlite) fn one(reader: &Reader<'_>, kind: &str, id: &str) -> Step<Option<Document>> {
    let sql = "SELECT id, version, body FROM documents \
               WHERE kind = ?1 AND id = ?2 AND body IS NOT NULL";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([kind, id])?;
    rows.next()?.map(from_row).transpose()
}

/// Returns documents of a kind in the order of their ids.
pub(in crate::sqlite) fn list(
    reader: &Reader<'_>,
    kind: &str,
    after: Option<&str>,
    limit: usize,
) -> Step<Vec<Document>> {
    let sql = "SELECT id, version, body FROM documents \
               WHERE kind = ?1 AND id > ?2 AND body IS NOT NULL ORDER BY id LIMIT ?3";
    let from_start = "SELECT id, version, body FROM documents \
               WHERE kind = ?1 AND ?2 IS NULL AND body IS NOT NULL ORDER BY id LIMIT ?3";
    let sql = if after.is_some() { sql } else { from_start };
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query(params![kind, after, limit_of(limit)])?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(from_row(row)?);
    }
    Ok(documents)
}

/// Returns the kinds of which there are documents.
pub(in crate::sqlite) fn kinds(reader: &Reader<'_>) -> Step<Vec<String>> {
    let sql = "SELECT DISTINCT kind FROM documents WHERE body IS NOT NULL ORDER BY kind";
    let mut select = reader.connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut kinds = Vec::new();
    while let Some(row) = rows.next()? {
        kinds.push(row.read(0)?);
    }
    Ok(kinds)
}

fn from_row(row: &Row<'_>) -> Step<Document> {
    Ok(Document {
        id: row.read(0)?,
        version: row.number(1)?,
        body: row.read(2)?,
    })
}
