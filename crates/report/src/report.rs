//! A report as data.
//!
//! Owns: what a report can consist of. Does not own: its HTML. Invariant: text is text; whatever stands in it is
//! shown as it is.

use earnest_chart::Chart;

/// Everything that one page says.
#[derive(Default)]
pub struct Report {
    /// What it is about.
    pub title: String,
    /// Of what, from when until when.
    pub about: String,
    /// The few figures to begin with.
    pub tiles: Vec<Tile>,
    /// What was found, in sentences.
    pub findings: Vec<String>,
    /// The parts.
    pub sections: Vec<Section>,
    /// What the figures mean.
    pub definitions: Vec<Definition>,
    /// What the reader has to bear in mind.
    pub warnings: Vec<String>,
}

/// A figure in large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// What it is.
    pub name: String,
    /// The figure.
    pub figure: String,
    /// Something to compare it with, or to explain it.
    pub note: String,
}

/// A part of the page.
#[derive(Default)]
pub struct Section {
    /// Its id in the page; others in it begin so.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it shows, in a sentence or two.
    pub about: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// Something that stands in a section.
pub enum Block {
    /// A table.
    Table(Table),
    /// Charts, side by side where there is room.
    Charts(Vec<Box<dyn Chart>>),
    /// A sentence.
    Text(String),
}

/// A table of figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What it holds, for those who hear it.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each beginning with its name.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// The id of what defines it.
    pub definition: Option<&'static str>,
    /// Whether it holds text, which stands to the left.
    pub text: bool,
}

impl Column {
    /// Makes a column of numbers that leads to a definition.
    pub fn of(name: impl Into<String>, definition: &'static str) -> Self {
        Self {
            name: name.into(),
            definition: Some(definition),
            text: false,
        }
    }

    /// Makes a column of text.
    pub fn text(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            definition: None,
            text: true,
        }
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// How it is to be taken.
    pub tone: Tone,
}

/// How a figure is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As it is.
    #[default]
    Plain,
    /// Below the threshold.
    Below,
    /// In the good band.
    Good,
    /// Above it.
    Above,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            tone: Tone::Plain,
        }
    }
}

/// What a figure means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its id.
    pub id: &'static str,
    /// The figure's name.
    pub term: &'static str,
    /// What it is.
    pub meaning: &'static str,
}
