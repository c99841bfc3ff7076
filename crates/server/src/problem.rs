//! Answers with problems: RFC 9457 documents with a stable code.
//!
//! Owns: every code of the API, and the one place that gives each its status. Does not own: why something was
//! refused. Invariant: what does not exist and what a key may not see give the same bytes.

mod codes;

pub use codes::{CODES, Code, CodeEntry};

use axum::response::{IntoResponse, Response};
use earnest_core::explain::Explanation;
use earnest_core::refusal::{Malformed, Refusal};
use earnest_engine::{Failure, Refused};
use http_body_util::Full;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use std::borrow::Cow;

/// Why a request was not answered as it hoped.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The code, which has the status.
    pub code: Code,
    /// What is wrong here, in a sentence.
    pub detail: Cow<'static, str>,
    /// The place in the request that is wrong: a field's path, a parameter or a header.
    pub field: Option<String>,
    /// The story of a refusal.
    pub explanation: Option<Box<Explanation>>,
    /// After how many seconds it may be tried again.
    pub retry_after: Option<u64>,
}

/// Why a request was not answered as it hoped (RFC 9457).
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "documents what `Problem` writes")]
pub(crate) struct ProblemBody {
    /// Where the code is described.
    #[schema(example = "/docs/errors#insufficient_credits")]
    r#type: String,
    /// What the code means, in a few words.
    #[schema(example = "too few credits")]
    title: String,
    /// The status.
    #[schema(example = 422, minimum = 100, maximum = 599)]
    status: u16,
    /// The code: stable, what programs rely on.
    #[schema(example = "insufficient_credits")]
    code: String,
    /// What is wrong here, in a sentence.
    #[schema(example = "the message stakes 1 and the contract has 0 available")]
    detail: String,
    /// The place in the request that is wrong.
    field: Option<String>,
    /// The story of a refusal: by which rule, with which figures and instants, and what would change it.
    #[schema(value_type = Option<Object>)]
    explanation: Option<()>,
}

/// What a path names: what is missing of these is a 404, of others a 422.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A contract.
    Contract,
    /// A seat.
    Seat,
    /// A grant.
    Grant,
    /// A message.
    Message,
    /// A policy.
    Policy,
}

impl Named {
    const fn noun(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Seat => "seat",
            Self::Grant => "grant",
            Self::Message => "message",
            Self::Policy => "policy",
        }
    }
}

impl Problem {
    /// Makes a problem of a code.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            explanation: None,
            retry_after: None,
        }
    }

    /// Names the place in the request that is wrong.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says that a field has a value that it cannot have.
    #[must_use]
    pub fn invalid(field: impl Into<String>, why: impl std::fmt::Display) -> Self {
        let field = field.into();
        Self::new(Code::InvalidField, format!("`{field}`: {why}")).at(field)
    }

    /// Says that a query parameter has a value that it cannot have.
    #[must_use]
    pub fn parameter(name: &str, why: impl std::fmt::Display) -> Self {
        Self::new(Code::InvalidParameter, format!("`{name}`: {why}")).at(name)
    }

    /// Says that what a path names is not there, or is beyond the key's reach.
    #[must_use]
    pub fn not_found(what: &str, id: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no {what} `{id}`"))
    }

    /// Says that there is no such contract, in a body.
    #[must_use]
    pub fn unknown_contract(id: &str) -> Self {
        Self::new(
            Code::UnknownContract,
            format!("there is no contract `{id}`"),
        )
    }

    /// Says that there is no such seat, in a body.
    #[must_use]
    pub fn unknown_seat(id: &str) -> Self {
        Self::new(
            Code::UnknownSeat,
            format!("the contract has no seat `{id}`"),
        )
    }

    /// Says that there is no such message, in a body.
    #[must_use]
    pub fn unknown_message(id: &str) -> Self {
        Self::new(Code::UnknownMessage, format!("there is no message `{id}`"))
    }

    /// Turns a failure into a problem where the path named some of the things that can be missing.
    #[must_use]
    pub fn on_path(failure: Failure, named: &[Named]) -> Self {
        match missing(&failure) {
            Some((what, id)) if named.contains(&what) => Self::not_found(what.noun(), &id),
            _ => failure.into(),
        }
    }

    /// Says that the server is at its limit.
    #[must_use]
    pub fn overloaded(detail: impl Into<Cow<'static, str>>) -> Self {
        let mut problem = Self::new(Code::Overloaded, detail);
        problem.retry_after = Some(1);
        problem
    }

    /// Says that something is wrong with this server, and nothing more: the log has the rest.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            Code::Internal,
            "something is wrong with this server; its log says what, under this request's id",
        )
    }
}

