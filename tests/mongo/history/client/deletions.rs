//! What an owner deletes.

use rand::{RngExt, seq::IndexedRandom};
use serde_json::json;

use super::Client;
use crate::history::{
    calls::Reply,
    record::{Deed, Item, Message},
    rooms::Room,
};

/// Messages among which an owner chooses, the newest of those it heard.
const CHOICE: usize = 30;

impl Client {
    /// Deletes a message, or all that its author wrote.
    pub(super) async fn delete_something(&mut self, room: &Room) {
        let Some(message) = self.heard_lately(&room.id) else {
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

    /// One of the messages that the client heard last.
    fn heard_lately(&mut self, room: &str) -> Option<Message> {
        let posted = |item: &Item| match item {
            Item::Heard(message) if message.kind == "posted" => Some(message.clone()),
            _ => None,
        };
        let items = self.notes.readers.get(room)?.items.iter();
        let heard: Vec<_> = items.rev().filter_map(posted).take(CHOICE).collect();
        heard.choose(&mut self.random).cloned()
    }
}
