//! Pictures and tables that several reports have.
//!
//! Owns: how rates over time, settled credits, standings and the distribution over senders are shown. Does not own: where
//! the figures come from. Invariant: rates are put in order, and into their bars, exactly.

use crate::number::{THRESHOLD, drawn, rate, thousands};
use crate::report::{Cell, Column, Table};
use earnest_chart::{
    Band, BarForm, Bars, Caption, Chart, Day, Lane, Layer, Lines, Mark, Series, Span, SpanKind,
    Spans, Stack, StackForm, Unit,
};
use earnest_core::policy::Standing;
use std::cmp::Ordering;

/// Senders with fewer messages have no rate worth showing.
pub(crate) const FEW: u64 = 20;
/// How many senders are shown by name.
pub(crate) const NAMED: usize = 20;
/// How wide a bar of the distribution is, in per cent, and how many there are before the rest.
const BIN: u64 = 5;
const BINS: u64 = 12;

/// Answered, and of how many.
pub(crate) type Rate = (u64, u64);

/// Returns response rates over time, with the threshold and the good band.
pub(crate) fn rates(caption: Caption, series: Vec<Series>) -> Lines {
    Lines {
        caption,
        axis: "response rate".to_owned(),
        unit: Unit::Percent,
        series,
        threshold: Some(Mark {
            value: f64::from(THRESHOLD.0),
            label: "threshold 13 %".to_owned(),
        }),
        band: Some(Band {
            low: 20.0,
            high: 30.0,
            label: "called good: 20 to 30 %".to_owned(),
        }),
    }
}

/// Returns what was settled in each step of so many days.
pub(crate) fn settled(
    caption: Caption,
    days: Vec<Day>,
    step: i32,
    returned: Vec<u64>,
    consumed: Vec<u64>,
) -> Stack {
    let layer = |name: &str, values: Vec<u64>| Layer {
        name: name.to_owned(),
        values: values.into_iter().map(drawn).collect(),
    };
    Stack {
        caption,
        axis: "stakes".to_owned(),
        unit: Unit::Count,
        form: StackForm::Bars,
        days,
        step,
        layers: vec![layer("returned", returned), layer("consumed", consumed)],
    }
}

/// Returns a sender's lane of warnings and restrictions, from the changes in order.
pub(crate) fn lane(name: String, changes: &[(Day, Standing)], end: Day) -> Lane {
    let ends = changes.iter().skip(1).map(|(day, _)| *day).chain([end]);
    let spans = changes
        .iter()
        .zip(ends)
        .filter_map(|((from, standing), to)| {
            let kind = match standing {
                Standing::Warned | Standing::Grace => SpanKind::Warned,
                Standing::Restricted => SpanKind::Restricted,
                Standing::Good => return None,
            };
            Some(Span {
                from: *from,
                to,
                kind,
            })
        });
    Lane {
        name,
        spans: spans.collect(),
    }
}

/// Returns the lanes that have been restricted or warned for longest; nothing where there is none. `of` says whose.
pub(crate) fn standings(
    title: String,
    of: &str,
    mut lanes: Vec<Lane>,
    days: (Day, Day),
) -> Option<Box<dyn Chart>> {
    let long = |lane: &Lane, kind: SpanKind| -> i64 {
        let spans = lane.spans.iter().filter(|span| span.kind == kind);
        spans
            .map(|span| i64::from(span.to.0) - i64::from(span.from.0))
            .sum()
    };
    lanes.retain(|lane| !lane.spans.is_empty());
    if lanes.is_empty() {
        return None;
    }
    lanes.sort_by_cached_key(|lane| {
        let restricted = long(lane, SpanKind::Restricted);
        std::cmp::Reverse((restricted, long(lane, SpanKind::Warned)))
    });
    let rest = lanes.len().saturating_sub(NAMED);
    lanes.truncate(NAMED);
    let about = match rest {
        0 => format!("{of}, the longest restricted first."),
        rest => format!(
            "{of}, the {NAMED} that were restricted longest; {} more are not shown.",
            thousands(length(rest))
        ),
    };
    Some(Box::new(Spans {
        caption: Caption::new(title, about),
        lane: "sender".to_owned(),
        days,
        lanes,
    }))
}

/// Returns how many senders there are of each rate, for each policy.
pub(crate) fn by_rate(policies: &[(String, Vec<Rate>)]) -> Bars {
    let bin = |at: u64| format!("{}\u{2013}{} %", at * BIN, at * BIN + BIN);
    let series = policies.iter().map(|(name, senders)| Layer {
        name: name.clone(),
        values: counted(senders).into_iter().map(drawn).collect(),
    });
    Bars {
        caption: Caption::new(
            "Senders by response rate",
            format!("Senders with {FEW} sent messages or more."),
        ),
        axis: "senders".to_owned(),
        category: "response rate".to_owned(),
        unit: Unit::Count,
        form: BarForm::Grouped,
        categories: (0..BINS)
            .map(bin)
            .chain([format!("{} % +", BINS * BIN)])
            .collect(),
        series: series.collect(),
        mark: None,
    }
}

