//! The report of a simulation.
//!
//! Owns: what is said of a market's figures, and which pictures show them. Does not own: the figures.
//! Invariant: what is drawn of one world says which.

use crate::number::{
    change, count, drawn, drawn_percent, from_to, of, percent, rate, ratio, thousands,
};
use crate::pieces::{
    self, Rate, compare, lane, length, listed, quantiles, settled, standings, together,
};
use crate::report::{Block, Cell, Column, Report, Section, Table, Tile};
use crate::words::definitions;
use earnest_chart::{Caption, Chart, Day, Lines, Series, Unit};
use earnest_core::policy::Standing;
use earnest_market::{Outcome, Settings, Sums, Week, World};
use std::collections::BTreeMap;

/// Weeks are drawn in groups of so many, which are less ragged than single ones.
const SMOOTH: usize = 2;

/// Makes the report of a simulation.
#[must_use]
pub fn market(settings: &Settings, seed: u64, outcomes: &[Outcome]) -> Report {
    let worlds = outcomes.first().map_or(0, |outcome| outcome.worlds.len());
    Report {
        title: "What people would do".to_owned(),
        about: format!(
            "A simulation of {}: {} and {} who react, in each of {} (seed {seed}), for {} after {} of habit.",
            listed(outcomes.iter().map(|outcome| outcome.policy.as_str())),
            count(u64::from(settings.count), "sender"),
            count(
                u64::from(settings.count.saturating_mul(settings.per_sender)),
                "recipient"
            ),
            count(length(worlds), "made-up world"),
            count(u64::from(settings.weeks), "week"),
            settings.warmup_weeks,
        ),
        tiles: tiles(outcomes),
        findings: findings(outcomes),
        sections: vec![
            comparison(outcomes),
            rates(outcomes),
            behaviour(outcomes),
            credits(outcomes),
            gates(outcomes),
            spread(outcomes),
        ],
        definitions: definitions(&[
            "sent",
            "bulk",
            "effort",
            "answered-90",
            "rate",
            "worlds",
            "unanswered",
            "received",
            "returned",
            "consumed-credits",
            "credits-per-answer",
            "refused",
            "warned",
            "restricted",
            "senders",
            "quantile",
        ]),
        warnings: WARNINGS.map(str::to_owned).to_vec(),
    }
}

const WARNINGS: [&str; 5] = [
    "These people are made up, and simpler than people are. Believe the direction of a difference more than its size, and neither where it is no larger than what chance does from world to world.",
    "How far a rate moves depends on what a credit is worth to a sender, on minutes and on habits, which nobody has measured here. Change them with --market and trust what survives.",
    "Nobody buys credits, splits campaigns to stay below a count, pays for answers, blocks, reports or sets a price. A policy that invites gaming looks better here than it is.",
    "Each sender has a contract alone; in a shared pool a colleague's careless mailshot costs others too.",
    "Every send, answer, credit and standing was decided by the engine under the real policy files. docs/simulation.md has all assumptions, with their sources.",
];

fn tiles(outcomes: &[Outcome]) -> Vec<Tile> {
    let tile = |outcome: &Outcome| {
        let sums = outcome.sums();
        Tile {
            name: outcome.policy.clone(),
            figure: percent(sums.answered, sums.sent),
            note: format!("answered, {} in the worlds", range(outcome)),
        }
    };
    outcomes.iter().map(tile).collect()
}

/// Says in words how each policy differs from the first.
fn findings(outcomes: &[Outcome]) -> Vec<String> {
    let Some((first, others)) = outcomes.split_first() else {
        return Vec::new();
    };
    let base = first.sums();
    let say = |outcome: &Outcome| {
        let sums = outcome.sums();
        let pairs = first.worlds.iter().zip(&outcome.worlds);
        let higher = pairs
            .filter(|(a, b)| compare(rate_of(b.sums()), rate_of(a.sums())).is_gt())
            .count();
        format!(
            "Under {}, {} is answered instead of {} under {}, in {} of {} the higher rate; {} answers and {} unanswered messages.",
            outcome.policy,
            percent(sums.answered, sums.sent),
            percent(base.answered, base.sent),
            first.policy,
            higher,
            count(length(outcome.worlds.len()), "world"),
            change(base.answered, sums.answered),
            change(base.unanswered, sums.unanswered),
        )
    };
    others.iter().map(say).collect()
}

fn rate_of(sums: Sums) -> Rate {
    (sums.answered, sums.sent)
}

/// Returns the lowest and the highest rate of the worlds.
fn range(outcome: &Outcome) -> String {
    match outcome.range() {
        Some((low, high)) => from_to(rate_of(low), rate_of(high)),
        None => "-".to_owned(),
    }
}

