//! Where a seat stands: its response rate over time, the figures that the gate counts, what happens next.

use super::desk::Desk;
use crate::charts;
use crate::fault::Answer;
use crate::layout::Page;
use crate::story;
use crate::ui;
use crate::visitor::Visitor;
use crate::words;
use axum::extract::{Path, State};
use earnest_core::explain::{Explanation, Value};
use earnest_core::policy::Gate;
use earnest_core::units::Ratio;
use earnest_server::{App, Operation};
use maud::{Markup, html};

/// Shows the page.
pub(crate) async fn get_standing(
    State(app): State<App>,
    visitor: Visitor,
    Path(path): Path<(String, String)>,
) -> Answer {
    let desk = Desk::find(&app, &visitor, Operation::ReadSeat, &path).await?;
    let policy = desk.policy(&app).await?;
    let days = app.engine.seat_days(&desk.contract, &desk.seat).await?;
    let seat = &desk.record;
    let (sent, responded) = (u64::from(seat.sent), u64::from(seat.responded));
    let threshold = desk.story.as_ref().and_then(threshold);
    let asked = threshold.map_or_else(
        || "nothing".to_owned(),
        |it| words::unbroken(&it.to_string()).into_owned(),
    );
    let counted = match &policy.gate {
        Gate::None => "since the seat was added",
        Gate::Thread(_) => "in the last 14 days",
        Gate::Ladder(_) => "in this period",
    };
    let main = html! {
        div.title-row {
            h1 { "Standing" }
            p { (ui::standing(seat.standing)) }
        }
        div.stack #standing data-refresh="" {
            dl.figures {
                (ui::figure("Response rate", &words::rate(responded, sent), &html! {
                    (words::number(responded)) " of " (words::number(sent)) " answered " (counted)
                }))
                (ui::figure("Asked for", &asked, &html! {
                    @if threshold.is_some() { "20 to 30\u{a0}% is called a good rate" } @else { "the policy has no gate" }
                }))
                (ui::figure("Sent this month", &words::number(seat.used), &html! {
                    @match seat.usage_limit {
                        Some(limit) => { "of " (words::number(limit)) " allowed" },
                        None => "no limit is set",
                    }
                }))
                (ui::figure("Reports", &words::number(seat.reports), &html! { @if seat.reports == 1 { "message that its recipient reported" } @else { "messages that their recipients reported" } }))
                @if let Some(until) = seat.until {
                    (ui::figure("Judged again", &words::relative(until, visitor.now), &html! { "on " (words::at(until)) }))
                }
            }
            section.panel aria-labelledby="rate" {
                h2 #rate { "Response rate, week by week" }
                (charts::rate_by_week(&days, desk.record.added_at, visitor.now, threshold))
            }
            section.panel aria-labelledby="next" {
                h2 #next { "What that means, and what happens next" }
                @if let Some(told) = &desk.story { (story::told(told)) (story::changes(told)) }
                p.muted { "An answer counts for the week in which its message was sent." }
            }
        }
    };
    Ok(Page::new(&visitor, "Standing", desk.place("standing")).show(&main))
}

/// Returns the rate that the gate asks for.
fn threshold(told: &Explanation) -> Option<Ratio> {
    let found = told.figures.iter().find(|it| it.name == "threshold")?;
    match &found.value {
        Value::Text(text) => Ratio::parse(text),
        Value::Whole(_) => None,
    }
}

/// Shows a seat's standing in a table's cell, with what is counted.
pub(super) fn in_short(sent: u32, responded: u32) -> Markup {
    html! { (words::rate(responded.into(), sent.into())) }
}
