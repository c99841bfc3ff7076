//! What a contract's policy is: the version in force, those to come, each rule in words, and another version to bring.

use super::policies::{parts, picker};
use crate::fault::{Answer, Fault, see};
use crate::form::{self, Errors, Form};
use crate::layout::{Page, Place};
use crate::orders::give;
use crate::plain;
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::units::ContractId;
use earnest_engine::{Failure, NewVersion, What};
use earnest_server::{App, Operation};
use http::Uri;
use maud::html;

/// Shows the page.
pub(crate) async fn get_policy(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::ReadContract)?;
    let contract = visitor.contract(&contract)?;
    let query = Query::of(&uri, &["done"]);
    show(
        &app,
        &visitor,
        &contract,
        query.get("done"),
        &Form::default(),
        &Errors::default(),
    )
    .await
}

/// Brings another version.
pub(crate) async fn post_policy(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    request: Request,
) -> Answer {
    visitor.may(Operation::RuleContract)?;
    let contract = visitor.contract(&contract)?;
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    let policy = errors.read(&form, "policy", |text| Ok::<_, String>(text.to_owned()));
    let effective_at = errors.read_if(&form, "effective_at", form::date);
    if let (Some(policy), true) = (policy, errors.is_empty()) {
        let what = What::AddPolicy(NewVersion {
            policy,
            effective_at,
        });
        match give(&app, &visitor, &contract, what, form.key(&visitor)).await {
            Ok(_) => return Ok(see(&format!("/contracts/{contract}/policy?done=added"))),
            Err(Failure::Refused(refused)) => {
                errors.add("policy", crate::story::refusal(&refused.explanation));
            }
            Err(Failure::Malformed(wrong)) => errors.add("effective_at", wrong.to_string()),
            Err(failure) => return Err(failure.into()),
        }
    }
    show(&app, &visitor, &contract, None, &form, &errors).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
    done: Option<&str>,
    form: &Form,
    errors: &Errors,
) -> Result<Response, Fault> {
    let (versions, in_force) = app.engine.policies_of(contract).await?;
    let names = picker(app).await?;
    let current = versions.get(in_force).map(|(_, policy)| policy.clone());
    let main = html! {
        h1 { "Policy" }
        @if done == Some("added") { (ui::done("The new version was added. Messages sent before keep the rules that they were sent under.")) }
        section.panel aria-labelledby="versions" {
            h2 #versions { "Versions" }
            (ui::table("Policy versions", &html! {
                thead { tr { th.number scope="col" { "Version" } th scope="col" { "Policy" } th scope="col" { "In force from" } th scope="col" { "State" } } }
                tbody { @for (at, (version, policy)) in versions.iter().enumerate().rev() {
                    tr {
                        td.number data-label="Version" { (version.version) }
                        td.wide data-label="Policy" { a href=(format!("/policies/{}", policy.name)) { (policy.name) } " " span.muted { (plain::plain(&policy.title)) } }
                        td.date data-label="In force from" { (words::on(version.effective_at)) }
                        td data-label="State" {
                            @if at == in_force { (ui::badge("good", "in force")) }
                            @else if version.effective_at > visitor.now {
                                (ui::badge("open", "to come")) " "
                                @if let Some(current) = &current {
                                    a href=(format!("/policies/diff?a={}&b={}", current.name, policy.name)) { "What changes" }
                                }
                            }
                            @else { (ui::badge("plain", "past")) }
                        }
                    }
                } }
            }))
        }
        @if let Some(current) = &current {
            section.panel aria-labelledby="in-force" {
                h2 #in-force { "In force: " (current.name) }
                p.lead { (plain::plain(&current.title)) }
                (parts(current))
            }
        }
        @if visitor.can(Operation::RuleContract) {
            section.panel aria-labelledby="new" {
                h2 #new { "Switch to another policy" }
                form.columns method="post" action=(format!("/contracts/{contract}/policy")) novalidate {
                    (ui::hidden(visitor, &app.engine.make_form_key()))
                    (ui::choose("policy", "Policy", &names, form.text("policy")))
                    (Field::line("effective_at", "In force from").kind("date").optional().hint("From the beginning of this day, UTC. Empty: from now on.").show(form, errors))
                    @if let Some(error) = errors.of("policy") { p.error { (error) } }
                    button.primary type="submit" { "Switch" }
                    p { a href="/policies/upload" { "Upload a policy of your own" } }
                }
            }
        }
    };
    Ok(Page::new(
        visitor,
        "Policy",
        Place::Contract(contract.clone(), "policy"),
    )
    .refused(!errors.is_empty())
    .show(&main))
}
