//! The report of a log replayed under policies.
//!
//! Owns: what is said of the lab's figures, and which pictures show them. Does not own: the figures.
//! Invariant: a week with too few messages has no rate: the line has a gap there.

use crate::number::{count, date, drawn, drawn_percent, of, percent, rate, ratio, thousands};
use crate::pieces::{
    self, Rate, capital, lane, length, listed, quantiles, settled, standings, together,
};
use crate::report::{Block, Cell, Column, Report, Section, Table, Tile};
use crate::words::definitions;
use earnest_backtest::log::Log;
use earnest_backtest::replay::Options;
use earnest_chart::{BarForm, Bars, Caption, Chart, Day, Layer, Lines, Series, Unit};
use earnest_core::policy::{Gate, Policy, Standing};
use earnest_core::units::Timestamp;
use earnest_lab::figures::{DayFigures, Detail};
use earnest_lab::fit::WARNINGS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A week with fewer messages has no rate.
const THIN: u64 = 10;
/// A log of fewer days is drawn by the day.
const SHORT_DAYS: i32 = 56;

/// So many policies can be named side by side.
const NAMES: usize = 5;

/// What the log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFacts {
    /// What to call it.
    pub name: String,
    /// Its cold messages.
    pub messages: u64,
    /// Its seats.
    pub seats: u64,
    /// Its contracts.
    pub contracts: u64,
    /// Its recipients.
    pub recipients: u64,
    /// The instant at which the figures are read.
    pub until: Timestamp,
}

impl LogFacts {
    /// Gathers what is said of a log, replayed this way.
    #[must_use]
    pub fn of(name: impl Into<String>, log: &Log, options: &Options) -> Self {
        Self {
            name: name.into(),
            messages: length(log.messages()),
            seats: length(log.seats()),
            contracts: length(log.contracts()),
            recipients: length(log.recipients()),
            until: options.until.unwrap_or_else(|| log.last()),
        }
    }

    /// Says what the log is, in a sentence.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "{} from {} of {} to {}; figures as of {}.",
            count(self.messages, "cold message"),
            count(self.seats, "seat"),
            count(self.contracts, "contract"),
            count(self.recipients, "recipient"),
            date(self.until),
        )
    }
}

/// Makes the report of a log replayed under these policies.
#[must_use]
pub fn log(facts: &LogFacts, policies: &[Arc<Policy>], details: &[Detail]) -> Report {
    let names = listed(details.iter().map(|detail| detail.figures.policy.as_str()));
    Report {
        title: "What each policy would have done".to_owned(),
        about: format!(
            "{} under {names}: {}",
            capital(&facts.name),
            facts.sentence()
        ),
        tiles: tiles(details),
        findings: findings(policies, details),
        sections: vec![
            comparison(details),
            over_time(details),
            credits(details),
            refusals(details),
            gates(policies, details),
            senders(details),
        ],
        definitions: definitions(&[
            "messages",
            "sent",
            "refused",
            "answered",
            "rate",
            "week-rate",
            "lost",
            "avoided",
            "returned",
            "consumed",
            "held",
            "consumed-credits",
            "credits-per-answer",
            "warned",
            "restricted",
            "restricted-days",
            "senders",
            "quantile",
        ]),
        warnings: WARNINGS
            .iter()
            .filter(|it| !it.starts_with("The thresholds"))
            .map(|it| (*it).to_owned())
            .collect(),
    }
}

fn tiles(details: &[Detail]) -> Vec<Tile> {
    let tile = |detail: &Detail| {
        let figures = &detail.figures;
        Tile {
            name: figures.policy.clone(),
            figure: percent(figures.responded, figures.sent),
            note: format!(
                "answered of {} sent; {} credits an answer",
                thousands(figures.sent),
                ratio(figures.consumed_credits, figures.responded)
            ),
        }
    };
    details.iter().map(tile).collect()
}

