//! What a member wishes of strangers' messages: who may write, at what price, how many a day; and whom they block.

use crate::fault::{Answer, Fault, see};
use crate::form::{Errors, Form, whole};
use crate::layout::{Page, Place};
use crate::plain;
use crate::query::Query;
use crate::ui::{self, Field};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use earnest_core::command::Accepts;
use earnest_core::units::{ContractId, MemberId, SeatId};
use earnest_engine::Wishes;
use earnest_server::{App, Operation};
use http::Uri;
use maud::{Markup, html};

/// How many of the newest messages tell the names of those who are blocked.
const NEWEST: usize = 40;

/// Who may write: the value, its name, what it means.
const ACCEPTS: [(&str, Accepts, &str, &str); 3] = [
    (
        "all",
        Accepts::All,
        "Anybody, with a credit at stake",
        "A stranger has to stake credit to write to you.",
    ),
    (
        "open",
        Accepts::Open,
        "Anybody, for nothing",
        "An open profile: writing to you stakes no credit.",
    ),
    (
        "none",
        Accepts::None,
        "Nobody",
        "Cold messages to you are refused before anything is staked.",
    ),
];

/// Shows the page.
pub(crate) async fn get_preferences(
    State(app): State<App>,
    visitor: Visitor,
    Path(member): Path<String>,
    uri: Uri,
) -> Answer {
    let member = reach(&visitor, &member)?;
    let wishes = app.engine.preferences(&member).await?;
    let query = Query::of(&uri, &["done"]);
    let visitor = met(&app, &visitor, &member).await?;
    Ok(show(
        &visitor,
        &member,
        &wishes,
        &typed(&wishes),
        &Errors::default(),
        query.get("done"),
    ))
}

fn reach(visitor: &Visitor, member: &str) -> Result<MemberId, Fault> {
    visitor.may(Operation::ActAsMember)?;
    Ok(visitor.member(member)?)
}

/// Lets the visitor know the names of the contracts that have written to the member of late; of others they learn none.
async fn met(app: &App, visitor: &Visitor, member: &MemberId) -> Result<Visitor, Fault> {
    let newest = app.engine.inbox(member, None, None, NEWEST).await?;
    let contracts = newest.items.iter().map(|it| &it.contract);
    Ok(visitor.meeting(app, contracts).await)
}

fn typed(wishes: &Wishes) -> Form {
    let number = |number: Option<u32>| number.map_or_else(String::new, |it| it.to_string());
    let chosen = ACCEPTS
        .iter()
        .find(|(_, accepts, _, _)| *accepts == wishes.accepts);
    Form::filled(&[
        ("accepts", chosen.map_or("all", |(value, ..)| value)),
        ("price", &number(wishes.price)),
        ("daily_cap", &number(wishes.daily_cap)),
    ])
}

/// Keeps the preferences, or blocks somebody, or lifts a block.
pub(crate) async fn post_preferences(
    State(app): State<App>,
    visitor: Visitor,
    Path(member): Path<String>,
    request: Request,
) -> Answer {
    let member = reach(&visitor, &member)?;
    let form = Form::of(&app, &visitor, request).await?;
    let path = format!("/members/{member}/preferences");
    let mut errors = Errors::default();
    match form.text("do") {
        "unblock" => {
            app.engine.unblock(&member, form.text("block")).await?;
            return Ok(see(&format!("{path}?done=unblocked")));
        }
        "block" => {
            let contract = errors.read(&form, "contract", |text| ContractId::new(text));
            let seat = errors.read_if(&form, "seat", |text| SeatId::new(text));
            if let (Some(contract), true) = (contract, errors.is_empty()) {
                app.engine.block(&member, &contract, seat.as_ref()).await?;
                return Ok(see(&format!("{path}?done=blocked")));
            }
        }
        _ => {
            let chosen = ACCEPTS
                .iter()
                .find(|(value, ..)| *value == form.text("accepts"));
            if chosen.is_none() {
                errors.add("accepts", "Choose one of these.");
            }
            let price = errors.read_if(&form, "price", whole);
            let cap = errors.read_if(&form, "daily_cap", whole);
            if let (Some((_, accepts, _, _)), true) = (chosen, errors.is_empty()) {
                app.engine
                    .set_preferences(&member, *accepts, price, cap)
                    .await?;
                return Ok(see(&format!("{path}?done=kept")));
            }
        }
    }
    let wishes = app.engine.preferences(&member).await?;
    let visitor = met(&app, &visitor, &member).await?;
    Ok(show(&visitor, &member, &wishes, &form, &errors, None))
}

