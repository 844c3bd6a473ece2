use std::borrow::Cow;

use super::{
    EditedView, GifView, QuoteView, ReactionView, VisitorView,
    links::{Part, parts},
};
use crate::domain::LineKind;
use crate::page::texts::Texts;

/// Later messages of one visitor join the group of the first when they follow within this time.
const GROUP_MS: u64 = 5 * 60 * 1000;
/// Stands where a script writes a time: HTML wants one that can be read.
pub(super) const BLANK_TIME: &str = "1970-01-01T00:00Z";

/// A stored message as the page shows it, or the blank one inside `<template>`.
#[derive(Clone, Debug)]
pub struct MessageView<'a> {
    /// Names the message.
    pub id: Cow<'a, str>,
    /// Its place in the room, from 1.
    pub seq: u64,
    /// Who wrote it, or whom a line is about.
    pub author: VisitorView<'a>,
    /// RFC 3339, UTC.
    pub created_at: Cow<'a, str>,
    /// The same in milliseconds since 1970.
    pub at_ms: i64,
    /// Whether it was written by whoever looks.
    pub mine: bool,
    /// What was written, when it is a text.
    pub text: Option<Cow<'a, str>>,
    /// What was sent, when it is a GIF.
    pub gif: Option<GifView<'a>>,
    /// What happened, when nobody wrote it.
    pub line: Option<LineView>,
    /// Whether the owner deleted it.
    pub deleted: bool,
    /// When its author changed it the last time.
    pub edited: Option<EditedView>,
    /// What it answers.
    pub quote: Option<QuoteView<'a>>,
    /// How people reacted to it.
    pub reactions: Vec<ReactionView<'a>>,
    /// Whether it belongs to the group of the message before; [`MessageView::group`] finds out.
    pub more: bool,
    /// Whether it is the blank, which carries the parts of every kind of message.
    pub(crate) blank: bool,
}

/// A line that nobody wrote, in the language of the page.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineView {
    /// What happened.
    pub kind: &'static str,
    /// What stands before the visitor's name.
    pub before: &'static str,
    /// What stands behind it.
    pub after: &'static str,
}

impl LineView {
    /// The line of a kind.
    pub fn new(kind: LineKind, t: &Texts) -> Self {
        let line = &t.line;
        let (before, after) = match kind {
            LineKind::Joined => line.joined,
            LineKind::Left => line.left,
            LineKind::Owner => line.owner,
            LineKind::Kicked => line.kicked,
            LineKind::Banned => line.banned,
            LineKind::Cleared => line.cleared,
            LineKind::Renamed => line.renamed,
            LineKind::Locked => line.locked,
            LineKind::Unlocked => line.unlocked,
            LineKind::Slowed => line.slowed,
            LineKind::Closed => line.closed,
            LineKind::Opened => line.opened,
            LineKind::Changed => line.changed,
            LineKind::Deleted(_) | LineKind::Edited(_) => ("", ""),
        };
        Self {
            kind: kind.name(),
            before,
            after,
        }
    }

    /// Whether it only keeps its place: a deleted message says so itself.
    pub fn is_silent(&self) -> bool {
        self.before.is_empty() && self.after.is_empty() && !self.kind.is_empty()
    }
}

impl<'a> MessageView<'a> {
    /// A stored text.
    pub fn text(id: Cow<'a, str>, seq: u64, text: Cow<'a, str>) -> Self {
        Self {
            id,
            seq,
            text: Some(text),
            ..Self::empty()
        }
    }

    /// A stored GIF, and what was said with it.
    pub fn gif(id: Cow<'a, str>, seq: u64, gif: GifView<'a>, caption: Option<Cow<'a, str>>) -> Self {
        Self {
            id,
            seq,
            gif: Some(gif),
            text: caption,
            ..Self::empty()
        }
    }

    /// A line that nobody wrote.
    pub fn line(id: Cow<'a, str>, seq: u64, line: LineView) -> Self {
        Self {
            id,
            seq,
            line: Some(line),
            ..Self::empty()
        }
    }

    /// A message that the owner deleted.
    pub fn deleted(id: Cow<'a, str>, seq: u64) -> Self {
        Self {
            id,
            seq,
            deleted: true,
            ..Self::empty()
        }
    }

    /// Adds who wrote it.
    pub fn by(self, author: VisitorView<'a>, mine: bool) -> Self {
        Self { author, mine, ..self }
    }

    /// Adds when it was stored, as RFC 3339 and as milliseconds since 1970.
    pub fn at(self, created_at: Cow<'a, str>, at_ms: i64) -> Self {
        Self {
            created_at,
            at_ms,
            ..self
        }
    }

    /// Adds when its author changed it the last time, if ever.
    pub fn edited(self, edited: Option<EditedView>) -> Self {
        Self { edited, ..self }
    }

