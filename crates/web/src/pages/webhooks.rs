//! A contract's webhooks: where its events are sent, how that goes, and sending again.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::{Page, Place};
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::units::{ContractId, Timestamp};
use earnest_engine::Failure;
use earnest_engine::webhooks::{
    EVENT_TYPES, NewWebhook, Owner, Replay, WebhookChange, WebhookRecord, WebhookState,
};
use earnest_server::{App, Operation, check_address};
use earnest_store::DeliveryState;
use http::Uri;
use maud::{Markup, html};

const LIMIT: usize = 40;

fn reach(visitor: &Visitor, contract: &str) -> Result<ContractId, Fault> {
    visitor.may(Operation::ManageWebhooks)?;
    Ok(visitor.contract(contract)?)
}

/// Returns a contract's webhooks, as far as the visitor reaches them.
async fn all(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
) -> Result<Vec<WebhookRecord>, Fault> {
    let mut all = app.engine.webhooks().await?;
    all.retain(|it| match &it.owner {
        Owner::Contract(of) => of == contract,
        Owner::Admin => visitor.is_admin() && it.contract.as_ref() == Some(contract),
    });
    Ok(all)
}

async fn one(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
    id: &str,
) -> Result<WebhookRecord, Fault> {
    let all = all(app, visitor, contract).await?;
    let found = all.into_iter().find(|it| it.id == id);
    found.ok_or_else(|| Fault::not_found("webhook", id))
}

/// Shows the page.
pub(crate) async fn get_webhooks(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    let contract = reach(&visitor, &contract)?;
    let query = Query::of(&uri, &["done"]);
    let told = html! { @if query.get("done") == Some("removed") { (ui::done("The webhook was removed.")) } };
    show(
        &app,
        &visitor,
        &contract,
        &Form::default(),
        &Errors::default(),
        &told,
    )
    .await
}

/// Registers a webhook.
pub(crate) async fn post_webhooks(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    request: Request,
) -> Answer {
    let contract = reach(&visitor, &contract)?;
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    let url = errors.read(&form, "url", |text| Ok::<_, String>(text.to_owned()));
    let types: Vec<String> = form.all("type").map(str::to_owned).collect();
    let mut told = html! {};
    if let Some(url) = url {
        if let Err(problem) = check_address(&url, app.settings.webhook_allow_private).await {
            errors.add("url", problem.detail.into_owned());
        } else {
            let new = NewWebhook {
                url,
                contract: Some(contract.clone()),
                types: (!types.is_empty()).then_some(types),
                owner: Owner::Contract(contract.clone()),
            };
            match app.engine.create_webhook(new).await {
                Ok((_, secret)) => {
                    told = html! {
                        div.callout.good role="status" {
                            p { strong { "The webhook was registered. " } "Its secret signs what is sent, and is shown this once:" }
                            pre.once tabindex="0" { code { (secret) } }
                        }
                    };
                }
                Err(Failure::Invalid { why, .. }) => errors.add("url", why),
                Err(failure) => return Err(failure.into()),
            }
        }
    }
    let form = if errors.is_empty() {
        Form::default()
    } else {
        form
    };
    show(&app, &visitor, &contract, &form, &errors, &told).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    contract: &ContractId,
    form: &Form,
    errors: &Errors,
    told: &Markup,
) -> Result<Response, Fault> {
    app.engine.contract(contract).await?;
    let all = all(app, visitor, contract).await?;
    let main = html! {
        h1 { "Webhooks" }
        p.lead { "What happens in this contract, sent to a program of yours: signed, in order, tried again until it arrives. " a href="/docs/webhooks.md" { "What is sent, and how to check it" } }
        (told)
        @if all.is_empty() {
            (ui::empty("No webhook yet", &html! { "Register the address of a program below; it is sent what happens from then on." }))
        } @else {
            (ui::table("Webhooks", &html! {
                thead { tr { th scope="col" { "Address" } th scope="col" { "Events" } th scope="col" { "State" } th scope="col" { "Since" } } }
                tbody { @for it in &all {
                    tr {
                        td.wide data-label="Address" { a href=(format!("/contracts/{contract}/webhooks/{}", it.id)) { (it.url) } }
                        td data-label="Events" { @match &it.types { None => "all", Some(types) => (words::count(types.len() as u64, "type")) } }
                        td data-label="State" { (state(it)) }
                        td.date data-label="Since" { (words::on(it.created_at)) }
                    }
                } }
            }))
        }
        section.panel aria-labelledby="new" {
            h2 #new { "Register a webhook" }
            form method="post" action=(format!("/contracts/{contract}/webhooks")) novalidate {
                (ui::hidden(visitor, ""))
                (Field::line("url", "Address").kind("url").hint("https://… where your program takes POST requests.").show(form, errors))
                fieldset.ticks {
                    legend { "Which events (none ticked: all)" }
                    @for name in EVENT_TYPES {
                        div.tick {
                            input type="checkbox" name="type" value=(name) id=(format!("t-{name}")) checked[form.all("type").any(|it| it == name)];
                            label for=(format!("t-{name}")) { (name.replace('_', " ")) }
                        }
                    }
                }
                button.primary type="submit" { "Register" }
            }
        }
    };
    Ok(Page::new(
        visitor,
        "Webhooks",
        Place::Contract(contract.clone(), "webhooks"),
    )
    .refused(!errors.is_empty())
    .show(&main))
}

