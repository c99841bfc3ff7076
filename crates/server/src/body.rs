//! Takes bodies in: their type, their size, their pace, and the idempotency key that comes with them.
//!
//! Owns: what arrives with a POST or PUT before it has a meaning. Does not own: that meaning (`read.rs`).
//! Invariant: a body is read only once its sender's right to send it was looked at.

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Code, Problem};
use crate::query::Params;
use crate::read::{Place, Read, parse};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use earnest_engine::Key;
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// The header of idempotency keys.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The type of a form's body.
const FORM: &str = "application/x-www-form-urlencoded";
/// The type of a form's body that brings files.
const FORM_WITH_FILES: &str = "multipart/form-data";
/// So many times what a body may have is read to its end and thrown away, so that the answer is seen.
const READ_ON: usize = 4;

/// What a route asks of the idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRule {
    /// It must be there.
    Required,
    /// It may be there.
    Optional,
    /// It must be there, and leave room for the numbers of a batch's commands.
    OfBatch,
}

impl KeyRule {
    const fn most(self) -> usize {
        match self {
            Self::Required | Self::Optional => 255,
            Self::OfBatch => 250,
        }
    }
}

/// A body that has arrived.
#[derive(Debug)]
pub(crate) struct Posted {
    bytes: Bytes,
    key: Option<Key>,
}

impl Posted {
    /// Takes in the body of a POST, with its idempotency key.
    ///
    /// # Errors
    /// When the key is missing or none, or the body is of another type, too large or too slow.
    pub(crate) async fn of(
        app: &App,
        caller: &Caller,
        request: Request,
        rule: KeyRule,
    ) -> Result<Self, Problem> {
        Params::of(request.uri(), &[])?;
        let key = idempotency_key(request.headers(), rule)?;
        let route = key
            .is_some()
            .then(|| format!("{} {}\n", request.method(), request.uri().path()));
        let most = match rule {
            KeyRule::OfBatch => app.settings.batch_body_most,
            _ => app.settings.body_most,
        };
        let bytes = take(request, most, app.settings.body_timeout).await?;
        let key = key.zip(route).map(|(key, route)| Key {
            space: caller.scope.space(),
            key,
            body: hash(&route, &bytes),
        });
        Ok(Self { bytes, key })
    }

    /// Takes in the body of a PUT or PATCH.
    ///
    /// # Errors
    /// When the body is of another type, too large or too slow.
    pub(crate) async fn put(app: &App, request: Request) -> Result<Self, Problem> {
        Params::of(request.uri(), &[])?;
        let bytes = take(request, app.settings.body_most, app.settings.body_timeout).await?;
        Ok(Self { bytes, key: None })
    }

    /// Returns the idempotency key.
    pub(crate) fn key(&mut self) -> Option<Key> {
        self.key.take()
    }

    /// Reads the body.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub(crate) fn read<'a, T: Read<'a>>(&'a self) -> Result<T, Problem> {
        let bytes: &[u8] = match self.bytes.is_empty() {
            // Where every field may be absent, the body may be.
            true => b"{}",
            false => &self.bytes,
        };
        T::read(parse(bytes)?, &Place::Root)
    }
}

fn idempotency_key(headers: &HeaderMap, rule: KeyRule) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = all.next() else {
        return match rule {
            KeyRule::Optional => Ok(None),
            _ => Err(Problem::new(
                Code::IdempotencyKeyMissing,
                "send an `Idempotency-Key` of your own, so that a repetition changes nothing twice",
            )
            .at("Idempotency-Key")),
        };
    };
    let is_visible = |byte: &u8| byte.is_ascii_graphic();
    let bytes = key.as_bytes();
    let right = (1..=rule.most()).contains(&bytes.len()) && bytes.iter().all(is_visible);
    match key.to_str() {
        Ok(key) if right && all.next().is_none() => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(
            Code::InvalidIdempotencyKey,
            format!(
                "an idempotency key here is 1 to {} visible ASCII characters, sent once",
                rule.most()
            ),
        )
        .at("Idempotency-Key")),
    }
}

/// Returns what tells this order from another under the same key: its route and its bytes.
fn hash(route: &str, bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(route.as_bytes());
    hash.update(bytes);
    hash.finalize().into()
}

/// Takes in the body of a form as it came.
///
/// # Errors
/// When it is no form, too large or too slow.
pub async fn form(app: &App, request: Request) -> Result<Bytes, Problem> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_form = kind.is_some_and(|kind| kind.starts_with(FORM.as_bytes()));
    if !is_form && !body.is_end_stream() {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            format!("send `Content-Type: {FORM}`"),
        ));
    }
    collect(body, app.settings.body_most, app.settings.body_timeout).await
}

