//! Where the chart library draws: a text of SVG shapes.
//!
//! Owns: how a shape is written. Does not own: where shapes go, which is the chart library's and the plots'.
//! Invariants: a shape has a class and no colour; places are whole tenths of a unit, so that the same drawing is
//! the same text everywhere; writing never fails.

use crate::Detail;
use crate::html::escaped;
use crate::ink::Ink;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write;
use std::rc::Rc;

/// How many of the library's pixels are one unit of the picture.
pub(crate) const TENTHS: i32 = 10;
/// The size of text, in units.
pub(crate) const TEXT: i32 = 11;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// The shapes written so far, in the hands of the plot and of the library alike.
#[derive(Debug, Clone, Default)]
pub(crate) struct Page(Rc<RefCell<Sheet>>);

#[derive(Debug, Default)]
struct Sheet {
    shapes: String,
    detail: Detail,
    /// What the next shape says when it is pointed at.
    tip: Option<String>,
    /// The class of the bars that were written last, where nothing was since.
    bars: Option<String>,
}

/// What ends a shape.
const END: &str = "\"/>\n";

impl Page {
    /// Makes an empty page.
    pub(crate) fn new(detail: Detail) -> Self {
        let sheet = Sheet {
            detail,
            ..Sheet::default()
        };
        Self(Rc::new(RefCell::new(sheet)))
    }

    /// Makes the next shape say something when it is pointed at.
    pub(crate) fn tip(&self, text: String) {
        let mut sheet = self.0.borrow_mut();
        sheet.tip = (sheet.detail == Detail::Full).then_some(text);
    }

    /// Returns the shapes.
    pub(crate) fn shapes(&self) -> String {
        self.0.borrow().shapes.clone()
    }

    /// Writes a shape: `rest` is what follows the class.
    fn shape(&self, name: &str, color: BackendColor, rest: &str) {
        let Some(ink) = Ink::of(color) else { return };
        let mut sheet = self.0.borrow_mut();
        sheet.bars = None;
        let tip = sheet.tip.take();
        let class = ink.class();
        let shapes = &mut sheet.shapes;
        // Writing to a text cannot fail.
        let _ = match tip {
            None => writeln!(shapes, "<{name} class=\"{class}\" {rest}/>"),
            Some(tip) => writeln!(
                shapes,
                "<{name} class=\"{class}\" {rest}><title>{}</title></{name}>",
                escaped(&tip)
            ),
        };
    }
}

impl Page {
    /// Writes a bar: in brief, as a part of the shape that the bars of its colour before it are.
    fn bar(&self, color: BackendColor, (left, top): BackendCoord, (width, height): BackendCoord) {
        let [left, top, width, height] = [left, top, width, height].map(units);
        if self.0.borrow().detail == Detail::Full {
            let rest = format!("x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"");
            return self.shape("rect", color, &rest);
        }
        let part = format!("M{left} {top}h{width}v{height}h-{width}z");
        let Some(ink) = Ink::of(color) else { return };
        let is_next = self.0.borrow().bars.as_ref() == Some(&ink.class());
        if is_next {
            let mut sheet = self.0.borrow_mut();
            let end = sheet.shapes.len().saturating_sub(END.len());
            sheet.shapes.truncate(end);
            sheet.shapes.push_str(&part);
            sheet.shapes.push_str(END);
        } else {
            self.shape("path", color, &format!("d=\"{part}\""));
            self.0.borrow_mut().bars = Some(ink.class());
        }
    }
}

/// A drawing area's back end.
pub(crate) struct Canvas {
    page: Page,
    width: u32,
    height: u32,
}

impl Canvas {
    /// Makes a canvas of so many units.
    pub(crate) fn new(page: Page, width: u32, height: u32) -> Self {
        Self {
            page,
            width,
            height,
        }
    }
}

/// Returns how wide a text is, near enough, in the library's pixels: no font is at hand, and none is needed.
pub(crate) fn width_of(text: &str) -> i32 {
    let characters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    // A character is 0.55 of the text's size wide, on average over figures and small letters.
    characters.saturating_mul(TEXT * TENTHS * 55 / 100)
}

impl DrawingBackend for Canvas {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let tenths = TENTHS.unsigned_abs();
        (self.width * tenths, self.height * tenths)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        let (left, right) = ordered(upper_left.0, bottom_right.0);
        let (top, bottom) = ordered(upper_left.1, bottom_right.1);
        let size = (right - left, bottom - top);
        self.page.bar(style.color(), (left, top), size);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let rest = format!("d=\"{}\"", along(path));
        self.page.shape("path", style.color(), &rest);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        _fill: bool,
    ) -> Drawn {
        let radius = i32::try_from(radius).unwrap_or(i32::MAX);
        let rest = format!(
            "cx=\"{}\" cy=\"{}\" r=\"{}\"",
            units(center.0),
            units(center.1),
            units(radius)
        );
        self.page.shape("circle", style.color(), &rest);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        let rest = format!("d=\"{}Z\"", along(vert));
        self.page.shape("path", style.color(), &rest);
        Ok(())
    }

    fn draw_text<T: BackendTextStyle>(&mut self, text: &str, style: &T, at: BackendCoord) -> Drawn {
        let Some(ink) = Ink::of(style.color()) else {
            return Ok(());
        };
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let down = match style.anchor().v_pos {
            VPos::Top => ".8em",
            VPos::Center => ".35em",
            VPos::Bottom => "-.25em",
        };
        let mut sheet = self.page.0.borrow_mut();
        sheet.bars = None;
        // Writing to a text cannot fail.
        let _ = writeln!(
            sheet.shapes,
            "<text class=\"{}\" x=\"{}\" y=\"{}\" dy=\"{down}\" text-anchor=\"{anchor}\">{}</text>",
            ink.class(),
            units(at.0),
            units(at.1),
            escaped(text)
        );
        Ok(())
    }

    fn estimate_text_size<T: BackendTextStyle>(
        &self,
        text: &str,
        _style: &T,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let height = (TEXT * TENTHS).unsigned_abs();
        Ok((width_of(text).unsigned_abs(), height))
    }
}

fn ordered(a: i32, b: i32) -> (i32, i32) {
    (a.min(b), a.max(b))
}

/// Returns a path through places.
fn along(places: impl IntoIterator<Item = BackendCoord>) -> String {
    let mut path = String::new();
    for (x, y) in places {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        path.push_str(&units(x));
        path.push(' ');
        path.push_str(&units(y));
    }
    path
}

/// Returns tenths as a decimal.
fn units(tenths: i32) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match rest {
        0 => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_decimals_with_one_digit() {
        assert_eq!(units(0), "0");
        assert_eq!(units(-5), "-0.5");
        assert_eq!(units(1_230), "123");
        assert_eq!(along([(0, 5), (10, -15)]), "M0 0.5L1 -1.5");
    }
}
