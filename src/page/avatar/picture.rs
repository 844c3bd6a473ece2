//! The avatar as a PNG, for what takes no SVG: home screens, and the cards of other sites that show a link.

use bytes::Bytes;
use moka::future::Cache;
use resvg::{
    tiny_skia::{Color, Pixmap, Rect, Transform},
    usvg::{Options, Tree},
};
use tokio::sync::Semaphore;

use super::{icon::Icon, svg};
use crate::domain::visitor::VisitorId;

/// Pixels of an edge: what a home screen asks for at most. Icons may be cut to a circle of 80 % (W3C, "Web Application
/// Manifest", safe zone), and no avatar reaches further.
const EDGE: u16 = 512;
/// Pictures that are kept, of 10 to 20 kB each.
const KEPT: u64 = 200;
/// Pictures that are painted at once, of some milliseconds each; others wait.
const AT_ONCE: usize = 1;

/// What is painted.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Picture {
    /// The avatar of an id, on white.
    Avatar(VisitorId),
    /// An icon of the site.
    Icon(Icon),
}

/// Paints avatars and icons.
pub struct Pictures {
    kept: Cache<Picture, Bytes>,
    turns: Semaphore,
}

impl Default for Pictures {
    fn default() -> Self {
        Self {
            kept: Cache::new(KEPT),
            turns: Semaphore::new(AT_ONCE),
        }
    }
}

impl Pictures {
    /// A picture; none if it can't be painted.
    pub async fn of(&self, picture: Picture) -> Option<Bytes> {
        let painting = async {
            let _turn = self.turns.acquire().await.ok()?;
            let painted = tokio::task::spawn_blocking(move || picture.png()).await;
            painted.ok().flatten().map(Bytes::from)
        };
        self.kept.optionally_get_with(picture, painting).await
    }
}

impl Picture {
    fn png(self) -> Option<Vec<u8>> {
        match self {
            Self::Avatar(id) => paint(&svg(id), EDGE, Color::WHITE),
            Self::Icon(icon) => icon.png(),
        }
    }
}

/// An SVG as a PNG of so many pixels an edge, on this ground.
pub(super) fn paint(svg: &str, edge: u16, ground: Color) -> Option<Vec<u8>> {
    let tree = Tree::from_str(svg, &Options::default()).ok()?;
    let mut pixels = Pixmap::new(edge.into(), edge.into())?;
    pixels.fill(ground);
    let scale = f32::from(edge) / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().ok()
}

/// The part of the canvas that an avatar is drawn on, its lines included.
pub(super) fn drawn(avatar: &str) -> Option<Rect> {
    let tree = Tree::from_str(avatar, &Options::default()).ok()?;
    Some(tree.root().abs_stroke_bounding_box())
}
