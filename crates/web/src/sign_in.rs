//! Lets people in and out: by a key, by a login link, by the token of another host.
//!
//! Owns: the pages and the order of the steps. Does not own: what lets in ([`earnest_engine::sessions`]).
//! Invariants: looking at a login link does not use it, so neither a preview of the link nor a browser that reads
//! ahead does; a failed sign-in says nothing about what exists.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout;
use crate::names::Names;
use crate::plain;
use crate::query::Query;
use crate::token;
use crate::ui::Field;
use crate::visitor::{Visitor, set_cookie};
use crate::words::prose;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_engine::keys::Scope;
use earnest_engine::sessions::Holder;
use earnest_server::App;
use http::header::SET_COOKIE;
use http::{StatusCode, Uri};
use maud::{Markup, html};

/// Returns the path of a login link.
#[must_use]
pub fn link_path(token: &str) -> String {
    format!("/sign-in/link/{token}")
}

/// Shows the page to sign in with a key.
pub(crate) async fn get_sign_in(uri: Uri) -> Response {
    let query = Query::of(&uri, &["to", "out"]);
    let form = Form::filled(&[("to", query.text("to"))]);
    key_page(&form, &Errors::default(), query.get("out").is_some())
}

fn key_page(form: &Form, errors: &Errors, is_out: bool) -> Response {
    let status = match errors.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let main = html! {
        h1 { "Sign in" }
        @if is_out { (crate::ui::done("You are signed out.")) }
        p.lead { "Cold messages with a credit at stake: see what yours do, and what becomes of the credits." }
        form method="post" action="/sign-in" {
            input type="hidden" name="to" value=(form.text("to"));
            (Field::line("key", "Your key").kind("password")
                .hint("It begins with earnest_ and comes from your administrator; `earnest key create` makes one.")
                .show(&Form::default(), errors))
            button.primary type="submit" { "Sign in" }
        }
        p.muted { "A login link that somebody gave you lets you in without a key, once." }
    };
    layout::bare(status, "Sign in", &main)
}

/// Signs in with a key.
pub(crate) async fn post_sign_in(State(app): State<App>, request: Request) -> Answer {
    let form = Form::of_anybody(&app, request).await?;
    let known = app.engine.authenticate(form.text("key").trim()).await?;
    let Some(key) = known else {
        let mut errors = Errors::default();
        errors.add(
            "key",
            "No such key. It may be mistyped, or was revoked; ask your administrator for another.",
        );
        return Ok(key_page(&form, &errors, false));
    };
    begin(&app, Holder::Key(key.id), key.scope, form.text("to")).await
}

/// Shows whom a login link lets in, without using it.
pub(crate) async fn get_link(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let Some(scope) = app.engine.login_link(&token).await? else {
        return Ok(no_link());
    };
    let names = Names::of(&app, scope.contract()).await;
    let main = html! {
        h1 { "Sign in" }
        p.lead { "This link lets you in as " (layout::whom(&scope, &names)) ", once." }
        form method="post" action=(link_path(&token)) {
            button.primary type="submit" autofocus { "Sign in as " (in_short(&scope, &names)) }
        }
    };
    Ok(layout::bare(StatusCode::OK, "Sign in", &main))
}

fn in_short(scope: &Scope, names: &Names) -> Markup {
    html! {
        @match scope {
            Scope::Admin | Scope::Import => "administrator",
            Scope::Contract { contract } => (names.show(contract)),
            Scope::Seat { seat, .. } => (plain::name(seat)),
            Scope::Member { member } => (plain::name(member)),
        }
    }
}

fn no_link() -> Response {
    let main = html! {
        h1 { "This link is used up" }
        p.lead { "A login link works once, and for ten minutes." }
        p { "Ask for another one, or " a href="/sign-in" { "sign in with your key" } "." }
    };
    layout::bare(StatusCode::GONE, "This link is used up", &main)
}

/// Uses a login link.
pub(crate) async fn post_link(
    State(app): State<App>,
    Path(token): Path<String>,
    request: Request,
) -> Answer {
    Form::of_anybody(&app, request).await?;
    match app.engine.use_login_link(&token).await? {
        Some((holder, scope)) => begin(&app, holder, scope, "").await,
        None => Ok(no_link()),
    }
}

/// Lets a user in whom another host hands over.
pub(crate) async fn get_host(State(app): State<App>, uri: Uri) -> Answer {
    let Some(secret) = &app.settings.handover else {
        return Err(Fault::not_found("page", "/sign-in/host"));
    };
    let query = Query::of_long(&uri, &["token", "to"]);
    let text = query.text("token");
    let handed = match token::read(text, secret, app.engine.now()) {
        Ok(handed) => handed,
        Err(why) => return Ok(not_handed(&why)),
    };
    if !exists(&app, &handed.scope).await? {
        return Ok(not_handed(
            "the token names a contract or a seat that is not there",
        ));
    }
    // A host's clock may be ahead; the note outlives the token all the same.
    if !app.engine.spend_token(text, handed.until).await? {
        return Ok(not_handed("the token was used before; each lets in once"));
    }
    let holder = Holder::Host(token::stamp(secret));
    begin(&app, holder, handed.scope, query.text("to")).await
}

async fn exists(app: &App, scope: &Scope) -> Result<bool, Fault> {
    use earnest_engine::Failure::UnknownContract;
    let there = match scope {
        Scope::Admin | Scope::Import | Scope::Member { .. } => return Ok(true),
        Scope::Contract { contract } => app.engine.contract(contract).await.map(|_| true),
        Scope::Seat { contract, seat } => {
            app.engine.seat(contract, seat).await.map(|it| it.is_some())
        }
    };
    match there {
        Err(UnknownContract(_)) => Ok(false),
        there => Ok(there?),
    }
}

fn not_handed(why: &str) -> Response {
    let main = html! {
        h1 { "You could not be signed in" }
        p.lead { "Go back to where you came from and try again." }
        p.muted { "For whoever runs that place: " (prose(why)) "." }
    };
    layout::bare(
        StatusCode::UNPROCESSABLE_ENTITY,
        "You could not be signed in",
        &main,
    )
}

/// Begins a session and goes on.
async fn begin(app: &App, holder: Holder, scope: Scope, to: &str) -> Answer {
    let to = match is_own_path(to) {
        true => to.to_owned(),
        false => layout::home(&scope),
    };
    let (_, secret) = app
        .engine
        .begin_session(holder, scope, app.settings.session)
        .await?;
    let mut response = see(&to);
    if let Some(cookie) = set_cookie(app, Some(&secret)) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Returns whether a path leads to a page of this server, and nowhere else.
fn is_own_path(path: &str) -> bool {
    let is_plain = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    path.len() > 1 && path.starts_with('/') && !path.starts_with("//") && is_plain
}

/// Ends the session.
pub(crate) async fn post_sign_out(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Answer {
    Form::of(&app, &visitor, request).await?;
    app.engine.end_session(visitor.secret()).await?;
    let mut response = see("/sign-in?out=1");
    if let Some(cookie) = set_cookie(&app, None) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Goes to the page that the session begins at.
pub(crate) async fn get_home(visitor: Visitor) -> Answer {
    Err(Fault::See(layout::home(&visitor.scope)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_pages_of_this_server_only() {
        for own in ["/contracts", "/members/bo/inbox?view=all"] {
            assert!(is_own_path(own), "{own}");
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "x",
            "/a b",
        ] {
            assert!(!is_own_path(other), "{other}");
        }
    }
}
