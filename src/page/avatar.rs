//! The generated avatar of a visitor: a blob sticker in the exact colour, told from others by shape, head and eyes.

mod body;
mod eyes;
pub mod icon;
pub mod picture;
#[cfg(test)]
mod tests;
mod top;

use std::fmt;

use self::{body::Body, eyes::Eyes, top::Top};
use crate::domain::visitor::{Color, SHAPE, SplitMix64, VisitorId};

/// Units of an edge of the SVG.
const CANVAS: u8 = 48;

/// The mark of an id as a whole SVG image of 1 to 2 kB; the same for ever, so it may be cached for ever.
#[must_use]
pub fn svg(id: VisitorId) -> String {
    let (body, top, eyes) = parts(id);
    let (whites, pupils) = (eyes.whites(), eyes.pupils());
    let color = Color::of(id);
    let line = color.outline();
    // Drawn three times: the white die-cut edge, the line, the body; so one of them shows on any surface.
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CANVAS} {CANVAS}"><defs><g id="b" stroke-linejoin="round"><path d="{body}"/>{top}</g></defs><use href="#b" fill="#fff" stroke="#fff" stroke-width="7.5"/><use href="#b" fill="{line}" stroke="{line}" stroke-width="4.2"/><use href="#b" fill="{color}"/><g fill="#fff" stroke="{line}" stroke-width="1.1">{whites}</g><g fill="{line}">{pupils}</g></svg>"##
    )
}

fn parts(id: VisitorId) -> (Body, Top, Eyes) {
    let mut random = SplitMix64::new(id, SHAPE);
    let body = Body::new(&mut random);
    let top = Top::new(&mut random, &body);
    (body, top, Eyes::new(&mut random))
}

/// A place on the canvas of 48 by 48; y grows downwards.
#[derive(Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

impl Point {
    fn moved(self, right: f64, down: f64) -> Self {
        Self {
            x: self.x + right,
            y: self.y + down,
        }
    }

    fn circle(self, radius: f64) -> String {
        let Self { x, y } = self;
        format!(
            r#"<circle cx="{}" cy="{}" r="{}"/>"#,
            Number(x),
            Number(y),
            Number(radius)
        )
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Number(self.x), Number(self.y))
    }
}

/// Written with one decimal at most: a tenth of a unit is less than a pixel at any size a mark is shown.
struct Number(f64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero turns -0 into 0.
        write!(f, "{}", (self.0 * 10.0).round() / 10.0 + 0.0)
    }
}
