//! Things that differ in two figures, and the frontier of those that none is better than.
//!
//! Owns: where they are drawn and how they are told. Does not own: which lie on the frontier; the caller says.
//! Invariant: the frontier is drawn through its dots from left to right.

use crate::axis::Axis;
use crate::chart::KeyForm;
use crate::ink::Ink;
use crate::plot::{Anchor, Frame, Plot, room};
use crate::{Caption, Chart, Detail, Key, Size, Table, Unit};
use plotters::style::text_anchor::{HPos, VPos};

/// Dots over two scales.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What the chart is called and shows.
    pub caption: Caption,
    /// What lies across.
    pub x: String,
    /// How it is written.
    pub x_unit: Unit,
    /// What lies upwards.
    pub y: String,
    /// How it is written.
    pub y_unit: Unit,
    /// What the dots are.
    pub thing: String,
    /// The dots.
    pub dots: Vec<Dot>,
    /// What the frontier is, where there is one.
    pub frontier: Option<String>,
}

/// A thing with two figures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dot {
    /// Its name.
    pub name: String,
    /// Its figure across.
    pub x: f64,
    /// Its figure upwards.
    pub y: f64,
    /// Whether it lies on the frontier.
    pub frontier: bool,
    /// Whether its name is written beside it.
    pub named: bool,
}

impl Dot {
    fn is_drawn(&self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

impl Scatter {
    fn drawn(&self) -> impl Iterator<Item = &Dot> {
        self.dots.iter().filter(|dot| dot.is_drawn())
    }
}

impl Chart for Scatter {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn keys(&self) -> Vec<Key> {
        let Some(frontier) = &self.frontier else {
            return Vec::new();
        };
        let key = |form, name: &str| Key {
            form,
            name: name.to_owned(),
        };
        vec![
            key(KeyForm::Fill(1), frontier),
            key(KeyForm::Fill(0), &self.thing),
        ]
    }

    fn svg(&self, size: Size, detail: Detail, id: &str) -> String {
        let plot = Plot::new(Frame {
            size,
            detail,
            height: size.height() + 70,
            x: Axis::numbers(
                self.drawn().map(|dot| dot.x),
                self.x_unit,
                room(size, 6).min(8),
            ),
            y: Axis::numbers(self.drawn().map(|dot| dot.y), self.y_unit, 6),
            y_name: &self.y,
            x_name: &self.x,
            grid: true,
        });
        plot.foot();
        let mut frontier: Vec<(f64, f64)> = self
            .drawn()
            .filter(|it| it.frontier)
            .map(|it| (it.x, it.y))
            .collect();
        frontier.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        if frontier.len() > 1 {
            plot.path(Ink::FRONTIER, frontier);
        }
        let mut dots: Vec<&Dot> = self.drawn().collect();
        // Those on the frontier lie over the others.
        dots.sort_by_key(|dot| dot.frontier);
        for dot in dots {
            let tip = format!(
                "{}: {} {}, {} {}",
                dot.name,
                self.x,
                self.x_unit.text(dot.x),
                self.y,
                self.y_unit.text(dot.y)
            );
            let ink = Ink::dot(usize::from(dot.frontier));
            plot.tip(tip)
                .dot(ink, (dot.x, dot.y), if dot.frontier { 45 } else { 35 });
        }
        for dot in self.drawn().filter(|dot| dot.named) {
            let anchor = Anchor {
                h: HPos::Left,
                v: VPos::Center,
                by: (7, 0),
            };
            plot.text(Ink::BAR_LABEL, &dot.name, (dot.x, dot.y), anchor);
        }
        plot.finish(&self.caption, id)
    }

    fn table(&self) -> Table {
        let mut head = vec![self.thing.clone(), self.x.clone(), self.y.clone()];
        head.extend(self.frontier.clone());
        let row = |dot: &Dot| {
            let mut row = vec![
                dot.name.clone(),
                self.x_unit.text(dot.x),
                self.y_unit.text(dot.y),
            ];
            if self.frontier.is_some() {
                row.push(if dot.frontier { "yes" } else { "no" }.to_owned());
            }
            row
        };
        Table {
            head,
            rows: self.dots.iter().map(row).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.drawn().next().is_none()
    }
}
