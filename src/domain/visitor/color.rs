use std::{fmt, str::FromStr};

use palette::{FromColor, IsWithinBounds, LinSrgb, Oklch, Srgb, convert::FromColorUnclamped};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::{SplitMix64, VisitorId, lower_hex};

/// An sRGB colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color([u8; 3]);

/// The text was not `#` and 6 lowercase hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is # and 6 lowercase hex digits")]
pub struct NotAColor;

/// Below this chroma an eye sees no hue worth wearing.
const GREY: f64 = 0.03;

/// Halvings of the chroma: 0.4 / 2^16 is far below one step of 8 bits.
const HALVINGS: u32 = 16;

impl Color {
    /// The colour hash of an id: hue evenly over the circle, one of five tones, never grey.
    ///
    /// Made in OKLCH (Björn Ottosson, <https://bottosson.github.io/posts/oklab/>), whose hues look equally spaced.
    #[must_use]
    pub fn of(id: VisitorId) -> Self {
        let mut random = SplitMix64::new(id, 0);
        let hue = random.between(0.0, 360.0);
        let (lightness, chroma) = match random.below(8) {
            0..=2 => (0.72, 0.19),
            3 | 4 => (0.68, 0.2),
            5 => (0.8, 0.14),
            6 => (0.62, 0.19),
            _ => (0.86, 0.08),
        };
        // sRGB has its strongest yellows light and its strongest blues dark; without this yellows are mud.
        let lean = 0.09 * (hue - 105.0_f64).to_radians().cos();
        Self::in_gamut(Oklch::new(lightness + lean, chroma, hue))
    }

    /// Step 0..=35 of the OKLCH hue in tens of degrees; `None` for a grey.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded, from 0 to 36"
    )]
    pub fn hue(self) -> Option<u8> {
        let color = self.oklch();
        let step = (color.hue.into_positive_degrees() / 10.0).round() as u8 % 36;
        (color.chroma >= GREY).then_some(step)
    }

    /// A line to draw on or around this colour: its hue, too dark to be taken for the colour itself.
    #[must_use]
    pub fn outline(self) -> Self {
        let color = self.oklch();
        Self::in_gamut(Oklch::new(0.33, color.chroma.min(0.08), color.hue))
    }

    fn oklch(self) -> Oklch<f64> {
        Oklch::from_color(Srgb::from(self.0).into_format::<f64>())
    }

    /// Lowers the chroma until sRGB can show the colour; cutting off channels would turn its hue.
    fn in_gamut(wanted: Oklch<f64>) -> Self {
        let at = |chroma| LinSrgb::from_color_unclamped(Oklch { chroma, ..wanted });
        let (mut inside, mut outside) = (0.0, wanted.chroma);
        if at(outside).is_within_bounds() {
            inside = outside;
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(inside, outside);
            if at(middle).is_within_bounds() {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        Self(Srgb::<u8>::from_linear(at(inside)).into())
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl FromStr for Color {
    type Err = NotAColor;

    fn from_str(text: &str) -> Result<Self, NotAColor> {
        let digits = text
            .strip_prefix('#')
            .and_then(|digits| lower_hex(digits, 6))
            .ok_or(NotAColor)?;
        let [.., r, g, b] = digits.to_be_bytes();
        Ok(Self([r, g, b]))
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Color {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        text.parse().unwrap()
    }

    #[test]
    fn random_ids_wear_all_hues_about_equally() {
        let mut worn = [0_u32; 36];
        for _ in 0..10_000 {
            let hue = Color::of(VisitorId::random())
                .hue()
                .expect("a colour hash is never grey");
            worn[usize::from(hue)] += 1;
        }
        let share = 10_000 / 36;
        assert!(
            worn.iter().all(|&times| times > share / 2 && times < share * 2),
            "{worn:?}"
        );
    }

    #[test]
    fn ids_in_a_row_wear_all_hues_too() {
        let hues: std::collections::HashSet<_> = (0..500).map(|n| Color::of(VisitorId(n)).hue()).collect();
        assert_eq!(hues.len(), 36);
    }

    #[test]
    fn two_visitors_seldom_share_a_colour() {
        let colors: std::collections::HashSet<_> = (0..1_000).map(|n| Color::of(VisitorId(n))).collect();
        assert!(colors.len() > 750, "{}", colors.len());
    }

    #[test]
    fn an_id_keeps_its_colour_for_ever() {
        let pinned = [
            (0, "#b150cd"),
            (1, "#8bdce4"),
            (0x0123_4567_89ab_cdef, "#ff6853"),
            (u64::MAX, "#c25fd2"),
        ];
        for (id, expected) in pinned {
            assert_eq!(Color::of(VisitorId(id)).to_string(), expected, "{id:#x}");
        }
    }

    #[test]
    fn lowering_the_chroma_keeps_hue_and_lightness() {
        for degrees in 0..360 {
            let wanted = Oklch::new(0.7, 0.4, f64::from(degrees));
            let shown = Color::in_gamut(wanted).oklch();
            let turn = (shown.hue - wanted.hue).into_degrees().abs();
            assert!(turn < 1.0, "{degrees} degrees turned by {turn}");
            assert!((shown.l - wanted.l).abs() < 0.005);
        }
    }

    #[test]
    fn the_samples_of_the_look_have_the_hues_of_the_look() {
        let samples = [
            ("#ff7a59", 4),
            ("#8bbf2a", 13),
            ("#20b8cf", 21),
            ("#5b8cff", 26),
            ("#b86bff", 31),
            ("#ff6fa8", 0),
            ("#202a5c", 27),
            ("#f7f3c4", 10),
        ];
        for (text, hue) in samples {
            assert_eq!(color(text).hue(), Some(hue), "{text}");
        }
        for grey in ["#9a9a9a", "#000000", "#ffffff", "#8a8f94"] {
            assert_eq!(color(grey).hue(), None, "{grey}");
        }
    }

    #[test]
    fn an_outline_is_dark_and_keeps_the_hue() {
        assert_eq!(color("#9a9a9a").outline().to_string(), "#353535");
        assert_eq!(color("#5b8cff").outline().to_string(), "#20335e");
    }

    #[test]
    fn a_colour_survives_being_written_and_read() {
        for text in ["#000000", "#ffffff", "#0a1b2c"] {
            assert_eq!(color(text).to_string(), text);
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::to_string(&color(text)).unwrap(), json);
            assert_eq!(serde_json::from_str::<Color>(&json).unwrap(), color(text));
        }
        for text in ["", "#", "000000", "#fff", "#FFFFFF", "#+fffff", "#fffffff", "red"] {
            assert_eq!(text.parse::<Color>(), Err(NotAColor), "{text:?}");
        }
    }
}
