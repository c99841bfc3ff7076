//! The scales of a chart: which values they span, and which of them are written.
//!
//! Owns: round ends and ticks for numbers, days and categories. Does not own: drawing them.
//! Invariants: an axis spans more than nothing; there are never more ticks than there is room for.

use crate::canvas::width_of;
use crate::{Day, Unit};
use jiff::Span;
use jiff::civil::Date;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A scale from one value to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<Tick>,
}

/// A value that is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) label: String,
}

impl Axis {
    /// Spans numbers from 0, or from the lowest if that is less, to a round one above the highest.
    pub(crate) fn numbers(values: impl Iterator<Item = f64>, unit: Unit, most: usize) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if high <= low {
            high = low + 1.0;
        }
        let points = RangedCoordf64::from(low..high).key_points(most.max(2));
        let step = match points.as_slice() {
            [first, second, ..] => second - first,
            _ => high - low,
        };
        let last = points.last().copied().unwrap_or(high);
        // A thousandth of a step is no reason for another one.
        let (end, ticks) = if last + step / 1_000.0 < high {
            (
                last + step,
                points.into_iter().chain([last + step]).collect(),
            )
        } else {
            (high.max(last), points)
        };
        let ticks = ticks
            .into_iter()
            .map(|at| Tick {
                at,
                label: unit.short(at),
            })
            .collect();
        Self {
            low,
            high: end,
            ticks,
        }
    }

    /// Spans days.
    pub(crate) fn days(first: Day, last: Day, most: usize) -> Self {
        let last = last.max(first.plus(1));
        Self {
            low: first.number(),
            high: last.number(),
            ticks: days(first, last, most.max(1)),
        }
    }

    /// Spans categories, each one unit wide around its number. Where there is no room for all names, every so many
    /// are written, and among them that of the category of number `chief`.
    pub(crate) fn categories(names: &[String], most: usize, chief: usize) -> Self {
        let every = names.len().div_ceil(most.max(1)).max(1);
        let ticks = (0_u32..)
            .zip(names)
            .skip(chief % every)
            .step_by(every)
            .map(|(at, name)| Tick {
                at: f64::from(at),
                label: name.clone(),
            })
            .collect();
        let count = u32::try_from(names.len().max(1)).unwrap_or(u32::MAX);
        Self {
            low: -0.5,
            high: f64::from(count) - 0.5,
            ticks,
        }
    }

    /// Returns the same scale from its other end.
    pub(crate) fn turned(self) -> Self {
        Self {
            low: self.high,
            high: self.low,
            ticks: self.ticks,
        }
    }

    pub(crate) fn high(&self) -> f64 {
        self.high
    }

    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.ticks.iter().map(|tick| tick.label.as_str())
    }

    /// Returns how far the last label may reach beyond the end of the scale, in the library's pixels.
    pub(crate) fn overhang(&self) -> i32 {
        let near = self.high - (self.high - self.low) / 20.0;
        let last = self.ticks.last().filter(|tick| tick.at >= near);
        last.map_or(0, |tick| width_of(&tick.label) / 2)
    }

    /// Returns how the value of a tick is written.
    pub(crate) fn label(&self, at: f64) -> String {
        let tick = self
            .ticks
            .iter()
            .find(|tick| tick.at.total_cmp(&at).is_eq());
        tick.map(|tick| tick.label.clone()).unwrap_or_default()
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place on a picture; a float beyond the integers becomes the last of them"
    )]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.low) / (self.high - self.low);
        (f64::from(limit.0) + part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// Returns ticks over days: every so many days, or months' or years' first days.
fn days(first: Day, last: Day, most: usize) -> Vec<Tick> {
    let Some(start) = first.date() else {
        return Vec::new();
    };
    let few = |count: i32| usize::try_from(count).unwrap_or(0) <= most;
    let length = last.0.saturating_sub(first.0);
    for every in [1, 2, 7, 14] {
        if few(length / every + 1) {
            let at = (0..=length / every).filter_map(|step| first.plus(step * every).date());
            return at.filter_map(|date| tick(date, day_label(date))).collect();
        }
    }
    let months = length / 28 + 1;
    for every in [1_i8, 2, 3, 6] {
        if few(months / i32::from(every) + 1) {
            let mut ticks = Vec::new();
            for date in month_starts(start, last).filter(|date| (date.month() - 1) % every == 0) {
                let label = month_label(date, ticks.is_empty());
                ticks.extend(tick(date, label));
            }
            return ticks;
        }
    }
    let years = i16::try_from(months / 12 / i32::try_from(most).unwrap_or(i32::MAX) + 1);
    let every = years.unwrap_or(i16::MAX);
    month_starts(start, last)
        .filter(|date| date.month() == 1 && date.year() % every == 0)
        .filter_map(|date| tick(date, date.year().to_string()))
        .collect()
}

fn tick(date: Date, label: String) -> Option<Tick> {
    Some(Tick {
        at: Day::of(date)?.number(),
        label,
    })
}

/// Returns the first days of months, from the first that is not before `start`.
fn month_starts(start: Date, last: Day) -> impl Iterator<Item = Date> {
    let before = start.first_of_month();
    (0_i32..)
        .map_while(move |month| before.checked_add(Span::new().try_months(month).ok()?).ok())
        .skip_while(move |date| *date < start)
        .take_while(move |date| Day::of(*date).is_some_and(|day| day <= last))
}

fn day_label(date: Date) -> String {
    format!("{} {}", date.day(), month(date))
}

fn month_label(date: Date, first: bool) -> String {
    match first || date.month() == 1 {
        true => format!("{} {}", month(date), date.year()),
        false => month(date).to_owned(),
    }
}

fn month(date: Date) -> &'static str {
    let at = usize::try_from(date.month() - 1).unwrap_or_default();
    MONTHS.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.labels().collect()
    }

    #[test]
    fn numbers_end_on_a_round_one() {
        let axis = Axis::numbers([3.0, 46.4].into_iter(), Unit::Percent, 6);
        assert_eq!(
            labels(&axis),
            ["0 %", "10 %", "20 %", "30 %", "40 %", "50 %"]
        );
        assert!(axis.high() >= 46.4);
    }

    #[test]
    fn nothing_and_nonsense_span_something() {
        let axis = Axis::numbers([f64::NAN, f64::INFINITY].into_iter(), Unit::Count, 5);
        assert!(!axis.range().is_empty());
        let axis = Axis::days(Day(5), Day(5), 4);
        assert!(!axis.range().is_empty());
        let axis = Axis::categories(&[], 4, 0);
        assert!(!axis.range().is_empty());
    }

    #[test]
    fn days_are_written_by_day_month_or_year() {
        let year = Day(16_436);
        assert_eq!(
            labels(&Axis::days(year, year.plus(3), 6)),
            ["1 Jan", "2 Jan", "3 Jan", "4 Jan"]
        );
        assert_eq!(
            labels(&Axis::days(year, year.plus(180), 8)),
            ["Jan 2015", "Feb", "Mar", "Apr", "May", "Jun"]
        );
        assert_eq!(
            labels(&Axis::days(year, year.plus(365), 5)),
            ["Jan 2015", "Apr", "Jul", "Oct", "Jan 2016"]
        );
        assert_eq!(
            labels(&Axis::days(year, year.plus(3_650), 6)),
            ["2016", "2018", "2020", "2022", "2024"]
        );
    }

    #[test]
    fn there_are_never_more_ticks_than_room() {
        for length in 1..5_000 {
            for most in [3, 5, 8] {
                let axis = Axis::days(Day(10_000), Day(10_000 + length), most);
                assert!(
                    axis.labels().count() <= most + 1,
                    "{length} days, room for {most}"
                );
            }
        }
        let names: Vec<String> = (0..100).map(|at| at.to_string()).collect();
        for chief in [0, 7, 99] {
            let axis = Axis::categories(&names, 10, chief);
            assert_eq!(axis.labels().count(), 10);
            assert!(axis.labels().any(|it| it == names[chief]));
        }
    }
}
