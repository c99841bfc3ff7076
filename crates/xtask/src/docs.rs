//! Writes the documents that are made from code, and says whether they are up to date.
//!
//! Owns: which files these are and where in them the generated part stands. Does not own: what they say.

use crate::repository::Repository;
use crate::{Done, errors, say};
use earnest_core::policy::file::{
    self,
    reference::{BEGIN, END},
};
use std::fs;

/// Between these two the manual of settings stands in its page.
const MANUAL_BEGIN: &str = "<!-- begin: written from the manual, do not edit -->";
const MANUAL_END: &str = "<!-- end: written from the manual -->";

/// A generated document: its path and its whole text.
struct Document {
    path: &'static str,
    text: String,
}

/// Writes those that differ.
pub(crate) fn write(here: &Repository) -> Done {
    for document in all(here)? {
        if document.is_up_to_date(here) {
            continue;
        }
        fs::write(here.path(document.path), document.text)
            .map_err(|error| format!("`{}` cannot be written: {error}", document.path))?;
        say(&format!("wrote {}\n", document.path))?;
    }
    Ok(true)
}

/// Names those that differ.
pub(crate) fn check(here: &Repository) -> Done {
    let mut well = true;
    for document in all(here)? {
        let up_to_date = document.is_up_to_date(here);
        well &= up_to_date;
        let word = if up_to_date {
            "up to date"
        } else {
            "differs; run `cargo xtask docs`"
        };
        say(&format!("{}: {word}\n", document.path))?;
    }
    Ok(well)
}

impl Document {
    fn is_up_to_date(&self, here: &Repository) -> bool {
        here.read(self.path).is_ok_and(|text| text == self.text)
    }
}

fn all(here: &Repository) -> Result<Vec<Document>, String> {
    let schema = serde_json::to_string_pretty(&file::schema())
        .map_err(|error| format!("the schema cannot be written: {error}"))?;
    Ok(vec![
        Document {
            path: "docs/policy-format.md",
            text: policy_format(&here.read("docs/policy-format.md")?)?,
        },
        Document {
            path: "docs/policy.schema.json",
            text: format!("{schema}\n"),
        },
        Document {
            path: "docs/configuration.md",
            text: configuration(
                &here.read("docs/configuration.md")?,
                &here.read("crates/server/config.default.toml")?,
            )?,
        },
        Document {
            path: "docs/errors.md",
            text: errors::page()?,
        },
    ])
}

/// Returns the page with the reference of all keys between its two marks.
fn policy_format(page: &str) -> Result<String, String> {
    between(
        page,
        "docs/policy-format.md",
        [BEGIN, END],
        file::reference().trim(),
    )
}

/// Returns the page with the manual of all settings between its two marks.
fn configuration(page: &str, manual: &str) -> Result<String, String> {
    let manual = format!("```toml\n{}\n```", manual.trim());
    between(
        page,
        "docs/configuration.md",
        [MANUAL_BEGIN, MANUAL_END],
        &manual,
    )
}

/// Returns a page with a text between its two marks.
fn between(page: &str, path: &str, marks: [&str; 2], text: &str) -> Result<String, String> {
    let lacks = |mark: &str| format!("`{path}` lacks the line `{mark}`; put it back");
    let [begin, end] = marks;
    let (before, rest) = page.split_once(begin).ok_or_else(|| lacks(begin))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| lacks(end))?;
    Ok(format!("{before}{begin}\n\n{text}\n\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generated_part_is_replaced_and_the_rest_kept() {
        let page = format!("# Keys\n\n{}\nlong gone\n{}\n\nThe end.\n", BEGIN, END);
        let once = policy_format(&page).unwrap();
        assert!(once.starts_with("# Keys\n\n<!--") && once.ends_with("-->\n\nThe end.\n"));
        assert!(!once.contains("long gone") && once.contains("settlement"));
        assert_eq!(policy_format(&once).unwrap(), once);
    }

    #[test]
    fn a_page_without_its_marks_is_left_alone() {
        assert!(
            policy_format("# Keys\n")
                .unwrap_err()
                .contains("lacks the line")
        );
    }
}
