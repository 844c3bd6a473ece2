//! What clients whisper, and what they read of it.

use std::time::Duration;

use rand::seq::IndexedRandom;
use tokio::time::sleep;

use super::Client;
use crate::history::{
    calls::Reply,
    record::{Item, VisitorId, Whisper, WhisperOutcome, WhisperPage, WhisperPost},
    rooms::Room,
};

/// Tries to post one whisper.
const TRIES: usize = 4;

/// What the client heard last, by which it knows who is in the room.
const LATELY: usize = 30;

impl Client {
    /// Whispers to somebody, again with the same nonce as long as the outcome is unknown.
    pub(super) async fn whisper(&mut self, room: &Room) {
        let Some(to) = self.somebody(&room.id) else { return };
        let nonce = self.fresh_name();
        let (begun, mut outcome) = (self.site.now(), WhisperOutcome::Unknown);
        for attempt in 0..TRIES {
            let server = self.server();
            match self.caller.whisper(server, &room.id, &to, &nonce).await {
                Reply::Done(whisper) => {
                    let whisper = Whisper::of_wire(&whisper).expect("a whisper is acknowledged");
                    outcome = WhisperOutcome::Stored(whisper);
                    break;
                }
                Reply::Refused(_) => {
                    if attempt == 0 {
                        outcome = WhisperOutcome::Refused;
                    }
                    break;
                }
                Reply::Unknown => sleep(Duration::from_millis(100)).await,
            }
        }
        self.notes.whisper_posts.push(WhisperPost {
            room: room.id.clone(),
            author: self.caller.id().to_owned(),
            to,
            nonce,
            begun,
            ended: self.site.now(),
            outcome,
        });
    }

    /// Somebody else of whom the client heard lately in a room.
    fn somebody(&mut self, room: &str) -> Option<VisitorId> {
        let items = self.notes.readers.get(room)?.items.iter();
        let visitor = |item: &Item| match item {
            Item::Heard(message) => Some(message.visitor.clone()),
            _ => None,
        };
        let lately = items.rev().take(LATELY).filter_map(visitor);
        let others: Vec<_> = lately.filter(|visitor| visitor != self.caller.id()).collect();
        others.choose(&mut self.random).cloned()
    }

    /// Reads all whispers from and to the client in a room.
    pub(super) async fn read_whispers(&mut self, room: &Room) {
        let (server, begun) = (self.server(), self.site.now());
        if let Some(whispers) = self.caller.whispers(server, &room.id).await {
            self.notes.whisper_pages.push(WhisperPage {
                room: room.id.clone(),
                visitor: self.caller.id().to_owned(),
                begun,
                whispers,
            });
        }
    }
}
