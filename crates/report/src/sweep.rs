//! The report of a sweep.
//!
//! Owns: what is said of its rows, and which pictures show them. Does not own: the rows, their rank, the frontier.
//! Invariant: what a heat map leaves out is said.

use crate::LogFacts;
use crate::number::{count, drawn, drawn_percent, percent, rate, ratio, thousands, value};
use crate::pieces::{capital, capital_of, length, listed};
use crate::report::{Block, Cell, Column, Report, Section, Table, Tile};
use crate::words::{definitions, figure};
use earnest_chart::{BarForm, Bars, Caption, Chart, Dot, HeatMap, Layer, Scatter, Unit};
use earnest_lab::fit::WARNINGS;
use earnest_lab::sweep::{Figure, Measure, Row, Sweep};
use earnest_lab::vary::Vary;
use std::collections::BTreeMap;

/// How many rows the table has.
const ROWS: usize = 30;
/// How many values of a key a picture has room for.
const ROOM: usize = 40;
/// How many variations a picture has room for beside those on the frontier.
const DOTS: usize = 1_500;
/// What is shown over the varied keys.
const SHOWN: [(Figure, &str); 3] = [
    (Figure::AvoidedShare, "Unanswered messages avoided"),
    (Figure::LostShare, "Answers lost"),
    (Figure::ResponseRate, "Response rate"),
];

/// What was swept.
pub struct Swept<'s> {
    /// The policy that was started from.
    pub base: &'s str,
    /// The keys and the combinations.
    pub sweep: &'s Sweep,
    /// The rows that were tried, the best first.
    pub rows: &'s [Row],
    /// What they are ranked by.
    pub rank: Figure,
}

/// Makes the report of a sweep over a log.
#[must_use]
pub fn sweep(facts: &LogFacts, swept: &Swept<'_>) -> Report {
    let tried = length(swept.rows.len());
    let all = length(swept.sweep.policies().len());
    let stopped = if tried < all {
        format!(" It was stopped: {} of {all} were tried.", thousands(tried))
    } else {
        String::new()
    };
    Report {
        title: format!("Variations of {}", swept.base),
        about: format!(
            "{} under {} of {}: {}{stopped}",
            capital(&facts.name),
            count(tried, "variation"),
            swept.base,
            facts.sentence()
        ),
        tiles: tiles(swept),
        findings: Vec::new(),
        sections: vec![frontier(swept), over_keys(swept), ranked(swept)],
        definitions: definitions(&[
            "avoided",
            "lost",
            "share",
            "frontier",
            "sent",
            "refused",
            "answered",
            "rate",
            "consumed-credits",
            "credits-per-answer",
            "restricted",
        ]),
        warnings: WARNINGS.map(str::to_owned).to_vec(),
    }
}

fn tiles(swept: &Swept<'_>) -> Vec<Tile> {
    let Some(best) = swept.rows.first() else {
        return Vec::new();
    };
    let frontier = swept.rows.iter().filter(|row| row.frontier).count();
    let tile = |name: &str, figure: String, note: String| Tile {
        name: name.to_owned(),
        figure,
        note,
    };
    let share = |figure: Figure| measured(figure.of(best));
    vec![
        tile(
            "tried",
            thousands(length(swept.rows.len())),
            format!("variations of {}", swept.base),
        ),
        tile(
            "on the frontier",
            thousands(length(frontier)),
            "that no other one beats".to_owned(),
        ),
        tile(
            "first by rank",
            label(swept.sweep.varies(), best),
            format!("{}; by {}", keys(swept.sweep.varies()), figure(swept.rank)),
        ),
        tile(
            "it avoids",
            share(Figure::AvoidedShare),
            format!("{} that nobody answered", count(best.avoided, "message")),
        ),
        tile(
            "and loses",
            share(Figure::LostShare),
            format!("{} that were answered", count(best.lost, "message")),
        ),
    ]
}

