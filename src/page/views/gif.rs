//! A GIF of a message.

use std::borrow::Cow;

use super::size_text;
use crate::page::texts::Texts;

/// Under this width a GIF is shown at three times its size.
const TINY_PX: u32 = 72;
/// Under this width a GIF is shown small.
const SMALL_PX: u32 = 160;

/// A GIF of a message.
#[derive(Clone, Debug)]
pub struct GifView<'a> {
    /// File name: `/gif/{name}` and `/gif/{name}/still`.
    pub name: Cow<'a, str>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
    /// What its sender said it shows; may be empty.
    pub alt: Cow<'a, str>,
}

impl GifView<'_> {
    /// The class that gives the box its width before the file comes.
    pub fn shape(&self) -> &'static str {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        if self.width < TINY_PX {
            " gif--tiny"
        } else if self.width < SMALL_PX {
            " gif--small"
        } else if width * 5 < height * 4 {
            " gif--tall"
        } else if width * 4 <= height * 5 {
            " gif--square"
        } else {
            ""
        }
    }

    pub(crate) fn size(&self, t: &Texts) -> String {
        size_text(self.bytes, t.lang)
    }

    pub(crate) fn alt_text<'t>(&'t self, t: &Texts) -> &'t str {
        if self.alt.is_empty() {
            t.chat.gif_no_alt
        } else {
            &self.alt
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gif_has_the_shape_that_the_page_gives_it() {
        let shape = |width, height| {
            GifView {
                name: "".into(),
                width,
                height,
                bytes: 0,
                alt: "".into(),
            }
            .shape()
            .trim()
        };
        let cases: Vec<(u32, u32, String)> =
            serde_json::from_str(include_str!("../../../tests/cases/shapes.json")).unwrap();
        for (width, height, expected) in cases {
            assert_eq!(shape(width, height), expected, "{width} × {height}");
        }
    }
}
