//! What a whole is made of, over time: bars side by side or areas on top of each other.
//!
//! Owns: where they are drawn and how they are told. Invariant: layers lie on each other in the order given, the first
//! at the foot; a layer without a figure for a day counts as nothing there.

use crate::axis::Axis;
use crate::chart::KeyForm;
use crate::ink::Ink;
use crate::plot::{At, Frame, Plot, room};
use crate::{Caption, Chart, Day, Detail, Key, Size, Table, Unit};

/// Layers over days.
#[derive(Debug, Clone, PartialEq)]
pub struct Stack {
    /// What the chart is called and shows.
    pub caption: Caption,
    /// What the vertical scale measures.
    pub axis: String,
    /// How its numbers are written.
    pub unit: Unit,
    /// How layers are drawn.
    pub form: StackForm,
    /// The first day of each step, earliest first.
    pub days: Vec<Day>,
    /// How many days a step has.
    pub step: i32,
    /// The layers, the lowest first.
    pub layers: Vec<Layer>,
}

/// How layers are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StackForm {
    /// A bar for each step.
    #[default]
    Bars,
    /// An area over all steps.
    Area,
}

/// One part of the whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its figures, one for each step.
    pub values: Vec<f64>,
}

impl Layer {
    fn at(&self, step: usize) -> f64 {
        let value = self.values.get(step).copied().unwrap_or_default();
        if value.is_finite() {
            value.max(0.0)
        } else {
            0.0
        }
    }
}

impl Stack {
    /// Returns, for each layer, its foot and its top at each step.
    fn bounds(&self) -> Vec<Vec<(f64, f64)>> {
        let mut feet = vec![0.0; self.days.len()];
        let bound = |layer: &Layer| {
            let steps = feet.iter_mut().enumerate();
            steps
                .map(|(step, foot)| {
                    let from = *foot;
                    *foot += layer.at(step);
                    (from, *foot)
                })
                .collect()
        };
        self.layers.iter().map(bound).collect()
    }

    fn bars(&self, plot: &Plot, bounds: &[Vec<(f64, f64)>]) {
        let width = f64::from(self.step.max(1));
        for (at, (layer, bounds)) in self.layers.iter().zip(bounds).enumerate() {
            for (day, (foot, top)) in self.days.iter().zip(bounds) {
                if top > foot {
                    let tip = format!("{}, from {day}: {}", layer.name, self.unit.text(top - foot));
                    let (left, right) = (day.number() + width * 0.1, day.number() + width * 0.9);
                    plot.tip(tip)
                        .bar(Ink::fill(at), (left, *foot), (right, *top));
                }
            }
        }
    }

    fn areas(&self, plot: &Plot, bounds: &[Vec<(f64, f64)>]) {
        for (at, (layer, bounds)) in self.layers.iter().zip(bounds).enumerate() {
            let along = |pick: fn(&(f64, f64)) -> f64| -> Vec<At> {
                let places = self.days.iter().zip(bounds);
                places
                    .map(|(day, bound)| (day.number(), pick(bound)))
                    .collect()
            };
            let tops = along(|(_, top)| *top);
            let feet = along(|(foot, _)| *foot);
            plot.tip(layer.name.clone());
            plot.area(
                Ink::fill(at),
                tops.into_iter().chain(feet.into_iter().rev()),
            );
        }
    }
}

impl Chart for Stack {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn keys(&self) -> Vec<Key> {
        let keys = self.layers.iter().enumerate().map(|(at, layer)| Key {
            form: KeyForm::Fill(at),
            name: layer.name.clone(),
        });
        keys.collect()
    }

    fn svg(&self, size: Size, detail: Detail, id: &str) -> String {
        let bounds = self.bounds();
        let tops = bounds.last().into_iter().flatten().map(|(_, top)| *top);
        let first = self.days.first().copied().unwrap_or(Day(0));
        let last = self.days.last().copied().unwrap_or(first);
        let end = match self.form {
            StackForm::Bars => last.plus(self.step.max(1)),
            StackForm::Area => last,
        };
        let plot = Plot::new(Frame {
            size,
            detail,
            height: size.height(),
            x: Axis::days(first, end, room(size, 6)),
            y: Axis::numbers(tops, self.unit, 6),
            y_name: &self.axis,
            x_name: "",
            grid: true,
        });
        match self.form {
            StackForm::Bars => self.bars(&plot, &bounds),
            StackForm::Area => self.areas(&plot, &bounds),
        }
        plot.foot();
        plot.finish(&self.caption, id)
    }

    fn table(&self) -> Table {
        let names = self.layers.iter().map(|layer| layer.name.clone());
        let row = |(step, day): (usize, &Day)| {
            let cells = self
                .layers
                .iter()
                .map(|layer| self.unit.text(layer.at(step)));
            [day.to_string()].into_iter().chain(cells).collect()
        };
        let first = if self.step > 1 { "from" } else { "day" };
        Table {
            head: [first.to_owned()].into_iter().chain(names).collect(),
            rows: self.days.iter().enumerate().map(row).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        let steps = self.days.len();
        !self
            .layers
            .iter()
            .any(|layer| (0..steps).any(|step| layer.at(step) > 0.0))
    }
}