fn frontier(swept: &Swept<'_>) -> Section {
    let dot = |row: &Row| Dot {
        name: label(swept.sweep.varies(), row),
        x: percents(Figure::LostShare.of(row)).unwrap_or(f64::NAN),
        y: percents(Figure::AvoidedShare.of(row)).unwrap_or(f64::NAN),
        frontier: row.frontier,
        named: false,
    };
    let every = swept.rows.len().div_ceil(DOTS).max(1);
    let shown = swept
        .rows
        .iter()
        .filter(|row| row.frontier || row.number.is_multiple_of(every));
    let about = "Each dot is a variation; further up spares more attention, further right costs more answers.";
    let about = match every {
        1 => about.to_owned(),
        every => {
            format!("{about} All on the frontier are drawn, and of the others one in {every}.")
        }
    };
    let chart = Scatter {
        caption: Caption::new("Unanswered messages avoided, and answers lost", about),
        x: "of the answered messages, refused".to_owned(),
        x_unit: Unit::Percent,
        y: "of the unanswered messages, refused".to_owned(),
        y_unit: Unit::Percent,
        thing: "variation".to_owned(),
        dots: shown.map(dot).collect(),
        frontier: Some("on the frontier".to_owned()),
    };
    let mut rows: Vec<&Row> = swept.rows.iter().filter(|row| row.frontier).collect();
    rows.sort_by_key(|row| (row.lost, row.avoided, row.number));
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let mut blocks = vec![
        Block::Charts(vec![Box::new(chart)]),
        Block::Table(table("The frontier", swept, &rows)),
    ];
    if more > 0 {
        blocks.push(Block::Text(format!(
            "{} more are on the frontier; the table below the picture has all.",
            thousands(length(more))
        )));
    }
    Section {
        id: "frontier".to_owned(),
        title: "The frontier".to_owned(),
        about: "Whoever wants to spare more attention has to give up more answers: these are the variations that give up least for what they spare.".to_owned(),
        blocks,
    }
}

fn over_keys(swept: &Swept<'_>) -> Section {
    let charts: Vec<Box<dyn Chart>> = match swept.sweep.varies() {
        [] => Vec::new(),
        [one] => vec![along(swept, one)],
        [rows, columns, ..] => SHOWN
            .iter()
            .map(|(figure, title)| heat(swept, rows, columns, *figure, title))
            .collect(),
    };
    Section {
        id: "keys".to_owned(),
        title: "Over the keys".to_owned(),
        about: held(swept),
        blocks: if charts.is_empty() {
            Vec::new()
        } else {
            vec![Block::Charts(charts)]
        },
    }
}

/// Says what the other keys are held at, where there are more than two.
fn held(swept: &Swept<'_>) -> String {
    let (Some(best), [_, _, others @ ..]) = (swept.rows.first(), swept.sweep.varies()) else {
        return String::new();
    };
    let others = others.iter().zip(best.values.iter().skip(2));
    let held: Vec<String> = others
        .map(|(vary, value)| format!("{} at {}", vary.path, self::value(&Vary::shown(value))))
        .collect();
    match held.as_slice() {
        [] => String::new(),
        held => format!(
            "Over the first two keys, with {}, as in the first by rank.",
            held.join(" and ")
        ),
    }
}

/// The values of a key that are drawn: all of them, or where there is no room for all every so many.
struct Drawn {
    places: Vec<usize>,
    names: Vec<String>,
    every: usize,
}

impl Drawn {
    fn of(key: &Vary) -> Self {
        let every = key.values.len().div_ceil(ROOM).max(1);
        let places = (0..key.values.len()).step_by(every);
        Self {
            names: key
                .values
                .iter()
                .step_by(every)
                .map(|it| value(&Vary::shown(it)))
                .collect(),
            places: places.collect(),
            every,
        }
    }

    /// Says which values are drawn, where it is not all.
    fn note(&self, key: &Vary) -> String {
        match self.every {
            1 => String::new(),
            every => format!(" Of {} one value in {every} is drawn.", key.path),
        }
    }
}

/// Returns the shares over the values of the only key.
fn along(swept: &Swept<'_>, key: &Vary) -> Box<dyn Chart> {
    let rows = numbered(swept.rows);
    let drawn = Drawn::of(key);
    let layer = |(figure, title): &(Figure, &str)| Layer {
        name: (*title).to_owned(),
        values: drawn
            .places
            .iter()
            .map(|place| {
                rows.get(place)
                    .and_then(|row| percents(figure.of(row)))
                    .unwrap_or_default()
            })
            .collect(),
    };
    let about = "Shares of all messages that nobody answered, and of all that were answered.";
    Box::new(Bars {
        caption: Caption::new(
            format!("Over {}", key.path),
            format!("{about}{}", drawn.note(key)),
        ),
        axis: "share".to_owned(),
        category: key.path.clone(),
        unit: Unit::Percent,
        form: BarForm::Grouped,
        series: SHOWN.iter().map(layer).collect(),
        categories: drawn.names,
        mark: None,
    })
}

