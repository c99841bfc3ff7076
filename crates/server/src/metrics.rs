//! Shows operators what is going on, in the text format of Prometheus.
//!
//! Owns: the names of the figures, and gathering them when they are asked for. Does not own: counting.
//! Invariants: no figure names a contract, a member or a message; asking costs the store one look.

mod figures;
mod process;

use crate::app::App;
use crate::problem::Problem;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use earnest_engine::Failure;
use figures::Figures;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;

/// Returns the routes of this file.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(read_metrics))
}

/// Shows the figures of this process and of its store.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses((status = 200, description = "Figures, in the text format of Prometheus", content_type = "text/plain", body = String)))]
pub(crate) async fn read_metrics(State(app): State<App>) -> Result<Response, Problem> {
    let mut registry = Registry::with_prefix("earnest");
    registry.register_collector(Box::new(Figures::gather(&app).await));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry)
        .map_err(|error| Failure::Internal(format!("figures cannot be written: {error}")))?;
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static(prometheus_text::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}
