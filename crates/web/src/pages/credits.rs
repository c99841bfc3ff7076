//! A contract's credits as a seat sees them: what is there, what is held, what the next 90 days bring.

use super::desk::Desk;
use crate::charts;
use crate::fault::{Answer, Fault};
use crate::layout::Page;
use crate::ui;
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, State};
use earnest_core::policy::Settled;
use earnest_core::units::{ContractId, Credits};
use earnest_engine::CreditsAhead;
use earnest_server::{App, Operation};
use maud::{Markup, html};

/// How many days the outlook covers.
const DAYS: usize = 91;

/// Shows the page.
pub(crate) async fn get_credits(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::ReadBalance, &path).await?;
    let (sums, ahead) = shown(&app, &desk.contract).await?;
    let main = html! {
        div.title-row {
            h1 { "Credits" }
            a.button.primary href=(desk.path("compose")) { "Write a message" }
        }
        p.lead { "The pool of " strong { (visitor.names.show(&desk.contract)) } ": every seat of the contract draws from it." }
        div.stack #credits data-refresh="" {
            (sums)
            (ahead)
        }
    };
    Ok(Page::new(&visitor, "Credits", desk.place("credits")).show(&main))
}

/// Returns the figures of a contract's credits, and the outlook on them.
pub(super) async fn shown(app: &App, contract: &ContractId) -> Result<(Markup, Markup), Fault> {
    let balance = app.engine.balance(contract, None).await?.balance;
    let ahead = app.engine.credits_ahead(contract, DAYS).await?;
    let soon = |days: usize| {
        ahead
            .days
            .iter()
            .take(days)
            .map(|it| it.ends.0)
            .sum::<u64>()
    };
    let sums = html! {
        dl.figures {
            (ui::figure("Available", &words::number(balance.available.0), &html! {
                @match soon(30) { 0 => "none ends within 30 days", 1 => "1 of them ends within 30 days", many => { (words::number(many)) " of them end within 30 days" } }
            }))
            (ui::figure("Held", &words::number(balance.held.0), &html! { "by messages that wait for an answer" }))
            (ui::figure("Consumed", &words::number(balance.consumed.0), &html! { "by messages that have settled" }))
            (ui::figure("Ended unspent", &words::number(balance.expired.0), &html! {
                @if !balance.revoked.is_zero() { "and " (words::number(balance.revoked.0)) " revoked" }
            }))
            (ui::figure("Ever granted", &words::number(balance.granted.0), &html! { "the other figures together" }))
        }
    };
    Ok((sums, outlook(&ahead)))
}

fn outlook(ahead: &CreditsAhead) -> Markup {
    let sum = |of: fn(&earnest_engine::DayAhead) -> Credits| {
        ahead.days.iter().map(|day| of(day).0).sum::<u64>()
    };
    let (ends, held) = (sum(|day| day.ends), sum(|day| day.window_ends));
    html! {
        section.panel aria-labelledby="ahead" {
            h2 #ahead { "The next 90 days" }
            @if ends == 0 && held == 0 {
                (ui::empty("Nothing falls due", &html! { "No available credit ends, and no message's window ends, in the next 90 days." }))
            } @else {
                @let (is_held, held_credits) = (if held == 1 { "is" } else { "are" }, words::count(held, "held credit"));
                p {
                    @if held > 0 {
                        @match (ahead.answer_returns, ahead.unanswered) {
                            (true, Some(Settled::Consumed)) => {
                                (held_credits) " " (is_held) " returned if the recipient answers before the window of the message ends, and consumed if nobody answers. "
                            }
                            (_, Some(Settled::Returned)) => {
                                (held_credits) " " (is_held) " returned when the window of the message ends without an answer. "
                            }
                            _ => { (held_credits) " " (is_held) " decided by the time the window of the message ends. " }
                        }
                    }
                    @if ends > 0 {
                        (words::count(ends, "available credit")) @if ends == 1 { " ends unless it is used before." } @else { " end unless they are used before." }
                    }
                }
                (charts::credits_ahead(ahead))
            }
            ul.plain-list {
                @if !ahead.never.is_zero() { li { (words::count(ahead.never.0, "available credit")) @if ahead.never.0 == 1 { " never ends." } @else { " never end." } } }
                @if !ahead.later.is_zero() { li { (words::count(ahead.later.0, "available credit")) @if ahead.later.0 == 1 { " ends later." } @else { " end later." } } }
                @if !ahead.held_later.is_zero() { li { (words::count(ahead.held_later.0, "held credit")) @if ahead.held_later.0 == 1 { " is decided later." } @else { " are decided later." } } }
            }
        }
    }
}