    /// Adds what it answers, if anything.
    pub fn answering(self, quote: Option<QuoteView<'a>>) -> Self {
        Self { quote, ..self }
    }

    /// Adds how people reacted to it.
    pub fn reacted(self, reactions: Vec<ReactionView<'a>>) -> Self {
        Self { reactions, ..self }
    }

    fn empty() -> Self {
        Self {
            id: "".into(),
            seq: 0,
            author: VisitorView::nobody(),
            created_at: BLANK_TIME.into(),
            at_ms: 0,
            mine: false,
            text: None,
            gif: None,
            line: None,
            deleted: false,
            edited: None,
            quote: None,
            reactions: Vec::new(),
            more: false,
            blank: false,
        }
    }

    pub(crate) fn blank() -> Self {
        let gif = GifView {
            name: "".into(),
            width: 1,
            height: 1,
            bytes: 0,
            alt: "".into(),
        };
        Self {
            text: Some("".into()),
            gif: Some(gif),
            blank: true,
            ..Self::empty()
        }
    }

    /// Marks the messages that belong to the group of the one before: same visitor, under five minutes between, as the page does it.
    pub fn group(messages: &mut [Self]) {
        for i in 1..messages.len() {
            let (before, rest) = messages.split_at_mut(i);
            if let (Some(last), Some(this)) = (before.last(), rest.first_mut()) {
                let both_wrote = this.line.is_none() && last.line.is_none();
                let soon = this.at_ms.abs_diff(last.at_ms) < GROUP_MS;
                this.more = both_wrote && soon && this.author.id == last.author.id;
            }
        }
    }

    /// Whether it has what few messages have, and what is styled apart: a quote, reactions, or that it was edited.
    pub(crate) fn has_extras(&self) -> bool {
        self.edited.is_some() || self.quote.is_some() || !self.reactions.is_empty()
    }

    /// A text as pieces: what is a link, and what stands between.
    #[expect(clippy::unused_self, reason = "askama calls methods of what it has at hand")]
    pub(crate) fn parts<'t>(&self, text: &'t str) -> Vec<Part<'t>> {
        parts(text)
    }

    /// When it was stored.
    pub(crate) fn clock(&self, t: &Texts) -> String {
        clock(self.at_ms, t)
    }

    /// What a screen reader calls it: who wrote it, when, and when it was changed.
    pub(crate) fn label(&self, t: &Texts) -> String {
        let mut label = format!("{} {}", self.author.name, self.clock(t));
        if let Some(edited) = &self.edited {
            label.push_str(", ");
            label.push_str(&edited.told(t));
        }
        label
    }
}

/// The time in UTC, as it says, in the way of the language, until a script writes the local one in the same way.
pub(super) fn clock(at_ms: i64, t: &Texts) -> String {
    let minutes = at_ms.div_euclid(60_000).rem_euclid(1440);
    let half = if minutes < 720 { t.clock.am } else { t.clock.pm };
    // Noon and midnight are 12.
    let hour = (minutes / 60 + 11) % 12 + 1;
    let time = format!("{hour}:{:02}", minutes % 60);
    format!("{} UTC", half.replace("%{time}", &time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::texts::Lang;

    fn said(visitor: &str, at_ms: i64) -> MessageView<'static> {
        let author = VisitorView {
            id: visitor.to_owned().into(),
            ..VisitorView::nobody()
        };
        MessageView::text("m".into(), 1, "hi".into())
            .by(author, false)
            .at("".into(), at_ms)
    }

    #[test]
    fn messages_are_grouped_as_the_page_groups_them() {
        type Case = (String, Vec<(String, i64)>, Vec<bool>);
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../../tests/cases/groups.json")).unwrap();
        for (name, messages, expected) in cases {
            let mut messages: Vec<_> = messages.iter().map(|(visitor, at)| said(visitor, *at)).collect();
            MessageView::group(&mut messages);
            let more: Vec<_> = messages.iter().map(|message| message.more).collect();
            assert_eq!(more, expected, "{name}");
        }
    }

    #[test]
    fn the_clock_is_utc_in_the_way_of_the_language() {
        let told = |lang: Lang, minutes| said("a", i64::from(minutes) * 60_000).clock(lang.texts());
        for (minutes, en, ko) in [
            (0, "12:00 AM UTC", "오전 12:00 UTC"),
            (9 * 60 + 5, "9:05 AM UTC", "오전 9:05 UTC"),
            (12 * 60, "12:00 PM UTC", "오후 12:00 UTC"),
            (23 * 60 + 41, "11:41 PM UTC", "오후 11:41 UTC"),
        ] {
            assert_eq!(told(Lang::En, minutes), en);
            assert_eq!(told(Lang::Ko, minutes), ko);
        }
    }
}
