//! What few messages have: a quote of what they answer, reactions, that they were edited.

use std::borrow::Cow;

use super::{
    VisitorView,
    message::{BLANK_TIME, clock},
};
use crate::page::texts::{Texts, fill};

/// A message that another one answers, as it is now.
#[derive(Clone, Debug)]
pub struct QuoteView<'a> {
    /// Names it.
    pub id: Cow<'a, str>,
    /// Its place in the room; 0 when it is not there any more.
    pub seq: u64,
    /// Who wrote it, if it is there.
    pub author: Option<VisitorView<'a>>,
    /// What it says, in a few words.
    pub text: Cow<'a, str>,
    /// Its GIF.
    pub gif: Option<Cow<'a, str>>,
    /// Whether it says nothing any more.
    pub gone: bool,
}

impl QuoteView<'_> {
    /// The quote that scripts fill.
    pub(super) fn blank() -> Self {
        Self {
            id: "".into(),
            seq: 1,
            author: Some(VisitorView::nobody()),
            text: "".into(),
            gif: Some("".into()),
            gone: false,
        }
    }

    /// The place behind it: the page before that ends with it.
    pub(crate) const fn after(&self) -> u64 {
        self.seq + 1
    }
}

/// One kind of reaction to a message.
#[derive(Clone, Debug)]
pub struct ReactionView<'a> {
    /// The emoji; empty when it is a GIF.
    pub emoji: Cow<'a, str>,
    /// The name of the GIF, when it is one.
    pub gif: Option<Cow<'a, str>>,
    /// How many people.
    pub count: usize,
    /// Whether whoever looks is one of them.
    pub mine: bool,
}

impl ReactionView<'_> {
    /// The reactions that scripts fill: an emoji and a GIF.
    pub(super) fn blank() -> Vec<Self> {
        let of = |gif| Self {
            emoji: "".into(),
            gif,
            count: 0,
            mine: false,
        };
        vec![of(None), of(Some("".into()))]
    }
}

/// When a message was changed.
#[derive(Clone, Debug)]
pub struct EditedView {
    /// RFC 3339, UTC.
    pub at: String,
    /// The same in milliseconds since 1970.
    pub at_ms: i64,
}

impl EditedView {
    /// The mark that scripts write a time into.
    pub(super) fn blank() -> Self {
        Self {
            at: BLANK_TIME.to_owned(),
            at_ms: 0,
        }
    }

    /// The time, in words.
    pub(crate) fn told(&self, t: &Texts) -> String {
        fill(t.edit.edited_at, &[("time", &clock(self.at_ms, t))])
    }
}