/// Returns a figure over two keys, the others held as in the first by rank.
fn heat(
    swept: &Swept<'_>,
    rows: &Vary,
    columns: &Vary,
    figure: Figure,
    title: &str,
) -> Box<dyn Chart> {
    let numbered = numbered(swept.rows);
    // A combination's number is written with a digit for each key, the last changing fastest.
    let rest: usize = swept
        .sweep
        .varies()
        .iter()
        .skip(2)
        .map(|vary| vary.values.len())
        .product();
    let held = swept
        .rows
        .first()
        .map_or(0, |best| best.number % rest.max(1));
    let cell = |row: usize, column: usize| {
        let number = (row * columns.values.len() + column) * rest + held;
        numbered
            .get(&number)
            .and_then(|row| percents(figure.of(row)))
    };
    let (down, across) = (Drawn::of(rows), Drawn::of(columns));
    let cells = down.places.iter().map(|row| {
        across
            .places
            .iter()
            .map(|column| cell(*row, *column))
            .collect()
    });
    let about = format!(
        "{}, by {} and {}.{}{}",
        capital_of(self::figure(figure)),
        rows.path,
        columns.path,
        down.note(rows),
        across.note(columns)
    );
    Box::new(HeatMap {
        caption: Caption::new(title, about),
        column: columns.path.clone(),
        row: rows.path.clone(),
        unit: Unit::Percent,
        cells: cells.collect(),
        columns: across.names,
        rows: down.names,
    })
}

/// Returns the rows by the number of their combination.
fn numbered(rows: &[Row]) -> BTreeMap<usize, &Row> {
    rows.iter().map(|row| (row.number, row)).collect()
}

fn ranked(swept: &Swept<'_>) -> Section {
    let rows: Vec<&Row> = swept.rows.iter().take(ROWS).collect();
    let about = match swept.rows.len().saturating_sub(ROWS) {
        0 => format!("By {}.", figure(swept.rank)),
        more => format!(
            "By {}; {} more are not shown.",
            figure(swept.rank),
            thousands(length(more))
        ),
    };
    Section {
        id: "ranked".to_owned(),
        title: "Ranked".to_owned(),
        about,
        blocks: vec![Block::Table(table("The variations by rank", swept, &rows))],
    }
}

fn table(caption: &str, swept: &Swept<'_>, rows: &[&Row]) -> Table {
    let keys = swept
        .sweep
        .varies()
        .iter()
        .map(|vary| Column::text(vary.path.as_str()));
    let columns = [
        Column::of("Unanswered avoided", "avoided"),
        Column::of("Of all unanswered", "share"),
        Column::of("Answers lost", "lost"),
        Column::of("Of all answered", "share"),
        Column::of("Sent", "sent"),
        Column::of("Response rate", "rate"),
        Column::of("Credits consumed", "consumed-credits"),
        Column::of("Credits an answer", "credits-per-answer"),
        Column::of("Ever restricted", "restricted"),
    ];
    let row = |row: &&Row| -> Vec<Cell> {
        let figures = &row.figures;
        let keys = row.values.iter().map(|it| value(&Vary::shown(it)).into());
        let cells: [Cell; 9] = [
            thousands(row.avoided).into(),
            measured(Figure::AvoidedShare.of(row)).into(),
            thousands(row.lost).into(),
            measured(Figure::LostShare.of(row)).into(),
            thousands(figures.sent).into(),
            rate(figures.responded, figures.sent),
            thousands(figures.consumed_credits).into(),
            ratio(figures.consumed_credits, figures.responded).into(),
            thousands(figures.seats_restricted).into(),
        ];
        keys.chain(cells).collect()
    };
    Table {
        caption: caption.to_owned(),
        columns: keys.chain(columns).collect(),
        rows: rows.iter().map(row).collect(),
    }
}

/// Names the keys that are varied.
fn keys(varies: &[Vary]) -> String {
    listed(varies.iter().map(|vary| vary.path.as_str()))
}

/// Names a variation by its values.
fn label(varies: &[Vary], row: &Row) -> String {
    match (varies, row.values.as_slice()) {
        ([_], [only]) => value(&Vary::shown(only)),
        _ => row
            .values
            .iter()
            .map(|it| value(&Vary::shown(it)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn measured(measure: Measure) -> String {
    match measure {
        Measure::Whole(number) => thousands(number),
        Measure::Ratio(part, whole) => percent(part, whole),
    }
}

fn percents(measure: Measure) -> Option<f64> {
    match measure {
        Measure::Whole(number) => Some(drawn(number)),
        Measure::Ratio(part, whole) => drawn_percent(part, whole),
    }
}
