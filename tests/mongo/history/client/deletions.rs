//! What becomes of messages: owners delete them, authors edit them, and anybody reacts to them.

use rand::{RngExt, seq::IndexedRandom};
use serde_json::json;

use super::Client;
use crate::history::{
    calls::{Reply, ask},
    record::{Deed, Item, Message, edit_of},
    rooms::Room,
};

/// Messages among which an owner chooses, the newest of those it heard.
const CHOICE: usize = 30;

impl Client {
    /// Deletes a message, or all that its author wrote.
    pub(super) async fn delete_something(&mut self, room: &Room) {
        let Some(message) = self.heard_lately(&room.id, |_| true) else {
            return;
        };
        let (server, begun) = (self.server(), self.site.now());
        let (kind, deed, action) = if self.random.random_bool(0.7) {
            let action = json!({ "action": "delete", "message": message.id });
            ("deleted", Deed::Delete(message.id), action)
        } else {
            let action = json!({ "action": "clear", "visitor": message.visitor });
            ("cleared", Deed::Clear(message.visitor.clone()), action)
        };
        let reply = self.caller.moderate(server, &room.id, action).await;
        if let Reply::Done(_) = reply {
            self.note(&room.id, kind, Some(message.visitor));
        }
        self.note_attempt(room, deed, begun, reply.answer());
    }

    /// Lets an own message say something else.
    pub(super) async fn edit_something(&mut self, room: &Room) {
        let own = self.caller.id().to_owned();
        let Some(message) = self.heard_lately(&room.id, |message| message.visitor == own) else {
            return;
        };
        // What is said with a GIF has no nonce in it.
        let Some(nonce) = message
            .nonce
            .filter(|nonce| message.said.as_ref().is_some_and(|said| said.starts_with(nonce)))
        else {
            return;
        };
        let text = edit_of(&nonce, &self.fresh_name());
        let (server, begun) = (self.server(), self.site.now());
        let reply = match &mut self.seat {
            Some(seat) if self.random.random_bool(0.5) => {
                let edit = json!({ "message": message.id, "chat": text });
                ask(&mut seat.socket, "edit", edit).await
            }
            _ => self.caller.edit(server, &room.id, &message.id, &text).await,
        };
        self.note_attempt(room, Deed::Edit(message.id, text), begun, reply.answer());
    }

    /// Reacts to a message, or takes that back.
    pub(super) async fn react(&mut self, room: &Room) {
        let (message, on) = (self.heard_lately(&room.id, |_| true), self.random.random_bool(0.7));
        if let (Some(message), Some(seat)) = (message, &mut self.seat) {
            let react = json!({ "message": message.id, "emoji": "👍", "on": on });
            ask(&mut seat.socket, "react", react).await;
        }
    }

    /// One of such messages that the client heard last.
    pub(super) fn heard_lately(&mut self, room: &str, such: impl Fn(&Message) -> bool) -> Option<Message> {
        let posted = |item: &Item| match item {
            Item::Heard(message) if message.kind == "posted" && such(message) => Some(message.clone()),
            _ => None,
        };
        let items = self.notes.readers.get(room)?.items.iter();
        let heard: Vec<_> = items.rev().filter_map(posted).take(CHOICE).collect();
        heard.choose(&mut self.random).cloned()
    }
}
