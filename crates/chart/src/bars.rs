//! Bars over categories, side by side or on top of each other: comparisons and histograms.
//!
//! Owns: where they are drawn and how they are told. Invariant: every category has its place, whether or not there
//! is room for its name; that of the highest bar is written.

use crate::axis::Axis;
use crate::chart::KeyForm;
use crate::ink::Ink;
use crate::plot::{Anchor, Frame, Plot, room};
use crate::{Caption, Chart, Detail, Key, Layer, Size, Table, Unit};
use plotters::style::text_anchor::{HPos, VPos};

/// Bars over categories.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What the chart is called and shows.
    pub caption: Caption,
    /// What the vertical scale measures.
    pub axis: String,
    /// What the categories are.
    pub category: String,
    /// How numbers are written.
    pub unit: Unit,
    /// How the bars of one category stand.
    pub form: BarForm,
    /// The categories, in order.
    pub categories: Vec<String>,
    /// The series, each with a figure for each category.
    pub series: Vec<Layer>,
    /// A line before the category of this number, and what it says.
    pub mark: Option<(usize, String)>,
}

/// How the bars of one category stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BarForm {
    /// Side by side.
    #[default]
    Grouped,
    /// On top of each other.
    Stacked,
}

impl Bars {
    fn value(layer: &Layer, at: usize) -> f64 {
        let value = layer.values.get(at).copied().unwrap_or_default();
        if value.is_finite() { value } else { 0.0 }
    }

    fn tops(&self) -> Vec<f64> {
        let each = (0..self.categories.len()).flat_map(|at| {
            let values = self.series.iter().map(move |layer| Self::value(layer, at));
            match self.form {
                BarForm::Grouped => values.collect::<Vec<f64>>(),
                BarForm::Stacked => vec![values.sum()],
            }
        });
        each.collect()
    }

    /// Returns the number of the category with the highest bar.
    fn highest(&self) -> usize {
        let sums = (0..self.categories.len()).map(|at| {
            let values = self.series.iter().map(|layer| Self::value(layer, at));
            (at, values.sum::<f64>())
        });
        sums.fold(
            (0, 0.0),
            |best, one| if one.1 > best.1 { one } else { best },
        )
        .0
    }

    fn draw(&self, plot: &Plot) {
        let count = f64::from(u32::try_from(self.series.len().max(1)).unwrap_or(u32::MAX));
        for (category, (name, middle)) in self.categories.iter().zip(0_u32..).enumerate() {
            let mut foot = 0.0;
            for (series, (layer, nth)) in self.series.iter().zip(0_u32..).enumerate() {
                let value = Self::value(layer, category);
                let left = f64::from(middle) - 0.4;
                let (from, to) = match self.form {
                    BarForm::Stacked => ((left, foot), (left + 0.8, foot + value)),
                    BarForm::Grouped => {
                        let left = left + 0.8 / count * f64::from(nth);
                        ((left, 0.0), (left + 0.8 / count, value))
                    }
                };
                foot += value;
                if value.abs() > 0.0 {
                    let tip = format!("{}, {name}: {}", layer.name, self.unit.text(value));
                    plot.tip(tip).bar(Ink::fill(series), from, to);
                }
            }
        }
    }
}

impl Chart for Bars {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn keys(&self) -> Vec<Key> {
        if self.series.len() < 2 {
            return Vec::new();
        }
        let keys = self.series.iter().enumerate().map(|(at, layer)| Key {
            form: KeyForm::Fill(at),
            name: layer.name.clone(),
        });
        keys.collect()
    }

    fn svg(&self, size: Size, detail: Detail, id: &str) -> String {
        let longest = self
            .categories
            .iter()
            .map(|name| name.chars().count())
            .max();
        let y = Axis::numbers(self.tops().into_iter(), self.unit, 6);
        let top = y.high();
        let plot = Plot::new(Frame {
            size,
            detail,
            height: size.height(),
            x: Axis::categories(
                &self.categories,
                room(size, longest.unwrap_or_default()),
                self.highest(),
            ),
            y,
            y_name: &self.axis,
            x_name: &self.category,
            grid: true,
        });
        self.draw(&plot);
        if let Some((before, label)) = &self.mark {
            let at = f64::from(u32::try_from(*before).unwrap_or(u32::MAX)) - 0.5;
            plot.path(Ink::THRESHOLD, [(at, 0.0), (at, top)]);
            let anchor = Anchor {
                h: HPos::Center,
                v: VPos::Bottom,
                by: (0, -2),
            };
            plot.text(Ink::THRESHOLD_LABEL, label, (at, top), anchor);
        }
        plot.foot();
        plot.finish(&self.caption, id)
    }

    fn table(&self) -> Table {
        let names = self.series.iter().map(|layer| layer.name.clone());
        let row = |(at, name): (usize, &String)| {
            let cells = self
                .series
                .iter()
                .map(|layer| self.unit.text(Self::value(layer, at)));
            [name.clone()].into_iter().chain(cells).collect()
        };
        Table {
            head: [self.category.clone()].into_iter().chain(names).collect(),
            rows: self.categories.iter().enumerate().map(row).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.tops().iter().all(|top| top.abs() <= 0.0)
    }
}