fn comparison(outcomes: &[Outcome]) -> Section {
    let row = |outcome: &Outcome| -> Vec<Cell> {
        let sums = outcome.sums();
        vec![
            outcome.policy.as_str().into(),
            thousands(sums.sent).into(),
            percent(sums.in_bulk, sums.sent).into(),
            percent(sums.effort, sums.sent.saturating_mul(100)).into(),
            thousands(sums.answered).into(),
            rate(sums.answered, sums.sent),
            range(outcome).into(),
            thousands(sums.unanswered).into(),
            ratio(sums.sent, sums.members.saturating_mul(sums.weeks)).into(),
        ]
    };
    let table = Table {
        caption: "The policies side by side".to_owned(),
        columns: vec![
            Column::text("Policy"),
            Column::of("Sent", "sent"),
            Column::of("In bulk", "bulk"),
            Column::of("Effort", "effort"),
            Column::of("Answered", "answered-90"),
            Column::of("Response rate", "rate"),
            Column::of("In the worlds", "worlds"),
            Column::of("Unanswered", "unanswered"),
            Column::of("A recipient and week", "received"),
        ],
        rows: outcomes.iter().map(row).collect(),
    };
    Section {
        id: "comparison".to_owned(),
        title: "Side by side".to_owned(),
        about: "The counted weeks of all worlds together. Under every policy the worlds have the same people.".to_owned(),
        blocks: vec![Block::Table(table)],
    }
}

fn rates(outcomes: &[Outcome]) -> Section {
    let chart = over_time(
        outcomes,
        Caption::new(
            "Response rate by week of sending",
            "Answered within 90 days of those sent, two weeks a point, with the weeks before counting began.",
        ),
        "response rate",
        Unit::Percent,
        |week| drawn_percent(week.answered, week.sent),
    );
    let chart = pieces::rates(chart.caption, chart.series);
    Section {
        id: "rate".to_owned(),
        title: "Response rate over time".to_owned(),
        about: String::new(),
        blocks: vec![Block::Charts(vec![Box::new(chart)])],
    }
}

fn behaviour(outcomes: &[Outcome]) -> Section {
    let sent = over_time(
        outcomes,
        Caption::new(
            "Messages a week",
            "All worlds together, the mean of two weeks.",
        ),
        "messages",
        Unit::Count,
        |week| Some(drawn(week.sent / length(SMOOTH))),
    );
    let effort = over_time(
        outcomes,
        Caption::new(
            "Effort",
            "From 0 %, everything in bulk, to 100 %, every message written for its reader.",
        ),
        "effort",
        Unit::Percent,
        |week| drawn_percent(week.effort, week.sent.saturating_mul(100)),
    );
    let unanswered = over_time(
        outcomes,
        Caption::new(
            "Unanswered messages a week",
            "What recipients got and did not answer, the mean of two weeks.",
        ),
        "messages",
        Unit::Count,
        |week| Some(drawn((week.sent - week.answered) / length(SMOOTH))),
    );
    let read = over_time(
        outcomes,
        Caption::new(
            "Read of what is sent",
            "Recipients read less the more they are sent.",
        ),
        "read",
        Unit::Percent,
        |week| drawn_percent(week.read, week.sent),
    );
    Section {
        id: "behaviour".to_owned(),
        title: "What people did".to_owned(),
        about: "Senders send more while it pays and take more care when credits are dear; recipients have limited attention.".to_owned(),
        blocks: vec![Block::Charts(vec![Box::new(sent), Box::new(effort), Box::new(unanswered), Box::new(read)])],
    }
}

/// Returns a line for each policy, a point for every [`SMOOTH`] weeks.
fn over_time(
    outcomes: &[Outcome],
    caption: Caption,
    axis: &str,
    unit: Unit,
    figure: impl Fn(&Week) -> Option<f64>,
) -> Lines {
    let series = |outcome: &Outcome| Series {
        name: outcome.policy.clone(),
        points: smooth(&outcome.weeks())
            .iter()
            .map(|week| (Day(week.day), figure(week)))
            .collect(),
    };
    together(Lines {
        caption,
        axis: axis.to_owned(),
        unit,
        series: outcomes.iter().map(series).collect(),
        threshold: None,
        band: None,
    })
}

/// Returns the weeks in groups, each under its first day.
fn smooth(weeks: &[Week]) -> Vec<Week> {
    let group = |weeks: &[Week]| {
        let mut sum = weeks.first().copied().unwrap_or_default();
        for week in weeks.iter().skip(1) {
            sum.add(week);
        }
        sum
    };
    weeks.chunks_exact(SMOOTH).map(group).collect()
}

