//! Reads query parameters and cursors, strictly.
//!
//! Owns: which parameters a list takes and how its pages are joined. Invariants: a parameter that is not known
//! or stands twice is a mistake; a cursor is good for the list it came from and no other, filters included.

use crate::problem::{Code, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use earnest_core::Status;
use earnest_core::units::Timestamp;
use hyper::Uri;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

const LIMIT_MOST: usize = 200;
const LIMIT: usize = 50;
/// How many bytes of a list's hash stand in its cursors.
const IDENTITY: usize = 9;

/// The parameters of a request's query.
#[derive(Debug)]
pub(crate) struct Params<'q> {
    path: &'q str,
    given: Vec<(Cow<'q, str>, Cow<'q, str>)>,
}

impl<'q> Params<'q> {
    /// Reads the parameters, of which these are known.
    ///
    /// # Errors
    /// When one is not known, or stands twice.
    pub(crate) fn of(uri: &'q Uri, known: &[&str]) -> Result<Self, Problem> {
        let query = uri.query().unwrap_or_default();
        let mut given: Vec<(Cow<'q, str>, Cow<'q, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&&*name) {
                let short: String = name.chars().take(100).collect();
                let detail = match known {
                    [] => format!("`{short}` is not known; there are no parameters here"),
                    _ => format!(
                        "`{short}` is not known; the parameters here are `{}`",
                        known.join("`, `")
                    ),
                };
                return Err(Problem::new(Code::UnknownParameter, detail).at(short));
            }
            if given.iter().any(|(before, _)| *before == name) {
                return Err(Problem::parameter(&name, "it stands twice"));
            }
            given.push((name, value));
        }
        Ok(Self {
            path: uri.path(),
            given,
        })
    }

    /// Returns a parameter's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.given.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| &**value)
    }

    /// Reads a parameter.
    ///
    /// # Errors
    /// When it has a value that it cannot have.
    pub(crate) fn read<T, E: std::fmt::Display>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        let read = self.text(name).map(read).transpose();
        read.map_err(|why| Problem::parameter(name, why))
    }

    /// Reads an instant. A `+` that was not escaped has become a space, which no instant has.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.read(name, |text| Timestamp::parse(&text.replace(' ', "+")))
    }

    /// Reads a status.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn status(&self) -> Result<Option<Status>, Problem> {
        const ALL: [Status; 3] = [Status::Pending, Status::Responded, Status::Lapsed];
        self.read("status", |text| {
            let found = ALL.into_iter().find(|status| status.name() == text);
            found.ok_or("expected one of `pending`, `responded`, `lapsed`")
        })
    }

    /// Reads how many items a page has at most.
    ///
    /// # Errors
    /// When it is not 1 to 200.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.read("limit", |text| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let limit = text.parse().ok().filter(|_| digits);
            limit
                .filter(|limit| (1..=LIMIT_MOST).contains(limit))
                .ok_or(format!("expected a whole number from 1 to {LIMIT_MOST}"))
        })?;
        Ok(limit.unwrap_or(LIMIT))
    }

    /// Reads where the page begins, as the list's own text for it.
    ///
    /// # Errors
    /// When the cursor is not of this list.
    pub(crate) fn place(&self) -> Result<Option<String>, Problem> {
        let Some(cursor) = self.text("cursor") else {
            return Ok(None);
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let place = bytes.as_deref().and_then(|bytes| {
            let (identity, place) = bytes.split_at_checked(IDENTITY)?;
            (identity == self.identity()).then_some(place)
        });
        let place = place.and_then(|place| String::from_utf8(place.to_vec()).ok());
        place.map(Some).ok_or_else(invalid_cursor)
    }

    /// Reads where the page begins, where that is a number.
    ///
    /// # Errors
    /// When the cursor is not of this list.
    pub(crate) fn number(&self) -> Result<Option<u64>, Problem> {
        let place = self.place()?;
        let number = place.map(|place| place.parse());
        number.transpose().map_err(|_| invalid_cursor())
    }

    /// Makes the cursor of a place in this list.
    pub(crate) fn cursor(&self, place: impl std::fmt::Display) -> String {
        let mut bytes = self.identity().to_vec();
        bytes.extend(place.to_string().into_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Puts a page together.
    pub(crate) fn page<T, P: std::fmt::Display>(&self, items: Vec<T>, next: Option<P>) -> List<T> {
        List {
            items,
            next_cursor: next.map(|place| self.cursor(place)),
        }
    }

    /// Returns what tells this list from others: its path and its filters.
    fn identity(&self) -> [u8; IDENTITY] {
        let mut filters: Vec<_> = self
            .given
            .iter()
            .filter(|(name, _)| name != "limit" && name != "cursor")
            .collect();
        filters.sort();
        let mut hash = Sha256::new();
        hash.update(self.path.as_bytes());
        for (name, value) in filters {
            hash.update([0]);
            hash.update(name.as_bytes());
            hash.update([1]);
            hash.update(value.as_bytes());
        }
        let mut identity = [0; IDENTITY];
        for (to, from) in identity.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        identity
    }
}

/// Says that a cursor is not of this list.
pub(crate) fn invalid_cursor() -> Problem {
    Problem::new(
        Code::InvalidCursor,
        "the cursor is not of this list; send the `next_cursor` of an earlier page, with the same parameters",
    )
    .at("cursor")
}

/// A page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct List<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// From where the next page goes on; null on the last one.
    pub(crate) next_cursor: Option<String>,
}

/// What every list takes.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `Params` reads")]
pub(crate) struct Page {
    /// How many items a page has at most: 1 to 200, 50 where it is absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// The `next_cursor` of an earlier page of the same list, with the same parameters.
    cursor: Option<String>,
}
