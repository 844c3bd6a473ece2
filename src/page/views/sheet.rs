use std::str::FromStr;

use askama::Template;
use serde_json::{Value, json};

use super::{EditedView, Limits, Page, QuoteView, ReactionView, VisitorView};
use crate::{
    domain::{Invalid, Refusal},
    page::{
        about::About,
        texts::{Lang, Texts},
    },
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

    /// What its script says beyond what the page says, to be put into the texts of the page.
    pub fn texts(&self) -> Value {
        let Texts {
            leave,
            out,
            error,
            tray,
            viewer,
            whisper,
            invite,
            report,
            ..
        } = self.page.t;
        match self.sheet {
            Sheet::Owner => owner_texts(self.page.t),
            Sheet::Menu => menu_texts(self.page.t),
            Sheet::Leave => json!({ "leave": leave }),
            Sheet::Extras => extras_texts(self.page.t),
            Sheet::React => json!({ "react": { "none": self.page.t.react.none }, "tray": { "empty": tray.empty } }),
            Sheet::Queue => queue_texts(self.page.t),
            Sheet::Out => json!({ "out": out, "error": { "kicked": error.kicked, "banned": error.banned } }),
            Sheet::Viewer => json!({ "viewer": { "deleted": viewer.deleted } }),
            Sheet::Delete => json!({ "owner": { "delete_done": self.page.t.owner.delete_message_done } }),
            Sheet::Tray => json!({ "tray": {
                "empty": tray.empty, "play": tray.play,
                "send": { "hint": tray.hint, "word": self.page.t.chat.send, "name": tray.again },
                "add": { "hint": tray.hint_add, "word": tray.add, "name": tray.add_this },
            } }),
            Sheet::Whisper => json!({
                "whisper": {
                    "text": whisper.text, "came": whisper.came, "unread": whisper.unread, "unread_one": whisper.unread_one,
                }, "chat": { "alt_placeholder": self.page.t.chat.alt_placeholder },
            }),
            Sheet::Invite => json!({ "invite": {
                "open": invite.open, "locked": invite.locked, "secret": invite.secret, "copied": invite.copied,
                "copy_self": invite.copy_self, "withdrawn": invite.withdrawn, "qr": invite.qr,
            } }),
            Sheet::Reports => json!({ "report": {
                "sent": report.sent, "sent_site": report.sent_site, "text_both": report.text_both, "text_site": report.text_site,
                "to_owner": report.to_owner, "to_site": report.to_site, "none": report.none, "dismiss": report.dismiss, "delete": report.delete,
                "dismissed": report.dismissed, "deleted": self.page.t.owner.delete_message_done,
            } }),
        }
    }
}

fn menu_texts(t: &Texts) -> Value {
    json!({
        "whisper": { "whisper": t.whisper.whisper }, "report": { "report": t.report.report }, "mute": t.mute,
        "reply": { "reply": t.reply.reply }, "react": { "react": t.react.react, "who": t.react.who }, "edit": { "edit": t.edit.edit },
        "chat": { "delete_message": t.owner.delete_message }, "talk": { "copy": t.talk.copy, "copied": t.talk.copied },
    })
}

fn extras_texts(t: &Texts) -> Value {
    let Texts {
        edit,
        owner,
        field,
        reply,
        react,
        ..
    } = t;
    json!({
        "react": { "you": t.site.me, "others": react.others },
        "reply": { "to": reply.to, "gone": reply.gone, "cancel": reply.cancel },
        "edit": { "now": edit.now, "caption": edit.caption, "cancel": edit.cancel, "edited_at": edit.edited_at, "save": owner.save },
        "field": { "chat_empty": field.chat_empty },
    })
}

fn queue_texts(Texts { chat, error, talk, .. }: &Texts) -> Value {
    json!({
        "chat": { "alt_label": chat.alt_label, "cancel_upload": chat.cancel_upload },
        "error": { "too_large": error.too_large, "not_a_gif": error.not_a_gif },
        "talk": Texts::of_uploads(talk),
    })
}

fn owner_texts(Texts { owner, field, .. }: &Texts) -> Value {
    let owner = json!({
        "unban": owner.unban, "saved": owner.saved, "kick_done": owner.kick_done, "ban_done": owner.ban_done,
        "unban_done": owner.unban_done, "handover_done": owner.handover_done,
        "delete_done": owner.delete_message_done, "clear_done": owner.clear_done,
        "kick_title": owner.kick_title, "kick_text": owner.kick_text, "kick": owner.kick,
        "ban_title": owner.ban_title, "ban_text": owner.ban_text, "ban": owner.ban,
        "handover_title": owner.handover_title, "handover_text": owner.handover_text, "handover": owner.handover,
        "delete_title": owner.delete_message_title, "delete_text": owner.delete_message_text,
        "delete": owner.delete_message, "delete_forbid": owner.delete_message_forbid,
        "clear_title": owner.clear_title, "clear_text": owner.clear_text, "clear": owner.clear,
        "clear_forbid": owner.clear_forbid,
    });
    json!({ "owner": owner, "field": field })
}