/// A form that may bring files, as it came.
#[derive(Debug)]
pub enum Sent {
    /// One without files: its fields as in a query.
    Fields(Bytes),
    /// One whose parts stand between lines that begin with `--` and the boundary.
    Parts {
        /// What stands between parts.
        boundary: String,
        /// All of them.
        bytes: Bytes,
    },
}

/// Takes in the body of a form that may bring files, of at most so many bytes.
///
/// # Errors
/// When it is no form, too large or too slow.
pub async fn form_with_files(app: &App, request: Request, most: usize) -> Result<Sent, Problem> {
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_multipart = |kind: &str| {
        let (name, _) = kind.split_once(';').unwrap_or((kind, ""));
        name.trim().eq_ignore_ascii_case(FORM_WITH_FILES)
    };
    if !is_multipart(kind) {
        return Ok(Sent::Fields(form(app, request).await?));
    }
    let boundary = boundary(kind).ok_or_else(|| {
        let detail = format!("`Content-Type: {FORM_WITH_FILES}` names its boundary");
        Problem::new(Code::UnsupportedMediaType, detail)
    })?;
    let body = request.into_body();
    let bytes = collect_or_drain(body, most, app.settings.body_timeout).await?;
    Ok(Sent::Parts { boundary, bytes })
}

/// Returns the boundary that a type names (RFC 2046).
fn boundary(kind: &str) -> Option<String> {
    let mut rest = kind.split(';').skip(1);
    let named = rest.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then_some(value)
    })?;
    let named = named.trim().trim_matches('"');
    (1..=70).contains(&named.len()).then(|| named.to_owned())
}

/// Takes in a body; one that is too large is read on for a while, or a browser would show a broken connection and not
/// the answer.
async fn collect_or_drain(mut body: Body, most: usize, pace: Duration) -> Result<Bytes, Problem> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(announced.min(most));
    let mut size = 0_usize;
    while let Some(data) = next_data(&mut body, pace).await? {
        size = size.saturating_add(data.len());
        if size <= most {
            bytes.extend_from_slice(&data);
        } else if size > most.saturating_mul(READ_ON) {
            break;
        } else {
            bytes = Vec::new();
        }
    }
    match size <= most {
        true => Ok(Bytes::from(bytes)),
        false => Err(too_large(most)),
    }
}

/// Returns the next piece of a body; nothing at its end.
async fn next_data(body: &mut Body, pace: Duration) -> Result<Option<Bytes>, Problem> {
    loop {
        let frame = tokio::time::timeout(pace, body.frame()).await;
        let frame = frame
            .map_err(|_| Problem::new(Code::BodyTimeout, "the body stood still for too long"))?;
        let Some(frame) = frame else {
            return Ok(None);
        };
        let frame = frame.map_err(|_| {
            Problem::new(Code::InvalidJson, "the body ended before it was complete")
        })?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

/// Takes in a body of JSON, or an empty one.
async fn take(request: Request, most: usize, pace: Duration) -> Result<Bytes, Problem> {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if !is_json(&head.headers) {
        return Err(Problem::new(
            Code::UnsupportedMediaType,
            "send `Content-Type: application/json`",
        ));
    }
    let announced = body.size_hint().lower();
    if announced > u64::try_from(most).unwrap_or(u64::MAX) {
        return Err(too_large(most));
    }
    collect(body, most, pace).await
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let Some(kind) = types.next().and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let mut parts = kind.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let is_utf8 = |part: &str| match part.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    is_json && parts.all(is_utf8) && types.next().is_none()
}

async fn collect(mut body: Body, most: usize, pace: Duration) -> Result<Bytes, Problem> {
    let mut first: Option<Bytes> = None;
    let mut rest: Vec<u8> = Vec::new();
    while let Some(data) = next_data(&mut body, pace).await? {
        let so_far = first.as_ref().map_or(0, Bytes::len) + rest.len();
        if so_far + data.len() > most {
            return Err(too_large(most));
        }
        // One frame, the common case, is not copied.
        match (&first, rest.is_empty()) {
            (None, true) => first = Some(data),
            (Some(one), _) => {
                rest.extend_from_slice(one);
                rest.extend_from_slice(&data);
                first = None;
            }
            (None, false) => rest.extend_from_slice(&data),
        }
    }
    Ok(first.unwrap_or_else(|| Bytes::from(rest)))
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("a body here has at most {most} bytes"),
    )
}
