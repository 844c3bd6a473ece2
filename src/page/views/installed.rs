use askama::Template;

use super::{Page, RoomView};

/// share.html: the rooms that one is in, for GIFs that were shared with the site.
#[derive(Template)]
#[template(path = "share.html")]
pub struct SharePage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The rooms, newest first.
    pub rooms: Vec<RoomView<'a>>,
    /// Whether the browser holds the GIFs, as far as one can tell without it.
    pub held: bool,
}

/// offline.html: what the service worker shows for a page that can't be reached.
#[derive(Template)]
#[template(path = "offline.html")]
pub struct OfflinePage<'a> {
    /// The frame, of nobody.
    pub page: Page<'a>,
}
