//! What a client reads of histories.

use super::Client;
use crate::history::{
    record::{Message, Read},
    rooms::Room,
};

/// Messages that are read once more.
const BACK: u64 = 60;

impl Client {
    /// Reads the messages after a `seq`, up to another one at least if they are there.
    pub(super) async fn read(&mut self, room: &Room, server: usize, after: u64, to: u64) -> Option<Vec<Message>> {
        let begun = self.site.now();
        let messages = self.caller.history(server, &room.id, after, to).await?;
        self.notes.reads.push(Read {
            room: room.id.clone(),
            begun,
            ended: self.site.now(),
            messages: messages.clone(),
        });
        Some(messages)
    }

    /// Reads the last messages once more: some may be deleted by now.
    pub(super) async fn read_back(&mut self, room: &Room) {
        let server = self.server();
        let known = self.known(&room.id).unwrap_or_default();
        self.read(room, server, known.saturating_sub(BACK), known).await;
    }
}