fn findings(policies: &[Arc<Policy>], details: &[Detail]) -> Vec<String> {
    let say = |(policy, detail): (&Arc<Policy>, &Detail)| {
        let figures = &detail.figures;
        let refused = figures.refused_in_all();
        let mut text = match refused {
            0 => format!("{} refuses nothing", figures.policy),
            refused => format!(
                "{} refuses {} ({}): {} that nobody answered and {} that were answered",
                figures.policy,
                count(refused, "message"),
                percent(refused, figures.messages),
                thousands(detail.avoided),
                thousands(detail.lost),
            ),
        };
        text.push_str(&format!(
            "; {} returned and {} consumed",
            many(figures.returned, "stake"),
            many(figures.consumed_credits, "credit"),
        ));
        if policy.gate != Gate::None {
            text.push_str(&format!(
                "; {} of {} {} restricted at some time",
                thousands(figures.seats_restricted),
                count(figures.seats, "seat"),
                if figures.seats_restricted == 1 {
                    "is"
                } else {
                    "are"
                }
            ));
        }
        text.push('.');
        text
    };
    policies.iter().zip(details).map(say).collect()
}

fn comparison(details: &[Detail]) -> Section {
    let row = |detail: &Detail| -> Vec<Cell> {
        let figures = &detail.figures;
        vec![
            figures.policy.as_str().into(),
            thousands(figures.sent).into(),
            thousands(figures.refused_in_all()).into(),
            thousands(figures.responded).into(),
            rate(figures.responded, figures.sent),
            thousands(figures.returned).into(),
            thousands(figures.consumed).into(),
            thousands(figures.held).into(),
            ratio(figures.consumed_credits, figures.responded).into(),
            thousands(detail.avoided).into(),
            thousands(detail.lost).into(),
        ]
    };
    let table = Table {
        caption: "The policies side by side".to_owned(),
        columns: vec![
            Column::text("Policy"),
            Column::of("Sent", "sent"),
            Column::of("Refused", "refused"),
            Column::of("Answered", "answered"),
            Column::of("Response rate", "rate"),
            Column::of("Returned", "returned"),
            Column::of("Consumed", "consumed"),
            Column::of("Still held", "held"),
            Column::of("Credits an answer", "credits-per-answer"),
            Column::of("Unanswered avoided", "avoided"),
            Column::of("Answers lost", "lost"),
        ],
        rows: details.iter().map(row).collect(),
    };
    Section {
        id: "comparison".to_owned(),
        title: "Side by side".to_owned(),
        about: "The same messages under each policy, with the same answers.".to_owned(),
        blocks: vec![Block::Table(table)],
    }
}

/// Returns `1 stake is`, `2 stakes are`.
fn many(number: u64, noun: &str) -> String {
    let is = if number == 1 { "is" } else { "are" };
    format!("{} {is}", count(number, noun))
}

/// Returns a refusal's code in words.
fn words_of(code: &str) -> String {
    code.replace('_', " ")
}

/// The steps in which a log is drawn.
struct Steps {
    /// How many days each has.
    days: i32,
    /// What to call one.
    name: &'static str,
}

impl Steps {
    fn of(details: &[Detail]) -> Self {
        let days = || {
            details
                .iter()
                .flat_map(|detail| &detail.days)
                .map(|day| day.day.0)
        };
        let long = days().max().unwrap_or_default() - days().min().unwrap_or_default();
        if long < SHORT_DAYS {
            Self {
                days: 1,
                name: "day",
            }
        } else {
            Self {
                days: 7,
                name: "week",
            }
        }
    }

    fn rows(&self, detail: &Detail) -> Vec<DayFigures> {
        if self.days == 1 {
            detail.days.clone()
        } else {
            detail.weeks()
        }
    }
}

/// Returns all days on which anything happened under any policy, so that gaps are gaps.
fn all_days(rows: &[Vec<DayFigures>], step: i32) -> Vec<i32> {
    let days: BTreeSet<i32> = rows.iter().flatten().map(|row| row.day.0).collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Vec::new();
    };
    (*first..=*last)
        .step_by(usize::try_from(step).unwrap_or(1))
        .collect()
}

