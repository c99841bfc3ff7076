//! Reads a value as what it should be, or records what it is instead.

use super::node::{Kind, Node};
use super::{Document, Table, nearest};
use crate::units::{InstantError, Ratio, Timestamp};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A whole number of some size: `u32`, `u64`, `usize`, ...
pub trait Whole: Copy + PartialOrd + Display + TryFrom<i128> {}
impl<N: Copy + PartialOrd + Display + TryFrom<i128>> Whole for N {}

const INSTANT: &str = "write an instant as `2015-01-02T09:00:00Z`, without quotes";
const RATIO: &str = "write an exact ratio in quotes, such as `\"13/100\"`";

/// The longest piece of a file that a mistake repeats, in characters.
const SHOWN: usize = 40;

/// A value of a document. Each getter returns nothing after recording the mistake.
#[derive(Debug, Clone)]
pub struct Value<'d> {
    document: &'d Document,
    node: &'d Node,
    path: String,
}

impl<'d> Value<'d> {
    pub(super) const fn new(document: &'d Document, node: &'d Node, path: String) -> Self {
        Self {
            document,
            node,
            path,
        }
    }

    /// Returns the value's path, such as `step[3].send.to`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the value's line: its key's, or its own in an array.
    #[must_use]
    pub const fn line(&self) -> u32 {
        self.node.place.line
    }

