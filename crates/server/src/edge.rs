//! Stands around every handler: gives each request an id, bounds how many are worked on, catches what breaks,
//! counts and logs.
//!
//! Owns: what holds for all requests alike. Does not own: any answer but those for too much work and for bugs.
//! Invariants: no body, key or secret is logged; a panic is answered with a 500 and logged once.

use crate::app::App;
use crate::problem::{Code, Problem};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};
use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes a request through.
pub(crate) async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let shown = id.to_str().unwrap_or_default();
    let span = tracing::info_span!("request", id = shown, method, route);
    let mut response = bounded(&app, route, request, next).instrument(span).await;
    let took = begun.elapsed();
    let status = response.status().as_u16();
    app.traffic().note(method, route, status, took);
    tracing::debug!(
        id = shown,
        method,
        route,
        status,
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request {shown}: {method} {route} {status}"
    );
    let headers = response.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(REQUEST_ID, id);
    response
}

/// Takes a request through unless too many are under way.
async fn bounded(app: &App, route: &str, request: Request, next: Next) -> Response {
    // Whoever watches the server must see it when it is busy, too.
    if matches!(route, "/healthz" | "/readyz" | "/metrics") {
        return caught(request, next).await;
    }
    match app.room().try_acquire() {
        Ok(_room) => caught(request, next).await,
        Err(_) => Problem::overloaded("too many requests are under way; try again in a second")
            .into_response(),
    }
}

async fn caught(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            tracing::error!("a handler broke: {}", text.unwrap_or("it does not say why"));
            Problem::internal().into_response()
        }
    }
}

/// Returns the id that the request brings, or makes one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_sane = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
        (1..=128).contains(&bytes.len()) && bytes.iter().all(is_plain)
    };
    let given = headers.get(REQUEST_ID).filter(is_sane);
    given.cloned().unwrap_or_else(make_id)
}

fn make_id() -> HeaderValue {
    static STATE: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = STATE.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    let text = format!("{id:016x}");
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-"))
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "-",
    }
}

/// Answers where there is no route: as a page where a browser asks, if there are pages.
pub(crate) async fn unknown_route(
    request: Request,
    pages: Option<fn(&Parts) -> Option<Response>>,
) -> Response {
    let (head, _) = request.into_parts();
    let is_page = !head.uri.path().starts_with("/v1/");
    if let Some(response) = pages.filter(|_| is_page).and_then(|page| page(&head)) {
        return response;
    }
    let path: String = head.uri.path().chars().take(200).collect();
    Problem::new(
        Code::UnknownRoute,
        format!("there is no route `{path}`; /openapi.json lists them"),
    )
    .into_response()
}

/// Answers where the route has other methods.
pub(crate) async fn method_not_allowed(request: Request) -> Problem {
    let method: String = request.method().as_str().chars().take(20).collect();
    Problem::new(
        Code::MethodNotAllowed,
        format!("the route does not take {method}; the `Allow` header says what it takes"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use earnest_engine::clock::{SystemClock, SystemRandom};
    use earnest_engine::{Engine, Options};
    use earnest_store::memory::MemoryStore;
    use std::sync::Arc;
    use tower::ServiceExt;

    async fn breaks() -> &'static str {
        panic!("as asked")
    }

    #[tokio::test]
    async fn a_handler_that_breaks_is_a_500_and_the_next_is_answered() {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(SystemClock);
        let engine = Engine::open(store, clock, Arc::new(SystemRandom), Options::default());
        let app = App::new(engine.await.unwrap(), Settings::default());
        let router = Router::new()
            .route("/v1/breaks", get(breaks))
            .route("/v1/holds", get(async || "well"))
            .layer(from_fn_with_state(app.clone(), around))
            .with_state(app.clone());
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request)
        };
        let broken = ask("/v1/breaks").await.unwrap();
        assert_eq!(broken.status().as_u16(), 500);
        assert!(broken.headers().contains_key(REQUEST_ID));
        let well = ask("/v1/holds").await.unwrap();
        assert_eq!(well.status().as_u16(), 200);
        assert_eq!(app.room().available_permits(), app.settings.requests_most);
        let counts = app.traffic().counts();
        assert!(counts["/v1/breaks"].contains_key(&("GET", 500)));
    }
}
