//! The stream of events, as server-sent events.
//!
//! Owns: the wire of the stream, and when it ends. Does not own: what comes next ([`earnest_engine::stream`]).
//! Invariants: nothing is read for a reader before the last of it was taken; a stream ends within seconds of
//! its key's revocation, and when the server is to stop.

use crate::access::{Caller, Operation};
use crate::app::App;
use crate::problem::{Code, Problem};
use crate::query::Params;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use earnest_core::units::ContractId;
use earnest_engine::stream::{Follow, Followed, Place, Whose};
use earnest_engine::webhooks::{EVENT_TYPES, event_type, listed_event};
use earnest_engine::{Engine, Failure};
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Uri};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use utoipa::IntoParams;

const LAST_EVENT_ID: &str = "last-event-id";
/// Keeps proxies from gathering the stream.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// How often something is sent that says that the stream is alive.
const BEAT: Duration = Duration::from_secs(15);
/// How often is looked whether the key is still good.
const LOOK_AT_KEY: Duration = Duration::from_secs(1);
/// How long a reader waits before it comes back, in milliseconds.
const COME_BACK: &str = "retry: 1000\n\n";

/// Returns the routes of this file.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/v1/stream", get(follow_stream))
}

/// The parameters of the stream.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `Params` reads")]
pub(crate) struct StreamQuery {
    /// Only this contract's events. A contract's key follows its own in any case.
    contract: Option<String>,
    /// Only events of these types, with commas between.
    types: Option<String>,
    /// The id of the last event that arrived, where the header `Last-Event-ID` cannot be sent.
    last_event_id: Option<String>,
}

/// Follows events as server-sent events: those after `Last-Event-ID`, or those that happen from now on.
#[utoipa::path(get, path = "/v1/stream", tag = "stream", params(StreamQuery),
    responses((status = 200, description = "Events as they happen", content_type = "text/event-stream", body = String)))]
pub(crate) async fn follow_stream(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    caller.may(Operation::ReadStream)?;
    let params = Params::of(&uri, &["contract", "types", "last_event_id"])?;
    let whose = whose(&caller, &params)?;
    let after = place(&whose, &params, &headers)?;
    let types = params.read("types", read_types)?;
    let follow = app.engine.follow(whose, after, types).await;
    let follow = follow.map_err(|failure| match failure {
        Failure::Invalid { field, why } => Problem::parameter(field, why),
        Failure::UnknownContract(id) => unknown(id.as_str()),
        failure => failure.into(),
    })?;
    let told = Telling {
        follow,
        engine: app.engine.clone(),
        key: key(&headers),
        stopping: app.stopping(),
        beat: Instant::now() + BEAT,
        look: Instant::now() + LOOK_AT_KEY,
        has_begun: false,
    };
    Ok(respond(told))
}

/// Returns whose events the caller follows.
fn whose(caller: &Caller, params: &Params<'_>) -> Result<Whose, Problem> {
    let asked = params.read("contract", |text| ContractId::new(text))?;
    match (asked, caller.only_contract()) {
        (Some(asked), _) if !caller.reaches_contract(&asked) => Err(unknown(asked.as_str())),
        (Some(asked), _) => Ok(Whose::Contract(asked)),
        (None, Some(own)) => Ok(Whose::Contract(own.clone())),
        (None, None) => Ok(Whose::All),
    }
}

fn unknown(contract: &str) -> Problem {
    Problem::not_found("contract", contract).at("contract")
}

/// Returns after which event the caller goes on.
fn place(
    whose: &Whose,
    params: &Params<'_>,
    headers: &HeaderMap,
) -> Result<Option<Place>, Problem> {
    const WHY: &str = "it is no id of an event of this stream";
    let header = headers.get(LAST_EVENT_ID).filter(|it| !it.is_empty());
    if let Some(header) = header {
        let place = header.to_str().ok().and_then(|text| whose.place(text));
        let wrong = || Problem::new(Code::InvalidHeader, WHY).at("Last-Event-ID");
        return place.map(Some).ok_or_else(wrong);
    }
    params.read("last_event_id", |text| whose.place(text).ok_or(WHY))
}

fn read_types(text: &str) -> Result<BTreeSet<String>, String> {
    let types: BTreeSet<String> = text.split(',').map(str::to_owned).collect();
    match types.iter().find(|it| !EVENT_TYPES.contains(&it.as_str())) {
        None => Ok(types),
        Some(wrong) => {
            let wrong: String = wrong.chars().take(100).collect();
            let all = EVENT_TYPES.join("`, `");
            Err(format!("`{wrong}` is no type of events; there are `{all}`"))
        }
    }
}

/// Returns the text of the caller's key, which was looked at already.
fn key(headers: &HeaderMap) -> String {
    let header = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let key = header.and_then(|it| it.split_once(' '));
    key.map_or("", |(_, key)| key.trim()).to_owned()
}

fn respond(told: Telling) -> Response {
    let stream = futures_util::stream::unfold(told, |mut told| async {
        let bytes = told.next().await?;
        Some((Ok::<_, Infallible>(bytes), told))
    });
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        (BUFFERING, "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A stream that is being told.
struct Telling {
    follow: Follow,
    engine: Engine,
    key: String,
    stopping: watch::Receiver<bool>,
    beat: Instant,
    look: Instant,
    has_begun: bool,
}

impl Telling {
    /// Returns what is sent next, or nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.has_begun {
            self.has_begun = true;
            return Some(Bytes::from_static(COME_BACK.as_bytes()));
        }
        loop {
            // A reader whom events never leave idle is looked at, too.
            if Instant::now() >= self.look && !self.may_go_on().await {
                return None;
            }
            let came = tokio::select! {
                biased;
                _ = self.stopping.wait_for(|stop| *stop) => return None,
                events = self.follow.next() => Some(events),
                () = sleep_until(self.look) => continue,
                () = sleep_until(self.beat) => None,
            };
            self.beat = Instant::now() + BEAT;
            return match came {
                Some(events) => written(events),
                None => Some(Bytes::from_static(b": beat\n\n")),
            };
        }
    }

    /// Looks whether the key is still good.
    async fn may_go_on(&mut self) -> bool {
        self.look = Instant::now() + LOOK_AT_KEY;
        // While the store cannot be reached nothing is told anyway.
        !matches!(self.engine.authenticate(&self.key).await, Ok(None))
    }
}

fn written(events: Result<Vec<Followed>, Failure>) -> Option<Bytes> {
    let written = events.and_then(|events| write(&events));
    // Who is cut off comes back, and goes on where it was.
    written
        .inspect_err(|failure| tracing::warn!("a stream ends: {failure}"))
        .ok()
}

fn write(events: &[Followed]) -> Result<Bytes, Failure> {
    let mut text = String::new();
    for it in events {
        let listed = listed_event(&it.contract, it.seq, &it.event)?;
        let data = serde_json::to_string(&listed);
        let data = data.map_err(|error| Failure::Internal(error.to_string()))?;
        let name = event_type(&it.event.fact);
        text.push_str(&format!(
            "id: {}\nevent: {name}\ndata: {data}\n\n",
            it.place
        ));
    }
    Ok(Bytes::from(text))
}
