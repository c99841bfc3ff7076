//! Serves the page on which the API can be read and tried, and the list of its codes.
//!
//! Invariant: the pages need nothing from elsewhere, and no script or style stands inside them.

use crate::problem::CODES;
use axum::body::Body;
use axum::response::Response;
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue};
use std::fmt::Write;

const PAGE: &str = include_str!("docs/page.html");
const SCRIPT: &str = include_str!("docs/page.js");
const STYLE: &str = include_str!("docs/page.css");

fn file(kind: &'static str, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    );
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// Shows the API, and lets one try it.
#[utoipa::path(get, path = "/docs", tag = "health", security(()),
    responses((status = 200, description = "A page", content_type = "text/html")))]
pub(crate) async fn get_docs() -> Response {
    file("text/html; charset=utf-8", PAGE)
}

/// Gives the page its script.
#[utoipa::path(get, path = "/docs/page.js", tag = "health", security(()),
    responses((status = 200, description = "A script", content_type = "text/javascript")))]
pub(crate) async fn get_script() -> Response {
    file("text/javascript; charset=utf-8", SCRIPT)
}

/// Gives the page its style.
#[utoipa::path(get, path = "/docs/page.css", tag = "health", security(()),
    responses((status = 200, description = "A style sheet", content_type = "text/css")))]
pub(crate) async fn get_style() -> Response {
    file("text/css; charset=utf-8", STYLE)
}

/// Lists the codes of problems: where their `type` leads.
#[utoipa::path(get, path = "/docs/errors", tag = "health", security(()),
    responses((status = 200, description = "A page", content_type = "text/html")))]
pub(crate) async fn get_errors() -> Response {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Earnest: codes of problems</title>\n<link rel=\"stylesheet\" href=\"/docs/page.css\">\n<header>\n<nav aria-label=\"Documents\"><a href=\"/\">← Earnest</a> <a href=\"/docs\">The API</a> <a href=\"/docs/errors\" aria-current=\"page\">Codes of problems</a> <a href=\"/policies/format\">Keys of a policy file</a> <a href=\"/openapi.json\">openapi.json</a></nav>\n</header>\n<main>\n<h1>Codes of problems</h1>\n",
    );
    for entry in CODES {
        let _ = writeln!(
            page,
            "<section id=\"{code}\"><h2><code>{code}</code> <small>{status}</small></h2><p>{title}. {advice}</p></section>",
            code = entry.code,
            status = entry.status,
            title = marked_up(&capital(entry.title)),
            advice = marked_up(entry.advice),
        );
    }
    page.push_str("</main>\n</html>\n");
    file("text/html; charset=utf-8", page)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    first + chars.as_str()
}

/// Returns a text as markup: what stands in backticks is code.
fn marked_up(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let marked = parts.map(|(at, part)| match at % 2 {
        0 => linked(&escaped(part)),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    marked.collect()
}

/// Returns a text in which what it names can be reached.
fn linked(text: &str) -> String {
    let link = |text: String, name: &str, href: &str| {
        text.replace(name, &format!("<a href=\"{href}\">{name}</a>"))
    };
    let text = link(text.to_owned(), "docs/api.md", "/docs/api.md");
    link(text, "/openapi.json", "/openapi.json")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
