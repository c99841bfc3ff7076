//! Reads a table key by key, and remembers what it was asked for.

use super::node::{Node, joined};
use super::{Document, Value, Whole, nearest};
use crate::units::{Ratio, Timestamp};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// A table of a document.
///
/// It remembers which keys it was asked for; [`Table::finish`] then records the rest as unknown. A
/// getter returns nothing for an absent key, and nothing for a wrong one after recording the mistake.
#[derive(Debug)]
pub struct Table<'d> {
    document: &'d Document,
    node: &'d Node,
    path: String,
    asked: RefCell<Vec<String>>,
}

impl<'d> Table<'d> {
    pub(super) fn new(document: &'d Document, node: &'d Node, path: String) -> Self {
        Self {
            document,
            node,
            path,
            asked: RefCell::default(),
        }
    }

    /// Returns the table's path, such as `step[3].send`; empty for the file's own.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the table's line.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.node.place.line
    }

    /// Returns the line of a key of this table, without asking for the key.
    #[must_use]
    pub fn line_of(&self, key: &str) -> Option<u32> {
        self.node.get(key).map(|node| node.place.line)
    }

    /// Returns whether the key is there, and makes it known.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Makes keys known without reading them, so that they are no mistake and can be suggested.
    pub fn know<'k>(&self, keys: impl IntoIterator<Item = &'k str>) {
        let mut asked = self.asked.borrow_mut();
        for key in keys {
            if !asked.iter().any(|known| known == key) {
                asked.push(key.to_owned());
            }
        }
    }

    /// Returns the value of a key, whatever its type.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'d>> {
        self.know([key]);
        let node = self.node.get(key)?;
        Some(Value::new(self.document, node, joined(&self.path, key)))
    }

    /// Returns the value of a key that has to be there; `instead` says what to write where it is not.
    #[must_use]
    pub fn need(&self, key: &str, instead: &str) -> Option<Value<'d>> {
        let value = self.get(key);
        if value.is_none() {
            let path = joined(&self.path, key);
            self.document
                .record(&self.node.place, &path, "is missing", instead);
        }
        value
    }

    /// Returns every key with its value, in the file's order, and makes all of them known: for tables
    /// whose keys are the writer's own.
    #[must_use]
    pub fn all(&self) -> Vec<(&'d str, Value<'d>)> {
        let entries = self.node.entries().iter();
        self.know(entries.clone().map(|(key, _)| key.as_str()));
        entries
            .map(|(key, node)| {
                (
                    key.as_str(),
                    Value::new(self.document, node, joined(&self.path, key)),
                )
            })
            .collect()
    }

    /// Returns the one of several keys that is there. A second one is a mistake: they exclude each other.
    #[must_use]
    pub fn either<'k>(&self, keys: &[&'k str]) -> Option<(&'k str, Value<'d>)> {
        let mut found: Vec<(&'k str, Value<'d>)> = keys
            .iter()
            .filter_map(|key| Some((*key, self.get(key)?)))
            .collect();
        // In the file's order, so that the second is the one to take away.
        found.sort_by_key(|(key, _)| self.node.entries().iter().position(|(name, _)| name == key));
        let mut found = found.into_iter();
        let (first, value) = found.next()?;
        for (second, more) in found {
            more.mistake(
                &format!("excludes `{first}`"),
                &format!("leave out `{first}` or `{second}`"),
            );
        }
        Some((first, value))
    }

    /// Returns a string.
    #[must_use]
    pub fn string(&self, key: &str) -> Option<&'d str> {
        self.get(key)?.string()
    }

    /// Returns `true` or `false`.
    #[must_use]
    pub fn boolean(&self, key: &str) -> Option<bool> {
        self.get(key)?.boolean()
    }

    /// Returns a whole number within the range.
    #[must_use]
    pub fn whole<N: Whole>(&self, key: &str, range: RangeInclusive<N>) -> Option<N> {
        self.get(key)?.whole(range)
    }

    /// Returns a whole number within the range, or nothing inside for the word that stands for none.
    #[must_use]
    pub fn whole_or<N: Whole>(
        &self,
        key: &str,
        range: RangeInclusive<N>,
        word: &str,
    ) -> Option<Option<N>> {
        self.get(key)?.whole_or(range, word)
    }

    /// Returns an instant.
    #[must_use]
    pub fn instant(&self, key: &str) -> Option<Timestamp> {
        self.get(key)?.instant()
    }

    /// Returns what one of the given words stands for.
    #[must_use]
    pub fn word<T: Clone>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.get(key)?.word(words)
    }

    /// Returns an exact ratio.
    #[must_use]
    pub fn ratio(&self, key: &str) -> Option<Ratio> {
        self.get(key)?.ratio()
    }

    /// Returns what the string spells: an id, a month.
    #[must_use]
    pub fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(&self, key: &str) -> Option<T> {
        self.get(key)?.parsed()
    }

    /// Returns a table.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<Table<'d>> {
        self.get(key)?.table()
    }

    /// Returns an array's elements; none for an absent key.
    #[must_use]
    pub fn array(&self, key: &str) -> Vec<Value<'d>> {
        self.get(key)
            .and_then(|value| value.array())
            .unwrap_or_default()
    }

    /// Returns an array's tables; none for an absent key. An element that is no table is recorded.
    #[must_use]
    pub fn tables(&self, key: &str) -> Vec<Table<'d>> {
        self.array(key)
            .into_iter()
            .filter_map(|item| item.table())
            .collect()
    }

    /// Records a mistake of the table as a whole.
    pub fn mistake(&self, problem: &str, instead: &str) {
        self.document
            .record(&self.node.place, &self.path, problem, instead);
    }

    /// Records every key that nobody asked for.
    pub fn finish(self) {
        let asked = self.asked.into_inner();
        for (key, node) in self.node.entries() {
            if asked.contains(key) {
                continue;
            }
            let known = || asked.iter().map(String::as_str);
            let instead = match nearest(key, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if asked.is_empty() => "take it away".to_owned(),
                None => format!("the keys here are {}", super::value::listed(known())),
            };
            let path = joined(&self.path, key);
            self.document
                .record(&node.place, &path, "is no key here", &instead);
        }
    }
}
