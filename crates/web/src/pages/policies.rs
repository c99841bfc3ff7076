//! All policies: each in words with its sources, two of them compared, and one's own uploaded.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::{Page, Place};
use crate::plain;
use crate::query::Query;
use crate::ui;
use crate::visitor::Visitor;
use crate::words::{self, prose};
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::policy::{Policy, diff, file, render};
use earnest_engine::Failure;
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

/// A file to begin from.
const START: &str = "# What differs from the policy it starts from.\nformat = 1\nname = \"our-policy\"\ntitle = \"Our own policy\"\nextends = \"inmail-2015\"\n";

/// Returns the policies to choose from.
pub(super) async fn picker(app: &App) -> Result<Vec<(String, String)>, Fault> {
    let all = app.engine.policies().await?;
    let named = all
        .iter()
        .map(|it| (it.policy.name.to_string(), it.policy.name.to_string()));
    Ok(named.collect())
}

/// Shows the list.
pub(crate) async fn get_policies(State(app): State<App>, visitor: Visitor, uri: Uri) -> Answer {
    visitor.may(Operation::ReadPolicies)?;
    let query = Query::of(&uri, &["done"]);
    let all = app.engine.policies().await?;
    let names: Vec<(String, String)> = all
        .iter()
        .map(|it| (it.policy.name.to_string(), it.policy.name.to_string()))
        .collect();
    // Two files are compared key by key, which tells something to whoever chooses one.
    let is_expert = visitor.can(Operation::ReadContract);
    let main = html! {
        div.title-row {
            h1 { "Policies" }
            @if visitor.can(Operation::UploadPolicies) { a.button.primary href="/policies/upload" { "Upload a policy" } }
        }
        @if is_expert { p.muted { "What a policy file may say stands under " a href="/policies/format" { "Keys of a policy file" } "." } }
        @if query.get("done") == Some("uploaded") { (ui::done("Uploaded. A contract follows it once it is switched to it, on the contract's page Policy.")) }
        ul.cards {
            @for it in &all {
                li.panel {
                    h2 { a href=(format!("/policies/{}", it.policy.name)) { (it.policy.name) } }
                    p { (plain::plain(&it.policy.title)) }
                    p.muted {
                        @if it.preset { "ships with Earnest" }
                        @else { "yours, version " (it.version) @if let Some(at) = it.uploaded_at { ", " (words::when(at, visitor.now)) } }
                    }
                }
            }
        }
        @if is_expert {
            section.panel aria-labelledby="compare" {
                h2 #compare { "Compare two policies" }
                form.columns method="get" action="/policies/diff" {
                    (ui::choose("a", "First policy", &names, "inmail-2014"))
                    (ui::choose("b", "Second policy", &names, "inmail-2015"))
                    button type="submit" { "Compare" }
                }
            }
        }
    };
    Ok(Page::new(&visitor, "Policies", Place::Top("policies")).show(&main))
}