fn over_time(details: &[Detail]) -> Section {
    let steps = Steps::of(details);
    let rows: Vec<Vec<DayFigures>> = details.iter().map(|detail| steps.rows(detail)).collect();
    let days = all_days(&rows, steps.days);
    let line = |detail: &Detail,
                rows: &[DayFigures],
                figure: &dyn Fn(&DayFigures) -> Option<f64>| Series {
        name: detail.figures.policy.clone(),
        points: days
            .iter()
            .map(|day| {
                let row = rows
                    .binary_search_by_key(day, |row| row.day.0)
                    .ok()
                    .and_then(|at| rows.get(at));
                (Day(*day), row.and_then(figure))
            })
            .collect(),
    };
    let lines = |figure: &dyn Fn(&DayFigures) -> Option<f64>| -> Vec<Series> {
        let lines = details.iter().zip(&rows);
        lines
            .map(|(detail, rows)| line(detail, rows, figure))
            .collect()
    };
    let rate = pieces::rates(
        Caption::new(
            format!("Response rate by {} of sending", steps.name),
            format!(
                "Answered in time of those sent in the {0}; a {0} with fewer than {THIN} messages has none.",
                steps.name
            ),
        ),
        lines(&|row| {
            (row.sent >= THIN)
                .then(|| drawn_percent(row.sent_answered, row.sent))
                .flatten()
        }),
    );
    let sent = Lines {
        caption: Caption::new(
            format!("Messages sent by {}", steps.name),
            "What each policy lets through.",
        ),
        axis: "messages".to_owned(),
        unit: Unit::Count,
        series: lines(&|row| Some(drawn(row.sent))),
        threshold: None,
        band: None,
    };
    Section {
        id: "rate".to_owned(),
        title: "Response rate over time".to_owned(),
        about: "The last weeks miss answers that are still to come: rates fall there under every policy.".to_owned(),
        blocks: [rate, sent]
            .map(|chart| Block::Charts(vec![Box::new(together(chart))]))
            .into(),
    }
}

fn credits(details: &[Detail]) -> Section {
    let steps = Steps::of(details);
    let chart = |detail: &Detail| -> Box<dyn Chart> {
        let rows = steps.rows(detail);
        Box::new(settled(
            Caption::new(
                format!("Settled under {}", detail.figures.policy),
                format!(
                    "Stakes returned and stakes consumed, by the {} in which that was decided.",
                    steps.name
                ),
            ),
            rows.iter().map(|row| Day(row.day.0)).collect(),
            steps.days,
            rows.iter().map(|row| row.returned).collect(),
            rows.iter().map(|row| row.consumed).collect(),
        ))
    };
    Section {
        id: "credits".to_owned(),
        title: "Credits returned and consumed".to_owned(),
        about: String::new(),
        blocks: vec![Block::Charts(details.iter().map(chart).collect())],
    }
}

fn refusals(details: &[Detail]) -> Section {
    let codes: BTreeSet<&str> = details
        .iter()
        .flat_map(|detail| detail.figures.refused.keys().copied())
        .collect();
    let mut section = Section {
        id: "refused".to_owned(),
        title: "What was refused, and why".to_owned(),
        ..Section::default()
    };
    if codes.is_empty() {
        section.about = "Nothing was refused under any of these policies.".to_owned();
        return section;
    }
    let layer = |code: &&str| Layer {
        name: words_of(code),
        values: details
            .iter()
            .map(|detail| {
                drawn(
                    detail
                        .figures
                        .refused
                        .get(code)
                        .copied()
                        .unwrap_or_default(),
                )
            })
            .collect(),
    };
    let bars = Bars {
        caption: Caption::new(
            "Refused messages by reason",
            "The first check that stopped each.",
        ),
        axis: "messages".to_owned(),
        category: "policy".to_owned(),
        unit: Unit::Count,
        form: BarForm::Stacked,
        categories: details
            .iter()
            .map(|detail| detail.figures.policy.clone())
            .collect(),
        series: codes.iter().map(layer).collect(),
        mark: None,
    };
    section.blocks = vec![Block::Table(by_code(details, &codes))];
    // With more policies there is no room for their names.
    if details.len() <= NAMES {
        section.blocks.push(Block::Charts(vec![Box::new(bars)]));
    }
    section
}

