//! A figure over two scales: a table whose cells are darker the more there is.
//!
//! Owns: the steps and where cells are drawn. Invariant: a cell without a figure looks like none, never like a low one.

use crate::axis::Axis;
use crate::ink::{Ink, STEPS};
use crate::plot::{Anchor, Frame, Plot, room};
use crate::{Caption, Chart, Detail, Key, Size, Table, Unit};
use plotters::style::text_anchor::{HPos, VPos};

/// Cells narrower than this, in units, have no room for their figure.
const LABELLED: i32 = 34;

/// A figure over two scales.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// What the chart is called and shows.
    pub caption: Caption,
    /// What the columns vary.
    pub column: String,
    /// What the rows vary.
    pub row: String,
    /// How figures are written.
    pub unit: Unit,
    /// The columns, left to right.
    pub columns: Vec<String>,
    /// The rows, top to bottom.
    pub rows: Vec<String>,
    /// The figures, row by row; nothing where there is none.
    pub cells: Vec<Vec<Option<f64>>>,
}

impl HeatMap {
    fn cell(&self, row: usize, column: usize) -> Option<f64> {
        let value = self.cells.get(row)?.get(column).copied().flatten()?;
        value.is_finite().then_some(value)
    }

    /// Returns the lowest and the highest figure.
    fn ends(&self) -> Option<(f64, f64)> {
        let all = self
            .cells
            .iter()
            .flatten()
            .flatten()
            .copied()
            .filter(|it| it.is_finite());
        all.fold(None, |ends, value| match ends {
            None => Some((value, value)),
            Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
        })
    }

    /// Returns the step of a figure between the ends.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a shade; the part lies between 0 and 1"
    )]
    fn step(value: f64, (low, high): (f64, f64)) -> usize {
        let steps = f64::from(u32::try_from(STEPS).unwrap_or_default());
        let part = if high > low {
            (value - low) / (high - low)
        } else {
            0.0
        };
        ((part.clamp(0.0, 1.0) * steps) as usize).min(STEPS - 1)
    }

    fn draw(&self, plot: &Plot, ends: (f64, f64)) {
        let labelled = plot.step() >= LABELLED;
        for (row, (row_name, y)) in self.rows.iter().zip(0_u32..).enumerate() {
            for (column, (column_name, x)) in self.columns.iter().zip(0_u32..).enumerate() {
                let (x, y) = (f64::from(x), f64::from(y));
                let (from, to) = ((x - 0.5, y - 0.5), (x + 0.5, y + 0.5));
                let Some(value) = self.cell(row, column) else {
                    plot.bar(Ink::MISSING, from, to);
                    continue;
                };
                let text = self.unit.text(value);
                let step = Self::step(value, ends);
                plot.tip(format!(
                    "{} {column_name}, {} {row_name}: {text}",
                    self.column, self.row
                ));
                plot.bar(Ink::heat(step), from, to);
                if labelled {
                    let anchor = Anchor {
                        h: HPos::Center,
                        v: VPos::Center,
                        by: (0, 0),
                    };
                    plot.text(
                        Ink::heat_label(step),
                        &self.unit.short(value),
                        (x, y),
                        anchor,
                    );
                }
            }
        }
    }
}

impl Chart for HeatMap {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn keys(&self) -> Vec<Key> {
        Vec::new()
    }

    fn svg(&self, size: Size, detail: Detail, id: &str) -> String {
        let longest = self.columns.iter().map(|name| name.chars().count()).max();
        let rows = u32::try_from(self.rows.len())
            .unwrap_or(u32::MAX)
            .clamp(1, 40);
        let plot = Plot::new(Frame {
            size,
            detail,
            height: rows.saturating_mul(if rows > 20 { 16 } else { 26 }) + 80,
            x: Axis::categories(&self.columns, room(size, longest.unwrap_or_default()), 0),
            y: Axis::categories(&self.rows, 40, 0).turned(),
            y_name: &self.row,
            x_name: &self.column,
            grid: false,
        });
        if let Some(ends) = self.ends() {
            self.draw(&plot, ends);
        }
        plot.finish(&self.caption, id)
    }

    fn table(&self) -> Table {
        let first = format!("{} \\ {}", self.row, self.column);
        let row = |(row, name): (usize, &String)| {
            let cells = (0..self.columns.len()).map(|column| {
                let value = self.cell(row, column);
                value.map_or_else(|| "-".to_owned(), |value| self.unit.text(value))
            });
            [name.clone()].into_iter().chain(cells).collect()
        };
        Table {
            head: [first]
                .into_iter()
                .chain(self.columns.iter().cloned())
                .collect(),
            rows: self.rows.iter().enumerate().map(row).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.ends().is_none()
    }
}

#[cfg(test)]
mod tests {
    /// Returns the luminance of a colour (WCAG 2).
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let part = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    #[test]
    fn a_figure_can_be_read_on_every_step_in_the_light_and_in_the_dark() {
        let (light, dark) = crate::CSS.split_once("prefers-color-scheme: dark").unwrap();
        for (name, sheet) in [("light", light), ("dark", dark)] {
            let colour = |name: &str| {
                let (_, rest) = sheet.split_once(&format!("--chart-heat-{name}: ")).unwrap();
                luminance(&rest[..7])
            };
            for step in 1..=super::STEPS {
                let text = if step < 5 { "text-low" } else { "text-high" };
                let (a, b) = (colour(&step.to_string()), colour(text));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{name}, step {step}: {contrast:.2}");
            }
        }
    }
}
