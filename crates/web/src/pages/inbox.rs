//! A member's inbox: what waits for an answer, unread first; and everything that ever came.

use crate::fault::Answer;
use crate::layout::{Page, Place};
use crate::names::Names;
use crate::plain;
use crate::query::Query;
use crate::ui;
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, State};
use earnest_core::Status;
use earnest_core::units::MemberId;
use earnest_engine::MessageRecord;
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

const LIMIT: usize = 40;
/// How many waiting messages are put in order, unread first, and how many of them are shown.
const WAITING: usize = 200;
const SHOWN: usize = 80;

/// Shows the page.
pub(crate) async fn get_inbox(
    State(app): State<App>,
    visitor: Visitor,
    Path(member): Path<String>,
    uri: Uri,
) -> Answer {
    visitor.may(Operation::ActAsMember)?;
    let member = visitor.member(&member)?;
    let query = Query::of(&uri, &["view", "after", "done"]);
    let is_all = query.get("view") == Some("all");
    let page = match is_all {
        true => {
            app.engine
                .inbox(&member, None, query.place("after"), LIMIT)
                .await?
        }
        false => app.engine.waiting_for(&member, WAITING).await?,
    };
    let shown = page.items.get(..SHOWN).unwrap_or(&page.items);
    let names = Names::of(&app, shown.iter().map(|it| &it.contract)).await;
    let unread = page.items.iter().filter(|it| is_unread(it)).count();
    let next = page.next.filter(|_| is_all).map(|next| next.to_string());
    let tab = |view: Option<&str>, label: &str, is_here: bool| {
        html! {
            li { a href=(query.with(&[("view", view), ("after", None), ("done", None)])) aria-current=[is_here.then_some("true")] { (label) } }
        }
    };
    let main = html! {
        h1 { "Inbox" }
        @match query.get("done") {
            Some("answered") => (ui::done("Your answer was sent.")),
            Some("reported") => (ui::done("Reported. It is counted beside the sender's response rate.")),
            Some("blocked") => (ui::done("Blocked. That sender reaches you no more; you can unblock them under Preferences.")),
            _ => {}
        }
        ul.tabs {
            (tab(None, "Waiting for you", !is_all))
            (tab(Some("all"), "Everything", is_all))
        }
        div #inbox data-refresh="" {
            @if !is_all && !page.items.is_empty() {
                p.muted { (words::count(page.items.len() as u64, "message")) @if page.next.is_some() { " or more" } ", " (words::number(unread as u64)) " unread" }
            }
            @if page.items.is_empty() {
                @if is_all {
                    (ui::empty("Nothing has come yet", &html! { "Messages from strangers appear here. Under " a href=(format!("/members/{member}/preferences")) { "Preferences" } " you say who may write, and at what price." }))
                } @else {
                    (ui::empty("Nothing waits for you", &html! { "New messages appear here by themselves. " a href=(query.with(&[("view", Some("all"))])) { "See what came before" } "." }))
                }
            } @else {
                (letters(&member, shown, &names, &visitor))
            }
        }
        (ui::pager(&query, next.as_deref(), "Older messages"))
    };
    Ok(Page::new(&visitor, "Inbox", Place::Member(member, "inbox")).show(&main))
}

fn is_unread(message: &MessageRecord) -> bool {
    message.seen_at.is_none() && message.status != Status::Responded
}

fn letters(
    member: &MemberId,
    messages: &[MessageRecord],
    names: &Names,
    visitor: &Visitor,
) -> Markup {
    html! {
        ul.letters {
            @for message in messages {
                @let body = message.text.as_ref().map_or("", |text| text.body.as_str());
                li class=[is_unread(message).then_some("unread")] {
                    a href=(format!("/members/{member}/messages/{}", message.id)) {
                        span.from { (plain::name(&message.seat)) span.muted { " of " (names.show(&message.contract)) } }
                        span.subject {
                            @if is_unread(message) { span.dot { span.for-readers { "Unread: " } } }
                            (super::sent::subject(message))
                        }
                        span.snippet { (words::beginning(body, 110)) }
                    }
                    span.state {
                        (words::when(message.sent_at, visitor.now))
                        @if message.status == Status::Responded { (ui::status(message)) }
                    }
                }
            }
        }
    }
}
