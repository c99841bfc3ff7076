//! A message as its recipient sees it, with every way to answer it, and what an answer does for the sender.
//!
//! Invariant: a recipient learns nothing of the sender's credits but what the policy says of all messages alike.

use super::message::conversation;
use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form};
use crate::layout::{Page, Place};
use crate::names::Names;
use crate::orders::{self, give};
use crate::plain;
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::Status;
use earnest_core::command::Side;
use earnest_core::policy::{Policy, ResponseKind, Trigger, render};
use earnest_core::units::MemberId;
use earnest_engine::{Failure, MessageRecord, NewResponse, NewWriting, What};
use earnest_server::{App, Operation};
use http::{HeaderMap, Uri};
use maud::{Markup, html};

/// The answers that are given with one press.
const QUICK: [(&str, ResponseKind, &str); 4] = [
    (
        "yes",
        ResponseKind::Accept,
        "Yes, let us talk. When does it suit you?",
    ),
    (
        "more",
        ResponseKind::Accept,
        "Interesting. Please send me more.",
    ),
    (
        "later",
        ResponseKind::NotInterested,
        "Not now. Try again in half a year.",
    ),
    (
        "no",
        ResponseKind::NotInterested,
        "Thank you, but this is not for me.",
    ),
];

async fn find(
    app: &App,
    visitor: &Visitor,
    (member, id): &(String, String),
) -> Result<(MemberId, MessageRecord), Fault> {
    visitor.may(Operation::ActAsMember)?;
    let member = visitor.member(member)?;
    let record = orders::message(app, visitor, id).await?;
    match record.to == member {
        true => Ok((member, record)),
        false => Err(Fault::not_found("message", id)),
    }
}

/// Shows a message to its recipient, and marks it as seen.
pub(crate) async fn get_letter(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer {
    let (member, record) = find(&app, &visitor, &path).await?;
    // A browser that reads ahead has shown nothing to anybody, and an administrator is not the recipient.
    let is_ahead = headers.contains_key("sec-purpose") || headers.contains_key("purpose");
    if record.seen_at.is_none() && visitor.is_member() && !is_ahead {
        visitor.may(Operation::AnswerMessage)?;
        let what = What::Seen(record.id.clone());
        give(&app, &visitor, &record.contract, what, None).await?;
    }
    let query = Query::of(&uri, &["done", "until"]);
    show(
        &app,
        &visitor,
        &member,
        &record,
        (query.get("done"), query.place("until")),
        &Form::default(),
        &Errors::default(),
    )
    .await
}

/// Answers, reports, blocks, or writes on.
pub(crate) async fn post_letter(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
    request: Request,
) -> Answer {
    let (member, record) = find(&app, &visitor, &path).await?;
    visitor.may(Operation::AnswerMessage)?;
    let form = Form::of(&app, &visitor, request).await?;
    let here = format!("/members/{member}/messages/{}", record.id);
    let note = Some(form.text("note").trim().to_owned()).filter(|note| !note.is_empty());
    let respond = |kind, note| {
        What::Respond(NewResponse {
            message: record.id.clone(),
            kind,
            note,
            auto: false,
        })
    };
    let again = async |errors: &Errors| {
        show(
            &app,
            &visitor,
            &member,
            &record,
            (None, None),
            &form,
            errors,
        )
        .await
    };
    let mut errors = Errors::default();
    let (what, done) = match form.text("do") {
        "reply" => match note {
            Some(note) => (respond(ResponseKind::Reply, Some(note)), "answered"),
            None => {
                errors.add(
                    "note",
                    "Write what you want to say; to say nothing, choose another answer.",
                );
                return again(&errors).await;
            }
        },
        "accept" => (respond(ResponseKind::Accept, note), "answered"),
        "not_interested" => (respond(ResponseKind::NotInterested, note), "answered"),
        "report" => (What::Report(record.id.clone()), "reported"),
        "write" => {
            let body = errors.read(&form, "note", |text| Ok::<_, String>(text.to_owned()));
            let Some(body) = body else {
                return again(&errors).await;
            };
            let what = What::Write(NewWriting {
                message: record.id.clone(),
                from: Side::Member,
                body,
            });
            (what, "written")
        }
        "block" => {
            let seat = (form.text("whom") != "contract").then_some(&record.seat);
            app.engine.block(&member, &record.contract, seat).await?;
            return Ok(see(&format!("/members/{member}/inbox?done=blocked")));
        }
        quick => match QUICK.iter().find(|(name, _, _)| *name == quick) {
            Some((_, kind, text)) => (respond(*kind, Some((*text).to_owned())), "answered"),
            None => return Err(Fault::not_found("answer", quick)),
        },
    };
    match give(&app, &visitor, &record.contract, what, form.key(&visitor)).await {
        Ok(_) if done == "reported" => Ok(see(&format!("/members/{member}/inbox?done={done}"))),
        Ok(_) => Ok(see(&format!("{here}?done={done}"))),
        Err(Failure::Refused(refused)) => {
            errors.add("note", crate::story::refusal(&refused.explanation));
            again(&errors).await
        }
        Err(failure) => Err(failure.into()),
    }
}

async fn show(
    app: &App,
    visitor: &Visitor,
    member: &MemberId,
    record: &MessageRecord,
    (done, until): (Option<&str>, Option<u64>),
    form: &Form,
    errors: &Errors,
) -> Result<Response, Fault> {
    let writings = app.engine.conversation(&record.id).await?;
    let policy = app.engine.policy_of_message(&record.id).await?;
    let names = Names::of(app, [&record.contract]).await;
    let subject = super::sent::subject(record);
    let is_answered = record.responded_at.is_some();
    let main = html! {
        p.crumb { a href=(format!("/members/{member}/inbox")) { "← Inbox" } }
        @match done {
            Some("answered") => (ui::done("Your answer was sent.")),
            Some("written") => (ui::done("Your message is in the conversation.")),
            _ => {}
        }
        h1 { (subject) }
        p.muted {
            "From " strong { (plain::name(&record.seat)) } " of " strong { (names.show(&record.contract)) } ", "
            (words::when(record.sent_at, visitor.now))
            @if record.bulk { ", sent to several people" }
            @if record.reported_at.is_some() { ", reported by you" }
        }
        div.split.wide-left {
            div.stack {
                section.panel aria-label="Conversation" #conversation data-refresh="" {
                    (conversation(record, &writings, until, visitor.now))
                }
                section.panel aria-labelledby="answer" {
                    h2 #answer { @if is_answered { "Write on" } @else { "Answer" } }
                    (answers(app, visitor, member, record, form, errors))
                }
            }
            div.stack {
                (for_the_sender(&policy, record))
                (leave_me_alone(visitor, member, record, &names))
            }
        }
    };
    Ok(
        Page::new(visitor, subject, Place::Member(member.clone(), "inbox"))
            .refused(!errors.is_empty())
            .show(&main),
    )
}

