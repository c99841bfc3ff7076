//! Reads JSON into a tree whose texts still lie in the body where they can.
//!
//! Invariants: no key stands twice in an object; a number is kept only where it is whole, not negative and
//! exact; a tree has a bounded number of nodes, so that a body cannot cost many times its size.

use crate::problem::{Code, Problem};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

/// The most values that a body may have. A batch of 1,000 campaigns of 25 has some 40,000.
const NODES_MOST: u32 = 500_000;
/// Up to so many keys an object is searched through, beyond them a set is made.
const FEW_KEYS: usize = 16;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node<'a> {
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number that is written as one.
    Whole(u64),
    /// Any other number.
    Number,
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Node<'_> {
    /// Feeds the value to a hash, so that other values give another hash.
    pub(crate) fn digest(&self, hash: &mut Sha256) {
        let text = |hash: &mut Sha256, text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text.as_bytes());
        };
        match self {
            Self::Null => hash.update(b"n"),
            Self::Bool(value) => hash.update([b'b', u8::from(*value)]),
            Self::Whole(value) => {
                hash.update(b"w");
                hash.update(value.to_le_bytes());
            }
            Self::Number => hash.update(b"x"),
            Self::Text(value) => {
                hash.update(b"t");
                text(hash, value);
            }
            Self::List(items) => {
                hash.update(b"l");
                hash.update(items.len().to_le_bytes());
                items.iter().for_each(|item| item.digest(hash));
            }
            Self::Object(fields) => {
                hash.update(b"o");
                hash.update(fields.len().to_le_bytes());
                for (name, value) in fields {
                    text(hash, name);
                    value.digest(hash);
                }
            }
        }
    }

    /// Returns what it is, for a message.
    pub(crate) const fn what(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Whole(_) => "a whole number",
            Self::Number => "a number that is negative, too large or not written as a whole one",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads a body.
///
/// # Errors
/// When it is not JSON, names a key twice, or has too many values.
pub(crate) fn parse(bytes: &[u8]) -> Result<Node<'_>, Problem> {
    let left = Cell::new(NODES_MOST);
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let node = Seed(&left)
        .deserialize(&mut from)
        .and_then(|node| from.end().map(|()| node));
    node.map_err(|error| {
        let error: serde_json::Error = error;
        Problem::new(Code::InvalidJson, format!("the body is not JSON: {error}"))
    })
}

#[derive(Clone, Copy)]
struct Seed<'c>(&'c Cell<u32>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'de>, E> {
        Ok(Node::Whole(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'de>, E> {
        Ok(u64::try_from(value).map_or(Node::Number, Node::Whole))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node<'de>, E> {
        Ok(Node::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            self.count()?;
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut fields: Vec<(Cow<'de, str>, Node<'de>)> = Vec::with_capacity(8);
        let mut many: HashSet<String> = HashSet::new();
        while let Some(name) = map.next_key_seed(Name)? {
            self.count()?;
            let twice = match fields.len() {
                0..FEW_KEYS => fields.iter().any(|(before, _)| *before == name),
                FEW_KEYS => {
                    many.extend(fields.iter().map(|(before, _)| before.to_string()));
                    !many.insert(name.to_string())
                }
                _ => !many.insert(name.to_string()),
            };
            if twice {
                let name: String = name.chars().take(100).collect();
                return Err(A::Error::custom(format_args!(
                    "the key `{name}` stands twice"
                )));
            }
            let value = map.next_value_seed(self)?;
            fields.push((name, value));
        }
        Ok(Node::Object(fields))
    }
}

impl Seed<'_> {
    fn count<E: Error>(self) -> Result<(), E> {
        match self.0.get().checked_sub(1) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(E::custom("there are too many values in it")),
        }
    }
}

/// Reads a key, without a copy where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }
}
