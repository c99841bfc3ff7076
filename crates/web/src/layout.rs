//! Puts a page together: its head, the way around, and what every answer carries.
//!
//! Owns: the frame of all pages, the headers that keep a page to itself. Invariant: nothing inline is ever run or
//! styled, and nothing comes from another host: the policy of every answer says so to the browser.

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::form::TOKEN;
use crate::names::Names;
use crate::plain;
use crate::visitor::Visitor;
use axum::body::Body;
use axum::response::Response;
use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::keys::Scope;
use earnest_server::Operation;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use maud::{DOCTYPE, Markup, html};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Where a page stands.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Beside all contracts.
    Top(&'static str),
    /// In a contract.
    Contract(ContractId, &'static str),
    /// At a seat.
    Seat(ContractId, SeatId, &'static str),
    /// With a member.
    Member(MemberId, &'static str),
}

/// A page before it is framed.
#[derive(Debug)]
pub(crate) struct Page<'v> {
    visitor: &'v Visitor,
    title: String,
    place: Place,
    status: StatusCode,
    live: Option<String>,
    refresh: Option<u32>,
}

impl<'v> Page<'v> {
    /// Begins a page.
    pub(crate) fn new(visitor: &'v Visitor, title: impl Into<String>, place: Place) -> Self {
        let live = live_path(&place);
        Self {
            visitor,
            title: title.into(),
            place,
            status: StatusCode::OK,
            live,
            refresh: None,
        }
    }

    /// Says what tells of changes, for a page that is of no place.
    pub(crate) fn live(self, path: String) -> Self {
        Self {
            live: Some(path),
            ..self
        }
    }

    /// Has the page loaded again every so many seconds where no script does it.
    pub(crate) fn refreshed_every(self, seconds: u32) -> Self {
        Self {
            refresh: Some(seconds),
            ..self
        }
    }

    /// Says how the page answers.
    pub(crate) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Says that a form was not taken: what was typed is on the page again.
    pub(crate) fn refused(mut self, is_refused: bool) -> Self {
        if is_refused {
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
        self
    }

    /// Frames the page.
    pub(crate) fn show(self, main: &Markup) -> Response {
        let Self {
            visitor,
            title,
            place,
            status,
            live,
            refresh,
        } = self;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (head(&title, refresh))
                body data-live=[live] {
                    a.skip href="#main" { "Skip to the content" }
                    div.frame {
                        header.side {
                            a.brand href="/" { (mark()) span { "Earnest" } }
                            (ways(visitor, &place))
                            form.out method="post" action="/sign-out" {
                                input type="hidden" name=(TOKEN) value=(visitor.form_token());
                                p.who { span.muted { "Signed in as" } br; (whom(&visitor.scope, &visitor.names)) }
                                button.quiet type="submit" { "Sign out" }
                            }
                        }
                        main #main tabindex="-1" { (main) }
                    }
                }
            }
        };
        respond(status, page)
    }
}

/// Frames a page that needs nobody signed in.
pub(crate) fn bare(status: StatusCode, title: &str, main: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, None))
            body {
                div.bare {
                    header { a.brand href="/" { (mark()) span { "Earnest" } } }
                    main #main { (main) }
                }
            }
        }
    };
    respond(status, page)
}

fn head(title: &str, refresh: Option<u32>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="robots" content="noindex";
            @if let Some(seconds) = refresh { noscript { meta http-equiv="refresh" content=(seconds); } }
            title { (title) " · Earnest" }
            link rel="icon" type="image/svg+xml" href=(ICON.path());
            link rel="stylesheet" href=(STYLE.path());
            script src=(SCRIPT.path()) defer {}
        }
    }
}

/// The mark: a letter with its stake.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false" {
            rect.mark-field x="1" y="1" width="30" height="30" rx="8" {}
            path.mark-line d="M7 11.5h18v10.5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 7 22z M7.4 11.2 16 17.6l8.6-6.4" {}
            circle.mark-dot cx="24" cy="9" r="4.5" {}
        }
    }
}

