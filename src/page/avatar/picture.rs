//! The avatar as a PNG, for what takes no SVG: home screens, and the cards of other sites that show a link.

use bytes::Bytes;
use moka::future::Cache;
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree},
};
use tokio::sync::Semaphore;

use super::svg;
use crate::domain::visitor::VisitorId;

/// Pixels of an edge: what a home screen asks for at most. Icons may be cut to a circle of 80 % (W3C, "Web Application
/// Manifest", safe zone), and no avatar reaches further.
const EDGE: u16 = 512;
/// Units of an edge of the SVG.
const CANVAS: f32 = 48.0;

/// Pictures that are kept, of 10 to 20 kB each.
const KEPT: u64 = 200;
/// Pictures that are painted at once, of some milliseconds each; others wait.
const AT_ONCE: usize = 1;

/// Paints avatars.
pub struct Pictures {
    kept: Cache<VisitorId, Bytes>,
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
    /// The picture of an id; none if it can't be painted.
    pub async fn of(&self, id: VisitorId) -> Option<Bytes> {
        let painting = async {
            let _turn = self.turns.acquire().await.ok()?;
            let painted = tokio::task::spawn_blocking(move || paint(id)).await;
            painted.ok().flatten().map(Bytes::from)
        };
        self.kept.optionally_get_with(id, painting).await
    }
}

fn paint(id: VisitorId) -> Option<Vec<u8>> {
    let tree = Tree::from_str(&svg(id), &Options::default()).ok()?;
    let mut pixels = Pixmap::new(EDGE.into(), EDGE.into())?;
    pixels.fill(Color::WHITE);
    let scale = f32::from(EDGE) / CANVAS;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().ok()
}
