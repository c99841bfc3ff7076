//! Holds a file as a tree of values, each with its place.

use super::{Mistake, Mistakes};
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

/// Where something stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Place {
    pub(super) fn mistake(&self, key: &str, problem: &str, instead: &str) -> Mistake {
        Mistake {
            file: self.file.to_string(),
            line: self.line,
            column: self.column,
            key: key.to_owned(),
            problem: problem.to_owned(),
            instead: instead.to_owned(),
        }
    }
}

/// A value and its place: for a table under a header the header's, for the value of a key the key's,
/// for an element of an array its own.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A string's text, and how it is written in the file.
    String(String, String),
    /// A number, if it fits, and how it is written.
    Integer(Option<i128>, String),
    Float(String),
    Boolean(bool),
    /// An instant, or a part of one, as it is written: the parser behind reads more than we take.
    Datetime(String),
    Array(Vec<Node>),
    /// The keys in the file's order.
    Table(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Table(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find_map(|(name, node)| (name == key).then_some(node))
    }

    /// Returns the node at a path such as `step[3].send.to`.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        if let Some(rest) = path.strip_prefix('[') {
            let (number, rest) = rest.split_once(']')?;
            let Kind::Array(items) = &self.kind else {
                return None;
            };
            return items.get(number.parse::<usize>().ok()?)?.at(rest);
        }
        let path = path.strip_prefix('.').unwrap_or(path);
        // A key may have dots of its own; its quoted form is what paths are made of.
        self.entries().iter().find_map(|(name, node)| {
            let rest = path.strip_prefix(&*quoted(name))?;
            let ends = rest.is_empty() || rest.starts_with(['.', '[']);
            ends.then(|| node.at(rest)).flatten()
        })
    }
}

/// Returns a key as paths show it: quoted where it would not be read back bare.
pub(super) fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

/// Reads a text into its tree, or says where it is no TOML.
pub(super) fn parse(name: &str, text: &str) -> Result<Node, Mistakes> {
    let source = Source::new(name, text);
    match DeTable::parse(text) {
        Ok(table) => Ok(source.node(
            Place {
                line: 1,
                column: 1,
                file: source.file.clone(),
            },
            DeValue::Table(table.into_inner()),
            0..0,
        )),
        Err(error) => {
            let at = error.span().map_or(text.len(), |span| span.start);
            let (problem, instead) = match error.message() {
                "duplicate key" => ("the key is there already", "name it once"),
                other => (other, "mend the TOML here; nothing else was checked"),
            };
            Err(source.place(at).mistake("", problem, instead).into())
        }
    }
}

struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(name: &str, text: &'a str) -> Self {
        let after = text.match_indices('\n').map(|(at, _)| at.saturating_add(1));
        Self {
            file: name.into(),
            text,
            lines: std::iter::once(0).chain(after).collect(),
        }
    }

    fn place(&self, at: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line
            .checked_sub(1)
            .and_then(|n| self.lines.get(n))
            .copied()
            .unwrap_or(0);
        let before = self
            .text
            .get(start..at)
            .map_or(0, |part| part.chars().count());
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: self.file.clone(),
            line: count(line),
            column: count(before.saturating_add(1)),
        }
    }

    fn node(&self, place: Place, value: DeValue<'_>, span: std::ops::Range<usize>) -> Node {
        let written = || self.text.get(span.clone()).unwrap_or_default().to_owned();
        let kind = match value {
            DeValue::String(text) => Kind::String(text.into_owned(), written()),
            DeValue::Integer(number) => Kind::Integer(
                i128::from_str_radix(number.as_str(), number.radix()).ok(),
                written(),
            ),
            DeValue::Float(_) => Kind::Float(written()),
            DeValue::Boolean(flag) => Kind::Boolean(flag),
            DeValue::Datetime(_) => Kind::Datetime(written()),
            DeValue::Array(items) => Kind::Array(
                items
                    .into_iter()
                    .map(|item| {
                        let span = item.span();
                        self.node(self.place(span.start), item.into_inner(), span)
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Kind::Table(self.entries(table)),
        };
        Node { place, kind }
    }

    fn entries(&self, table: DeTable<'_>) -> Vec<(String, Node)> {
        let mut entries: Vec<_> = table.into_iter().collect();
        // The parser sorts keys by name; people expect them as they wrote them.
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .map(|(key, value)| {
                let place = self.place(key.span().start);
                let span = value.span();
                let node = self.node(place, value.into_inner(), span);
                (key.into_inner().into_owned(), node)
            })
            .collect()
    }
}

/// Two tables of one path, one laid over the other.
#[derive(Debug)]
pub struct Overlap<'a> {
    path: &'a str,
    top: &'a Node,
    base: &'a Node,
}

impl<'a> Overlap<'a> {
    /// Returns the tables' path; empty for the files as a whole.
    #[must_use]
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// Returns whether the upper table has the key.
    #[must_use]
    pub fn top_has(&self, key: &str) -> bool {
        self.top.get(key).is_some()
    }

    /// Returns the upper table's string at the key.
    #[must_use]
    pub fn top_text(&self, key: &str) -> Option<&'a str> {
        text(self.top.get(key)?)
    }

    /// Returns the base's string at the key.
    #[must_use]
    pub fn base_text(&self, key: &str) -> Option<&'a str> {
        text(self.base.get(key)?)
    }

    /// Returns the base's keys.
    pub fn base_keys(&self) -> impl Iterator<Item = &'a str> {
        self.base.entries().iter().map(|(key, _)| key.as_str())
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::String(text, _) => Some(text),
        _ => None,
    }
}

/// Lays `top` over `base`: tables merge key by key, everything else is replaced.
pub(super) fn merge(
    top: Node,
    base: Node,
    path: &str,
    drops: &dyn Fn(&Overlap<'_>) -> Vec<String>,
) -> Node {
    let dropped = match (&top.kind, &base.kind) {
        (Kind::Table(_), Kind::Table(_)) => drops(&Overlap {
            path,
            top: &top,
            base: &base,
        }),
        _ => return top,
    };
    let (Kind::Table(over), Kind::Table(under)) = (top.kind, base.kind) else {
        // Both are tables: the match above returned otherwise.
        return Node {
            place: top.place,
            kind: Kind::Table(Vec::new()),
        };
    };
    let mut merged: Vec<(String, Node)> = under
        .into_iter()
        .filter(|(key, _)| !dropped.contains(key))
        .collect();
    for (key, node) in over {
        let below = merged
            .iter()
            .position(|(name, _)| *name == key)
            .map(|at| merged.remove(at));
        let node = match below {
            Some((_, below)) => merge(node, below, &joined(path, &key), drops),
            None => node,
        };
        merged.push((key, node));
    }
    Node {
        place: top.place,
        kind: Kind::Table(merged),
    }
}

/// Returns the path of a table's key.
pub(super) fn joined(path: &str, key: &str) -> String {
    let key = quoted(key);
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}
