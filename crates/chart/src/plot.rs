//! A drawing area with scales, into which the charts put their shapes.
//!
//! Owns: margins, grid, axes, and the SVG element around the shapes. Does not own: what is drawn inside.
//! Invariant: the element has a title and a description, and names them.

use crate::axis::Axis;
use crate::canvas::{Canvas, Page, TENTHS, TEXT, width_of};
use crate::html::escaped;
use crate::ink::Ink;
use crate::{Caption, Detail, Size};
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, ShapeStyle, TRANSPARENT, TextStyle};
use std::fmt::Debug;

/// A value on both scales.
pub(crate) type At = (f64, f64);

/// How a chart's frame looks.
pub(crate) struct Frame<'f> {
    pub(crate) size: Size,
    pub(crate) detail: Detail,
    /// The height, in units.
    pub(crate) height: u32,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// What the vertical scale measures; written above it.
    pub(crate) y_name: &'f str,
    /// What the horizontal scale measures; written below it.
    pub(crate) x_name: &'f str,
    /// Whether lines lie across at the ticks.
    pub(crate) grid: bool,
}

/// A frame to draw in.
pub(crate) struct Plot {
    page: Page,
    root: DrawingArea<Canvas, Shift>,
    chart: ChartContext<'static, Canvas, Cartesian2d<Axis, Axis>>,
    size: Size,
    height: u32,
}

/// Where a text stands in relation to its place.
#[derive(Clone, Copy)]
pub(crate) struct Anchor {
    pub(crate) h: HPos,
    pub(crate) v: VPos,
    /// How far to move it, in units.
    pub(crate) by: (i32, i32),
}

/// Returns how many labels of this length fit side by side in a picture.
pub(crate) fn room(size: Size, characters: usize) -> usize {
    let width = size.width().saturating_sub(60);
    let characters = u32::try_from(characters).unwrap_or(u32::MAX).max(3);
    let label = characters.saturating_mul(7).saturating_add(14);
    usize::try_from(width / label).unwrap_or(1).max(1)
}

impl Plot {
    /// Draws the frame.
    pub(crate) fn new(frame: Frame<'_>) -> Self {
        let page = Page::new(frame.detail);
        let canvas = Canvas::new(page.clone(), frame.size.width(), frame.height);
        let root = canvas.into_drawing_area();
        let wide = frame.y.labels().map(width_of).max().unwrap_or_default();
        let above = if frame.y_name.is_empty() { 8 } else { 26 };
        let below = if frame.x_name.is_empty() { 22 } else { 38 };
        let right = frame.x.overhang().max(14 * TENTHS);
        let (x_labels, y_labels) = (frame.x.clone(), frame.y.clone());
        let mut chart = drawn(
            ChartBuilder::on(&root)
                .margin_top(above * TENTHS)
                .margin_right(right)
                .margin_bottom(2 * TENTHS)
                .margin_left(2 * TENTHS)
                .x_label_area_size(below * TENTHS)
                .y_label_area_size(wide + 10 * TENTHS)
                .build_cartesian_2d(frame.x, frame.y),
        );
        let grid = if frame.grid {
            Ink::GRID.color()
        } else {
            TRANSPARENT
        };
        drawn(
            chart
                .configure_mesh()
                .disable_x_mesh()
                .light_line_style(TRANSPARENT)
                .bold_line_style(grid)
                .axis_style(TRANSPARENT)
                .set_all_tick_mark_size(3 * TENTHS)
                .label_style(style(Ink::LABEL))
                .x_label_formatter(&|at| x_labels.label(*at))
                .y_label_formatter(&|at| y_labels.label(*at))
                .draw(),
        );
        let plot = Self {
            page,
            root,
            chart,
            size: frame.size,
            height: frame.height,
        };
        plot.names(frame.x_name, frame.y_name);
        plot
    }

    fn names(&self, x_name: &str, y_name: &str) {
        let place = |h, v| style(Ink::NAME).pos(Pos::new(h, v));
        if !y_name.is_empty() {
            let text = Text::new(
                y_name.to_owned(),
                (4 * TENTHS, 4 * TENTHS),
                place(HPos::Left, VPos::Top),
            );
            drawn(self.root.draw(&text));
        }
        if !x_name.is_empty() {
            let (width, height) = self.root.dim_in_pixel();
            let right = i32::try_from(width).unwrap_or(i32::MAX) - 14 * TENTHS;
            let bottom = i32::try_from(height).unwrap_or(i32::MAX) - 3 * TENTHS;
            let text = Text::new(
                x_name.to_owned(),
                (right, bottom),
                place(HPos::Right, VPos::Bottom),
            );
            drawn(self.root.draw(&text));
        }
    }

