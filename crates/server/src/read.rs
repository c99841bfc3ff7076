//! Reads what callers send, strictly: every mistake is answered with its code and its place.
//!
//! Owns: JSON as a tree that knows its places, the types that bodies are made of, and [`body!`], which makes a
//! body's type, its reader and its documentation from one list of fields. Does not own: how bodies arrive.
//! Invariants: a key that stands twice, a field that is not known, a number that is not exact are mistakes;
//! what a reader accepts and what the documentation says come from the same list.

mod json;
mod kinds;

pub(crate) use json::{Node, parse};
pub(crate) use kinds::{Amount, Change, Few, KeyText, Named, Text, Words, by_name, named};

use crate::problem::{Code, Problem};
use std::borrow::Cow;
use std::fmt;

/// Where in a body something stands.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'p> {
    /// The body itself.
    Root,
    /// A field of an object.
    Field(&'p Place<'p>, &'p str),
    /// An item of a list, from 0.
    Item(&'p Place<'p>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Place::Root, name) => f.write_str(name),
            Self::Field(of, name) => write!(f, "{of}.{name}"),
            Self::Item(of, number) => write!(f, "{of}[{number}]"),
        }
    }
}

impl Place<'_> {
    /// Says that what stands here cannot be.
    pub(crate) fn invalid(&self, why: impl fmt::Display) -> Problem {
        match self {
            Self::Root => Problem::new(Code::InvalidField, format!("the body: {why}")).at(""),
            _ => Problem::invalid(self.to_string(), why),
        }
    }
}

/// Something that can be read from a body.
pub(crate) trait Read<'a>: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong, and where.
    fn read(node: Node<'a>, at: &Place<'_>) -> Result<Self, Problem>;

    /// Returns what it is where nothing stands, if that may be.
    fn absent() -> Option<Self> {
        None
    }
}

/// What is left to read of an object's fields.
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Fields<'a> {
    /// Takes an object apart that may have these fields and no others.
    pub(crate) fn of(
        node: Node<'a>,
        at: &Place<'_>,
        known: &[&'static str],
    ) -> Result<Self, Problem> {
        let Node::Object(fields) = node else {
            return Err(at.invalid(format!("expected an object, found {}", node.what())));
        };
        let stranger = |(name, _): &&(Cow<'_, str>, Node<'_>)| !known.contains(&plain(name));
        if let Some((name, _)) = fields.iter().find(stranger) {
            return Err(unknown(name, at, known));
        }
        Ok(Self(fields))
    }

    /// Reads a field.
    pub(crate) fn take<T: Read<'a>>(
        &mut self,
        name: &'static str,
        at: &Place<'_>,
    ) -> Result<T, Problem> {
        let here = Place::Field(at, name);
        let found = self.0.iter().position(|(field, _)| field == name);
        match found.map(|place| self.0.swap_remove(place)) {
            Some((_, node)) => T::read(node, &here),
            None => T::absent().ok_or_else(|| {
                let field = here.to_string();
                Problem::new(Code::MissingField, format!("`{field}` is missing")).at(field)
            }),
        }
    }

    /// Takes the only field that is left, which must be one of these.
    pub(crate) fn only(
        self,
        at: &Place<'_>,
        names: &[&'static str],
    ) -> Result<(&'static str, Node<'a>), Problem> {
        let mut fields = self.0.into_iter();
        let expected = || format!("expected exactly one of `{}`", names.join("`, `"));
        let Some((name, node)) = fields.next() else {
            let problem = Problem::new(Code::MissingField, format!("`{at}`: {}", expected()));
            return Err(problem.at(at.to_string()));
        };
        match names.iter().find(|known| **known == name) {
            Some(known) if fields.next().is_none() => Ok((known, node)),
            _ => Err(at.invalid(expected())),
        }
    }
}

#[expect(clippy::ptr_arg, reason = "what is sorted are names as they were read")]
fn plain<'n>(name: &'n Cow<'_, str>) -> &'n str {
    name
}

fn unknown(name: &str, at: &Place<'_>, known: &[&'static str]) -> Problem {
    let short: String = name.chars().take(100).collect();
    let field = Place::Field(at, &short).to_string();
    let fields = match known {
        [] => "none".to_owned(),
        _ => known.join("`, `"),
    };
    let detail = match known {
        [] => format!("`{field}` is not known; there are no fields here"),
        _ => format!("`{field}` is not known; the fields here are `{fields}`"),
    };
    Problem::new(Code::UnknownField, detail).at(field)
}

/// Makes the type of a body with its reader and its documentation. A field of type `Option` may be absent or
/// null; any other must be there.
macro_rules! body {
    (
        $(#[$meta:meta])*
        struct $name:ident {
            $( $(#[$field_meta:meta])* $field:ident $(($wire:literal))? : $kind:ty, )*
        }
    ) => {
        #[derive(Debug, Clone, utoipa::ToSchema)]
        $(#[$meta])*
        pub(crate) struct $name {
            $( $( #[schema(rename = $wire)] )? $(#[$field_meta])* pub(crate) $field: $kind, )*
        }

        impl<'a> $crate::read::Read<'a> for $name {
            fn read(
                node: $crate::read::Node<'a>,
                at: &$crate::read::Place<'_>,
            ) -> Result<Self, $crate::problem::Problem> {
                const FIELDS: &[&str] = &[$( $crate::read::wire_name!($field $(, $wire)?) ),*];
                #[allow(unused_mut, reason = "a body may have no fields")]
                let mut fields = $crate::read::Fields::of(node, at, FIELDS)?;
                $( let $field = fields.take($crate::read::wire_name!($field $(, $wire)?), at)?; )*
                drop(fields);
                Ok(Self { $($field),* })
            }
        }
    };
}

/// Returns the name that a field has on the wire.
macro_rules! wire_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident, $wire:literal) => {
        $wire
    };
}

pub(crate) use body;
pub(crate) use wire_name;

#[cfg(test)]
mod tests;
