//! Takes a form apart that brings files (RFC 7578).
//!
//! Owns: parts, their names, and those of files. Does not own: the body, which is here already. Invariant: a file's bytes
//! are shared with the body's, not copied.

use axum::body::Bytes;
use memchr::memmem::{Finder, find};

/// The most parts; an honest form has some dozens.
const MOST: usize = 300;

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The field.
    pub(super) name: String,
    /// What the file is called, where it is one.
    pub(super) file: Option<String>,
    /// What it holds.
    pub(super) data: Bytes,
}

/// Returns the parts; nothing where the body is no such form.
pub(super) fn parts(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let dashes = format!("--{boundary}");
    let delimiter = format!("\r\n{dashes}");
    let ends = Finder::new(&delimiter);
    let mut at = match body.starts_with(dashes.as_bytes()) {
        true => dashes.len(),
        false => ends.find(body)? + delimiter.len(),
    };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        // Blanks may stand behind a boundary.
        let head = at + find(rest, b"\r\n")? + 2;
        let length = ends.find(body.get(head..)?)?;
        parts.push(part(body, head, head + length)?);
        at = head + length + delimiter.len();
        if parts.len() > MOST {
            return None;
        }
    }
}

fn part(body: &Bytes, from: usize, to: usize) -> Option<Part> {
    let text = body.get(from..to)?;
    let (lines, data) = match text.starts_with(b"\r\n") {
        true => (&[][..], from + 2),
        false => {
            let end = find(text, b"\r\n\r\n")?;
            (text.get(..end)?, from + end + 4)
        }
    };
    let lines = std::str::from_utf8(lines).ok()?;
    let disposition = lines.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.trim().eq_ignore_ascii_case("content-disposition");
        is_it.then_some(value)
    })?;
    Some(Part {
        name: parameter(disposition, "name")?,
        file: parameter(disposition, "filename"),
        data: body.slice(data..to),
    })
}

/// Returns a quoted parameter; browsers write a quote in it as `%22`.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let begins = format!("; {name}=\"");
    let (_, rest) = disposition.split_once(&begins)?;
    let (value, _) = rest.split_once('"')?;
    Some(
        value
            .replace("%22", "\"")
            .replace("%0D", "\r")
            .replace("%0A", "\n"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<Part>> {
        parts(&Bytes::from(text.to_owned()), "xyz")
    }

    #[test]
    fn fields_and_files_are_told_apart() {
        let text = "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n--xyz\r\n\
            content-disposition: form-data; name=\"f\"; filename=\"my %22log%22.csv\"\r\nContent-Type: text/csv\r\n\r\n\
            seat\r\n--xy\r\n\r\n--xyz--\r\n";
        let parts = read(text).unwrap();
        let shown: Vec<(&str, Option<&str>, &[u8])> = parts
            .iter()
            .map(|it| (it.name.as_str(), it.file.as_deref(), it.data.as_ref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", None, &b"one\r\ntwo"[..]),
                ("f", Some("my \"log\".csv"), &b"seat\r\n--xy\r\n"[..]),
            ]
        );
    }

    #[test]
    fn what_is_no_form_is_none() {
        assert_eq!(read("--xyz--\r\n").unwrap(), []);
        for text in [
            "",
            "a=b",
            "--xyz",
            "--xyz\r\n",
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none",
            "--xyz\r\nContent-Disposition: form-data\r\n\r\none\r\n--xyz--",
            "--xyz\r\n\r\none\r\n--xyz--",
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--xyz",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