    /// Returns a string.
    #[must_use]
    pub fn string(&self) -> Option<&'d str> {
        match &self.node.kind {
            Kind::String(text, _) => Some(text),
            _ => self.is_instead("write a string in quotes"),
        }
    }

    /// Returns the text where the value is a string; anything else is no mistake. For keys that take
    /// a word beside a number.
    #[must_use]
    pub fn is_text(&self) -> Option<&'d str> {
        match &self.node.kind {
            Kind::String(text, _) => Some(text),
            _ => None,
        }
    }

    /// Returns `true` or `false`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match &self.node.kind {
            Kind::Boolean(flag) => Some(*flag),
            _ => self.is_instead("write `true` or `false`"),
        }
    }

    /// Returns a whole number within the range.
    #[must_use]
    pub fn whole<N: Whole>(&self, range: RangeInclusive<N>) -> Option<N> {
        self.whole_like(&range, &range_of(&range))
    }

    /// Returns a whole number within the range, or nothing inside for the word that stands for none.
    #[must_use]
    pub fn whole_or<N: Whole>(&self, range: RangeInclusive<N>, word: &str) -> Option<Option<N>> {
        let instead = format!("{} or `\"{word}\"`", range_of(&range));
        match &self.node.kind {
            Kind::String(text, _) if text == word => Some(None),
            _ => self.whole_like(&range, &instead).map(Some),
        }
    }

    fn whole_like<N: Whole>(&self, range: &RangeInclusive<N>, instead: &str) -> Option<N> {
        let Kind::Integer(number, written) = &self.node.kind else {
            return self.is_instead(instead);
        };
        let number = number.and_then(|number| N::try_from(number).ok());
        let inside = number.filter(|number| range.contains(number));
        if inside.is_none() {
            self.mistake(&format!("`{}` is out of range", cut(written)), instead);
        }
        inside
    }

    /// Returns an instant: RFC 3339 with an offset, exact to the millisecond.
    #[must_use]
    pub fn instant(&self) -> Option<Timestamp> {
        let Kind::Datetime(written) = &self.node.kind else {
            return self.is_instead(INSTANT);
        };
        let (problem, instead) = match Timestamp::parse(written) {
            Ok(instant) => return Some(instant),
            Err(InstantError::Malformed(_)) if written.get(17..19) == Some("60") => (
                format!("`{written}` has a second 60"),
                "seconds go from 00 to 59; write the one before or after",
            ),
            Err(InstantError::Malformed(_)) => (
                format!("`{written}` is not an instant"),
                "write it as `2015-01-02T09:00:00Z`",
            ),
            Err(InstantError::NoOffset(_)) => (
                format!("`{written}` has no offset"),
                "add a `Z` for UTC, as in `2015-01-02T09:00:00Z`",
            ),
            Err(InstantError::TooFine(_)) => (
                format!("`{written}` is finer than a millisecond"),
                "write at most three decimals",
            ),
        };
        self.mistake(&problem, instead);
        None
    }

    /// Returns what one of the given words stands for.
    #[must_use]
    pub fn word<T: Clone>(&self, words: &[(&str, T)]) -> Option<T> {
        let names = || words.iter().map(|(name, _)| *name);
        let Kind::String(text, _) = &self.node.kind else {
            return self.is_instead(&format!("write {} in quotes", one_of(names())));
        };
        let found = words.iter().find(|(name, _)| name == text);
        if found.is_none() {
            let instead = match nearest(text, names()) {
                Some(near) => format!("did you mean `{near}`? the words are {}", listed(names())),
                None => format!("write {}", one_of(names())),
            };
            self.mistake(&format!("`{}` is no word for this", cut(text)), &instead);
        }
        found.map(|(_, meaning)| meaning.clone())
    }

    /// Returns an exact ratio between 0 and 1, written `"13/100"`.
    #[must_use]
    pub fn ratio(&self) -> Option<Ratio> {
        let Kind::String(text, _) = &self.node.kind else {
            return self.is_instead(RATIO);
        };
        let ratio = Ratio::parse(text);
        if ratio.is_none() {
            let problem = format!("`{}` is no ratio between 0 and 1", cut(text));
            self.mistake(&problem, RATIO);
        }
        ratio
    }

    /// Returns what the string spells: an id, a month.
    #[must_use]
    pub fn parsed<T: FromStr<Err: Display>>(&self) -> Option<T> {
        match self.string()?.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let error = error.to_string();
                let (problem, instead) = error.split_once("; ").unwrap_or((&error, ""));
                self.mistake(problem, instead);
                None
            }
        }
    }

    /// Returns a table.
    #[must_use]
    pub fn table(&self) -> Option<Table<'d>> {
        match &self.node.kind {
            Kind::Table(_) => Some(Table::new(self.document, self.node, self.path.clone())),
            _ => self.is_instead("write a table, such as `{ key = ... }`"),
        }
    }

    /// Returns an array's elements.
    #[must_use]
    pub fn array(&self) -> Option<Vec<Self>> {
        match &self.node.kind {
            Kind::Array(items) => Some(
                items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| {
                        Self::new(self.document, item, format!("{}[{at}]", self.path))
                    })
                    .collect(),
            ),
            Kind::Table(_) => self.is_instead("write `[[ ]]` around the name, once for each"),
            _ => self.is_instead("write an array, such as `[...]`"),
        }
    }

    /// Records a mistake of this value.
    pub fn mistake(&self, problem: &str, instead: &str) {
        self.document
            .record(&self.node.place, &self.path, problem, instead);
    }

    fn is_instead<T>(&self, instead: &str) -> Option<T> {
        let problem = match &self.node.kind {
            Kind::String(_, written) => format!("`{}` is a string", cut(written)),
            Kind::Integer(_, written) => format!("`{}` is a whole number", cut(written)),
            Kind::Float(written) => format!("`{}` is a decimal number", cut(written)),
            Kind::Boolean(flag) => format!("`{flag}` is a boolean"),
            Kind::Datetime(written) => format!("`{written}` is an instant"),
            Kind::Array(_) => "is an array".to_owned(),
            Kind::Table(_) => "is a table".to_owned(),
        };
        self.mistake(&problem, instead);
        None
    }
}

fn range_of<N: Whole>(range: &RangeInclusive<N>) -> String {
    match (range.start(), range.end()) {
        (least, most) if least == most => format!("write `{least}`"),
        (least, most) => format!("write a whole number from {least} to {most}"),
    }
}

/// Returns a piece of a file, on one line and short.
fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        format!("{short}...")
    } else {
        short
    }
}

/// Returns words as `a`, `b`, `c`.
pub(super) fn listed<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Returns words as `a`, `b` or `c`.
fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let list = listed(words);
    match list.rsplit_once(", ") {
        Some((all, last)) => format!("{all} or {last}"),
        None => list,
    }
}
