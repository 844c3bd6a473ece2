use askama::Template;

use super::{Limits, RoomForm, RoomView, VisitorView};
use crate::page::{
    about::About,
    texts::{Texts, fill, grouped},
};

/// A theme somebody chose; without one the page follows the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on light ground.
    Light,
    /// The other way round.
    Dark,
}

impl Theme {
    /// Reads the cookie `theme`.
    pub fn parse(value: &str) -> Option<Self> {
        match value {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What every page knows.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// The texts of the chosen language.
    pub t: &'static Texts,
    /// The chosen theme.
    pub theme: Option<Theme>,
    /// Whoever looks.
    pub me: VisitorView<'a>,
    /// Path without a query that answers GET with this page: the language switch goes there.
    pub path: &'a str,
    /// The address of the site without a slash at its end, for other sites; empty where it is not known.
    pub site: &'a str,
    /// URL prefix of public files, such as `/assets/1a2b3c`.
    pub assets: &'a str,
    /// Sizes the page names and checks.
    pub limits: Limits,
    /// What the operator says of the site.
    pub about: &'a About,
    /// What the operator tells everybody now.
    pub notice: Option<String>,
}

impl<'a> Page<'a> {
    pub(super) fn limited(&self, text: &str, limit: impl std::fmt::Display) -> String {
        fill(text, &[("limit", &grouped(limit))])
    }

    /// What the way to the first page is called.
    pub(super) fn way_home(&self) -> &'static str {
        let site = &self.t.site;
        if self.about.listed { site.see_rooms } else { site.home }
    }

    /// What is said of a title.
    pub(super) fn title_help(&self) -> String {
        let make = &self.t.make;
        let text = if self.about.listed {
            make.name_help
        } else {
            make.name_help_unlisted
        };
        self.limited(text, self.limits.title)
    }

    pub(super) fn theme_now(&self) -> String {
        let site = &self.t.site;
        self.theme_label(match self.theme {
            None => site.theme_system,
            Some(Theme::Light) => site.theme_light,
            Some(Theme::Dark) => site.theme_dark,
        })
    }

    pub(super) fn theme_label(&self, theme: &str) -> String {
        fill(self.t.site.theme_now, &[("theme", theme)])
    }
}

/// main.html: the open rooms.
#[derive(Template)]
#[template(path = "main.html")]
pub struct MainPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The rows of one page of rooms, newest first, as [`super::RoomRows`] renders them; empty when there are none.
    pub rows: &'a str,
    /// How many rooms are open altogether.
    pub total: u64,
    /// `after` of the next page, when there is one.
    pub next: Option<String>,
    /// Whether this is a later page: new rooms are then not put in at its top.
    pub later: bool,
    /// Whether the rooms are those that were last known, as they can't be read now.
    pub old: bool,
    /// Whether the page does not know who looks, and shows anybody.
    pub guest: bool,
    /// Of `?error=CODE`: the sentence and what one can do, from [`Texts::code`].
    pub error: Option<(&'static str, &'static str)>,
    /// What was typed as the address of a room, and is none.
    pub mistyped: Option<String>,
    blank: RoomView<'static>,
}

impl<'a> MainPage<'a> {
    fn title(&self) -> &'static str {
        let rooms = &self.page.t.rooms;
        if self.page.about.listed {
            rooms.title
        } else {
            rooms.unlisted_title
        }
    }

    /// The list without an error.
    pub fn new(page: Page<'a>, rows: &'a str, total: u64) -> Self {
        Self {
            page,
            rows,
            total,
            next: None,
            later: false,
            old: false,
            guest: false,
            error: None,
            mistyped: None,
            blank: RoomView::blank(),
        }
    }
}

/// room.html: the form that makes a room.
#[derive(Template)]
#[template(path = "room.html")]
pub struct RoomPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// What was typed, and what is wrong with it.
    pub form: RoomForm,
    preview: RoomView<'a>,
}

