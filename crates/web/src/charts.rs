//! Draws what pages show as charts.
//!
//! Owns: which figures a chart is made of. Does not own: drawing ([`earnest_chart`]). Invariant: a float here becomes a
//! place on paper, and nothing else.

use earnest_chart::{
    Band, Caption, Day, Layer, Lines, Mark, Series, Stack, StackForm, Unit, figure,
};
use earnest_core::policy::{GOOD_RATE, Settled};
use earnest_core::units::{Ratio, Timestamp};
use earnest_engine::{CreditsAhead, DayAhead, Tally};
use maud::{Markup, PreEscaped};

const WEEK: i64 = 7;
/// How many weeks the response rate is shown for.
const WEEKS: i64 = 53;

/// Draws the response rate by the week of the send, beside the threshold, where there is one, and the band of good
/// rates.
pub(crate) fn rate_by_week(
    days: &[(i64, Tally)],
    since: Timestamp,
    now: Timestamp,
    threshold: Option<Ratio>,
) -> Markup {
    let last = now.utc_day();
    let began = days
        .first()
        .map_or(last, |(day, _)| *day)
        .max(since.utc_day());
    let weeks = ((last - began) / WEEK + 1).clamp(1, WEEKS);
    let first = last - weeks * WEEK + 1;
    let mut points = Vec::new();
    for week in 0..weeks {
        let from = first + week * WEEK;
        let of_week = days
            .iter()
            .filter(|(day, _)| (from..from + WEEK).contains(day));
        let mut sum = Tally::default();
        of_week.for_each(|(_, tally)| sum.add(tally));
        let rate = (sum.sent > 0).then(|| on_paper(sum.responded()) * 100.0 / on_paper(sum.sent));
        points.push((day(from), rate));
    }
    let (low, high) = GOOD_RATE;
    let band = percent_of(low)
        .zip(percent_of(high))
        .map(|(low, high)| Band {
            low,
            high,
            label: "good rate".to_owned(),
        });
    let chart = Lines {
        caption: Caption::new(
            "Response rate by week",
            "Answered of those sent in a week. The newest weeks still rise: their messages can still be answered.",
        ),
        axis: "answered".to_owned(),
        unit: Unit::Percent,
        series: vec![Series {
            name: "response rate".to_owned(),
            points,
        }],
        threshold: threshold.map(|ratio| Mark {
            value: percent(ratio),
            label: format!("threshold {ratio}"),
        }),
        band,
    };
    PreEscaped(figure(&chart, "rate-chart"))
}

/// Draws, week by week, the credits that end and those that are decided.
pub(crate) fn credits_ahead(ahead: &CreditsAhead) -> Markup {
    let weeks: Vec<&[DayAhead]> = ahead.days.chunks(7).collect();
    let days = (0..)
        .zip(&weeks)
        .map(|(week, _)| day(ahead.first_day + week * WEEK));
    let layer = |name: &str, of: fn(&DayAhead) -> u64| Layer {
        name: name.to_owned(),
        values: weeks
            .iter()
            .map(|week| on_paper(week.iter().map(of).sum()))
            .collect(),
    };
    let held = match (ahead.answer_returns, ahead.unanswered) {
        (_, Some(Settled::Returned)) => "held, returned unless answered",
        (true, _) => "held, returned if answered by then",
        (false, _) => "held, decided by then",
    };
    let mut layers = vec![
        layer(held, |day| day.window_ends.0),
        layer("available, ending unless used", |day| day.ends.0),
    ];
    if ahead.days.iter().any(|day| !day.starts.is_zero()) {
        layers.push(layer("bought ahead, starting", |day| day.starts.0));
    }
    let chart = Stack {
        caption: Caption::new(
            "Credits in the next 90 days",
            "Each bar is a week: the credits whose last day falls in it.",
        ),
        axis: "credits".to_owned(),
        unit: Unit::Count,
        form: StackForm::Bars,
        days: days.collect(),
        step: 7,
        layers,
    };
    PreEscaped(figure(&chart, "credits-chart"))
}

fn day(day: i64) -> Day {
    Day(i32::try_from(day).unwrap_or(i32::MAX))
}

/// Turns a count into a length on paper.
#[expect(
    clippy::cast_precision_loss,
    reason = "a length on paper; whoever reads the figure reads it from the table beside"
)]
fn on_paper(count: u64) -> f64 {
    count as f64
}

fn percent(ratio: Ratio) -> f64 {
    f64::from(ratio.part()) * 100.0 / f64::from(ratio.whole())
}

fn percent_of(text: &str) -> Option<f64> {
    Ratio::parse(text).map(percent)
}
