//! What the templates are given: plain data, computed before rendering. One struct for each page.

mod form;
mod links;
mod message;
mod page;
mod room;
mod rows;
mod sheet;

pub use form::RoomForm;
pub use message::{GifView, LineView, MessageView};
pub use page::{ChatPage, ErrorPage, GatePage, MainPage, Page, RoomPage, Theme};
pub use room::{Age, RoomView};
pub use rows::{LastRows, RoomRows};
pub use sheet::{Sheet, SheetView};

use std::borrow::Cow;

use crate::domain::{self, visitor::hue_class};

/// The parts of `{assets}/css/app.css`, in the order of the cascade.
pub const CSS_ORDER: &[&str] = &[
    "css/tokens.css",
    "css/visitor.css",
    "css/base.css",
    "css/button.css",
    "css/site.css",
    "css/banner.css",
    "css/rooms.css",
    "css/form.css",
    "css/chat.css",
    "css/members.css",
    "css/message.css",
    "css/menu.css",
    "css/gif.css",
    "css/viewer.css",
    "css/composer.css",
    "css/queue.css",
];

/// What the pages say and check about sizes; the rules themselves are in the domain.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Characters of a title.
    pub title: u32,
    /// The fewest seats of a room.
    pub max_least: u32,
    /// The most seats of a room.
    pub max_most: u32,
    /// Seats of a room whose maker did not choose.
    pub max_default: u32,
    /// Bytes of a password.
    pub password: u32,
    /// Characters of a message.
    pub chat: u32,
    /// Characters of the description of a GIF.
    pub alt: u32,
    /// Characters of why a message is reported.
    pub reason: u32,
    /// Bytes of a GIF.
    pub gif: u64,
}

impl From<&domain::Limits> for Limits {
    fn from(limits: &domain::Limits) -> Self {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            title: count(limits.title),
            max_least: domain::Max::MIN,
            max_most: limits.max,
            max_default: domain::Max::DEFAULT.min(limits.max),
            password: count(limits.password),
            chat: count(limits.chat),
            alt: count(limits.alt),
            reason: count(limits.reason),
            gif: limits.gif.bytes,
        }
    }
}

/// A visitor as pages show one.
#[derive(Clone, Debug)]
pub struct VisitorView<'a> {
    /// Names the mark, `/visitor/{id}.svg`.
    pub id: Cow<'a, str>,
    /// `#rrggbb`, the visitor's name.
    pub color: Cow<'a, str>,
    /// 0..=35, `None` for grey.
    pub hue: Option<u8>,
}

impl VisitorView<'_> {
    /// The class that gives the hue to an element.
    pub fn hue_class(&self) -> &'static str {
        hue_class(self.hue)
    }
}

/// A size as people read it: `75 kB`, `1.3 MiB`. Always rounded up, so what is over a limit never looks like it.
pub fn size_text(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes < 1000 * 1024 {
        return format!("{} kB", bytes.div_ceil(1024));
    }
    let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(MIB));
    match tenths % 10 {
        0 => format!("{} MiB", tenths / 10),
        tenth => format!("{}.{tenth} MiB", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(size_text(76_284), "75 kB");
        assert_eq!(size_text(10 * 1024 * 1024), "10 MiB");
        assert_eq!(size_text(10 * 1024 * 1024 + 1), "10.1 MiB");
        assert_eq!(size_text(300), "1 kB");
    }

    #[test]
    fn the_order_of_css_names_every_file() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/public/css");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("css/{}", entry.unwrap().file_name().to_string_lossy()))
            .collect();
        let mut named: Vec<_> = CSS_ORDER.iter().map(|name| (*name).to_owned()).collect();
        // It comes with the first sheet that is opened.
        named.push("css/sheets.css".to_owned());
        files.sort();
        named.sort();
        assert_eq!(files, named);
    }
}
