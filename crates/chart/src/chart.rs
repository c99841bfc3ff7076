//! What every chart has.
//!
//! Owns: the caption, the legend's keys, the sizes, marks and bands. Invariant: a chart can always be told
//! without its picture, by its caption and its table.

use crate::Table;

/// What a chart is called and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caption {
    /// The heading.
    pub title: String,
    /// What is shown, in a sentence or two.
    pub about: String,
}

impl Caption {
    /// Makes a caption.
    pub fn new(title: impl Into<String>, about: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            about: about.into(),
        }
    }
}

/// For how much room a picture is drawn. Each stretches to the width it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 720 units wide.
    Wide,
    /// 500 units wide, for half a page.
    Medium,
    /// 340 units wide, for a telephone or a narrow column.
    Narrow,
}

/// How much a picture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Each shape says what it is when it is pointed at.
    #[default]
    Full,
    /// The same shapes, in a third of the bytes: they say nothing, and bars of one colour are one shape.
    Brief,
}

impl Size {
    /// Every size, the widest first.
    pub(crate) const ALL: [Self; 3] = [Self::Wide, Self::Medium, Self::Narrow];

    pub(crate) fn width(self) -> u32 {
        match self {
            Self::Wide => 720,
            Self::Medium => 500,
            Self::Narrow => 340,
        }
    }

    /// Returns the height of a chart that has no reason for another.
    pub(crate) fn height(self) -> u32 {
        match self {
            Self::Wide => 270,
            Self::Medium => 240,
            Self::Narrow => 220,
        }
    }

    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Wide => "chart-svg chart-wide",
            Self::Medium => "chart-svg chart-medium",
            Self::Narrow => "chart-svg chart-narrow",
        }
    }

    /// Returns what an id ends with in this size.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Wide => 'w',
            Self::Medium => 'm',
            Self::Narrow => 'n',
        }
    }
}

/// A value that the reader compares with.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The value.
    pub value: f64,
    /// What it is.
    pub label: String,
}

/// A range that the reader compares with.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// What it is.
    pub label: String,
}

/// How a key of the legend looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// A piece of the series' line.
    Line(usize),
    /// A square of the series' colour.
    Fill(usize),
    /// A square of the colour of a warning.
    Warned,
    /// A square of the colour of a restriction.
    Restricted,
}

/// A key of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// How it looks.
    pub form: KeyForm,
    /// What it stands for.
    pub name: String,
}

/// A chart: data that can be drawn, and be told without drawing.
pub trait Chart {
    /// Returns what it is called and what it shows.
    fn caption(&self) -> &Caption;

    /// Returns the legend; none where the picture needs none.
    fn keys(&self) -> Vec<Key>;

    /// Returns the picture, as an SVG element whose ids begin with `id`.
    fn svg(&self, size: Size, detail: Detail, id: &str) -> String;

    /// Returns the figures.
    fn table(&self) -> Table;

    /// Returns whether there is nothing to draw.
    fn is_empty(&self) -> bool;
}
