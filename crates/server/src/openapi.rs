//! Describes the API: OpenAPI 3.1, made from the handlers and the bodies they read and write.
//!
//! Owns: what all routes have in common, which no handler repeats: the path's parameters, the idempotency key,
//! the problems, the security scheme. Invariant: the committed `openapi.json` is what this makes; a test says so.

use crate::api::{
    answers, batches, campaigns, contracts, events, grants, health, keys, members, messages,
    policies, reports, seats, stream, webhooks,
};
use crate::problem::ProblemBody;
use crate::{docs, metrics};
use axum::body::{Body, Bytes};
use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use std::sync::LazyLock;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, PathItem, Ref, RefOr, Required};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Earnest",
        description = "The open engine for cold messages with a credit at stake. Every request carries `Authorization: Bearer KEY`; every POST takes an `Idempotency-Key`; lists are paged by `limit` and `cursor`; instants are RFC 3339; errors are problems (RFC 9457) with a stable `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(),
    ),
    tags(
        (name = "contracts", description = "A customer's agreement: a pool of credits, its seats, its policy"),
        (name = "seats", description = "Who sends: limits and standing"),
        (name = "credits", description = "Grants, the balance, the ledger"),
        (name = "messages", description = "Sending, and what becomes of it"),
        (name = "answers", description = "What recipients do, and the conversation that follows"),
        (name = "batches", description = "Many commands in one call"),
        (name = "members", description = "The recipient's side"),
        (name = "reports", description = "How messages were answered"),
        (name = "policies", description = "The rules, as data"),
        (name = "webhooks", description = "Events, delivered to receivers or as a stream"),
        (name = "keys", description = "Who may call"),
        (name = "health", description = "For whoever runs the server"),
    ),
    paths(
        contracts::create_contract, contracts::list_contracts, contracts::get_contract,
        contracts::set_contract_live, contracts::cancel_contract, contracts::add_contract_policy,
        seats::add_seat, seats::list_seats, seats::get_seat, seats::change_seat,
        grants::make_grant, grants::list_grants, grants::get_grant, grants::revoke_grant, grants::get_balance,
        events::list_events,
        messages::send_message, messages::get_message, messages::explain_message, messages::list_messages,
        campaigns::send_campaign, campaigns::preview_message,
        answers::respond_to_message, answers::mark_message_seen, answers::report_message,
        answers::reply_to_message, answers::list_conversation,
        batches::submit_batch,
        members::list_inbox, members::get_preferences, members::set_preferences,
        members::list_blocks, members::block_sender, members::unblock_sender,
        reports::report_responses,
        policies::list_policies, policies::get_policy, policies::upload_policy,
        webhooks::create_webhook, webhooks::list_webhooks, webhooks::get_webhook, webhooks::change_webhook,
        webhooks::delete_webhook, webhooks::rotate_webhook, webhooks::list_deliveries, webhooks::replay_deliveries,
        stream::follow_stream,
        keys::list_keys, keys::create_key, keys::revoke_key,
        health::get_health, health::get_readiness, metrics::read_metrics,
        get_openapi, docs::get_docs, docs::get_errors, docs::get_script, docs::get_style,
    ),
    components(schemas(ProblemBody)),
    security(("key" = [])),
    modifiers(&Common),
)]
struct Api;

/// Adds what all routes have in common.
struct Common;

/// The parts of paths, with what they name.
const NAMES: [(&str, &str); 10] = [
    ("contract", "The contract's id"),
    ("seat", "The seat's id"),
    ("grant", "The grant's id"),
    ("message", "The message's id"),
    ("member", "The member's id"),
    ("block", "The block's id"),
    ("policy", "The policy's name"),
    ("key", "The key's id"),
    ("webhook", "The webhook's id"),
    ("delivery", "The delivery's id"),
];

/// The routes whose POST needs an idempotency key.
const KEY_REQUIRED: [&str; 5] = [
    "/v1/contracts/{contract}/grants",
    "/v1/messages",
    "/v1/campaigns",
    "/v1/batches",
    "/v1/messages/{message}/response",
];

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        let key = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", key);
        for (path, item) in &mut document.paths.paths {
            complete(path, item);
        }
    }
}

fn complete(path: &str, item: &mut PathItem) {
    let post = item.post.as_mut();
    if let Some(operation) = post.filter(|_| path.starts_with("/v1/")) {
        let parameter = idempotency_key(KEY_REQUIRED.contains(&path));
        operation
            .parameters
            .get_or_insert_default()
            .push(RefOr::T(parameter));
        problem(
            operation,
            "409",
            "The idempotency key was used with another body",
        );
    }
    let writing = [&mut item.post, &mut item.put, &mut item.patch];
    for operation in writing.into_iter().flatten() {
        problem(operation, "413", "The body is too large");
        problem(operation, "415", "The body's type is not JSON");
        problem(
            operation,
            "422",
            "A rule is against it, or the body names what is not there",
        );
    }
    let all = [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ];
    for operation in all.into_iter().flatten() {
        name_parts(path, operation);
        if path.starts_with("/v1/") {
            problem(
                operation,
                "400",
                "The request has a mistake; `field` names its place",
            );
            problem(operation, "401", "No valid key");
            problem(operation, "403", "The key's scope never allows this");
            problem(
                operation,
                "404",
                "What the path names is not there, or beyond the key's reach",
            );
            problem(
                operation,
                "429",
                "The key makes too many requests, where that is limited",
            );
            problem(
                operation,
                "503",
                "Too much to do, or the store cannot be reached; try again",
            );
        }
    }
}

/// Documents the parameters in the path.
fn name_parts(path: &str, operation: &mut Operation) {
    let parts = path.split('/');
    let parts = parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<RefOr<Parameter>> = parts
        .map(|part| {
            let known = NAMES.iter().find(|(name, _)| *name == part);
            let parameter = ParameterBuilder::new()
                .name(part)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(known.map(|(_, what)| *what))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .build();
            RefOr::T(parameter)
        })
        .collect();
    let given = operation.parameters.take().unwrap_or_default();
    let is_new = |it: &RefOr<Parameter>| match it {
        RefOr::T(it) => it.parameter_in != ParameterIn::Path,
        RefOr::Ref(_) => true,
    };
    parameters.extend(given.into_iter().filter(is_new));
    operation.parameters = Some(parameters).filter(|all| !all.is_empty());
}

fn idempotency_key(required: bool) -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(match required {
            true => Required::True,
            false => Required::False,
        })
        .description(Some(
            "1 to 255 visible ASCII characters, for a batch at most 250: the same key with the same body is answered as it was first, with `Idempotency-Replayed: true`",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(255)),
        ))
        .build()
}

/// Documents a problem, where the handler does not.
fn problem(operation: &mut Operation, status: &str, what: &str) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(what)
        .content("application/problem+json", content)
        .build();
    operation
        .responses
        .responses
        .entry(status.to_owned())
        .or_insert(RefOr::T(response));
}

/// Returns the description of the API, as `/openapi.json` answers it.
#[must_use]
pub fn document() -> String {
    let mut text = Api::openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Describes the API.
#[utoipa::path(get, path = "/openapi.json", tag = "health", security(()),
    responses((status = 200, description = "This document", body = Object)))]
pub(crate) async fn get_openapi() -> Response {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(document()));
    let mut response = Response::new(Body::from(DOCUMENT.clone()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
