//! A contract's lots of credits: what was given or bought, what is left of each, giving more, taking back.

use super::credits;
use crate::fault::{Answer, Fault, see};
use crate::form::{self, Errors, Form, whole};
use crate::layout::{Page, Place};
use crate::orders::give;
use crate::plain;
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::command::{PRIORITY, Source};
use earnest_core::units::{ContractId, GrantId};
use earnest_engine::{Failure, GrantRecord, NewGrant, What};
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

const LIMIT: usize = 50;

/// Shows the page.
pub(crate) async fn get_grants(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::ReadGrants)?;
    let contract = visitor.contract(&contract)?;
    let query = Query::of(&uri, &["after", "done", "view"]);
    let form = Form::filled(&[("source", "purchase")]);
    show(&app, &visitor, &contract, &query, &form, &Errors::default()).await
}

/// Gives credits, or takes a lot's unspent rest back.
pub(crate) async fn post_grants(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    request: Request,
) -> Answer {
    visitor.may(Operation::ManageGrants)?;
    let contract = visitor.contract(&contract)?;
    let query = Query::of(request.uri(), &[]);
    let form = Form::of(&app, &visitor, request).await?;
    let path = format!("/contracts/{contract}/grants");
    if form.text("do") == "revoke" {
        let id = form.text("grant");
        let grant = GrantId::of_any(id).map_err(|_| Fault::not_found("grant", id))?;
        give(&app, &visitor, &contract, What::Revoke(grant), None).await?;
        return Ok(see(&format!("{path}?done=revoked")));
    }
    let mut errors = Errors::default();
    let credits = errors.read(&form, "credits", form::credits);
    let source = errors.read(&form, "source", |text| {
        Source::named(text).ok_or("Choose a source.")
    });
    let expires_at = errors.read_if(&form, "expires_at", form::date);
    let priority = errors.read_if(&form, "priority", whole).unwrap_or(PRIORITY);
    if let (Some(credits), Some(source), true) = (credits, source, errors.is_empty()) {
        let what = What::Grant(NewGrant {
            id: None,
            credits,
            source,
            effective_at: None,
            expires_at,
            priority,
        });
        match give(&app, &visitor, &contract, what, form.key(&visitor)).await {
            Ok(_) => return Ok(see(&format!("{path}?done=granted"))),
            Err(Failure::Refused(refused)) => {
                errors.add("credits", crate::story::refusal(&refused.explanation));
            }
            Err(Failure::Malformed(wrong)) => errors.add("expires_at", wrong.to_string()),
            Err(failure) => return Err(failure.into()),
        }
    }
    show(&app, &visitor, &contract, &query, &form, &errors).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
    query: &Query,
    form: &Form,
    errors: &Errors,
) -> Result<Response, Fault> {
    let after = query.place("after").unwrap_or(0);
    let grants = app.engine.grants(contract, after, LIMIT).await?;
    let (sums, _) = credits::shown(app, contract).await?;
    let next = grants.next.map(|next| next.to_string());
    let sources: Vec<(String, String)> = [
        Source::Purchase,
        Source::Promotion,
        Source::Adjustment,
        Source::Allotment,
    ]
    .iter()
    .map(|it| (it.name().to_owned(), it.name().to_owned()))
    .collect();
    let main = html! {
        h1 { "Credits and grants" }
        @match query.get("done") {
            Some("granted") => (ui::done("The credits were given.")),
            Some("revoked") => (ui::done("Revoked: the unspent rest of the lot is no longer available.")),
            _ => {}
        }
        (sums)
        @if grants.items.is_empty() {
            (ui::empty("No credits were ever given", &html! { "They come with the seats' monthly allotments, or you give some below." }))
        } @else {
            (table(contract, &grants.items, visitor))
        }
        (ui::pager(query, next.as_deref(), "Newer lots"))
        @if visitor.can(Operation::ManageGrants) {
            section.panel aria-labelledby="new" {
                h2 #new { "Give credits" }
                form.columns method="post" action=(format!("/contracts/{contract}/grants")) novalidate {
                    (ui::hidden(visitor, &app.engine.make_form_key()))
                    (Field::line("credits", "Credits").kind("text").show(form, errors))
                    (ui::choose("source", "Source", &sources, form.text("source")))
                    (Field::line("expires_at", "End").kind("date").optional().hint("Usable up to the beginning of this day, UTC. Empty: never ends.").show(form, errors))
                    (Field::line("priority", "Priority").kind("number").optional().hint("Lots of a lower number are spent first; 1 where empty.").show(form, errors))
                    button.primary type="submit" name="do" value="grant" { "Give" }
                }
            }
        }
    };
    Ok(Page::new(
        visitor,
        "Credits and grants",
        Place::Contract(contract.clone(), "grants"),
    )
    .refused(!errors.is_empty())
    .show(&main))
}

fn table(contract: &ContractId, grants: &[GrantRecord], visitor: &Visitor) -> Markup {
    let path = format!("/contracts/{contract}/grants");
    let may_revoke = visitor.can(Operation::ManageGrants);
    ui::table(
        "Lots of credits",
        &html! {
            thead { tr {
                th scope="col" { "Lot" } th scope="col" { "Source" }
                th.number scope="col" { "Credits" } th.number scope="col" { "Available" } th.number scope="col" { "Held" }
                th scope="col" { "From" } th scope="col" { "End" } th.number scope="col" { "Priority" }
                @if may_revoke { th scope="col" { span.for-readers { "Revoke" } } }
            } }
            tbody { @for grant in grants {
                tr {
                    td data-label="Lot" { (plain::name(grant.id.to_string())) }
                    td data-label="Source" { (grant.source.name()) @if grant.revoked { " " (ui::badge("bad", "revoked")) } }
                    td.number data-label="Credits" { (words::number(grant.credits.0)) }
                    td.number data-label="Available" { (words::number(grant.available.0)) }
                    td.number data-label="Held" { (words::number(grant.held.0)) }
                    td.date data-label="From" { (words::on(grant.effective_at)) }
                    td.date data-label="End" { @match grant.expires_at { Some(end) => (words::on(end)), None => "never" } }
                    td.number data-label="Priority" { (grant.priority) }
                    @if may_revoke {
                        td.act {
                            @if !grant.revoked && !grant.available.is_zero() {
                                (ui::confirm(visitor, &path, &[("do", "revoke"), ("grant", &grant.id.to_string())], "Revoke",
                                    &format!("{} of `{}` will be revoked. What is held goes on, and is revoked when it is returned.", words::count(grant.available.0, "credit"), grant.id)))
                            }
                        }
                    }
                }
            } }
        },
    )
}
