//! Reads the kinds of values that bodies are made of.

use super::{Node, Place, Read};
use crate::problem::Problem;
use earnest_core::command::{Accepts, Side, Source};
use earnest_core::policy::ResponseKind;
use earnest_core::units::{
    CampaignId, ContractId, GrantId, MemberId, MessageId, SeatId, SeatType, Timestamp,
};

/// A text that may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

/// A text that says something: it is not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) String);

/// An idempotency key: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyText(pub(crate) String);

/// How many credits are granted at once: 1 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) u64);

/// A change of something that may be nothing: absent leaves it as it is, null makes it nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change<T>(pub(crate) Option<Option<T>>);

/// A list of at most `MOST`, and at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Few<T, const MOST: usize>(pub(crate) Vec<T>);

/// Something that stands for itself by one of a few names.
pub(crate) trait Named: Sized + 'static {
    /// Every name, with what it stands for.
    const NAMES: &'static [(&'static str, Self)];
}

fn expected(what: &str, node: &Node<'_>, at: &Place<'_>) -> Problem {
    at.invalid(format!("expected {what}, found {}", node.what()))
}

impl<'a, T: Read<'a>> Read<'a> for Option<T> {
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem> {
        match node {
            Node::Null => Ok(None),
            node => T::read(node, at).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<'a, T: Read<'a>> Read<'a> for Change<T> {
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem> {
        Option::read(node, at).map(|value| Self(Some(value)))
    }

    fn absent() -> Option<Self> {
        Some(Self(None))
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem> {
        let Node::List(items) = node else {
            return Err(expected("a list", &node, at));
        };
        let items = items.into_iter().enumerate();
        items
            .map(|(number, item)| T::read(item, &Place::Item(at, number)))
            .collect()
    }
}

impl<'a, T: Read<'a>, const MOST: usize> Read<'a> for Few<T, MOST> {
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem> {
        let Node::List(items) = &node else {
            return Err(expected("a list", &node, at));
        };
        match items.len() {
            1.. if items.len() <= MOST => Vec::read(node, at).map(Self),
            count => Err(at.invalid(format!("expected a list of 1 to {MOST}, found {count}"))),
        }
    }
}

impl Read<'_> for bool {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        match node {
            Node::Bool(value) => Ok(value),
            node => Err(expected("true or false", &node, at)),
        }
    }
}

fn whole(node: &Node<'_>, at: &Place<'_>, least: u64, most: u64) -> Result<u64, Problem> {
    match node {
        Node::Whole(value) if (least..=most).contains(value) => Ok(*value),
        Node::Whole(value) => Err(at.invalid(format!(
            "expected a whole number from {least} to {most}, found {value}"
        ))),
        node => Err(expected(
            &format!("a whole number from {least} to {most}"),
            node,
            at,
        )),
    }
}

impl Read<'_> for u32 {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        let value = whole(&node, at, 0, u64::from(Self::MAX))?;
        Ok(Self::try_from(value).unwrap_or(Self::MAX))
    }
}

impl Read<'_> for Amount {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        whole(&node, at, 1, 1_000_000_000).map(Self)
    }
}

/// Reads a text and refuses control characters that no text needs.
fn text(node: Node<'_>, at: &Place<'_>) -> Result<String, Problem> {
    let Node::Text(text) = node else {
        return Err(expected("a text", &node, at));
    };
    let is_bad = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t');
    if let Some(bad) = text.bytes().find(|byte| is_bad(byte)) {
        return Err(at.invalid(format!(
            "the control character U+{bad:04X} cannot stand in a text"
        )));
    }
    Ok(text.into_owned())
}

impl Read<'_> for Text {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        text(node, at).map(Self)
    }
}

impl Read<'_> for Words {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        let text = text(node, at)?;
        match text.is_empty() {
            true => Err(at.invalid("expected a text, found an empty one")),
            false => Ok(Self(text)),
        }
    }
}

impl Read<'_> for KeyText {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        let text = text(node, at)?;
        let is_visible = |byte: u8| byte.is_ascii_graphic();
        match (1..=255).contains(&text.len()) && text.bytes().all(is_visible) {
            true => Ok(Self(text)),
            false => Err(at.invalid("expected 1 to 255 visible ASCII characters")),
        }
    }
}

impl Read<'_> for Timestamp {
    fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
        match &node {
            Node::Text(text) => Self::parse(text).map_err(|error| at.invalid(error)),
            node => Err(expected(
                "an instant such as `2026-01-05T09:00:00Z`",
                node,
                at,
            )),
        }
    }
}

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl Read<'_> for $id {
            fn read(node: Node<'_>, at: &Place<'_>) -> Result<Self, Problem> {
                match &node {
                    Node::Text(text) => Self::new(text).map_err(|error| at.invalid(error)),
                    node => Err(expected("an id, which is a text", node, at)),
                }
            }
        }
    )*};
}

ids!(
    CampaignId, ContractId, GrantId, MemberId, MessageId, SeatId, SeatType
);

impl Named for ResponseKind {
    const NAMES: &'static [(&'static str, Self)] = &[
        (Self::Reply.name(), Self::Reply),
        (Self::Accept.name(), Self::Accept),
        (Self::NotInterested.name(), Self::NotInterested),
    ];
}

impl Named for Source {
    const NAMES: &'static [(&'static str, Self)] = &[
        (Self::Allotment.name(), Self::Allotment),
        (Self::Purchase.name(), Self::Purchase),
        (Self::Promotion.name(), Self::Promotion),
        (Self::Adjustment.name(), Self::Adjustment),
        (Self::Returned.name(), Self::Returned),
    ];
}

impl Named for Accepts {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("all", Self::All),
        ("none", Self::None),
        ("open", Self::Open),
    ];
}

impl Named for Side {
    const NAMES: &'static [(&'static str, Self)] =
        &[("seat", Self::Seat), ("member", Self::Member)];
}

/// Reads one of a few names.
pub(crate) fn named<T: Named + Copy>(node: &Node<'_>, at: &Place<'_>) -> Result<T, Problem> {
    let found = match node {
        Node::Text(text) => T::NAMES.iter().find(|(name, _)| name == text),
        _ => None,
    };
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = T::NAMES.iter().map(|(name, _)| *name).collect();
        let found = match node {
            Node::Text(text) => format!("`{}`", text.chars().take(100).collect::<String>()),
            node => node.what().to_owned(),
        };
        at.invalid(format!(
            "expected one of `{}`, found {found}",
            names.join("`, `")
        ))
    })
}

/// Reads types that stand by their names.
macro_rules! by_name {
    ($($kind:ty),*) => {$(
        impl $crate::read::Read<'_> for $kind {
            fn read(
                node: $crate::read::Node<'_>,
                at: &$crate::read::Place<'_>,
            ) -> Result<Self, $crate::problem::Problem> {
                $crate::read::named(&node, at)
            }
        }
    )*};
}

pub(crate) use by_name;

by_name!(ResponseKind, Source, Accepts, Side);
