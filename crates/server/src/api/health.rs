//! Says whether the server lives, and whether it can serve.

use crate::answer::{Answer, json};
use crate::app::App;
use crate::problem::{Code, Problem, ProblemBody};
use axum::extract::State;
use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// `ok`, or `ready`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Says that the server lives.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()),
    responses((status = 200, description = "It lives", body = HealthBody)))]
pub(crate) async fn get_health() -> Answer {
    json(StatusCode::OK, &HealthBody { status: "ok" })
}

/// Says whether the server can serve: its store answers, and it is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()),
    responses((status = 200, description = "It can serve", body = HealthBody),
        (status = 503, description = "It cannot", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn get_readiness(State(app): State<App>) -> Answer {
    if *app.stopping().borrow() {
        return Err(Problem::new(
            Code::Unavailable,
            "the server is about to stop",
        ));
    }
    app.engine.refresh().await?;
    app.engine
        .store()
        .head()
        .await
        .map_err(earnest_engine::Failure::from)?;
    json(StatusCode::OK, &HealthBody { status: "ready" })
}
