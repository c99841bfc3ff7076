//! Answers with JSON, and reads what paths name.

use crate::access::Caller;
use crate::app::App;
use crate::problem::{Code, Problem};
use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use axum::response::Response;
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::{Done, Failure, Key, Order, What};
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The header by which a replayed answer is known.
pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What a handler answers with.
pub(crate) type Answer = Result<Response, Problem>;

/// Answers with a body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(body)
        .map_err(|error| Failure::Internal(format!("an answer cannot be written: {error}")))?;
    let mut response = Response::new(Body::new(Full::from(bytes)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Answers with a body that may have been given before.
pub(crate) fn once(status: StatusCode, replayed: bool, body: &impl Serialize) -> Answer {
    let mut response = json(status, body)?;
    if replayed {
        response
            .headers_mut()
            .insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Answers with nothing.
pub(crate) fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// What a path names, as texts.
#[derive(Debug)]
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(names)) => Ok(Self(names)),
            // Bytes that are no text, and so no id.
            Err(_) => Err(Problem::new(
                Code::NotFound,
                "the path names nothing that is there",
            )),
        }
    }
}

/// Looks whether the caller may say when something happened.
///
/// # Errors
/// 403 for all but import keys.
pub(crate) fn may_say_when(caller: &Caller, at: Option<Timestamp>) -> Result<(), Problem> {
    if at.is_none() || matches!(caller.scope, earnest_engine::keys::Scope::Import) {
        return Ok(());
    }
    Err(Problem::new(
        Code::AtNotAllowed,
        "`at` is for keys with the scope `import`, which tell a history; for others it is now",
    )
    .at("at"))
}

/// Makes an order of the caller.
pub(crate) fn order(
    caller: &Caller,
    contract: ContractId,
    what: What,
    at: Option<Timestamp>,
    key: Option<Key>,
) -> Order {
    Order {
        contract,
        what,
        author: caller.author(),
        at,
        key,
    }
}

/// Says that an order was answered with something else than it asks for.
pub(crate) fn wrong_reply() -> Problem {
    Failure::Internal("an order was answered with another kind of answer".to_owned()).into()
}

/// Takes one kind of answer out of what an order was answered with.
macro_rules! reply {
    ($done:expr, $kind:ident) => {{
        let done: earnest_engine::Done = $done;
        match done.reply {
            earnest_engine::Reply::$kind(record) => (record, done.replayed),
            _ => return Err($crate::answer::wrong_reply()),
        }
    }};
}

pub(crate) use reply;

/// Gives an order.
///
/// # Errors
/// Why it was not carried out.
pub(crate) async fn give(app: &App, caller: &Caller, order: Order) -> Result<Done, Failure> {
    if let Some(key) = &order.key {
        app.refuse_kept(key).await?;
    }
    app.engine.submit_asked(order, caller.asked).await
}