/// Returns what a failure says is not there.
fn missing(failure: &Failure) -> Option<(Named, String)> {
    match failure {
        Failure::UnknownContract(id) => Some((Named::Contract, id.to_string())),
        Failure::UnknownMessage(id) => Some((Named::Message, id.to_string())),
        Failure::UnknownPolicy(name) => Some((Named::Policy, name.clone())),
        Failure::Refused(refused) => match &refused.refusal {
            Refusal::UnknownSeat(id) => Some((Named::Seat, id.to_string())),
            Refusal::UnknownGrant(id) => Some((Named::Grant, id.to_string())),
            Refusal::UnknownMessage(id) => Some((Named::Message, id.to_string())),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the field that a malformed command has wrong.
const fn malformed_field(malformed: &Malformed) -> Option<&'static str> {
    match malformed {
        Malformed::NoCredits => Some("credits"),
        Malformed::EndsBeforeStart { .. } => Some("expires_at"),
        Malformed::VersionInThePast { .. } => Some("effective_at"),
        Malformed::TooManyVersions | Malformed::ReturnedAtSend => Some("policy"),
        Malformed::NoRecipients => Some("to"),
        Malformed::NoPrice => Some("price"),
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refused) => {
                let Refused {
                    refusal,
                    explanation,
                } = *refused;
                let mut problem = Self::new(Code::of_refusal(&refusal), refusal.to_string());
                problem.explanation = Some(Box::new(explanation));
                problem
            }
            Failure::Malformed(malformed) => {
                let problem = Self::new(Code::InvalidField, malformed.to_string());
                match malformed_field(&malformed) {
                    Some(field) => problem.at(field),
                    None => problem,
                }
            }
            Failure::Invalid { field, why } => Self::invalid(field, why),
            Failure::DuplicateId(_) => Self::new(Code::DuplicateId, failure.to_string()),
            Failure::UnknownContract(id) => Self::unknown_contract(id.as_str()),
            Failure::UnknownMessage(id) => Self::unknown_message(id.as_str()),
            Failure::UnknownPolicy(_) => Self::new(Code::UnknownPolicy, failure.to_string()),
            Failure::Unknown { kind, ref id } => Self::not_found(kind, id),
            Failure::PolicyMistakes(_) => Self::new(Code::InvalidPolicy, failure.to_string()),
            Failure::KeyReused => Self::new(Code::IdempotencyKeyReused, failure.to_string()),
            Failure::Overloaded => Self::overloaded(failure.to_string()),
            Failure::Unavailable(_) => {
                tracing::error!("the store fails: {failure}");
                let mut problem = Self::new(
                    Code::Unavailable,
                    "what is kept cannot be reached just now; nothing has changed",
                );
                problem.retry_after = Some(1);
                problem
            }
            Failure::Internal(_) => {
                tracing::error!("{failure}");
                Self::internal()
            }
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let code = self.code.code();
        let mut out = to.serialize_struct("Problem", 7)?;
        out.serialize_field("type", &format_args!("/docs/errors#{code}"))?;
        out.serialize_field("title", self.code.title())?;
        out.serialize_field("status", &self.code.status())?;
        out.serialize_field("code", code)?;
        out.serialize_field("detail", &self.detail)?;
        if let Some(field) = &self.field {
            out.serialize_field("field", field)?;
        }
        if let Some(explanation) = &self.explanation {
            out.serialize_field("explanation", explanation)?;
        }
        out.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(axum::body::Body::new(Full::from(body)));
        *response.status_mut() = self.code.status_code();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self.code {
            Code::Unauthorized => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Code::BodyTimeout => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}
