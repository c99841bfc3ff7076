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
        p.lead { "The pool of " strong { (desk.contract) } ": every seat of the contract draws from it." }
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
                @if soon(30) > 0 { (words::number(soon(30))) " of them end within 30 days" } @else { "none ends within 30 days" }
            }))
            (ui::figure("Held", &words::number(balance.held.0), &html! { "by messages that wait for an answer" }))
            (ui::figure("Gone", &words::number(balance.consumed.0), &html! { "kept by settlements" }))
            (ui::figure("Ended unspent", &words::number(balance.expired.0), &html! {
                @if !balance.revoked.is_zero() { "and " (words::number(balance.revoked.0)) " taken back" }
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
                (ui::empty("Nothing falls due", &html! { "No available credit ends and no message's window closes in the next 90 days." }))
            } @else {
                p {
                    @match (ahead.answer_returns, ahead.unanswered) {
                        (true, Some(Settled::Consumed)) => {
                            (words::number(held)) " held credits come back if their recipients answer before the window of the message closes; if nobody answers they are gone. "
                        }
                        (_, Some(Settled::Returned)) => {
                            (words::number(held)) " held credits come back when the window of the message closes without an answer. "
                        }
                        _ => { (words::number(held)) " held credits are decided by the time the window of the message closes. " }
                    }
                    (words::number(ends)) " available credits end unless they are used before."
                }
                (charts::credits_ahead(ahead))
            }
            ul.plain-list {
                @if !ahead.never.is_zero() { li { (words::number(ahead.never.0)) " available credits never end." } }
                @if !ahead.later.is_zero() { li { (words::number(ahead.later.0)) " available credits end later." } }
                @if !ahead.held_later.is_zero() { li { (words::number(ahead.held_later.0)) " held credits are decided later." } }
            }
        }
    }
}
