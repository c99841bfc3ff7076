//! Lists every route, on one page.
//!
//! Owns: which handler answers what. Does not own: any answer.

use crate::api::{
    answers, batches, campaigns, contracts, events, grants, health, keys, members, messages,
    policies, reports, seats, stream, webhooks,
};
use crate::app::App;
use crate::pages::Pages;
use crate::{docs, edge, metrics, openapi};
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

/// Returns the server as a service, for a connection or for a test: the API, and pages beside it.
pub fn router(app: App, pages: Pages) -> Router {
    let unknown = pages.unknown;
    Router::new()
        .merge(pages.routes)
        .merge(contract_routes())
        .merge(message_routes())
        .merge(member_routes())
        .merge(other_routes())
        .merge(webhooks::routes())
        .merge(stream::routes())
        .merge(metrics::routes())
        .fallback(move |request: Request| edge::unknown_route(request, unknown))
        .method_not_allowed_fallback(edge::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), edge::around))
        .with_state(app)
}

#[rustfmt::skip]
fn contract_routes() -> Router<App> {
    Router::new()
        .route("/v1/contracts", post(contracts::create_contract).get(contracts::list_contracts))
        .route("/v1/contracts/{contract}", get(contracts::get_contract))
        .route("/v1/contracts/{contract}/live", post(contracts::set_contract_live))
        .route("/v1/contracts/{contract}/cancel", post(contracts::cancel_contract))
        .route("/v1/contracts/{contract}/policies", post(contracts::add_contract_policy))
        .route("/v1/contracts/{contract}/seats", post(seats::add_seat).get(seats::list_seats))
        .route("/v1/contracts/{contract}/seats/{seat}", get(seats::get_seat).patch(seats::change_seat))
        .route("/v1/contracts/{contract}/grants", post(grants::make_grant).get(grants::list_grants))
        .route("/v1/contracts/{contract}/grants/{grant}", get(grants::get_grant).delete(grants::revoke_grant))
        .route("/v1/contracts/{contract}/balance", get(grants::get_balance))
        .route("/v1/contracts/{contract}/events", get(events::list_events))
        .route("/v1/contracts/{contract}/messages", get(messages::list_messages))
        .route("/v1/contracts/{contract}/reports/responses", get(reports::report_responses))
}

#[rustfmt::skip]
fn message_routes() -> Router<App> {
    Router::new()
        .route("/v1/messages", post(messages::send_message))
        .route("/v1/messages/preview", post(campaigns::preview_message))
        .route("/v1/messages/{message}", get(messages::get_message))
        .route("/v1/messages/{message}/explanation", get(messages::explain_message))
        .route("/v1/messages/{message}/response", post(answers::respond_to_message))
        .route("/v1/messages/{message}/seen", post(answers::mark_message_seen))
        .route("/v1/messages/{message}/report", post(answers::report_message))
        .route("/v1/messages/{message}/replies", post(answers::reply_to_message))
        .route("/v1/messages/{message}/conversation", get(answers::list_conversation))
        .route("/v1/campaigns", post(campaigns::send_campaign))
        .route("/v1/batches", post(batches::submit_batch))
}

#[rustfmt::skip]
fn member_routes() -> Router<App> {
    Router::new()
        .route("/v1/members/{member}/inbox", get(members::list_inbox))
        .route("/v1/members/{member}/preferences", get(members::get_preferences).put(members::set_preferences))
        .route("/v1/members/{member}/blocks", get(members::list_blocks).post(members::block_sender))
        .route("/v1/members/{member}/blocks/{block}", delete(members::unblock_sender))
}

#[rustfmt::skip]
fn other_routes() -> Router<App> {
    Router::new()
        .route("/v1/policies", get(policies::list_policies).post(policies::upload_policy))
        .route("/v1/policies/{policy}", get(policies::get_policy))
        .route("/v1/keys", get(keys::list_keys).post(keys::create_key))
        .route("/v1/keys/{key}", delete(keys::revoke_key))
        .route("/healthz", get(health::get_health))
        .route("/readyz", get(health::get_readiness))
        .route("/openapi.json", get(openapi::get_openapi))
        .route("/docs", get(docs::get_docs))
        .route("/docs/errors", get(docs::get_errors))
        .route("/docs/page.js", get(docs::get_script))
        .route("/docs/page.css", get(docs::get_style))
}