fn by_code(details: &[Detail], codes: &BTreeSet<&str>) -> Table {
    let row = |detail: &Detail| -> Vec<Cell> {
        let refused = |code: &&str| {
            detail
                .figures
                .refused
                .get(code)
                .copied()
                .unwrap_or_default()
        };
        let cells = codes.iter().map(|code| thousands(refused(code)).into());
        [detail.figures.policy.as_str().into()]
            .into_iter()
            .chain(cells)
            .collect()
    };
    let columns = codes
        .iter()
        .map(|code| Column::of(words_of(code), "refused"));
    Table {
        caption: "Refused messages by reason".to_owned(),
        columns: [Column::text("Policy")]
            .into_iter()
            .chain(columns)
            .collect(),
        rows: details.iter().map(row).collect(),
    }
}

fn gates(policies: &[Arc<Policy>], details: &[Detail]) -> Section {
    let row = |(policy, detail): (&Arc<Policy>, &Detail)| -> Vec<Cell> {
        let figures = &detail.figures;
        let warned = match policy.gate {
            Gate::None => "no gate".to_owned(),
            Gate::Thread(_) => "no warnings".to_owned(),
            Gate::Ladder(_) => of(figures.seats_warned, figures.seats),
        };
        let (restricted, days) = match policy.gate {
            Gate::None => ("-".to_owned(), "-".to_owned()),
            _ => (
                of(figures.seats_restricted, figures.seats),
                thousands(figures.restricted_ms / 86_400_000),
            ),
        };
        vec![
            figures.policy.as_str().into(),
            warned.into(),
            restricted.into(),
            days.into(),
        ]
    };
    let table = Table {
        caption: "Warned and restricted seats by policy".to_owned(),
        columns: vec![
            Column::text("Policy"),
            Column::of("Ever warned", "warned"),
            Column::of("Ever restricted", "restricted"),
            Column::of("Restricted days", "restricted-days"),
        ],
        rows: policies.iter().zip(details).map(row).collect(),
    };
    let mut blocks = vec![Block::Table(table)];
    let charts: Vec<Box<dyn Chart>> = details.iter().filter_map(spans).collect();
    let about = if charts.is_empty() {
        "Nobody would have been warned or restricted under any of these policies."
    } else {
        "Whom each policy would have warned or restricted, and when."
    };
    if !charts.is_empty() {
        blocks.push(Block::Charts(charts));
    }
    Section {
        id: "gates".to_owned(),
        title: "Who would have been warned and restricted".to_owned(),
        about: about.to_owned(),
        blocks,
    }
}

/// Returns the seats that a policy warns or restricts; nothing where it does none.
fn spans(detail: &Detail) -> Option<Box<dyn Chart>> {
    let first = Day(detail.days.first()?.day.0);
    let end = Day(detail.days.last()?.day.0).plus(1);
    let mut changes: BTreeMap<usize, Vec<(Day, Standing)>> = BTreeMap::new();
    for change in &detail.changes {
        let day = Day::of_millis(change.at.millis());
        changes
            .entry(change.seat)
            .or_default()
            .push((day, change.standing));
    }
    let lanes = changes.iter().filter_map(|(seat, changes)| {
        let seat = detail.seats.get(*seat)?;
        let name = if seat.contract == seat.seat {
            seat.seat.clone()
        } else {
            format!("{} of {}", seat.seat, seat.contract)
        };
        Some(lane(name, changes, end))
    });
    standings(
        format!("Under {}", detail.figures.policy),
        "Seats",
        lanes.collect(),
        (first, end),
    )
}

fn senders(details: &[Detail]) -> Section {
    let policies: Vec<(String, Vec<Rate>)> = details
        .iter()
        .map(|detail| {
            let seats = detail.seats.iter().map(|seat| (seat.responded, seat.sent));
            (detail.figures.policy.clone(), seats.collect())
        })
        .collect();
    Section {
        id: "senders".to_owned(),
        title: "Distribution over senders".to_owned(),
        about: format!(
            "A mean hides who it is made of. Of {}, these have sent enough to have a rate.",
            count(
                details
                    .first()
                    .map_or(0, |detail| length(detail.seats.len())),
                "sender"
            )
        ),
        blocks: vec![
            Block::Charts(vec![Box::new(pieces::by_rate(&policies))]),
            Block::Table(quantiles(&policies)),
        ],
    }
}