fn show(
    visitor: &Visitor,
    member: &MemberId,
    wishes: &Wishes,
    form: &Form,
    errors: &Errors,
    done: Option<&str>,
) -> Response {
    let path = format!("/members/{member}/preferences");
    let main = html! {
        h1 { "Preferences" }
        @match done {
            Some("kept") => (ui::done("Saved. This holds for every message from now on.")),
            Some("blocked") => (ui::done("Blocked.")),
            Some("unblocked") => (ui::done("Unblocked.")),
            _ => {}
        }
        div.split {
            form.panel method="post" action=(path) novalidate {
                (ui::hidden(visitor, ""))
                fieldset.choices {
                    legend { "Who may write to you" }
                    @if let Some(error) = errors.of("accepts") { p.error { (error) } }
                    @for (value, _, name, meaning) in ACCEPTS {
                        div.choice {
                            input type="radio" id=(format!("accepts-{value}")) name="accepts" value=(value) checked[form.text("accepts") == value]
                                aria-describedby=(format!("accepts-{value}-hint"));
                            label for=(format!("accepts-{value}")) { (name) }
                            p.hint id=(format!("accepts-{value}-hint")) { (meaning) }
                        }
                    }
                }
                (Field::line("price", "Your price, in credits").kind("number").optional()
                    .hint("How many credits a stranger has to stake. Empty: what the sender's policy asks, usually 1.").show(form, errors))
                (Field::line("daily_cap", "Most cold messages a day").kind("number").optional()
                    .hint("Counted by the UTC day, over all senders. Empty: no cap.").show(form, errors))
                button.primary type="submit" name="do" value="save" { "Save" }
            }
            section.panel aria-labelledby="blocks" {
                h2 #blocks { "Blocked senders" }
                (blocks(visitor, &path, wishes))
                form method="post" action=(path) novalidate {
                    (ui::hidden(visitor, ""))
                    h3 { "Block somebody" }
                    (Field::line("contract", "Contract").show(form, errors))
                    (Field::line("seat", "Seat").optional().hint("Empty: everybody of the contract.").show(form, errors))
                    button type="submit" name="do" value="block" { "Block" }
                }
            }
        }
    };
    Page::new(
        visitor,
        "Preferences",
        Place::Member(member.clone(), "preferences"),
    )
    .refused(!errors.is_empty())
    .show(&main)
}

fn blocks(visitor: &Visitor, path: &str, wishes: &Wishes) -> Markup {
    html! {
        @if wishes.blocks.is_empty() {
            (ui::empty("Nobody is blocked", &html! { "Block a sender from one of their messages, or below." }))
        } @else {
            ul.rows {
                @for block in wishes.blocks.iter().rev().take(200) {
                    li {
                        span {
                            @match &block.seat {
                                Some(seat) => { strong { (plain::name(seat)) } " of " (visitor.names.show(&block.contract)) },
                                None => { "everybody of " strong { (visitor.names.show(&block.contract)) } },
                            }
                            " " span.muted { "since " (words::when(block.created_at, visitor.now)) }
                        }
                        (ui::action(visitor, path, &[("do", "unblock"), ("block", &block.id)], "Unblock"))
                    }
                }
            }
        }
    }
}
