//! Lists every page, on one page.
//!
//! Owns: which handler shows what. Does not own: any page.

use crate::lab::Lab;
use crate::live::{self, Hub};
use crate::pages::{
    ask, bulk, compose, contracts, credits, documents, format, grants, inbox, keys, lab, lab_run,
    ledger, letter, message, overview, policies, policy, preferences, seats, sent, standing,
    webhooks,
};
use crate::{assets, layout, sign_in};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
use earnest_server::{App, Pages};
use http::header::ACCEPT;
use http::request::Parts;
use http::{Method, StatusCode};
use maud::html;

macro_rules! paths {
    ($($path:literal => $handler:expr;)*) => {
        /// Every path that pages are served at.
        pub const PATHS: &[&str] = &[$($path),*];

        fn table() -> Vec<(&'static str, MethodRouter<App>)> {
            vec![$(($path, $handler)),*]
        }
    };
}

paths! {
    "/" => get(sign_in::get_home);
    "/sign-in" => get(sign_in::get_sign_in).post(sign_in::post_sign_in);
    "/sign-in/link/{token}" => get(sign_in::get_link).post(sign_in::post_link);
    "/sign-in/host" => get(sign_in::get_host);
    "/sign-out" => post(sign_in::post_sign_out);
    "/live" => get(live::get_live);
    "/assets/{name}" => get(assets::get_asset);
    "/contracts" => get(contracts::get_contracts).post(contracts::post_contracts);
    "/contracts/{contract}" => get(overview::get_overview);
    "/contracts/{contract}/seats" => get(seats::get_seats).post(seats::post_seats);
    "/contracts/{contract}/messages" => get(sent::get_messages);
    "/contracts/{contract}/grants" => get(grants::get_grants).post(grants::post_grants);
    "/contracts/{contract}/ledger" => get(ledger::get_ledger);
    "/contracts/{contract}/ledger.csv" => get(ledger::get_ledger_csv);
    "/contracts/{contract}/policy" => get(policy::get_policy).post(policy::post_policy);
    "/contracts/{contract}/webhooks" => get(webhooks::get_webhooks).post(webhooks::post_webhooks);
    "/contracts/{contract}/webhooks/{webhook}" => get(webhooks::get_webhook).post(webhooks::post_webhook);
    "/contracts/{contract}/seats/{seat}/limits" => get(seats::get_limits).post(seats::post_limits);
    "/contracts/{contract}/seats/{seat}/compose" => get(compose::get_compose).post(compose::post_compose);
    "/contracts/{contract}/seats/{seat}/bulk" => get(bulk::get_bulk).post(bulk::post_bulk);
    "/contracts/{contract}/seats/{seat}/sent" => get(sent::get_sent);
    "/contracts/{contract}/seats/{seat}/standing" => get(standing::get_standing);
    "/contracts/{contract}/seats/{seat}/credits" => get(credits::get_credits);
    "/messages/{message}" => get(message::get_message).post(message::post_message);
    "/members/{member}/inbox" => get(inbox::get_inbox);
    "/members/{member}/messages/{message}" => get(letter::get_letter).post(letter::post_letter);
    "/members/{member}/preferences" => get(preferences::get_preferences).post(preferences::post_preferences);
    "/policies" => get(policies::get_policies);
    "/policies/ask" => get(ask::get_ask);
    "/policies/format" => get(format::get_format);
    "/policies/diff" => get(policies::get_diff);
    "/policies/upload" => get(policies::get_upload).post(policies::post_upload);
    "/policies/{policy}" => get(policies::get_one);
    "/lab" => get(lab::get_lab).post(lab::post_lab);
    "/lab/runs/{run}" => get(lab_run::get_run).post(lab_run::post_run);
    "/docs/{document}" => get(documents::get_document);
    "/keys" => get(keys::get_keys).post(keys::post_keys);
}

/// Returns the pages, to be served beside the API.
#[must_use]
pub fn pages() -> Pages {
    let mut routes = Router::new();
    for (path, handler) in table() {
        routes = routes.route(path, handler);
    }
    Pages {
        routes: routes
            .layer(Extension(Hub::default()))
            .layer(Extension(Lab::default())),
        unknown: Some(unknown),
    }
}

/// Answers a browser where there is no page.
fn unknown(head: &Parts) -> Option<Response> {
    let accepts = head.headers.get(ACCEPT).and_then(|it| it.to_str().ok());
    let is_browser = accepts.is_some_and(|it| it.contains("text/html"));
    (is_browser && matches!(head.method, Method::GET | Method::HEAD)).then(|| {
        let main = html! {
            h1 { "There is no such page" }
            p.lead { "Check the address, or begin at the start page." }
            p { a.button href="/" { "To the start page" } }
        };
        layout::bare(StatusCode::NOT_FOUND, "There is no such page", &main)
    })
}
