//! Keys: who may call and sign in, made, listed and revoked; and login links.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::{self, Page, Place};
use crate::names::Names;
use crate::query::Query;
use crate::sign_in::link_path;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Request, State};
use axum::response::Response;
use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::keys::{KeyRecord, Scope};
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

const LIMIT: usize = 50;
const SCOPES: [(&str, &str); 5] = [
    ("seat", "One seat"),
    ("member", "One member"),
    ("contract", "One contract"),
    ("admin", "Everything"),
    ("import", "Everything, imports too"),
];

/// Shows the page.
pub(crate) async fn get_keys(State(app): State<App>, visitor: Visitor, uri: Uri) -> Answer {
    visitor.may(Operation::ManageKeys)?;
    let query = Query::of(&uri, &["after", "done"]);
    let told = html! {
        @if query.get("done") == Some("revoked") { (ui::done("Revoked: from the next request on it is refused, and its sessions have ended.")) }
    };
    show(
        &app,
        &visitor,
        &query,
        &Form::default(),
        &Errors::default(),
        &told,
    )
    .await
}

/// Makes a key, a login link for it, or revokes one.
pub(crate) async fn post_keys(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Answer {
    visitor.may(Operation::ManageKeys)?;
    let query = Query::of(&Uri::from_static("/keys"), &[]);
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    match form.text("do") {
        "revoke" => {
            app.engine.revoke_key(form.text("key")).await?;
            return Ok(see("/keys?done=revoked"));
        }
        "link" => {
            let id = form.text("key");
            let keys = app.engine.list_keys().await?;
            let key = keys
                .into_iter()
                .find(|it| it.id == id && it.revoked_at.is_none());
            let key = key.ok_or_else(|| Fault::not_found("key", id))?;
            let token = app.engine.make_login_link(&key.id, key.scope).await?;
            let told = shown_once(
                "The login link",
                &link_url(&app, &token),
                "It lets in once, within ten minutes.",
            );
            return show(&app, &visitor, &query, &Form::default(), &errors, &told).await;
        }
        _ => {}
    }
    let told = match scope(&form, &mut errors) {
        Some(scope) => {
            let (_, text) = app.engine.create_key(scope).await?;
            shown_once(
                "The new key",
                &text,
                "It is shown this once; only a hash of it is kept.",
            )
        }
        None => html! {},
    };
    let form = if errors.is_empty() {
        Form::default()
    } else {
        form
    };
    show(&app, &visitor, &query, &form, &errors, &told).await
}

fn link_url(app: &App, token: &str) -> String {
    let here = app.settings.public_url.clone();
    let here = here.unwrap_or_else(|| format!("http://{}", app.settings.listen));
    format!("{here}{}", link_path(token))
}

fn shown_once(title: &str, text: &str, note: &str) -> Markup {
    html! {
        div.callout.good role="status" {
            p { strong { (title) } ". " (note) }
            pre.once tabindex="0" { code { (text) } }
        }
    }
}

fn scope(form: &Form, errors: &mut Errors) -> Option<Scope> {
    match form.text("scope") {
        "admin" => Some(Scope::Admin),
        "import" => Some(Scope::Import),
        "contract" => {
            let contract = errors.read(form, "contract", |text| ContractId::new(text))?;
            Some(Scope::Contract { contract })
        }
        "seat" => {
            let contract = errors.read(form, "contract", |text| ContractId::new(text));
            let seat = errors.read(form, "seat", |text| SeatId::new(text));
            Some(Scope::Seat {
                contract: contract?,
                seat: seat?,
            })
        }
        "member" => {
            let member = errors.read(form, "member", |text| MemberId::new(text))?;
            Some(Scope::Member { member })
        }
        _ => {
            errors.add("scope", "Choose what the key may do.");
            None
        }
    }
}

async fn show(
    app: &App,
    visitor: &Visitor,
    query: &Query,
    form: &Form,
    errors: &Errors,
    told: &Markup,
) -> Result<Response, Fault> {
    let mut keys = app.engine.list_keys().await?;
    keys.reverse();
    let from = query
        .place("after")
        .and_then(|it| usize::try_from(it).ok())
        .unwrap_or(0);
    let next = (keys.len() > from + LIMIT).then(|| (from + LIMIT).to_string());
    let page: Vec<&KeyRecord> = keys.iter().skip(from).take(LIMIT).collect();
    let contracts = page.iter().filter_map(|key| key.scope.contract());
    let names = Names::of(app, contracts).await;
    let scopes = SCOPES.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let main = html! {
        h1 { "Keys" }
        (told)
        (ui::table("Keys", &html! {
            thead { tr {
                th scope="col" { "Key" } th scope="col" { "For" } th scope="col" { "Made" } th scope="col" { "Last used" }
                th scope="col" { "State" } th scope="col" { span.for-readers { "Do" } }
            } }
            tbody { @for key in page {
                tr {
                    td data-label="Key" { code { (key.id) } @if key.id == visitor.key { " " span.tag { "yours" } } }
                    td data-label="For" { (layout::whom(&key.scope, &names)) @if matches!(key.scope, Scope::Import) { " (import)" } }
                    td.date data-label="Made" { (words::when(key.created_at, visitor.now)) }
                    td.date data-label="Last used" { @match key.used_at { Some(at) => (words::when(at, visitor.now)), None => "never" } }
                    td data-label="State" { @if key.revoked_at.is_some() { (ui::badge("bad", "revoked")) } @else { (ui::badge("good", "active")) } }
                    td.act { @if key.revoked_at.is_none() {
                        div.buttons {
                            (ui::action(visitor, "/keys", &[("do", "link"), ("key", &key.id)], "Login link"))
                            (ui::confirm(visitor, "/keys", &[("do", "revoke"), ("key", &key.id)], "Revoke", "Whoever uses it is refused from the next request on, and its sessions end."))
                        }
                    } }
                }
            } }
        }))
        (ui::pager(query, next.as_deref(), "Older keys"))
        section.panel aria-labelledby="new" {
            h2 #new { "Make a key" }
            form.columns method="post" action="/keys" novalidate {
                (ui::hidden(visitor, ""))
                div.field {
                    (ui::choose("scope", "What it is for", &scopes, form.text("scope")))
                    @if let Some(error) = errors.of("scope") { p.error { (error) } }
                    p.hint.for-seat { "Sends and reads as that seat." }
                    p.hint.for-member { "Reads one inbox, answers, and sets the member's preferences." }
                    p.hint.for-contract { "Reads and sends as every seat of the contract, adds seats, reads reports." }
                    p.hint.for-all { "Does whatever an administrator may. For imports it may tell histories, too." }
                }
                // Which of these are needed the style sheet knows; where it cannot tell, the hints do.
                div.of-contract-or-seat { (Field::line("contract", "Contract").hint("Its id. For a contract's or a seat's key.").show(form, errors)) }
                div.of-seat { (Field::line("seat", "Seat").hint("Its id in the contract. For a seat's key.").show(form, errors)) }
                div.of-member { (Field::line("member", "Member").hint("Its id. For a member's key.").show(form, errors)) }
                button.primary type="submit" name="do" value="create" { "Make" }
            }
        }
    };
    Ok(Page::new(visitor, "Keys", Place::Top("keys"))
        .refused(!errors.is_empty())
        .show(&main))
}
