//! Pages of the operators' console: plain forms, without a script.

use askama::Template;

use super::{MessageView, RoomView, Theme, VisitorView, limit_text, size_text};
use crate::page::texts::{Texts, fill, grouped};

/// What every page of the console knows.
#[derive(Clone, Debug)]
pub struct ConsolePage<'a> {
    /// The texts of the chosen language.
    pub t: &'static Texts,
    /// The chosen theme.
    pub theme: Option<Theme>,
    /// The avatar of the site, whose hue the pages have.
    pub site: VisitorView<'static>,
    /// URL prefix of public files.
    pub assets: &'a str,
    /// The name of the site.
    pub name: &'a str,
    /// Path of the page, without a query.
    pub path: &'a str,
    /// Whether the browser gave a token, and so can give it up.
    pub signed_in: bool,
    /// Whether something has just been done.
    pub done: bool,
    /// Reports that wait.
    pub waiting: usize,
}

impl ConsolePage<'_> {
    fn is_at(&self, path: &str) -> bool {
        match path {
            "/" => self.path == "/",
            _ => self.path.starts_with(path),
        }
    }

    /// A moment in RFC 3339 as people read it; operators of one site may be anywhere.
    fn utc(&self, moment: &str) -> String {
        let minutes = moment.get(..16).unwrap_or(moment);
        format!("{} UTC", minutes.replacen('T', " ", 1))
    }

    fn size(&self, bytes: &u64) -> String {
        size_text(*bytes, self.t.lang)
    }

    fn bytes_of(&self, (used, most): &(u64, u64)) -> String {
        let lang = self.t.lang;
        self.of(size_text(*used, lang), limit_text(*most, lang))
    }

    fn count_of(&self, (used, most): &(u64, u64)) -> String {
        self.of(grouped(used), grouped(most))
    }

    fn of(&self, used: String, limit: String) -> String {
        fill(self.t.console.of, &[("used", &used), ("limit", &limit)])
    }

    fn counted(&self, text: &str, count: &usize) -> String {
        fill(text, &[("count", &grouped(count))])
    }
}

/// A message as operators see it.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Its room.
    pub room: String,
    /// The message.
    pub message: MessageView<'a>,
}

/// console/sign_in.html: asks for a token.
#[derive(Template)]
#[template(path = "console/sign_in.html")]
pub struct SignInPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// What was wrong with the last try.
    pub error: Option<&'static str>,
}

/// console/error.html: why something is not done.
#[derive(Template)]
#[template(path = "console/error.html")]
pub struct ConsoleErrorPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// The sentence.
    pub message: &'a str,
    /// The code of the interface.
    pub code: &'a str,
}

/// console/overview.html: how full the site is, and what holds for all of it.
#[derive(Template)]
#[template(path = "console/overview.html")]
pub struct OverviewPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// Open rooms, and how many there may be.
    pub rooms: (u64, u64),
    /// Seats taken in them.
    pub people: u64,
    /// GIFs, and how many there may be.
    pub gifs: (u64, u64),
    /// Their bytes, and how many there may be.
    pub bytes: (u64, u64),
    /// What is paused: new rooms, uploads, newcomers.
    pub paused: [bool; 3],
    /// What stands on every page.
    pub notice: &'a str,
}

/// A report to the site.
#[derive(Debug)]
pub struct ToldView<'a> {
    /// Tells it from others.
    pub id: u64,
    /// RFC 3339.
    pub at: String,
    /// What was said with it; may be empty.
    pub reason: &'a str,
    /// Its room, and the title if that is still there.
    pub room: (String, Option<&'a str>),
    /// Whether it is about the title.
    pub of_title: bool,
    /// The message it is about, if that is still there.
    pub message: Option<Seen<'a>>,
}

/// console/reports.html: what visitors reported to the site.
#[derive(Template)]
#[template(path = "console/reports.html")]
pub struct ReportsPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// The oldest first.
    pub reports: Vec<ToldView<'a>>,
}

/// A room in the list of all.
#[derive(Debug)]
pub struct RoomRow<'a> {
    /// The room.
    pub room: RoomView<'a>,
    /// Messages that it keeps, lines included.
    pub messages: u64,
    /// Bytes of its GIFs.
    pub bytes: u64,
}

/// console/rooms.html: all open rooms, listed or not.
#[derive(Template)]
#[template(path = "console/rooms.html")]
pub struct RoomsPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// The newest first.
    pub rows: Vec<RoomRow<'a>>,
    /// How many there are.
    pub total: usize,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// console/room.html: one room.
#[derive(Template)]
#[template(path = "console/room.html")]
pub struct OneRoomPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// The room, with how much is in it.
    pub row: RoomRow<'a>,
    /// Who is in it.
    pub members: Vec<VisitorView<'static>>,
    /// The oldest first.
    pub seen: Vec<Seen<'a>>,
    /// The place before which the next page ends, if there are older ones.
    pub before: Option<u64>,
}

/// console/find.html: asks for a visitor or a file.
#[derive(Template)]
#[template(path = "console/find.html")]
pub struct FindPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// What was asked for and is neither.
    pub wrong: Option<&'a str>,
}

/// console/visitor.html: where a visitor is, and what they wrote.
#[derive(Template)]
#[template(path = "console/visitor.html")]
pub struct VisitorPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// Who.
    pub visitor: VisitorView<'static>,
    /// The rooms they are in.
    pub rooms: Vec<RoomView<'a>>,
    /// The latest first.
    pub seen: Vec<Seen<'a>>,
}

/// console/gif.html: where a GIF is.
#[derive(Template)]
#[template(path = "console/gif.html")]
pub struct GifPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// The file.
    pub name: String,
    /// SHA-256 of its bytes.
    pub hash: String,
    /// The latest first.
    pub seen: Vec<Seen<'a>>,
    /// How many files of whispers have the same bytes.
    pub whispered: usize,
    /// Files that look alike, with how many bits of 64 differ; the nearest first.
    pub near: Vec<(String, u32)>,
}

/// A ban of the whole site.
#[derive(Debug)]
pub struct SiteBanView {
    /// Tells it from others.
    pub id: u64,
    /// A visitor or a network.
    pub who: String,
    /// RFC 3339; none is for good.
    pub until: Option<String>,
}

/// console/bans.html: who is kept out of the site.
#[derive(Template)]
#[template(path = "console/bans.html")]
pub struct BansPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// All of them.
    pub bans: Vec<SiteBanView>,
}

/// console/blocked.html: bytes of GIFs that no room takes.
#[derive(Template)]
#[template(path = "console/blocked.html")]
pub struct BlockedPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// How many there are.
    pub count: usize,
}

/// What an operator did.
#[derive(Debug)]
pub struct AuditRow<'a> {
    /// RFC 3339.
    pub at: String,
    /// Who.
    pub who: String,
    /// What, in the words of the interface.
    pub what: &'a str,
    /// To what or whom.
    pub target: &'a str,
    /// Why.
    pub why: &'a str,
}

/// console/audit.html: who did what.
#[derive(Template)]
#[template(path = "console/audit.html")]
pub struct AuditPage<'a> {
    /// The frame.
    pub page: ConsolePage<'a>,
    /// The latest first.
    pub rows: Vec<AuditRow<'a>>,
}