fn state(webhook: &WebhookRecord) -> Markup {
    html! {
        @match webhook.state {
            WebhookState::Active => (ui::badge("good", "active")),
            WebhookState::Paused => { (ui::badge("warn", "paused")) @if let Some(reason) = &webhook.reason { " " span.muted { (reason) } } }
        }
    }
}

/// Shows one webhook with its deliveries.
pub(crate) async fn get_webhook(
    State(app): State<App>,
    visitor: Visitor,
    Path((contract, id)): Path<(String, String)>,
    uri: Uri,
) -> Answer {
    let contract = reach(&visitor, &contract)?;
    let webhook = one(&app, &visitor, &contract, &id).await?;
    let query = Query::of(&uri, &["state", "after", "done"]);
    let named = |state: DeliveryState| delivery_word(state) == query.text("state");
    let state_asked = STATES.into_iter().find(|it| named(*it));
    let after = query.get("after").and_then(place);
    let page = app
        .engine
        .deliveries(&id, state_asked, after, LIMIT)
        .await?;
    let next = page
        .next
        .as_ref()
        .map(|(at, contract, seq)| format!("{}/{contract}/{seq}", at.millis()));
    let path = format!("/contracts/{contract}/webhooks/{id}");
    let mut states = vec![(String::new(), "all".to_owned())];
    states.extend(
        STATES
            .iter()
            .map(|it| (delivery_word(*it).to_owned(), delivery_word(*it).to_owned())),
    );
    let main = html! {
        p.crumb { a href=(format!("/contracts/{contract}/webhooks")) { "← Webhooks" } }
        div.title-row { h1.address { (webhook.url) } p { (state(&webhook)) } }
        @match query.get("done") {
            Some("paused") => (ui::done("Paused. What happens meanwhile waits for it.")),
            Some("resumed") => (ui::done("Resumed. What has waited is on its way.")),
            Some("replayed") => (ui::done("Sent again, under their old ids and in order.")),
            _ => {}
        }
        div.buttons {
            @if visitor.is_admin() {
                @match webhook.state {
                    WebhookState::Active => (ui::action(&visitor, &path, &[("do", "pause")], "Pause")),
                    WebhookState::Paused => (ui::action(&visitor, &path, &[("do", "resume")], "Resume")),
                }
            }
            (ui::action(&visitor, &path, &[("do", "replay")], "Send all failed ones again"))
            (ui::confirm(&visitor, &path, &[("do", "remove")], "Remove", "Nothing more is sent to it, nor what waits for it now."))
        }
        form.filters method="get" aria-label="Filter deliveries" {
            (ui::choose("state", "Deliveries", &states, query.text("state")))
            button type="submit" { "Filter" }
        }
        div #deliveries data-refresh="" {
            @if page.items.is_empty() {
                (ui::empty("No delivery here", &html! { "What happens from now on is sent to it, and listed here." }))
            } @else {
                (ui::table("Deliveries", &html! {
                    thead { tr {
                        th.number scope="col" { "Event" } th scope="col" { "State" } th.number scope="col" { "Tries" }
                        th scope="col" { "Answer" } th scope="col" { "Made" } th scope="col" { "Next try" } th scope="col" { span.for-readers { "Do" } }
                    } }
                    tbody { @for it in &page.items {
                        @let one = &it.delivery;
                        tr {
                            td.number data-label="Event" { (words::number(one.seq)) }
                            td data-label="State" { (ui::badge(match one.state { DeliveryState::Waiting => "open", DeliveryState::Delivered => "good", DeliveryState::Dead => "bad" }, delivery_word(one.state))) }
                            td.number data-label="Tries" { (one.attempts) }
                            td data-label="Answer" { @if let Some(status) = one.status { (status) " " } @if let Some(error) = &one.error { span.muted { (error) } } }
                            td.date data-label="Made" { (words::when(one.created_at, visitor.now)) }
                            td.date data-label="Next try" { @if let Some(at) = one.next_at { (words::when(at, visitor.now)) } }
                            td.act { @if one.state != DeliveryState::Waiting { (ui::action(&visitor, &path, &[("do", "replay"), ("delivery", &it.id)], "Send again")) } }
                        }
                    } }
                }))
            }
        }
        (ui::pager(&query, next.as_deref(), "Older deliveries"))
    };
    Ok(Page::new(
        &visitor,
        webhook.url.clone(),
        Place::Contract(contract, "webhooks"),
    )
    .show(&main))
}