/// Shows one policy.
pub(crate) async fn get_one(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Answer {
    visitor.may(Operation::ReadPolicies)?;
    let record = app.engine.policy(&name).await?;
    let policy = &record.policy;
    let main = html! {
        p.crumb { a href="/policies" { "← Policies" } }
        h1 { (policy.name) }
        p.lead { (plain::plain(&policy.title)) }
        @if visitor.can(Operation::ReadContract) {
            section.panel aria-labelledby="words" { h2 #words { "In words, with the sources" } (parts(policy)) }
            details.panel {
                summary { "The file" }
                pre tabindex="0" { code { (record.text) } }
            }
        } @else {
            section.panel aria-labelledby="words" { h2 #words { "In words" } (sentences(policy)) }
        }
    };
    Ok(Page::new(&visitor, policy.name.to_string(), Place::Top("policies")).show(&main))
}

/// Shows a policy's rules in sentences, for those who follow it and rule nothing.
fn sentences(policy: &Policy) -> Markup {
    html! {
        @for part in render::parts(policy) {
            h3 { (plain::plain(part.title)) }
            ul.plain-list {
                @for line in part.lines {
                    li { (plain::show(&line.sentence)) " " @if let Some(why) = line.why { p.muted { (plain::show(&why)) } } }
                }
            }
        }
    }
}

/// Shows a policy's rules in words, each with its place and its source.
pub(super) fn parts(policy: &Policy) -> Markup {
    html! {
        @for part in render::parts(policy) {
            h3 { (plain::plain(part.title)) }
            dl.rules {
                @for line in part.lines {
                    div {
                        dt { code { (line.path) } }
                        dd { (prose(&line.sentence)) @if let Some(why) = line.why { p.source { (prose(&why)) } } }
                    }
                }
            }
        }
    }
}

/// Shows in what two policies differ.
pub(crate) async fn get_diff(State(app): State<App>, visitor: Visitor, uri: Uri) -> Answer {
    visitor.may(Operation::ReadPolicies)?;
    let query = Query::of(&uri, &["a", "b"]);
    let a = app
        .engine
        .policy(query.get("a").unwrap_or("inmail-2014"))
        .await?;
    let b = app
        .engine
        .policy(query.get("b").unwrap_or("inmail-2015"))
        .await?;
    let names = picker(&app).await?;
    let found = diff::diff(&a.policy, &b.policy);
    let main = html! {
        p.crumb { a href="/policies" { "← Policies" } }
        h1 { (a.policy.name) " and " (b.policy.name) }
        form.filters method="get" aria-label="Compare others" {
            (ui::choose("a", "First policy", &names, &a.policy.name))
            (ui::choose("b", "Second policy", &names, &b.policy.name))
            button type="submit" { "Compare" }
        }
        @if found.is_empty() {
            (ui::empty("They do the same", &html! { "No rule and no number differs." }))
        } @else {
            p { (words::count(found.len() as u64, "key")) @if found.len() == 1 { " differs." } @else { " differ." } }
            (ui::table("Differences", &html! {
                thead { tr { th scope="col" { "Key" } th scope="col" { (a.policy.name) } th scope="col" { (b.policy.name) } } }
                tbody { @for it in &found {
                    tr {
                        th scope="row" { code { (it.key) } }
                        td.before data-label=(a.policy.name) { (side(it.a.as_deref())) }
                        td.after data-label=(b.policy.name) { (side(it.b.as_deref())) }
                    }
                } }
            }))
        }
    };
    Ok(Page::new(&visitor, "Compare policies", Place::Top("policies")).show(&main))
}

/// Shows one side of a difference.
fn side(value: Option<&str>) -> Markup {
    html! {
        @match value {
            Some(value) => (value),
            None => span.muted { "not there" },
        }
    }
}

/// Shows the form to upload a policy.
pub(crate) async fn get_upload(visitor: Visitor) -> Answer {
    visitor.may(Operation::UploadPolicies)?;
    Ok(upload(
        &visitor,
        &Form::filled(&[("text", START)]),
        &html! {},
        false,
    ))
}

/// Checks a policy, or uploads it.
pub(crate) async fn post_upload(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Answer {
    visitor.may(Operation::UploadPolicies)?;
    let form = Form::of(&app, &visitor, request).await?;
    let text = form.text("text");
    let policy = match file::parse("policy", text) {
        Ok(policy) => policy,
        Err(mistakes) => {
            let told = html! {
                div.callout.bad role="alert" {
                    p { strong { (words::count(mistakes.iter().count() as u64, "mistake")) } }
                    ul.plain-list { @for it in &mistakes {
                        li {
                            strong { "Line " (it.line) } @if !it.key.is_empty() { ", " code { (it.key) } } ": "
                            (prose(&it.problem)) @if !it.instead.is_empty() { "; " (prose(&it.instead)) } "."
                        }
                    } }
                }
            };
            return Ok(upload(&visitor, &form, &told, true));
        }
    };
    if form.text("do") == "check" {
        let told = html! {
            div.callout.good role="status" { p { "No mistake. In words it says:" } }
            section.panel { h2 { (policy.name) } p.lead { (plain::plain(&policy.title)) } (parts(&policy)) }
        };
        return Ok(upload(&visitor, &form, &told, false));
    }
    match app.engine.upload_policy(text).await {
        Ok(_) => Ok(see("/policies?done=uploaded")),
        Err(Failure::Invalid { why, .. }) => {
            let told = html! { div.callout.bad role="alert" { p { (prose(&why)) } } };
            Ok(upload(&visitor, &form, &told, true))
        }
        Err(failure) => Err(failure.into()),
    }
}

fn upload(visitor: &Visitor, form: &Form, told: &Markup, is_refused: bool) -> Response {
    let main = html! {
        p.crumb { a href="/policies" { "← Policies" } }
        h1 { "Upload a policy" }
        p.lead { "Begin with " code { "extends" } " and write only the keys that differ. A name that was used before gets its next version." }
        (told)
        form.panel method="post" action="/policies/upload" novalidate {
            (ui::hidden(visitor, ""))
            (ui::Field::area("text", "The policy's file", 22).show(form, &Errors::default()))
            p.hint { "TOML. " a href="/policies/format" { "Every key, and what it means" } }
            div.buttons {
                button.primary type="submit" name="do" value="upload" { "Upload" }
                button type="submit" name="do" value="check" { "Check only" }
            }
        }
    };
    Page::new(visitor, "Upload a policy", Place::Top("policies"))
        .refused(is_refused)
        .show(&main)
}