fn respond(status: StatusCode, page: Markup) -> Response {
    let mut response = Response::new(Body::from(page.into_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    keep_to_itself(headers);
    response
}

/// Sets the headers that every answer for people carries.
pub(crate) fn keep_to_itself(headers: &mut HeaderMap) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        let name = HeaderName::from_static(name);
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Returns whom a session stands for, in words.
pub(crate) fn whom(scope: &Scope, names: &Names) -> Markup {
    html! {
        @match scope {
            Scope::Admin | Scope::Import => strong { "administrator" },
            Scope::Contract { contract } => { strong { (names.show(contract)) } " (contract)" },
            Scope::Seat { contract, seat } => { strong { (plain::name(seat)) } " of " (names.show(contract)) },
            Scope::Member { member } => strong { (plain::name(member)) },
        }
    }
}

/// Returns the page that a session begins at.
pub(crate) fn home(scope: &Scope) -> String {
    match scope {
        Scope::Admin | Scope::Import => "/contracts".to_owned(),
        Scope::Contract { contract } => format!("/contracts/{contract}"),
        Scope::Seat { contract, seat } => format!("/contracts/{contract}/seats/{seat}/compose"),
        Scope::Member { member } => format!("/members/{member}/inbox"),
    }
}

fn live_path(place: &Place) -> Option<String> {
    match place {
        Place::Top(_) => None,
        Place::Contract(contract, _) => Some(format!("/live?contract={contract}")),
        Place::Seat(contract, seat, _) => Some(format!("/live?contract={contract}&seat={seat}")),
        Place::Member(member, _) => Some(format!("/live?member={member}")),
    }
}

/// A group of links.
struct Ways {
    title: String,
    links: Vec<(String, &'static str, bool)>,
}

/// Shows the way around: what the visitor may see from here.
fn ways(visitor: &Visitor, place: &Place) -> Markup {
    let groups = groups(visitor, place);
    html! {
        nav aria-label="Main" {
            @for group in groups.iter().filter(|group| !group.links.is_empty()) {
                div.ways {
                    p.ways-title title=(group.title) { (group.title) }
                    ul {
                        @for (href, label, is_here) in &group.links {
                            li { a href=(href) aria-current=[is_here.then_some("page")] { (label) } }
                        }
                    }
                }
            }
        }
    }
}

fn groups(visitor: &Visitor, place: &Place) -> Vec<Ways> {
    let (contract, seat, member, here) = match (place, &visitor.scope) {
        (Place::Seat(contract, seat, here), _) => (Some(contract), Some(seat), None, *here),
        (Place::Contract(contract, here), _) => (Some(contract), None, None, *here),
        (Place::Member(member, here), _) => (None, None, Some(member), *here),
        (Place::Top(here), Scope::Contract { contract }) => (Some(contract), None, None, *here),
        (Place::Top(here), Scope::Seat { contract, seat }) => {
            (Some(contract), Some(seat), None, *here)
        }
        (Place::Top(here), Scope::Member { member }) => (None, None, Some(member), *here),
        (Place::Top(here), _) => (None, None, None, *here),
    };
    let mut groups = Vec::new();
    if let Some(member) = member {
        let path = |page: &str| format!("/members/{member}/{page}");
        groups.push(Ways {
            title: match visitor.is_member() {
                true => "You".to_owned(),
                false => format!("Member {member}"),
            },
            links: vec![
                (path("inbox"), "Inbox", here == "inbox"),
                (path("preferences"), "Preferences", here == "preferences"),
            ],
        });
    }
    if let (Some(contract), Some(seat)) = (contract, seat) {
        let path = |page: &str| format!("/contracts/{contract}/seats/{seat}/{page}");
        groups.push(Ways {
            title: format!("Seat {seat}"),
            links: vec![
                (path("compose"), "Write a message", here == "compose"),
                (path("bulk"), "Write to several", here == "bulk"),
                (path("sent"), "Sent", here == "sent"),
                (path("standing"), "Standing", here == "standing"),
                (path("credits"), "Credits", here == "credits"),
            ],
        });
    }
    if let Some(contract) = contract.filter(|_| visitor.can(Operation::ReadContract)) {
        let path = |page: &str| format!("/contracts/{contract}{page}");
        groups.push(Ways {
            title: visitor.names.text(contract).to_owned(),
            links: vec![
                (path(""), "Overview", here == "overview"),
                (path("/seats"), "Seats", here == "seats"),
                (path("/messages"), "Messages", here == "messages"),
                (path("/grants"), "Credits and grants", here == "grants"),
                (path("/ledger"), "Ledger", here == "ledger"),
                (path("/policy"), "Policy", here == "policy"),
                (path("/webhooks"), "Webhooks", here == "webhooks"),
            ],
        });
    }
    let mut links = Vec::new();
    if visitor.can(Operation::ManageContracts) {
        links.push(("/contracts".to_owned(), "Contracts", here == "contracts"));
    }
    links.push(("/policies/ask".to_owned(), "What if?", here == "ask"));
    links.push(("/policies".to_owned(), "Policies", here == "policies"));
    if visitor.can(Operation::TryPolicies) {
        let path = contract.map_or_else(String::new, |contract| format!("?contract={contract}"));
        links.push((format!("/lab{path}"), "Lab", here == "lab"));
    }
    if visitor.can(Operation::ManageKeys) {
        links.push(("/keys".to_owned(), "Keys", here == "keys"));
    }
    if visitor.can(Operation::ReadContract) {
        links.push(("/docs".to_owned(), "API", false));
    }
    groups.push(Ways {
        title: "Earnest".to_owned(),
        links,
    });
    groups
}
