//! The page of a room.

use askama::Template;

use super::{LineView, MessageView, Page, RoomView, VisitorView, limit_text};
use crate::{domain::Epoch, page::texts::fill};

/// chat.html: inside a room.
#[derive(Template)]
#[template(path = "chat.html")]
pub struct ChatPage<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// That of the places of the messages.
    pub epoch: Epoch,
    /// The room.
    pub room: RoomView<'a>,
    /// The place up to which it keeps nothing any more.
    pub forgotten: u64,
    /// Who is in it; the page asks again when it has joined.
    pub members: Vec<VisitorView<'a>>,
    /// One page of history, oldest first, grouped.
    pub messages: Vec<MessageView<'a>>,
    blank: MessageView<'static>,
    blank_line: LineView,
    nobody: VisitorView<'static>,
}

impl<'a> ChatPage<'a> {
    /// The room with one page of its history, oldest first; groups the messages.
    pub fn new(
        (page, epoch): (Page<'a>, Epoch),
        (room, forgotten): (RoomView<'a>, u64),
        members: Vec<VisitorView<'a>>,
        mut messages: Vec<MessageView<'a>>,
    ) -> Self {
        MessageView::group(&mut messages);
        Self {
            page,
            epoch,
            room,
            forgotten,
            members,
            messages,
            blank: MessageView::blank(),
            blank_line: LineView::default(),
            nobody: VisitorView::nobody(),
        }
    }

    fn first(&self) -> u64 {
        self.messages.first().map_or(0, |message| message.seq)
    }

    fn last(&self) -> u64 {
        self.messages.last().map_or(self.forgotten, |message| message.seq)
    }

    /// Whether the room has messages before those of this page.
    fn has_older(&self) -> bool {
        self.first() > self.forgotten + 1
    }

    /// Whether anybody has said anything, as far as this page can tell; who came and went is no talk.
    fn has_talk(&self) -> bool {
        self.last() > 0 && self.first() != 1 || self.messages.iter().any(|message| message.line.is_none())
    }

    /// Whether any message has what is styled apart.
    fn has_extras(&self) -> bool {
        self.messages.iter().any(MessageView::has_extras)
    }

    fn drop_text(&self) -> String {
        let limit = limit_text(self.page.limits.gif, self.page.t.lang);
        fill(self.page.t.chat.drop_text, &[("limit", &limit)])
    }

    fn is_alone(&self) -> bool {
        self.members.iter().all(|member| self.is_me(member))
    }

    fn is_owner(&self, member: &VisitorView<'_>) -> bool {
        member.id == self.room.owner.id
    }

    fn is_me(&self, member: &VisitorView<'_>) -> bool {
        member.id == self.page.me.id
    }
}