impl<'a> RoomPage<'a> {
    /// The form; [`RoomForm::default`] is the untouched one.
    pub fn new(page: Page<'a>, mut form: RoomForm) -> Self {
        if form.max.is_empty() && form.max_error.is_none() {
            form.max = page.limits.max_default.to_string();
        }
        let title = match form.title.trim() {
            "" => page.t.make.preview_title.to_owned(),
            title => title.to_owned(),
        };
        let seats = page.limits.max_least..=page.limits.max_most;
        let max = form
            .max
            .trim()
            .parse()
            .ok()
            .filter(|max| seats.contains(max))
            .unwrap_or(page.limits.max_default);
        let preview = RoomView {
            title: title.into(),
            max,
            count: 1,
            owner: page.me.clone(),
            mine: true,
            ..RoomView::blank()
        };
        Self { page, form, preview }
    }
}

/// gate.html: the door of a room, which asks for its password or says why nothing opens it.
#[derive(Template)]
#[template(path = "gate.html")]
pub struct GatePage<'a> {
    /// The frame; its path is the room's.
    page: Page<'a>,
    room: RoomView<'a>,
    /// What was wrong with the last try, or that it was one too many, as a sentence.
    error: Option<String>,
    /// Why no password helps: code, sentence, and what one can do.
    shut: Option<(&'static str, String, &'static str)>,
}

impl<'a> GatePage<'a> {
    /// The door; `said` is the code and sentence of a refusal.
    pub fn new(page: Page<'a>, room: RoomView<'a>, said: Option<(&'static str, String)>) -> Self {
        let (mut error, mut shut) = (None, None);
        match said {
            Some(("wrong_password" | "rate_limited", sentence)) => error = Some(sentence),
            Some((code, sentence)) => {
                let help = page.t.code(code).map_or(page.t.help.unavailable, |(_, help)| help);
                shut = Some((code, sentence, help));
            }
            None => (),
        }
        Self {
            page,
            room,
            error,
            shut,
        }
    }

    /// Whether the door may open while one stands before it, as the page then hears. Of a ban it would not.
    fn may_open(&self) -> bool {
        self.shut.as_ref().is_none_or(|(code, ..)| *code == "closed")
    }
}

/// door.html: the door of a site that has a password.
#[derive(Template)]
#[template(path = "door.html")]
pub struct DoorPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Path and query that the password leads to.
    pub back: &'a str,
    /// What was wrong with the last try, as a sentence.
    pub error: Option<String>,
}

/// rules.html: what the operator asks of everybody.
#[derive(Template)]
#[template(path = "rules.html")]
pub struct RulesPage<'a> {
    /// The frame, which has them.
    pub page: Page<'a>,
}

/// report.html: asks why a room is reported to the site, and says that it was.
#[derive(Template)]
#[template(path = "report.html")]
pub struct ReportPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The room.
    pub room: RoomView<'a>,
    /// Whether the site was told.
    pub sent: bool,
}

/// error.html: one sentence, what one can do, and two ways out.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// HTTP status.
    pub status: u16,
    /// Of the table of codes.
    pub code: &'a str,
    /// The sentence.
    pub title: String,
    /// What one can do.
    pub help: &'static str,
    /// Seconds after which the browser asks again by itself.
    pub retry: Option<u8>,
}

impl<'a> ErrorPage<'a> {
    /// The page of a code with its sentence.
    pub fn of(page: Page<'a>, status: u16, code: &'a str, title: String) -> Self {
        let t = page.t;
        let help = t.code(code).map_or(t.help.unavailable, |(_, help)| help);
        Self {
            page,
            status,
            code,
            title,
            help,
            retry: None,
        }
    }

    /// The page of something that can't be shown at the moment, which the browser asks for again after some seconds.
    pub fn retrying(mut self, seconds: u8) -> Self {
        let site = &self.page.t.site;
        self.title = site.away.to_owned();
        self.help = site.away_retry;
        self.retry = Some(seconds);
        self
    }
}