fn counted(senders: &[Rate]) -> Vec<u64> {
    let mut many = vec![0_u64; usize::try_from(BINS + 1).unwrap_or(1)];
    for (answered, sent) in rated(senders) {
        let bin = (u128::from(*answered) * 100 / u128::from(*sent) / u128::from(BIN))
            .min(u128::from(BINS));
        if let Some(many) = usize::try_from(bin).ok().and_then(|bin| many.get_mut(bin)) {
            *many += 1;
        }
    }
    many
}

fn rated(senders: &[Rate]) -> impl Iterator<Item = &Rate> {
    senders.iter().filter(|(_, sent)| *sent >= FEW)
}

/// Returns the rates that so many of a hundred senders do not reach, for each policy.
pub(crate) fn quantiles(policies: &[(String, Vec<Rate>)]) -> Table {
    const AT: [usize; 5] = [10, 25, 50, 75, 90];
    let row = |(name, senders): &(String, Vec<Rate>)| -> Vec<Cell> {
        let mut senders: Vec<&Rate> = rated(senders).collect();
        senders.sort_by(|a, b| compare(**a, **b));
        let at = |percent: usize| {
            let place = (percent * senders.len()).div_ceil(100).max(1) - 1;
            senders
                .get(place)
                .map_or_else(|| "-".into(), |(answered, sent)| rate(*answered, *sent))
        };
        let many = thousands(length(senders.len())).into();
        [name.as_str().into(), many]
            .into_iter()
            .chain(AT.map(at))
            .collect()
    };
    let columns = AT.map(|percent| Column::of(format!("{percent} % of senders"), "quantile"));
    Table {
        caption: "Response rates of senders".to_owned(),
        columns: [Column::text("Policy"), Column::of("Senders", "senders")]
            .into_iter()
            .chain(columns)
            .collect(),
        rows: policies.iter().map(row).collect(),
    }
}

/// Returns how two rates compare, exactly; a rate of nothing is the lowest.
pub(crate) fn compare((a, of_a): Rate, (b, of_b): Rate) -> Ordering {
    let left = u128::from(a) * u128::from(of_b);
    left.cmp(&(u128::from(b) * u128::from(of_a)))
}

/// Returns names in a sentence.
pub(crate) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// Returns words as they begin a sentence.
pub(crate) fn capital_of(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Draws lines that coincide as one, named after all of them.
pub(crate) fn together(mut chart: Lines) -> Lines {
    let all = chart.series.len();
    chart.series = merged(chart.series);
    if all > 1
        && let [only] = chart.series.as_slice()
    {
        chart
            .caption
            .about
            .push_str(&format!(" {} coincide.", only.name));
    }
    chart
}

fn merged(lines: Vec<Series>) -> Vec<Series> {
    let mut groups: Vec<(Vec<String>, Series)> = Vec::new();
    for line in lines {
        match groups
            .iter_mut()
            .find(|(_, same)| same.points == line.points)
        {
            Some((names, _)) => names.push(line.name),
            None => groups.push((vec![line.name.clone()], line)),
        }
    }
    let named = groups.into_iter().map(|(names, line)| Series {
        name: listed(names.iter().map(String::as_str)),
        ..line
    });
    named.collect()
}

/// Returns a name as it begins a sentence; the name of a file stays as it is.
pub(crate) fn capital(name: &str) -> String {
    let Some(rest) = name
        .strip_prefix("a ")
        .or_else(|| name.strip_prefix("the "))
    else {
        return name.to_owned();
    };
    let article = if name.starts_with("a ") { "A" } else { "The" };
    format!("{article} {rest}")
}

pub(crate) fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_stands_in_the_bar_of_the_exact_rate() {
        let many = counted(&[(5, 100), (499, 10_000), (19, 19), (100, 100), (60, 100)]);
        assert_eq!(many.iter().sum::<u64>(), 4);
        assert_eq!((many[0], many[1], many[12]), (1, 1, 2));
    }

    #[test]
    fn lines_that_coincide_are_one() {
        let line = |name: &str, value: f64| Series {
            name: name.to_owned(),
            points: vec![(Day(1), Some(value)), (Day(8), None)],
        };
        let lines = vec![
            line("a", 1.0),
            line("b", 2.0),
            line("c", 1.0),
            line("d", 1.0),
        ];
        let names: Vec<String> = merged(lines).into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["a, c and d", "b"]);
    }

    #[test]
    fn a_lane_ends_with_the_next_change_or_the_end() {
        let lane = lane(
            "ana".to_owned(),
            &[
                (Day(1), Standing::Warned),
                (Day(15), Standing::Restricted),
                (Day(29), Standing::Good),
            ],
            Day(40),
        );
        assert_eq!(lane.spans.len(), 2);
        assert_eq!((lane.spans[1].from, lane.spans[1].to), (Day(15), Day(29)));
        assert!(standings(String::new(), "", vec![Lane::default()], (Day(0), Day(1))).is_none());
    }
}
