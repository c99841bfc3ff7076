//! The list of contracts, and the form to begin one: for administrators.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::{Page, Place};
use crate::orders::give;
use crate::plain;
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Request, State};
use axum::response::Response;
use earnest_core::units::ContractId;
use earnest_engine::{BalanceRecord, ContractRecord, Failure, NewContract, What};
use earnest_server::{App, Operation};
use http::Uri;
use maud::html;

const LIMIT: usize = 25;

/// Shows the page.
pub(crate) async fn get_contracts(State(app): State<App>, visitor: Visitor, uri: Uri) -> Answer {
    visitor.may(Operation::ManageContracts)?;
    let query = Query::of(&uri, &["after", "q"]);
    let form = Form::filled(&[("policy", "inmail-2015"), ("allotments", "on")]);
    show(&app, &visitor, &query, &form, &Errors::default()).await
}

/// Begins a contract.
pub(crate) async fn post_contracts(
    State(app): State<App>,
    visitor: Visitor,
    request: Request,
) -> Answer {
    visitor.may(Operation::ManageContracts)?;
    let query = Query::of(&Uri::from_static("/contracts"), &[]);
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    let id = errors.read(&form, "id", |text| ContractId::new(text));
    let name = errors.read(&form, "name", |text| Ok::<_, String>(text.to_owned()));
    let (Some(id), Some(name)) = (id, name) else {
        return show(&app, &visitor, &query, &form, &errors).await;
    };
    let what = What::Create(NewContract {
        name,
        policy: form.text("policy").to_owned(),
        starts_at: None,
        allotments: form.is_on("allotments"),
        bulk_disabled: false,
    });
    match give(&app, &visitor, &id, what, form.key(&visitor)).await {
        Ok(_) => return Ok(see(&format!("/contracts/{id}"))),
        Err(Failure::DuplicateId(_)) => {
            errors.add("id", format!("`{id}` is taken; choose another."));
        }
        Err(Failure::Refused(refused)) => {
            errors.add("id", crate::story::refusal(&refused.explanation));
        }
        Err(failure) => return Err(failure.into()),
    }
    show(&app, &visitor, &query, &form, &errors).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    query: &Query,
    form: &Form,
    errors: &Errors,
) -> Result<Response, Fault> {
    let (rows, next) = page(app, query).await?;
    let policies = app.engine.policies().await?;
    let policies: Vec<(String, String)> = policies
        .iter()
        .map(|it| (it.policy.name.to_string(), it.policy.name.to_string()))
        .collect();
    let main = html! {
        h1 { "Contracts" }
        form.filters method="get" role="search" aria-label="Find a contract" {
            div.field {
                label for="q" { "From this id on" }
                input id="q" name="q" type="search" value=(query.text("q")) autocomplete="off";
            }
            button type="submit" { "Find" }
        }
        @if rows.is_empty() {
            (ui::empty("No contract here", &html! { "Create one below, or load a history with " code { "earnest import" } "." }))
        } @else {
            (ui::table("Contracts", &html! {
                thead { tr {
                    th scope="col" { "Contract" } th scope="col" { "Policy" }
                    th.number scope="col" { "Available" } th.number scope="col" { "Held" }
                    th.number scope="col" { "Consumed" } th scope="col" { "Since" }
                } }
                tbody { @for (contract, balance) in &rows {
                    tr {
                        td.wide data-label="Contract" { a href=(format!("/contracts/{}", contract.id)) { (contract.name) } " " span.tag { (plain::name(&contract.id)) }
                            @if contract.cancelled_at.is_some() { " " (ui::badge("bad", "cancelled")) } }
                        td data-label="Policy" { code { (contract.policy) } }
                        td.number data-label="Available" { (words::number(balance.balance.available.0)) }
                        td.number data-label="Held" { (words::number(balance.balance.held.0)) }
                        td.number data-label="Consumed" { (words::number(balance.balance.consumed.0)) }
                        td.date data-label="Since" { (words::on(contract.starts_at)) }
                    }
                } }
            }))
        }
        (ui::pager(query, next.as_ref().map(ContractId::as_str), "More contracts"))
        section.panel aria-labelledby="new" {
            h2 #new { "Create a contract" }
            form.columns method="post" action="/contracts" novalidate {
                (ui::hidden(visitor, &app.engine.make_form_key()))
                (Field::line("id", "Id").hint("Letters, digits and . _ : @ -").show(form, errors))
                (Field::line("name", "Name").show(form, errors))
                (ui::choose("policy", "Policy", &policies, form.text("policy")))
                (ui::tick("allotments", "Seats are given the policy's credits each month", form.is_on("allotments")))
                button.primary type="submit" { "Create" }
            }
        }
    };
    Ok(Page::new(visitor, "Contracts", Place::Top("contracts"))
        .refused(!errors.is_empty())
        .show(&main))
}

type Rows = Vec<(ContractRecord, BalanceRecord)>;

async fn page(app: &App, query: &Query) -> Result<(Rows, Option<ContractId>), Fault> {
    let of = |name: &str| query.get(name).and_then(|text| ContractId::new(text).ok());
    let engine = &app.engine;
    let mut ids = Vec::new();
    // What is looked for stands first, where it is there itself.
    if let (Some(id), None) = (of("q"), of("after"))
        && engine.contract(&id).await.is_ok()
    {
        ids.push(id);
    }
    let after = of("after").or_else(|| of("q"));
    ids.extend(engine.contract_ids(after.as_ref(), LIMIT + 1).await?);
    let more = ids.len() > LIMIT;
    ids.truncate(LIMIT);
    let mut rows = Vec::with_capacity(ids.len());
    for id in &ids {
        rows.push((engine.contract(id).await?, engine.balance(id, None).await?));
    }
    Ok((rows, ids.pop().filter(|_| more)))
}
