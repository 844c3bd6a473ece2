//! What the templates are given: plain data, computed before rendering. One struct for each page.

mod chat;
pub mod console;
mod extras;
mod form;
mod gif;
mod icon;
mod installed;
mod links;
mod message;
mod page;
mod room;
mod rows;
mod sheet;

pub use chat::ChatPage;
pub use extras::{EditedView, QuoteView, ReactionView};
pub use form::RoomForm;
pub use gif::GifView;
pub use installed::{OfflinePage, SharePage};
pub use message::{LineView, MessageView};
pub use page::{DoorPage, ErrorPage, GatePage, MainPage, Page, ReportPage, RoomPage, RulesPage, Theme};
pub use room::{Age, RoomView};
pub use rows::{LastRows, RoomRows};
pub use sheet::{Sheet, SheetView};

use std::borrow::Cow;

use crate::{
    domain::{self, visitor::hue_class},
    page::texts::Lang,
};

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
    /// Two words in the language of the page.
    pub name: Cow<'a, str>,
    /// `#rrggbb`, which tells visitors of one name apart.
    pub color: Cow<'a, str>,
    /// 0..=35, `None` for grey.
    pub hue: Option<u8>,
}

impl VisitorView<'_> {
    /// Somebody whom a script fills in.
    pub(crate) fn nobody() -> Self {
        Self {
            id: "".into(),
            name: "".into(),
            color: "".into(),
            hue: None,
        }
    }

    /// The class that gives the hue to an element.
    pub fn hue_class(&self) -> &'static str {
        hue_class(self.hue)
    }
}

const KB: u64 = 1_000;
const MB: u64 = 1_000 * KB;
const GB: u64 = 1_000 * MB;

/// A size as people read it: `77 kB`, `1.3 MB`. Rounded up, so that what is over a limit never looks like it.
pub fn size_text(bytes: u64, lang: Lang) -> String {
    if bytes <= MB - KB {
        return with_unit(bytes.div_ceil(KB), 0, "kB", lang);
    }
    let (unit, name) = if bytes <= GB - MB / 10 { (MB, "MB") } else { (GB, "GB") };
    let tenths = bytes.div_ceil(unit / 10);
    with_unit(tenths / 10, tenths % 10, name, lang)
}

/// A limit as people read it. Rounded down, so that it is never overstated: what is within it in words is accepted.
pub fn limit_text(bytes: u64, lang: Lang) -> String {
    match bytes {
        ..KB => with_unit(bytes, 0, "B", lang),
        KB..MB => with_unit(bytes / KB, 0, "kB", lang),
        10_000_000_000.. => with_unit(bytes / GB, 0, "GB", lang),
        _ if bytes >= 10 * MB => with_unit(bytes / MB, 0, "MB", lang),
        _ => with_unit(bytes / MB, bytes % MB / (MB / 10), "MB", lang),
    }
}

/// Korean writes a unit next to its number.
fn with_unit(whole: u64, tenth: u64, unit: &str, lang: Lang) -> String {
    let space = match lang {
        Lang::En => " ",
        Lang::Ko => "",
    };
    match tenth {
        0 => format!("{whole}{space}{unit}"),
        tenth => format!("{whole}.{tenth}{space}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number of bytes, in English and in Korean.
    type Case = (u64, String, String);

    /// The cases of `sizes` and of `limits`, which the scripts are held to as well.
    fn cases() -> std::collections::HashMap<String, Vec<Case>> {
        serde_json::from_str(include_str!("../../tests/cases/sizes.json")).unwrap()
    }

    #[test]
    fn sizes_are_written_as_the_page_writes_them() {
        for (size, english, korean) in &cases()["sizes"] {
            assert_eq!(
                [size_text(*size, Lang::En), size_text(*size, Lang::Ko)],
                [english.as_str(), korean]
            );
        }
        let large = [999_900_000, 999_900_001, 58_100_000_000].map(|size| size_text(size, Lang::En));
        assert_eq!(large, ["999.9 MB", "1 GB", "58.1 GB"]);
    }

    #[test]
    fn a_limit_is_never_overstated() {
        for (limit, english, korean) in &cases()["limits"] {
            assert_eq!(
                [limit_text(*limit, Lang::En), limit_text(*limit, Lang::Ko)],
                [english.as_str(), korean]
            );
        }
        let large = [9_999_999_999, 58_123_000_000].map(|limit| limit_text(limit, Lang::En));
        assert_eq!(large, ["9999 MB", "58 GB"]);
    }

    #[test]
    fn what_is_over_a_limit_looks_like_it() {
        for limit in [
            1_000, 50_000, 50_999, 999_000, 999_999, 1_000_000, 1_048_576, 10_000_000, 10_485_760,
        ] {
            let [size, limit] = [size_text(limit + 1, Lang::En), limit_text(limit, Lang::En)];
            assert_ne!(size, limit);
        }
    }
}
