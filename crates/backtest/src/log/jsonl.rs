//! Reads `jsonl` lines.
//!
//! Owns: the cutting of an object into cells. Does not own: what a cell may hold ([`Row`]).
//! Invariant: a number is taken as it is written, never through a float.

use super::error::Fault;
use super::read::Lines;
use super::row::{Cells, Column, Row};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The lines of a `jsonl` log.
pub(super) struct Jsonl;

impl Lines for Jsonl {
    type Item<'l> = Row<'l>;

    fn read<'l>(&self, line: &'l str) -> Result<Row<'l>, Fault> {
        let mut object = Object::default();
        let mut json = serde_json::Deserializer::from_str(line);
        let read = (&mut object).deserialize(&mut json);
        match read.and_then(|()| json.end()) {
            Ok(()) => Row::of(object.cells),
            Err(error) => Err(object.fault.unwrap_or_else(|| Fault::Json(place(&error)))),
        }
    }
}

/// Returns what the JSON library says, with the column alone for the place: the line is known.
fn place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text
        .rfind(" at line ")
        .and_then(|end| text.get(..end))
        .unwrap_or(&text);
    format!("{what}, at column {}", error.column())
}

/// An object as far as it was read.
#[derive(Default)]
struct Object<'l> {
    cells: Cells<'l>,
    seen: [bool; 9],
    /// What is wrong with it, where that is more than its JSON.
    fault: Option<Fault>,
}

impl<'l> Object<'l> {
    fn take(&mut self, key: &str, value: &'l RawValue) -> Result<(), Fault> {
        let column = Column::named(key)?;
        if std::mem::replace(&mut self.seen[column as usize], true) {
            return Err(Fault::RepeatedColumn(column));
        }
        self.cells.set(column, cell(column, value.get())?);
        Ok(())
    }
}

/// Returns a JSON value as a cell; `null` is an empty one.
fn cell(column: Column, value: &str) -> Result<Cow<'_, str>, Fault> {
    let wrong = || Fault::JsonType {
        column,
        text: value.to_owned(),
    };
    match value.as_bytes() {
        b"null" => Ok(Cow::Borrowed("")),
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => value
            .get(1..value.len() - 1)
            .map(Cow::Borrowed)
            .ok_or_else(wrong),
        [b'"', ..] => serde_json::from_str(value)
            .map(Cow::Owned)
            // The value was read as JSON before; only an unpaired surrogate is still wrong.
            .map_err(|error| Fault::Json(place(&error))),
        [b'0'..=b'9' | b'-', ..] if column.is_instant() => Ok(Cow::Borrowed(value)),
        _ => Err(wrong()),
    }
}

impl<'l> DeserializeSeed<'l> for &mut Object<'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'l> Visitor<'l> for &mut Object<'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'l>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if let Err(fault) = self.take(&key, value) {
                self.fault = Some(fault);
                return Err(de::Error::custom("the object is no message"));
            }
        }
        Ok(())
    }
}

/// A key, borrowed from the line where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'l>(#[serde(borrow)] Cow<'l, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use earnest_core::policy::ResponseKind;

    #[test]
    fn an_object_is_a_message() {
        let row = Jsonl
            .read(r#"{"se\u0061t":"an\u0061","recipient":"bo","sent_at":1420189200.25,"campaign":null,"responded_at":"2015-01-03T00:00:00+01:00","response":"accept","id":""}"#)
            .unwrap();
        assert_eq!(
            (&*row.seat, &*row.contract, &*row.recipient),
            ("ana", "ana", "bo")
        );
        assert_eq!(row.sent_at.to_string(), "2015-01-02T09:00:00.250Z");
        let (at, kind) = row.response.unwrap();
        assert_eq!(
            (at.to_string().as_str(), kind),
            ("2015-01-02T23:00:00Z", ResponseKind::Accept)
        );
        assert_eq!((row.id, row.campaign, row.seen_at), (None, None, None));
    }

    #[test]
    fn what_is_no_object_of_a_message_is_a_fault() {
        let text = |line: &str| Jsonl.read(line).unwrap_err().to_string();
        for (line, says) in [
            (
                "[]",
                "invalid type: sequence, expected an object, at column 0",
            ),
            ("{", "EOF while parsing an object, at column 1"),
            (r#"{"seat":"ana"} {"#, "trailing characters, at column 16"),
            (
                r#"{"seat":"\ud800","recipient":"bo"}"#,
                "unexpected end of hex escape",
            ),
            (
                r#"{"seat":17}"#,
                "`seat` is 17, and not a string; put it in quotes",
            ),
            (
                r#"{"sent_at":true}"#,
                "`sent_at` is true, and not a string or a number of Unix seconds",
            ),
            (r#"{"sent_at":{"a":1}}"#, "`sent_at` is {\"a\":1}, and not"),
            (r#"{"seat":"a","seat":"b"}"#, "`seat` comes twice"),
            (
                r#"{"sender":"a"}"#,
                "there is no column `sender`; the columns are `id`, `contract`",
            ),
            (r#"{"send_at":"a"}"#, "did you mean `sent_at`?"),
            (r#"{"seat":"a","recipient":"b"}"#, "`sent_at` is empty"),
            (
                r#"{"seat":"a","recipient":"b","sent_at":1e9}"#,
                "`sent_at` is `1e9`, which is no instant",
            ),
        ] {
            let fault = text(line);
            assert!(fault.contains(says), "{line}: {fault}");
        }
    }
}
