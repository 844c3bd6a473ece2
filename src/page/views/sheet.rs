use std::str::FromStr;

use askama::Template;

use super::{EditedView, Limits, Page, QuoteView, ReactionView, VisitorView};
use crate::{
    domain::{Invalid, Refusal},
    page::{about::About, texts::Lang},
};

/// Dialogs of the page of a room that are fetched when they are asked for first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The settings of a room, and the questions before an owner deletes or moderates.
    Owner,
    /// What everybody can do with people and messages: words alone.
    Menu,
    /// The question before the last person who is there leaves.
    Leave,
    /// The question before somebody deletes what they wrote.
    Delete,
    /// What is said to who is no longer in the room: words alone.
    Out,
    /// The GIFs lately sent.
    Tray,
    /// Whispers with one person.
    Whisper,
    /// What few messages have, and what stands over the message box while one edits.
    Extras,
    /// Choosing a reaction, and who reacted.
    React,
    /// GIFs on their way: the card of one.
    Queue,
    /// Inviting others.
    Invite,
    /// The large view of a GIF.
    Viewer,
    /// Reporting a message, and the owner's list of reports.
    Reports,
}

impl FromStr for Sheet {
    type Err = Refusal;

    fn from_str(name: &str) -> Result<Self, Refusal> {
        Ok(match name {
            "owner" => Self::Owner,
            "menu" => Self::Menu,
            "leave" => Self::Leave,
            "delete" => Self::Delete,
            "out" => Self::Out,
            "tray" => Self::Tray,
            "extras" => Self::Extras,
            "react" => Self::React,
            "queue" => Self::Queue,
            "whisper" => Self::Whisper,
            "invite" => Self::Invite,
            "viewer" => Self::Viewer,
            "reports" => Self::Reports,
            _ => return Err(Refusal::NotFound),
        })
    }
}

/// The markup of a sheet: the same for everybody, in every room.
#[derive(Template)]
#[template(path = "sheet.html")]
pub struct SheetView<'a> {
    sheet: Sheet,
    page: Page<'a>,
    edited: EditedView,
    quote: QuoteView<'static>,
    reactions: Vec<ReactionView<'static>>,
}

impl<'a> SheetView<'a> {
    /// A sheet of a site in a language; `assets` is the URL prefix of public files.
    pub fn new(sheet: Sheet, lang: Lang, assets: &'a str, limits: Limits, about: &'a About) -> Self {
        let page = Page {
            t: lang.texts(),
            theme: None,
            me: VisitorView::nobody(),
            path: "",
            site: "",
            assets,
            limits,
            about,
            notice: None,
        };
        Self {
            sheet,
            page,
            edited: EditedView::blank(),
            quote: QuoteView::blank(),
            reactions: ReactionView::blank(),
        }
    }

    /// What its script says beyond what the page says, as JSON, to be put into the texts of the page.
    pub fn texts(&self) -> &'static str {
        let scripts = &self.page.t.scripts;
        match self.sheet {
            Sheet::Owner => scripts.owner,
            Sheet::Menu => scripts.menu,
            Sheet::Leave => scripts.leave,
            Sheet::Delete => scripts.delete,
            Sheet::Out => scripts.out,
            Sheet::Tray => scripts.tray,
            Sheet::Whisper => scripts.whisper,
            Sheet::Extras => scripts.extras,
            Sheet::React => scripts.react,
            Sheet::Queue => scripts.queue,
            Sheet::Invite => scripts.invite,
            Sheet::Viewer => scripts.viewer,
            Sheet::Reports => scripts.reports,
        }
    }
}
