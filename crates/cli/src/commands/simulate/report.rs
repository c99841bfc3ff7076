//! Prints what made-up people did, for people and for programs.
//!
//! Owns: the tables and their notes, and the JSON. Does not own: the figures. Invariant: where several worlds were
//! played, a rate is shown with how far chance moves it.

use crate::error::Error;
use crate::number::{count, from_to, percent, ratio, thousands};
use crate::output::{Look, Out};
use crate::table::{self, Column::Number, Column::Text, table};
use earnest_market::{Outcome, Settings};
use serde_json::{Value, json};

/// What there is to print.
pub(super) struct Report<'r> {
    pub(super) settings: &'r Settings,
    pub(super) seed: u64,
    pub(super) outcomes: &'r [Outcome],
}

/// Returns it as data.
pub(super) fn data(seed: u64, settings: &Settings, outcomes: &[Outcome]) -> Value {
    let policies: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            let sums = outcome.sums();
            json!({
                "policy": outcome.policy,
                "sums": sums,
                "response_rate": sums.response_rate(),
                "effort_percent": sums.effort_percent(),
                "received_a_week": sums.received_a_week(),
                "unanswered_a_week": sums.unanswered_a_week(),
                "credits_per_answer": sums.credits_per_answer(),
                "worlds": outcome.worlds,
            })
        })
        .collect();
    json!({ "seed": seed, "weeks": settings.weeks, "warmup_weeks": settings.warmup_weeks, "policies": policies })
}

/// Prints it.
pub(super) fn print(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    heading(report, out)?;
    people(report, out)?;
    credits(report, out)?;
    if report.outcomes.len() > 1 {
        beside_the_first(report, out)?;
    }
    out.line("")?;
    out.note(
        "These people are made up, and simpler than people are. Believe the direction of a difference more than its \
         size, and neither where it is no larger than what chance does from world to world. docs/simulation.md has the \
         assumptions and says where they fail.",
    )
}

fn heading(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    let settings = report.settings;
    let worlds = report
        .outcomes
        .first()
        .map_or(0, |outcome| outcome.worlds.len());
    out.line(out.paint(
        Look::Bold,
        format_args!("a made-up market (seed {})", report.seed),
    ))?;
    let members = settings.count.saturating_mul(settings.per_sender);
    out.line(format_args!(
        "{} and {} in each of {}, for {} after {} of habit",
        count(u64::from(settings.count), "sender"),
        count(u64::from(members), "recipient"),
        count(u64::try_from(worlds).unwrap_or(u64::MAX), "world"),
        count(u64::from(settings.weeks), "week"),
        settings.warmup_weeks,
    ))
}

fn people(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    title("What people did", out)?;
    let mut rows = table(&[
        (Text, "policy"),
        (Number, "sent"),
        (Number, "in bulk"),
        (Number, "effort"),
        (Number, "answered"),
        (Number, "rate"),
        (Number, "in the worlds"),
        (Number, "unanswered"),
        (Number, "a recipient\nand week"),
    ]);
    for outcome in report.outcomes {
        let sums = outcome.sums();
        rows.add_row([
            outcome.policy.clone(),
            thousands(sums.sent),
            percent(sums.in_bulk, sums.sent),
            percent(sums.effort, sums.sent.saturating_mul(100)),
            thousands(sums.answered),
            percent(sums.answered, sums.sent),
            range(outcome),
            thousands(sums.unanswered),
            ratio(sums.sent, sums.members.saturating_mul(sums.weeks)),
        ]);
    }
    table::print(&rows, "", out)?;
    out.note("rate: answered within 90 days of those sent, whatever the policy's own window; effort: from 0 %, all in bulk, to 100 %, each written for its reader")
}

/// Returns the lowest and the highest rate of the worlds.
fn range(outcome: &Outcome) -> String {
    match outcome.range() {
        Some((low, high)) if outcome.worlds.len() > 1 => {
            from_to((low.answered, low.sent), (high.answered, high.sent))
        }
        _ => "-".to_owned(),
    }
}

fn credits(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    title("Credits and gates", out)?;
    let mut rows = table(&[
        (Text, "policy"),
        (Number, "returned"),
        (Number, "consumed"),
        (Number, "consumed per answer"),
        (Number, "sends refused"),
        (Number, "ever warned"),
        (Number, "ever restricted"),
    ]);
    for outcome in report.outcomes {
        let sums = outcome.sums();
        rows.add_row([
            outcome.policy.clone(),
            thousands(sums.returned),
            thousands(sums.consumed),
            ratio(sums.consumed, sums.answered),
            thousands(sums.refused),
            of(sums.warned, sums.senders),
            of(sums.restricted, sums.senders),
        ]);
    }
    table::print(&rows, "", out)
}

fn of(part: u64, whole: u64) -> String {
    format!("{} of {}", thousands(part), thousands(whole))
}

/// What each policy changes against the first.
fn beside_the_first(report: &Report<'_>, out: &mut Out) -> Result<(), Error> {
    let Some((first, others)) = report.outcomes.split_first() else {
        return Ok(());
    };
    title(&format!("Against {}", first.policy), out)?;
    let base = first.sums();
    let mut rows = table(&[
        (Text, "policy"),
        (Number, "sent"),
        (Number, "answered"),
        (Number, "unanswered"),
        (Number, "rate higher in"),
    ]);
    for outcome in others {
        let sums = outcome.sums();
        let pairs = first.worlds.iter().zip(&outcome.worlds);
        let higher = pairs
            .filter(|(a, b)| b.sums().by_rate(&a.sums()).is_gt())
            .count();
        rows.add_row([
            outcome.policy.clone(),
            change(base.sent, sums.sent),
            change(base.answered, sums.answered),
            change(base.unanswered, sums.unanswered),
            format!(
                "{higher} of {}",
                count(
                    u64::try_from(outcome.worlds.len()).unwrap_or(u64::MAX),
                    "world"
                )
            ),
        ]);
    }
    table::print(&rows, "", out)
}

/// Returns a change in per cent, with its sign.
fn change(from: u64, to: u64) -> String {
    match to.checked_sub(from) {
        Some(more) => format!("+{}", percent(more, from)),
        None => format!("-{}", percent(from - to, from)),
    }
}

pub(super) fn title(title: &str, out: &mut Out) -> Result<(), Error> {
    out.line("")?;
    out.line(out.paint(Look::Bold, format_args!("{}", title.to_uppercase())))
}
