//! A message as its sender sees it: its conversation, what happened to its credit step by step, what can still happen.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::{Page, Place};
use crate::orders::{self, give};
use crate::plain;
use crate::query::Query;
use crate::story;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::command::Side;
use earnest_core::units::Timestamp;
use earnest_core::{Conversation, Credit, Status};
use earnest_engine::keys::Scope;
use earnest_engine::{Failure, MessageRecord, NewWriting, What, WritingRecord};
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

/// Shows a message to its sender; its recipient sees it as a letter.
pub(crate) async fn get_message(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::ReadMessage)?;
    let record = orders::message(&app, &visitor, &id).await?;
    if let Scope::Member { member } = &visitor.scope {
        return Ok(see(&format!("/members/{member}/messages/{}", record.id)));
    }
    visitor.may(Operation::ExplainMessage)?;
    let query = Query::of(&uri, &["done", "until"]);
    let form = Form::default();
    show(
        &app,
        &visitor,
        &record,
        (query.get("done"), query.place("until")),
        &form,
        &Errors::default(),
    )
    .await
}

/// Writes on in the conversation.
pub(crate) async fn post_message(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    visitor.may(Operation::Converse)?;
    let record = orders::message(&app, &visitor, &id).await?;
    if visitor.is_member() {
        return Err(Fault::not_found("page", &id));
    }
    let form = Form::of(&app, &visitor, request).await?;
    let mut errors = Errors::default();
    let body = errors.read(&form, "body", |text| Ok::<_, String>(text.to_owned()));
    if let Some(body) = body {
        let what = What::Write(NewWriting {
            message: record.id.clone(),
            from: Side::Seat,
            body,
        });
        match give(&app, &visitor, &record.contract, what, form.key(&visitor)).await {
            Ok(_) => return Ok(see(&format!("/messages/{}?done=written", record.id))),
            Err(Failure::Refused(refused)) => {
                errors.add("body", crate::story::refusal(&refused.explanation));
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    show(&app, &visitor, &record, (None, None), &form, &errors).await
}

async fn show(
    app: &App,
    visitor: &Visitor,
    record: &MessageRecord,
    (done, until): (Option<&str>, Option<u64>),
    form: &Form,
    errors: &Errors,
) -> Result<Response, Fault> {
    let told = app.engine.explanation(&record.id).await?;
    let visitor = &visitor.meeting(app, [&record.contract]).await;
    let writings = app.engine.conversation(&record.id).await?;
    let subject = super::sent::subject(record);
    let place = Place::Seat(record.contract.clone(), record.seat.clone(), "sent");
    let seat_path = format!("/contracts/{}/seats/{}", record.contract, record.seat);
    let main = html! {
        p.crumb { a href=(format!("{seat_path}/sent")) { "← Sent messages" } }
        @match done {
            Some("sent") => (ui::done("Sent. What becomes of the credit stands below, and is kept up to date.")),
            Some("written") => (ui::done("Your message is in the conversation. It costs no credit.")),
            _ => {}
        }
        div.title-row {
            h1 { (subject) }
            p { (ui::status(record)) " " (ui::credit(record)) }
        }
        p.muted {
            "To " strong { (plain::name(&record.to)) } ", " (words::when(record.sent_at, visitor.now))
            @if let Some(campaign) = &record.campaign {
                ", in the campaign " a href=(format!("{seat_path}/sent?campaign={campaign}")) { (plain::name(campaign)) }
            }
            @if record.seen_at.is_none() { ", not opened yet" }
        }
        div.split.wide-left {
            section.panel aria-labelledby="talk" {
                h2 #talk { "Conversation" }
                div #conversation data-refresh="" { (conversation(record, &writings, until, visitor.now)) }
                (answer(app, visitor, record, form, errors))
            }
            div.stack #credit data-refresh="" {
                section.panel aria-labelledby="steps" {
                    h2 #steps { "The credit, step by step" }
                    (timeline(record, visitor.now))
                }
                section.panel aria-labelledby="why" {
                    h2 #why { @if record.credit == Credit::Held { "What can still happen" } @else { "Why" } }
                    @if !told.futures.is_empty() {
                        (story::futures(&told.futures))
                        (story::sentences(&told, "In full"))
                    } @else { (story::told(&told)) }
                }
            }
        }
    };
    Ok(Page::new(visitor, subject, place)
        .refused(!errors.is_empty())
        .show(&main))
}

/// How many characters of a conversation a page shows, beside the newest part of it.
const SHOWN: usize = 40_000;

/// Shows what was written, the message itself first. Of a long conversation it shows what ends with the writing of a
/// number, and leads to what came before.
pub(super) fn conversation(
    record: &MessageRecord,
    writings: &[WritingRecord],
    until: Option<u64>,
    now: Timestamp,
) -> Markup {
    let until = until.and_then(|until| usize::try_from(until).ok());
    let end = until.unwrap_or(writings.len()).min(writings.len());
    let mut left = SHOWN;
    let older = writings.iter().take(end).rev().take_while(|it| {
        let fits = left > 0;
        left = left.saturating_sub(it.text.len());
        fits
    });
    let first = end - older.count();
    let body = record.text.as_ref().map_or("", |text| text.body.as_str());
    html! {
        ol.conversation {
            li.from-seat {
                p.by { strong { (plain::name(&record.seat)) } " " (words::when(record.sent_at, now)) }
                div.text { (body) }
            }
            @if first > 0 { li.between { a href=(format!("?until={first}")) { "Show what was written before" } } }
            @for writing in writings.iter().take(end).skip(first) {
                @let (class, who) = match writing.from {
                    Side::Seat => ("from-seat", record.seat.as_str()),
                    Side::Member => ("from-member", record.to.as_str()),
                };
                li class=(class) {
                    p.by {
                        strong { (plain::name(who)) } " " (words::when(writing.at, now))
                        @if let Some(kind) = writing.response { " " (ui::badge("plain", ui::answer_word(kind))) }
                        @if writing.auto { " " (ui::badge("plain", "automatic")) }
                    }
                    @if writing.text.trim().is_empty() { p.muted { "without a note" } }
                    @else { div.text { (writing.text) } }
                }
            }
            @if end < writings.len() { li.between { a href="?" { "Show the newest" } } }
        }
    }
}

fn answer(
    app: &App,
    visitor: &Visitor,
    record: &MessageRecord,
    form: &Form,
    errors: &Errors,
) -> Markup {
    html! {
        @match record.conversation {
            Conversation::Open => form method="post" action=(format!("/messages/{}", record.id)) novalidate {
                (ui::hidden(visitor, &app.engine.make_form_key()))
                (Field::area("body", "Write on", 4).hint("The conversation is open: this costs no credit.").show(form, errors))
                button.primary type="submit" { "Send" }
            },
            Conversation::Unanswered => p.muted { "You can write on here once " (plain::name(&record.to)) " answers." },
            Conversation::Declined => p.muted { (plain::name(&record.to)) " said “not interested”, without a note. They may write later; until then only a new message reaches them." },
        }
    }
}

/// A step of a message's life.
struct Step {
    at: Timestamp,
    class: &'static str,
    title: String,
    text: Markup,
}

fn timeline(record: &MessageRecord, now: Timestamp) -> Markup {
    let steps = steps(record);
    html! {
        ol.timeline {
            @for step in steps {
                li class=(format!("{} {}", step.class, if step.at > now { "to-come" } else { "" })) {
                    p.step { strong { (step.title) } " " span.date { (words::when(step.at, now)) } }
                    (step.text)
                }
            }
        }
    }
}

fn steps(record: &MessageRecord) -> Vec<Step> {
    let credits = words::count(record.price, "credit");
    let mut steps = Vec::new();
    let mut step = |at, class, title: &str, text: Markup| {
        steps.push(Step {
            at,
            class,
            title: title.to_owned(),
            text,
        });
    };
    let stake = match record.price {
        0 => html! { p { "An open profile: no credit is held." } },
        _ => {
            html! { p { (credits) " taken from those available, and held until " (words::on(record.deadline)) " at the latest." } }
        }
    };
    step(record.sent_at, "sent", "Sent", stake);
    if let Some(at) = record.seen_at {
        step(
            at,
            "seen",
            "Opened",
            html! { p { "Opening is no answer: nothing becomes of the credit." } },
        );
    }
    if let Some(at) = record.reported_at {
        step(
            at,
            "bad",
            "Reported",
            html! { p { "Reports are counted beside your response rate." } },
        );
    }
    if let Some(at) = record.responded_at {
        let (title, text) = match record.status {
            Status::Responded => (
                "Answered",
                html! { p { "In time: it counts for your response rate." } },
            ),
            _ => (
                "Answered late",
                html! { p { "After the window: it opens the conversation, and changes no credit." } },
            ),
        };
        step(at, "good", title, text);
    }
    if record.status == Status::Lapsed {
        step(
            record.deadline,
            "plain",
            "Window ended",
            html! { p { "Nobody had answered by then." } },
        );
    }
    match (record.credit, record.settled_at) {
        (Credit::Returned, Some(at)) => step(at, "good", "Credit returned", html! {}),
        (Credit::Consumed, Some(at)) => step(at, "bad", "Credit consumed", html! {}),
        (Credit::Held, _) => step(
            record.deadline,
            "open",
            "Window ends",
            html! { p { "An answer at this instant is still in time." } },
        ),
        _ => {}
    }
    // Of one instant they stand in the order of cause and effect already.
    steps.sort_by_key(|step| step.at);
    steps
}
