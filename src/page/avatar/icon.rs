//! The icons of the installed site: the avatar of the site, cut close, or on ground that a device may cut to its shape.

use std::{fmt, str::FromStr};

use resvg::tiny_skia::Color;

use super::{CANVAS, picture, svg};
use crate::domain::visitor::VisitorId;

/// The file of the icon that has no size of its own; it is [`Purpose::Any`].
pub const SVG: &str = "any.svg";

/// What an icon is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To be shown as it is, on any ground.
    Any,
    /// To be cut to a shape. Whatever that is, it shows the circle of 80 % in the middle (W3C, "Web Application
    /// Manifest", safe zone).
    Maskable,
}

/// A PNG that the manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Icon {
    /// What it is for.
    pub purpose: Purpose,
    /// Pixels of an edge.
    pub edge: u16,
}

/// The text names no icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnIcon;

impl Icon {
    /// All that there are.
    pub const ALL: [Self; 4] = [
        Self::new(Purpose::Any, 192),
        Self::new(Purpose::Any, 512),
        Self::new(Purpose::Maskable, 192),
        Self::new(Purpose::Maskable, 512),
    ];

    const fn new(purpose: Purpose, edge: u16) -> Self {
        Self { purpose, edge }
    }

    /// The PNG; none if it can't be painted.
    pub fn png(self) -> Option<Vec<u8>> {
        picture::paint(&self.purpose.svg()?, self.edge, self.purpose.ground())
    }
}

/// The name of its file, such as `maskable-192.png`.
impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}.png", self.purpose.name(), self.edge)
    }
}

impl FromStr for Icon {
    type Err = NotAnIcon;

    fn from_str(file: &str) -> Result<Self, NotAnIcon> {
        Self::ALL
            .into_iter()
            .find(|icon| icon.to_string() == file)
            .ok_or(NotAnIcon)
    }
}

impl Purpose {
    /// The word of the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Maskable => "maskable",
        }
    }

    /// The part of the edge that the avatar takes. In the safe zone it is round, as the site's is.
    const fn share(self) -> f32 {
        match self {
            Self::Any => 0.98,
            Self::Maskable => 0.77,
        }
    }

    /// What lies behind the avatar: nothing, or its hue, light, up to every edge.
    fn ground(self) -> Color {
        match self {
            Self::Any => Color::TRANSPARENT,
            Self::Maskable => Color::from_rgba8(0xc9, 0xef, 0xfa, 0xff),
        }
    }

    /// The avatar as the icon has it, without the ground, at any size; none if it can't be measured.
    pub fn svg(self) -> Option<String> {
        let avatar = svg(VisitorId::SITE);
        let drawn = picture::drawn(&avatar)?;
        let edge = drawn.width().max(drawn.height()) / self.share();
        let middle = [drawn.x() + drawn.width() / 2.0, drawn.y() + drawn.height() / 2.0];
        let [x, y] = middle.map(|at| at - edge / 2.0);
        let cut = format!(r#"viewBox="{x:.2} {y:.2} {edge:.2} {edge:.2}""#);
        Some(avatar.replacen(&format!(r#"viewBox="0 0 {CANVAS} {CANVAS}""#), &cut, 1))
    }
}

#[cfg(test)]
mod tests {
    use resvg::tiny_skia::Pixmap;

    use super::*;

    #[test]
    fn every_icon_has_the_size_it_says_and_finds_itself_by_its_name() {
        for icon in Icon::ALL {
            let painted = Pixmap::decode_png(&icon.png().unwrap()).unwrap();
            assert_eq!([painted.width(), painted.height()], [u32::from(icon.edge); 2], "{icon}");
            assert_eq!(icon.to_string().parse(), Ok(icon));
        }
        for wrong in ["", "any-193.png", "any-192.svg", "maskable-192"] {
            assert_eq!(wrong.parse::<Icon>(), Err(NotAnIcon), "{wrong}");
        }
    }

    /// How far the furthest pixel that is not ground is from the middle, in edges.
    fn reach(icon: Icon) -> f32 {
        let painted = Pixmap::decode_png(&icon.png().unwrap()).unwrap();
        let (edge, ground) = (f32::from(icon.edge), painted.pixel(0, 0).unwrap());
        let mut furthest = 0.0_f32;
        for y in 0..icon.edge {
            for x in 0..icon.edge {
                if painted.pixel(x.into(), y.into()) != Some(ground) {
                    let [right, down] = [x, y].map(|at| (f32::from(at) + 0.5) / edge - 0.5);
                    furthest = furthest.max(right.hypot(down));
                }
            }
        }
        furthest
    }

    #[test]
    fn what_is_cut_to_a_shape_keeps_the_avatar_in_the_safe_zone_on_full_ground() {
        for icon in Icon::ALL.into_iter().filter(|icon| icon.purpose == Purpose::Maskable) {
            let painted = Pixmap::decode_png(&icon.png().unwrap()).unwrap();
            assert!(painted.pixels().iter().all(|pixel| pixel.alpha() == 255), "{icon}");
            let reach = reach(icon);
            assert!((0.36..=0.40).contains(&reach), "{icon} reaches {reach}");
        }
    }

    #[test]
    fn what_is_shown_as_it_is_fills_its_place_and_has_no_ground() {
        for icon in Icon::ALL.into_iter().filter(|icon| icon.purpose == Purpose::Any) {
            let painted = Pixmap::decode_png(&icon.png().unwrap()).unwrap();
            assert_eq!(painted.pixel(0, 0).unwrap().alpha(), 0, "{icon}");
            assert!(reach(icon) > 0.47, "{icon}");
        }
    }
}
