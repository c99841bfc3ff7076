//! A contract on one page: its credits, this month's use, how its seats stand, what needs somebody's attention.

use super::credits;
use super::desk::in_force;
use crate::charts;
use crate::fault::Answer;
use crate::layout::{Page, Place};
use crate::plain;
use crate::ui;
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, State};
use earnest_core::policy::{Gate, Standing};
use earnest_core::units::Ratio;
use earnest_engine::{ResponsesReport, SeatOrder};
use earnest_server::{App, Operation};
use maud::{Markup, html};

/// How many seats the overview shows, worst first.
const SEATS: usize = 10;
/// How many campaigns it shows, newest first.
const CAMPAIGNS: usize = 8;

/// Shows the page.
pub(crate) async fn get_overview(
    State(app): State<App>,
    visitor: Visitor,
    Path(contract): Path<String>,
) -> Answer {
    for operation in [
        Operation::ReadContract,
        Operation::ReadReports,
        Operation::ReadBalance,
        Operation::ManageSeats,
    ] {
        visitor.may(operation)?;
    }
    let id = visitor.contract(&contract)?;
    let engine = &app.engine;
    let record = engine.contract(&id).await?;
    let report = engine.responses(&id).await?;
    let (seats, count) = engine.seats_by(&id, SeatOrder::Standing, 0, SEATS).await?;
    let (sums, ahead) = credits::shown(&app, &id).await?;
    let threshold = threshold(&in_force(&app, &id).await?.gate);
    let stopped = seats
        .items
        .iter()
        .filter(|it| it.standing == Standing::Restricted)
        .count();
    let main = html! {
        div.title-row {
            h1 { (record.name) }
            p {
                @if record.cancelled_at.is_some() { (ui::badge("bad", "cancelled")) " " }
                @if record.live_at.is_none() { (ui::badge("plain", "history, not live")) " " }
                "under " a href=(format!("/contracts/{id}/policy")) { code { (record.policy) } }
            }
        }
        div.stack #overview data-refresh="" {
            (sums)
            (ahead)
            section.panel aria-labelledby="answers" {
                h2 #answers { "Messages and answers" }
                (figures(&report))
                (charts::rate_by_week(&report.days, record.starts_at, visitor.now, threshold))
            }
            section.panel aria-labelledby="seats" {
                h2 #seats { (words::count(count as u64, "seat")) ", worst standing first" }
                @if stopped > 0 { div.callout.warn { p { (words::count(stopped as u64, "seat")) @if stopped == 1 { " is" } @else { " are" } " restricted: for now they may not send in bulk, or not at all." } } }
                @if count == 0 {
                    (ui::empty("No seat yet", &html! { a href=(format!("/contracts/{id}/seats")) { "Add the first seat" } "; the policy's credits come with it." }))
                } @else {
                    (super::seats::table(&id, &seats.items, &visitor, None))
                    p { a href=(format!("/contracts/{id}/seats")) { "All seats, sorted as you like" } }
                }
            }
            section.panel aria-labelledby="campaigns" {
                h2 #campaigns { "Newest campaigns" }
                (campaigns(&id.to_string(), &engine.newest_campaigns(&id, CAMPAIGNS).await?))
            }
        }
    };
    Ok(Page::new(
        &visitor,
        record.name.clone(),
        Place::Contract(id.clone(), "overview"),
    )
    .show(&main))
}

/// Returns the rate that a gate asks for.
fn threshold(gate: &Gate) -> Option<Ratio> {
    match gate {
        Gate::None => None,
        Gate::Thread(gate) => Some(gate.check.fails.threshold()),
        Gate::Ladder(ladder) => Some(ladder.check.fails.threshold()),
    }
}

fn figures(report: &ResponsesReport) -> Markup {
    let total = &report.total;
    html! {
        dl.figures {
            (ui::figure("Sent", &words::number(total.sent), &html! { "since the start" }))
            (ui::figure("Answered", &words::rate(total.responded(), total.sent), &html! { (words::count(total.responded(), "message")) }))
            (ui::figure("Replied or accepted", &words::rate(total.reply + total.accept, total.sent), &html! { (words::number(total.reply)) " replied, " (words::number(total.accept)) " accepted" }))
            (ui::figure("Not interested", &words::rate(total.not_interested, total.sent), &html! { (words::count(total.not_interested, "message")) }))
            (ui::figure("Waiting", &words::number(report.held), &html! { (words::number(report.lapsed)) @if report.lapsed == 1 { " was" } @else { " were" } " not answered in time" }))
        }
    }
}

fn campaigns(
    contract: &str,
    all: &[(earnest_core::units::CampaignId, earnest_engine::Tally)],
) -> Markup {
    html! {
        @if all.is_empty() {
            (ui::empty("No campaign yet", &html! { "When a seat writes to several at once, it is listed here with its answers." }))
        } @else {
            (ui::table("Campaigns and their answers", &html! {
                thead { tr { th scope="col" { "Campaign" } th.number scope="col" { "Sent" } th.number scope="col" { "Answered" } th.number scope="col" { "Rate" } } }
                tbody { @for (id, tally) in all {
                    tr {
                        td.wide data-label="Campaign" { a href=(format!("/contracts/{contract}/messages?campaign={id}")) { (plain::name(id)) } }
                        td.number data-label="Sent" { (words::number(tally.sent)) }
                        td.number data-label="Answered" { (words::number(tally.responded())) }
                        td.number data-label="Rate" { (words::rate(tally.responded(), tally.sent)) }
                    }
                } }
            }))
        }
    }
}