    /// Draws the line at the foot of the frame, over what stands on it.
    pub(crate) fn foot(&self) {
        let (x, y) = {
            let area = self.chart.plotting_area();
            (area.get_x_range(), area.get_y_range())
        };
        let floor = if y.start <= 0.0 && y.end >= 0.0 {
            0.0
        } else {
            y.start
        };
        self.path(Ink::AXIS, [(x.start, floor), (x.end, floor)]);
    }

    /// Makes the next shape say something when it is pointed at.
    pub(crate) fn tip(&self, text: String) -> &Self {
        self.page.tip(text);
        self
    }

    /// Draws a line through places.
    pub(crate) fn path(&self, ink: Ink, places: impl IntoIterator<Item = At>) {
        let places: Vec<At> = places.into_iter().collect();
        let element = PathElement::new(places, stroke(ink));
        drawn(self.chart.plotting_area().draw(&element));
    }

    /// Fills the area inside places.
    pub(crate) fn area(&self, ink: Ink, places: impl IntoIterator<Item = At>) {
        let places: Vec<At> = places.into_iter().collect();
        let element = Polygon::new(places, filled(ink));
        drawn(self.chart.plotting_area().draw(&element));
    }

    /// Fills a rectangle.
    pub(crate) fn bar(&self, ink: Ink, from: At, to: At) {
        let element = Rectangle::new([from, to], filled(ink));
        drawn(self.chart.plotting_area().draw(&element));
    }

    /// Draws a dot, its radius in tenths of a unit.
    pub(crate) fn dot(&self, ink: Ink, at: At, radius: i32) {
        let element = Circle::new(at, radius, filled(ink));
        drawn(self.chart.plotting_area().draw(&element));
    }

    /// Writes a text.
    pub(crate) fn text(&self, ink: Ink, text: &str, at: At, anchor: Anchor) {
        let (x, y) = self.chart.plotting_area().map_coordinate(&at);
        let place = (x + anchor.by.0 * TENTHS, y + anchor.by.1 * TENTHS);
        let style = style(ink).pos(Pos::new(anchor.h, anchor.v));
        drawn(self.root.draw(&Text::new(text.to_owned(), place, style)));
    }

    /// Returns how wide one unit of the horizontal scale is, in units of the picture.
    pub(crate) fn step(&self) -> i32 {
        let area = self.chart.plotting_area();
        let (from, _) = area.map_coordinate(&(0.0, 0.0));
        let (to, _) = area.map_coordinate(&(1.0, 0.0));
        (to - from) / TENTHS
    }

    /// Returns the SVG element.
    pub(crate) fn finish(self, caption: &Caption, id: &str) -> String {
        let (id, letter) = (escaped(id), self.size.letter());
        format!(
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-size=\"{TEXT}\" \
             aria-labelledby=\"{id}-{letter}t {id}-{letter}d\">\n\
             <title id=\"{id}-{letter}t\">{title}</title>\n<desc id=\"{id}-{letter}d\">{about}</desc>\n{shapes}</svg>\n",
            class = self.size.class(),
            width = self.size.width(),
            height = self.height,
            title = escaped(&caption.title),
            about = escaped(&caption.about),
            shapes = self.page.shapes(),
        )
    }
}

fn style(ink: Ink) -> TextStyle<'static> {
    let size = f64::from(TEXT * TENTHS);
    let font = FontDesc::new(FontFamily::SansSerif, size, FontStyle::Normal);
    TextStyle {
        font,
        color: ink.color().to_backend_color(),
        pos: Pos::default(),
    }
}

fn stroke(ink: Ink) -> ShapeStyle {
    ShapeStyle {
        color: ink.color(),
        filled: false,
        stroke_width: 1,
    }
}

fn filled(ink: Ink) -> ShapeStyle {
    ShapeStyle {
        color: ink.color(),
        filled: true,
        stroke_width: 0,
    }
}

/// Returns what was drawn. The canvas writes to a text and never fails, and the margins are ours.
#[expect(
    clippy::expect_used,
    reason = "no input can make writing to a text fail; a failure is a fault of this crate"
)]
fn drawn<T, E: Debug>(result: Result<T, E>) -> T {
    result.expect("INVARIANT: drawing to a text does not fail")
}
