//! Writes the reference of the format from the list of keys.

use super::key::{Absent, KEYS, Key, Kind, of_table};
use super::section::{only_words, shape};
use std::fmt::Write;

/// The line before the part of `docs/policy-format.md` that [`reference()`] writes.
pub const BEGIN: &str = "<!-- begin: written from the list of keys, do not edit -->";
/// The line after it.
pub const END: &str = "<!-- end: written from the list of keys -->";

/// Returns the reference of all keys, in Markdown: what stands in `docs/policy-format.md` between its
/// two marks.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    section(&mut text, "", "Keys of the file", None);
    for key in KEYS {
        match key.kind {
            Kind::Table => {
                let title = match key.path.rsplit_once("[].") {
                    Some((array, name)) => format!("`{name}` of a `[[{array}]]`"),
                    None => format!("`[{}]`", key.path),
                };
                section(&mut text, key.path, &title, Some(key));
            }
            Kind::Tables(_) => {
                let path = format!("{}[]", key.path);
                section(&mut text, &path, &format!("`[[{}]]`", key.path), Some(key));
            }
            _ => {}
        }
    }
    text
}

fn section(text: &mut String, table: &str, title: &str, key: Option<&Key>) {
    // Writing into a string cannot fail.
    let _ = writeln!(text, "### {title}\n");
    if let Some(key) = key {
        let _ = writeln!(
            text,
            "{} Where absent: {}.{}\n",
            key.doc,
            absent(key),
            only(key)
        );
    }
    text.push_str("| key | meaning | value | where absent | since |\n|---|---|---|---|---|\n");
    let scalar = |key: &&Key| !matches!(key.kind, Kind::Table | Kind::Tables(_));
    for key in of_table(table).filter(scalar) {
        let unit = key
            .unit
            .map_or_else(String::new, |unit| format!(" ({unit})"));
        let _ = writeln!(
            text,
            "| `{}` | {}{} | {}{unit} | {} | {} |",
            key.name(),
            key.doc,
            only(key),
            shape(key),
            absent(key),
            key.since,
        );
    }
    text.push('\n');
}

fn only(key: &Key) -> String {
    key.only.map_or_else(String::new, |only| {
        format!(" Only with {}.", only_words(only.key, only.words))
    })
}

fn absent(key: &Key) -> String {
    match (key.absent, key.or) {
        (Absent::Required, Some(or)) => format!("a mistake, unless `{or}` is there"),
        (Absent::Required, None) => "a mistake".to_owned(),
        (Absent::Means(meaning), _) => meaning.to_owned(),
        (Absent::Whole(number), _) => format!("`{number}`"),
        (Absent::Word(word), _) => format!("`\"{word}\"`"),
        (Absent::Flag(flag), _) => format!("`{flag}`"),
    }
}
