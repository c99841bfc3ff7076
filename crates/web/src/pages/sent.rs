//! The list of sent messages: of a seat, or of a whole contract.
//!
//! Owns: filters, search, the way through the pages. Invariant: a page reads a bounded number of messages, however many
//! there are.

use super::desk::Desk;
use crate::fault::Answer;
use crate::layout::{Page, Place};
use crate::plain;
use crate::query::Query;
use crate::ui;
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, State};
use axum::response::Response;
use earnest_core::units::{CampaignId, ContractId, SeatId};
use earnest_engine::{Found, MessageFilter, MessageRecord, Search, Span};
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

const KNOWN: [&str; 8] = [
    "status", "campaign", "seat", "from", "to", "q", "after", "done",
];
const LIMIT: usize = 25;

/// Shows the messages of a seat.
pub(crate) async fn get_sent(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
    uri: Uri,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::ListMessages, &path).await?;
    let query = Query::of(&uri, &KNOWN);
    let found = find(&app, &desk.contract, Some(&desk.seat), &query).await?;
    let compose = desk.path("compose");
    let place = desk.place("sent");
    Ok(show(
        &visitor,
        "Sent",
        place,
        &query,
        &found,
        Some(&compose),
        None,
    ))
}

/// Shows the messages of a contract.
pub(crate) async fn get_messages(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::ReadContract)?;
    visitor.may(Operation::ListMessages)?;
    let contract = visitor.contract(&contract)?;
    let query = Query::of(&uri, &KNOWN);
    let seat = query.get("seat").and_then(|text| SeatId::new(text).ok());
    let found = find(&app, &contract, seat.as_ref(), &query).await?;
    let place = Place::Contract(contract.clone(), "messages");
    Ok(show(
        &visitor,
        "Messages",
        place,
        &query,
        &found,
        None,
        Some(&contract),
    ))
}

async fn find(
    app: &App,
    contract: &ContractId,
    seat: Option<&SeatId>,
    query: &Query,
) -> Result<Found<MessageRecord>, crate::fault::Fault> {
    let search = Search {
        filter: MessageFilter {
            seat: seat.cloned(),
            campaign: query
                .get("campaign")
                .and_then(|text| CampaignId::new(text).ok()),
            status: query.status(),
            sent: Span {
                from: query.date("from", 0),
                to: query.date("to", 1),
            },
        },
        words: query.text("q").to_owned(),
    };
    let after = query.place("after");
    let engine = &app.engine;
    // A contract that is not there is found out before anything is looked for.
    engine.newest_event(contract).await?;
    Ok(engine.search_sent(contract, &search, after, LIMIT).await?)
}

fn show(
    visitor: &Visitor,
    title: &str,
    place: Place,
    query: &Query,
    found: &Found<MessageRecord>,
    compose: Option<&str>,
    contract: Option<&ContractId>,
) -> Response {
    let is_narrowed = KNOWN
        .iter()
        .any(|name| *name != "done" && query.get(name).is_some());
    let next = found.next.map(|next| next.to_string());
    let main = html! {
        div.title-row {
            h1 { (title) }
            @if let Some(compose) = compose { a.button.primary href=(compose) { "Write a message" } }
        }
        @if query.get("done").is_some() { (ui::done("The campaign was sent; here are its messages.")) }
        (filters(query, contract.is_some()))
        div #messages data-refresh="" {
            @if found.items.is_empty() {
                @if found.next.is_some() {
                    (ui::empty("Nothing found yet", &html! { "Older messages may match: look further back." }))
                } @else if is_narrowed {
                    (ui::empty("No message matches", &html! { "Take a filter away, or " a href=(query.with(&no_filters())) { "see all" } "." }))
                } @else if let Some(compose) = compose {
                    (ui::empty("Nothing sent yet", &html! { a href=(compose) { "Write the first message" } " and see beforehand what becomes of its credit." }))
                } @else {
                    (ui::empty("Nothing sent yet", &html! { "Messages appear here as the seats send them." }))
                }
            } @else {
                (table(&found.items, visitor, contract))
            }
        }
        @if let Some(to) = found.looked_to { p.muted { "Looked back to " (words::at(to)) "." } }
        (ui::pager(query, next.as_deref(), if found.looked_to.is_some() { "Look further back" } else { "Older messages" }))
    };
    Page::new(visitor, title, place).show(&main)
}

fn no_filters() -> Vec<(&'static str, Option<&'static str>)> {
    KNOWN.iter().map(|name| (*name, None)).collect()
}

fn filters(query: &Query, with_seat: bool) -> Markup {
    let statuses = [
        ("", "All"),
        ("pending", "Waiting for an answer"),
        ("responded", "Answered"),
        ("lapsed", "Not answered in time"),
    ];
    let statuses = statuses.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let line = |name: &'static str, label: &str, kind: &str| {
        html! {
            div.field {
                label for=(name) { (label) }
                input id=(name) name=(name) type=(kind) value=(query.text(name)) autocomplete="off";
            }
        }
    };
    html! {
        form.filters method="get" role="search" aria-label="Filter messages" {
            (line("q", "Search", "search"))
            (ui::choose("status", "Status", &statuses, query.text("status")))
            @if with_seat { (line("seat", "Seat", "text")) }
            (line("campaign", "Campaign", "text"))
            (line("from", "Sent from", "date"))
            (line("to", "Sent until", "date"))
            button type="submit" { "Filter" }
        }
    }
}

/// Shows messages as a table.
pub(crate) fn table(
    messages: &[MessageRecord],
    visitor: &Visitor,
    contract: Option<&ContractId>,
) -> Markup {
    ui::table(
        "Messages",
        &html! {
            thead { tr {
                th scope="col" { "To" }
                th scope="col" { "Subject" }
                @if contract.is_some() { th scope="col" { "Seat" } }
                th scope="col" { "Status" }
                th scope="col" { "Credit" }
                th scope="col" { "Sent" }
                th scope="col" { "Window ends" }
            } }
            tbody {
                @for message in messages {
                    tr {
                        td data-label="To" { (plain::name(&message.to)) }
                        td.wide data-label="Subject" {
                            a href=(format!("/messages/{}", message.id)) { (subject(message)) }
                            @if let Some(campaign) = &message.campaign { " " span.tag title="campaign" { (plain::name(campaign)) } }
                        }
                        @if let Some(contract) = contract {
                            td data-label="Seat" { a href=(format!("/contracts/{contract}/seats/{}/standing", message.seat)) { (plain::name(&message.seat)) } }
                        }
                        td data-label="Status" { (ui::status(message)) }
                        td data-label="Credit" { (ui::credit(message)) }
                        td.date data-label="Sent" { (words::when(message.sent_at, visitor.now)) }
                        td.date data-label="Window ends" { (words::on(message.deadline)) }
                    }
                }
            }
        },
    )
}

/// Returns a message's subject, or what stands for it.
pub(crate) fn subject(message: &MessageRecord) -> &str {
    let subject = message.text.as_ref().map(|text| text.subject.trim());
    subject
        .filter(|it| !it.is_empty())
        .unwrap_or("(no subject)")
}
