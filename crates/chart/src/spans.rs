//! Stretches of time: who was warned or restricted, from when until when.
//!
//! Owns: where they are drawn and how they are told. Invariant: lanes are drawn in the order given, from the top;
//! a stretch is never so short that it cannot be seen.

use crate::axis::Axis;
use crate::chart::KeyForm;
use crate::ink::Ink;
use crate::plot::{Frame, Plot, room};
use crate::{Caption, Chart, Day, Detail, Key, Size, Table};

/// How long a lane's name may be in a narrow and in a wide picture.
const NAME: (usize, usize) = (12, 26);

/// Lanes over days.
#[derive(Debug, Clone, PartialEq)]
pub struct Spans {
    /// What the chart is called and shows.
    pub caption: Caption,
    /// What a lane is.
    pub lane: String,
    /// The first and the last day that are shown.
    pub days: (Day, Day),
    /// The lanes.
    pub lanes: Vec<Lane>,
}

/// One lane.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Its stretches.
    pub spans: Vec<Span>,
}

/// A stretch of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first day.
    pub from: Day,
    /// The first day after it.
    pub to: Day,
    /// What it is.
    pub kind: SpanKind,
}

/// What a stretch of days is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A warning.
    Warned,
    /// A restriction.
    Restricted,
}

impl SpanKind {
    fn name(self) -> &'static str {
        match self {
            Self::Warned => "warned",
            Self::Restricted => "restricted",
        }
    }

    fn ink(self) -> Ink {
        match self {
            Self::Warned => Ink::WARNED,
            Self::Restricted => Ink::RESTRICTED,
        }
    }
}

impl Spans {
    fn has(&self, kind: SpanKind) -> bool {
        self.lanes
            .iter()
            .flat_map(|lane| &lane.spans)
            .any(|span| span.kind == kind)
    }

    fn draw(&self, plot: &Plot) {
        let (first, last) = (
            self.days.0.number(),
            self.days.1.number().max(self.days.0.number() + 1.0),
        );
        for (lane, y) in self.lanes.iter().zip(0_u32..) {
            let y = f64::from(y);
            plot.path(Ink::LANE, [(first, y), (last, y)]);
            for span in &lane.spans {
                let from = span.from.number().clamp(first, last);
                let to = span
                    .to
                    .number()
                    .max(span.from.number() + 1.0)
                    .clamp(first, last);
                let tip = format!(
                    "{}: {} from {} to {}",
                    lane.name,
                    span.kind.name(),
                    span.from,
                    span.to
                );
                plot.tip(tip)
                    .bar(span.kind.ink(), (from, y - 0.32), (to, y + 0.32));
            }
        }
    }
}

impl Chart for Spans {
    fn caption(&self) -> &Caption {
        &self.caption
    }

    fn keys(&self) -> Vec<Key> {
        let kinds = [
            (SpanKind::Warned, KeyForm::Warned),
            (SpanKind::Restricted, KeyForm::Restricted),
        ];
        let keys = kinds
            .into_iter()
            .filter(|(kind, _)| self.has(*kind))
            .map(|(kind, form)| Key {
                form,
                name: kind.name().to_owned(),
            });
        keys.collect()
    }

    fn svg(&self, size: Size, detail: Detail, id: &str) -> String {
        let most = match size {
            Size::Narrow => NAME.0,
            Size::Medium | Size::Wide => NAME.1,
        };
        let names: Vec<String> = self
            .lanes
            .iter()
            .map(|lane| short(&lane.name, most))
            .collect();
        let lanes = u32::try_from(names.len()).unwrap_or(u32::MAX).clamp(1, 100);
        let plot = Plot::new(Frame {
            size,
            detail,
            height: lanes.saturating_mul(18) + 52,
            x: Axis::days(self.days.0, self.days.1, room(size, 8)),
            y: Axis::categories(&names, 100, 0).turned(),
            y_name: &self.lane,
            x_name: "",
            grid: false,
        });
        self.draw(&plot);
        plot.finish(&self.caption, id)
    }

    fn table(&self) -> Table {
        let head = [self.lane.as_str(), "what", "from", "to"];
        let rows = self.lanes.iter().flat_map(|lane| {
            lane.spans.iter().map(|span| {
                vec![
                    lane.name.clone(),
                    span.kind.name().to_owned(),
                    span.from.to_string(),
                    span.to.to_string(),
                ]
            })
        });
        Table {
            head: head.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.lanes.iter().all(|lane| lane.spans.is_empty())
    }
}

/// Returns a name that fits.
fn short(name: &str, most: usize) -> String {
    match name.char_indices().nth(most) {
        None => name.to_owned(),
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or(name)),
    }
}
