//! What a shape is, in place of a colour.
//!
//! Owns: the roles of shapes and the classes that they are written as. Does not own: how a class looks, which is
//! `chart.css`. Invariant: a colour that is drawn with here is a role and a number, and never seen.

use plotters::style::RGBAColor;
use plotters_backend::BackendColor;

/// How many kinds of series look different.
pub(crate) const SERIES: usize = 8;
/// How many steps a heat map has.
pub(crate) const STEPS: usize = 7;

const CLASSES: [&str; 20] = [
    "axis",
    "grid",
    "label",
    "name",
    "threshold",
    "threshold-label",
    "band",
    "band-label",
    "line",
    "fill",
    "dot",
    "hit",
    "heat",
    "heat-label",
    "frontier",
    "warned",
    "restricted",
    "lane",
    "missing",
    "bar-label",
];

/// A role, and which of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ink {
    role: u8,
    /// From 1 where a role has several.
    number: u8,
}

impl Ink {
    pub(crate) const AXIS: Self = Self::new(0);
    pub(crate) const GRID: Self = Self::new(1);
    pub(crate) const LABEL: Self = Self::new(2);
    pub(crate) const NAME: Self = Self::new(3);
    pub(crate) const THRESHOLD: Self = Self::new(4);
    pub(crate) const THRESHOLD_LABEL: Self = Self::new(5);
    pub(crate) const BAND: Self = Self::new(6);
    pub(crate) const BAND_LABEL: Self = Self::new(7);
    const LINE: Self = Self::new(8);
    const FILL: Self = Self::new(9);
    const DOT: Self = Self::new(10);
    const HIT: Self = Self::new(11);
    const HEAT: Self = Self::new(12);
    const HEAT_LABEL: Self = Self::new(13);
    pub(crate) const FRONTIER: Self = Self::new(14);
    pub(crate) const WARNED: Self = Self::new(15);
    pub(crate) const RESTRICTED: Self = Self::new(16);
    pub(crate) const LANE: Self = Self::new(17);
    pub(crate) const MISSING: Self = Self::new(18);
    pub(crate) const BAR_LABEL: Self = Self::new(19);

    const fn new(role: u8) -> Self {
        Self { role, number: 0 }
    }

    /// Returns one of a role that has several, `at` counted from 0 and turning over.
    fn one_of(self, at: usize, all: usize) -> Self {
        let number = u8::try_from(at % all).unwrap_or_default().saturating_add(1);
        Self { number, ..self }
    }

    pub(crate) fn line(series: usize) -> Self {
        Self::LINE.one_of(series, SERIES)
    }

    pub(crate) fn fill(series: usize) -> Self {
        Self::FILL.one_of(series, SERIES)
    }

    pub(crate) fn dot(series: usize) -> Self {
        Self::DOT.one_of(series, SERIES)
    }

    pub(crate) fn hit(series: usize) -> Self {
        Self::HIT.one_of(series, SERIES)
    }

    pub(crate) fn heat(step: usize) -> Self {
        Self::HEAT.one_of(step, STEPS)
    }

    pub(crate) fn heat_label(step: usize) -> Self {
        Self::HEAT_LABEL.one_of(step, STEPS)
    }

    /// Returns the colour that carries this ink through the chart library.
    pub(crate) fn color(self) -> RGBAColor {
        RGBAColor(self.role, self.number, 0, 1.0)
    }

    /// Returns what a colour carries; nothing for one that is not to be drawn.
    pub(crate) fn of(color: BackendColor) -> Option<Self> {
        let (role, number, _) = color.rgb;
        (color.alpha > 0.0).then_some(Self { role, number })
    }

    /// Returns the class that a shape of this ink has.
    pub(crate) fn class(self) -> String {
        let role = CLASSES
            .get(usize::from(self.role))
            .copied()
            .unwrap_or_default();
        match self.number {
            0 => role.to_owned(),
            number => format!("{role}-{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ink_survives_the_way_through_the_library() {
        let inks = [
            Ink::AXIS,
            Ink::BAR_LABEL,
            Ink::line(0),
            Ink::fill(7),
            Ink::heat(6),
        ];
        for ink in inks {
            let RGBAColor(r, g, b, alpha) = ink.color();
            let color = BackendColor {
                alpha,
                rgb: (r, g, b),
            };
            assert_eq!(Ink::of(color), Some(ink));
        }
        assert_eq!(Ink::fill(7).class(), "fill-8");
        assert_eq!(Ink::fill(8).class(), "fill-1");
        assert_eq!(Ink::BAR_LABEL.class(), "bar-label");
    }

    #[test]
    fn every_class_has_a_rule() {
        for class in CLASSES {
            let several = format!("[class^=\"{class}-\"]");
            let one = format!(" .{class}");
            assert!(
                crate::CSS.contains(&several) || crate::CSS.contains(&one),
                "`{class}` has no rule in chart.css"
            );
        }
    }
}
