//! Lines over time, with a threshold and a band to compare with.
//!
//! Owns: where they are drawn and how they are told. Invariant: a day without a figure is a gap in the line, never
//! a zero.

use crate::axis::Axis;
use crate::chart::KeyForm;
use crate::ink::Ink;
use crate::plot::{Anchor, At, Frame, Plot, room};
use crate::{Band, Caption, Chart, Day, Detail, Key, Mark, Size, Table, Unit};
use plotters::style::text_anchor::{HPos, VPos};
use std::collections::BTreeSet;

/// With more points than this in all, none of them says its figure: they would lie over each other.
const TIPS: usize = 600;

/// Lines over days.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// What the chart is called and shows.
    pub caption: Caption,
    /// What the vertical scale measures.
    pub axis: String,
    /// How its numbers are written.
    pub unit: Unit,
    /// The lines.
    pub series: Vec<Series>,
    /// A value to stay above or below.
    pub threshold: Option<Mark>,
    /// A range to lie in.
    pub band: Option<Band>,
}

/// A line over days.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its figures, by day, earliest first; nothing where there is none.
    pub points: Vec<(Day, Option<f64>)>,
}

impl Series {
    fn values(&self) -> impl Iterator<Item = f64> {
        self.points.iter().filter_map(|(_, value)| *value)
    }

    /// Returns the stretches without a gap.
    fn runs(&self) -> Vec<Vec<At>> {
        let mut runs = vec![Vec::new()];
        for (day, value) in &self.points {
            match (value.filter(|value| value.is_finite()), runs.last_mut()) {
                (Some(value), Some(run)) => run.push((day.number(), value)),
                _ => runs.push(Vec::new()),
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }
}

impl Lines {
    fn days(&self) -> BTreeSet<Day> {
        let points = self.series.iter().flat_map(|series| &series.points);
        points.map(|(day, _)| *day).collect()
    }

    fn plot(&self, size: Size, detail: Detail) -> Plot {
        let days = self.days();
        let first = days.first().copied().unwrap_or(Day(0));
        let last = days.last().copied().unwrap_or(first);
        let marks = self.threshold.iter().map(|mark| mark.value);
        let ends = self.band.iter().map(|band| band.high);
        let values = self.series.iter().flat_map(Series::values);
        Plot::new(Frame {
            size,
            detail,
            height: size.height(),
            x: Axis::days(first, last, room(size, 6)),
            y: Axis::numbers(values.chain(marks).chain(ends), self.unit, 6),
            y_name: &self.axis,
            x_name: "",
            grid: true,
        })
    }

    /// Draws what to compare with, under the lines.
    fn compare(&self, plot: &Plot, (first, last): (f64, f64)) {
        if let Some(band) = &self.band {
            plot.bar(Ink::BAND, (first, band.low), (last, band.high));
        }
        if let Some(mark) = &self.threshold {
            plot.path(Ink::THRESHOLD, [(first, mark.value), (last, mark.value)]);
        }
    }

    /// Says what it is, over the lines.
    fn name(&self, plot: &Plot, last: f64) {
        let anchor = Anchor {
            h: HPos::Right,
            v: VPos::Top,
            by: (-3, 3),
        };
        if let Some(band) = &self.band {
            plot.text(Ink::BAND_LABEL, &band.label, (last, band.high), anchor);
        }
        if let Some(mark) = &self.threshold {
            plot.text(
                Ink::THRESHOLD_LABEL,
                &mark.label,
                (last, mark.value),
                anchor,
            );
        }
    }
}

impl Chart for Lines {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn keys(&self) -> Vec<Key> {
        if self.series.len() < 2 {
            return Vec::new();
        }
        let keys = self.series.iter().enumerate().map(|(at, series)| Key {
            form: KeyForm::Line(at),
            name: series.name.clone(),
        });
        keys.collect()
    }

    fn svg(&self, size: Size, detail: Detail, id: &str) -> String {
        let plot = self.plot(size, detail);
        let days = self.days();
        let ends = (
            days.first().copied().unwrap_or(Day(0)).number(),
            days.last().copied().unwrap_or(Day(1)).number(),
        );
        self.compare(&plot, ends);
        plot.foot();
        for (at, series) in self.series.iter().enumerate() {
            for run in series.runs() {
                match run.as_slice() {
                    // A line through one place would not be seen.
                    [alone] => plot.dot(Ink::dot(at), *alone, 25),
                    run => plot.path(Ink::line(at), run.iter().copied()),
                }
            }
        }
        self.name(&plot, ends.1);
        let points = self.series.iter().flat_map(Series::values).count();
        if points <= TIPS && detail == Detail::Full {
            for (at, series) in self.series.iter().enumerate() {
                for (day, value) in &series.points {
                    let Some(value) = value.filter(|value| value.is_finite()) else {
                        continue;
                    };
                    let tip = format!("{}, {day}: {}", series.name, self.unit.text(value));
                    plot.tip(tip).dot(Ink::hit(at), (day.number(), value), 60);
                }
            }
        }
        plot.finish(&self.caption, id)
    }

    fn table(&self) -> Table {
        let names = self.series.iter().map(|series| series.name.clone());
        let row = |day: Day| {
            let cells = self.series.iter().map(|series| {
                let at = series.points.binary_search_by_key(&day, |(day, _)| *day);
                let value = at
                    .ok()
                    .and_then(|at| series.points.get(at))
                    .and_then(|(_, value)| *value);
                value.map_or_else(|| "-".to_owned(), |value| self.unit.text(value))
            });
            [day.to_string()].into_iter().chain(cells).collect()
        };
        Table {
            head: ["day".to_owned()].into_iter().chain(names).collect(),
            rows: self.days().into_iter().map(row).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.series
            .iter()
            .all(|series| series.values().next().is_none())
    }
}