fn answers(
    app: &App,
    visitor: &Visitor,
    member: &MemberId,
    record: &MessageRecord,
    form: &Form,
    errors: &Errors,
) -> Markup {
    let path = format!("/members/{member}/messages/{}", record.id);
    let hidden = || ui::hidden(visitor, &app.engine.make_form_key());
    html! {
        @if record.responded_at.is_some() {
            form method="post" action=(path) novalidate {
                (hidden())
                (Field::area("note", "Your message", 4).show(form, errors))
                button.primary type="submit" name="do" value="write" { "Send" }
            }
        } @else {
            form method="post" action=(path) novalidate {
                (hidden())
                (Field::area("note", "Your note", 4).optional()
                    .hint("A reply needs a note; the other answers may go without. “Not interested” with a note leaves the conversation open.")
                    .show(form, errors))
                div.buttons {
                    button.primary type="submit" name="do" value="reply" { "Reply" }
                    button type="submit" name="do" value="accept" { "Accept" }
                    button type="submit" name="do" value="not_interested" { "Not interested" }
                }
            }
            h3 { "Quick answers" }
            form.quick method="post" action=(path) {
                (hidden())
                @for (name, kind, text) in QUICK {
                    button type="submit" name="do" value=(name) {
                        (ui::badge(if kind == ResponseKind::Accept { "good" } else { "plain" }, kind_word(kind))) " " (text)
                    }
                }
            }
        }
    }
}

const fn kind_word(kind: ResponseKind) -> &'static str {
    match kind {
        ResponseKind::Reply => "reply",
        ResponseKind::Accept => "accept",
        ResponseKind::NotInterested => "not interested",
    }
}

/// Says what an answer does for whoever wrote, by the rules of the policy.
fn for_the_sender(policy: &Policy, record: &MessageRecord) -> Markup {
    let window = policy.settlement.window;
    let rules = policy.settlement.rules.iter();
    let rules = rules.filter(|rule| rule.on != Trigger::Send);
    let is_over = record.status != Status::Pending;
    html! {
        section.panel aria-labelledby="for-sender" {
            h2 #for-sender { "What your answer does for the sender" }
            @if record.price == 0 {
                p { "Nothing: your profile is open, so this message cost its sender no credit." }
            } @else if is_over {
                p { "Whatever you write now, it changes nothing about the sender's credit: that is decided." }
            } @else {
                p { "To write to you, the sender put credit at stake. What you do decides whether it is returned to them or consumed:" }
                ul.plain-list { @for rule in rules { li { (plain::show(&render::rule(rule, window))) } } }
                @if policy.on_send().is_some() { p { "Under this policy the credit is consumed at the send; no answer changes that." } }
            }
            p.muted { "An answer also counts for the sender's response rate, “not interested” as much as a reply. You owe nobody an answer." }
        }
    }
}

fn leave_me_alone(
    visitor: &Visitor,
    member: &MemberId,
    record: &MessageRecord,
    names: &Names,
) -> Markup {
    let path = format!("/members/{member}/messages/{}", record.id);
    let whole = format!(
        "Nobody of {} reaches you any more. You can unblock them under Preferences.",
        names.text(&record.contract)
    );
    let one = format!(
        "{} reaches you no more, and cannot write on here. You can unblock them under Preferences.",
        record.seat
    );
    html! {
        section.panel aria-labelledby="alone" {
            h2 #alone { "Be left alone" }
            div.buttons {
                @if record.reported_at.is_none() {
                    (ui::confirm(visitor, &path, &[("do", "report")], "Report", "A report is no answer. It is counted beside the sender's response rate."))
                }
                (ui::confirm(visitor, &path, &[("do", "block"), ("whom", "seat")], "Block the sender", &one))
                (ui::confirm(visitor, &path, &[("do", "block"), ("whom", "contract")], &format!("Block all of {}", names.text(&record.contract)), &whole))
            }
        }
    }
}