const STATES: [DeliveryState; 3] = [
    DeliveryState::Waiting,
    DeliveryState::Delivered,
    DeliveryState::Dead,
];

const fn delivery_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Waiting => "waiting",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "failed",
    }
}

fn place(text: &str) -> Option<(Timestamp, ContractId, u64)> {
    let (at, rest) = text.split_once('/')?;
    let (contract, seq) = rest.rsplit_once('/')?;
    let at = Timestamp::from_millis(at.parse().ok()?)?;
    Some((at, ContractId::new(contract).ok()?, seq.parse().ok()?))
}

/// Pauses a webhook, lets it go on, removes it, or sends deliveries again.
pub(crate) async fn post_webhook(
    State(app): State<App>,
    visitor: Visitor,
    Path((contract, id)): Path<(String, String)>,
    request: Request,
) -> Answer {
    let contract = reach(&visitor, &contract)?;
    one(&app, &visitor, &contract, &id).await?;
    let form = Form::of(&app, &visitor, request).await?;
    let path = format!("/contracts/{contract}/webhooks");
    let engine = &app.engine;
    match form.text("do") {
        "remove" => {
            engine.delete_webhook(&id).await?;
            return Ok(see(&format!("{path}?done=removed")));
        }
        "replay" => {
            let delivery = Some(form.text("delivery").to_owned()).filter(|it| !it.is_empty());
            let state = delivery.is_none().then_some(DeliveryState::Dead);
            let replay = Replay {
                since: None,
                delivery,
                state,
            };
            engine.replay_deliveries(&id, &replay).await?;
            return Ok(see(&format!("{path}/{id}?done=replayed")));
        }
        "pause" | "resume" if visitor.is_admin() => {
            let state = match form.text("do") {
                "pause" => (WebhookState::Paused, Some("paused on the page".to_owned())),
                _ => (WebhookState::Active, None),
            };
            let change = WebhookChange {
                state: Some(state),
                types: None,
            };
            engine.change_webhook(&id, change).await?;
        }
        _ => return Err(Fault::not_found("action", form.text("do"))),
    }
    let done = match form.text("do") {
        "pause" => "paused",
        _ => "resumed",
    };
    Ok(see(&format!("{path}/{id}?done={done}")))
}