fn credits(outcomes: &[Outcome]) -> Section {
    let row = |outcome: &Outcome| -> Vec<Cell> {
        let sums = outcome.sums();
        vec![
            outcome.policy.as_str().into(),
            thousands(sums.returned).into(),
            thousands(sums.consumed).into(),
            ratio(sums.consumed, sums.answered).into(),
            thousands(sums.refused).into(),
        ]
    };
    let table = Table {
        caption: "Credits by policy".to_owned(),
        columns: vec![
            Column::text("Policy"),
            Column::of("Stakes returned", "returned"),
            Column::of("Credits consumed", "consumed-credits"),
            Column::of("Credits an answer", "credits-per-answer"),
            Column::of("Sends refused", "refused"),
        ],
        rows: outcomes.iter().map(row).collect(),
    };
    let chart = |outcome: &Outcome| -> Box<dyn Chart> {
        let weeks = smooth(&outcome.weeks());
        Box::new(settled(
            Caption::new(
                format!("Settled under {}", outcome.policy),
                "Stakes returned and credits consumed, by the two weeks in which that was decided.",
            ),
            weeks.iter().map(|week| Day(week.day)).collect(),
            i32::try_from(SMOOTH * 7).unwrap_or(7),
            weeks.iter().map(|week| week.returned).collect(),
            weeks.iter().map(|week| week.consumed).collect(),
        ))
    };
    Section {
        id: "credits".to_owned(),
        title: "Credits returned and consumed".to_owned(),
        about: String::new(),
        blocks: vec![
            Block::Table(table),
            Block::Charts(outcomes.iter().map(chart).collect()),
        ],
    }
}

fn gates(outcomes: &[Outcome]) -> Section {
    let row = |outcome: &Outcome| -> Vec<Cell> {
        let sums = outcome.sums();
        vec![
            outcome.policy.as_str().into(),
            of(sums.warned, sums.senders).into(),
            of(sums.restricted, sums.senders).into(),
        ]
    };
    let table = Table {
        caption: "Warned and restricted senders by policy".to_owned(),
        columns: vec![
            Column::text("Policy"),
            Column::of("Ever warned", "warned"),
            Column::of("Ever restricted", "restricted"),
        ],
        rows: outcomes.iter().map(row).collect(),
    };
    let charts: Vec<Box<dyn Chart>> = outcomes.iter().filter_map(spans).collect();
    let about = if charts.is_empty() {
        "Nobody was warned or restricted."
    } else {
        "Who was warned and restricted, and when, in the first world of each policy; the weeks before counting began are shown too."
    };
    let mut blocks = vec![Block::Table(table)];
    if !charts.is_empty() {
        blocks.push(Block::Charts(charts));
    }
    Section {
        id: "gates".to_owned(),
        title: "Warned and restricted".to_owned(),
        about: about.to_owned(),
        blocks,
    }
}

/// Returns who was warned and restricted in the first world; nothing where nobody was.
fn spans(outcome: &Outcome) -> Option<Box<dyn Chart>> {
    let world = outcome.worlds.first()?;
    let first = Day(world.weeks.first()?.day);
    let end = Day(world.weeks.last()?.day).plus(7);
    let mut changes: BTreeMap<u32, Vec<(Day, Standing)>> = BTreeMap::new();
    for change in &world.changes {
        let day = Day::of_millis(change.at.millis());
        changes
            .entry(change.sender)
            .or_default()
            .push((day, change.standing));
    }
    let lanes = changes
        .iter()
        .map(|(sender, changes)| lane(name(world, *sender), changes, end));
    let of = format!("World {}", world.seed);
    standings(
        format!("Under {}", outcome.policy),
        &of,
        lanes.collect(),
        (first, end),
    )
}

fn name(world: &World, sender: u32) -> String {
    let at = usize::try_from(sender).unwrap_or(usize::MAX);
    let careless = world.senders.get(at).is_some_and(|it| it.careless);
    format!("{}{}", sender + 1, if careless { ", careless" } else { "" })
}

fn spread(outcomes: &[Outcome]) -> Section {
    let policies: Vec<(String, Vec<Rate>)> = outcomes
        .iter()
        .map(|outcome| {
            let senders = outcome.worlds.iter().flat_map(|world| &world.senders);
            (
                outcome.policy.clone(),
                senders.map(|it| (it.answered, it.sent)).collect(),
            )
        })
        .collect();
    Section {
        id: "senders".to_owned(),
        title: "Distribution over senders".to_owned(),
        about: "A mean hides who it is made of. The counted weeks of all worlds together."
            .to_owned(),
        blocks: vec![
            Block::Charts(vec![Box::new(pieces::by_rate(&policies))]),
            Block::Table(quantiles(&policies)),
        ],
    }
}
