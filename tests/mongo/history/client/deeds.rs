//! What a client writes: messages, and what owners do.

use std::time::Duration;

use rand::{RngExt, seq::IndexedRandom};
use serde_json::json;
use tokio::time::sleep;

use super::Client;
use crate::history::{
    calls::{Reply, ask},
    record::{Act, Message, Outcome, Post, VisitorId},
    rooms::Room,
};

/// Tries to post one message.
const TRIES: usize = 4;

impl Client {
    /// Posts a message, again with the same nonce as long as the outcome is unknown.
    pub(super) async fn post(&mut self, room: &Room) {
        let nonce = self.fresh_name();
        let is_gif = self.random.random_bool(0.03);
        let (begun, mut outcome) = (self.site.now(), Outcome::Unknown);
        let replies = self.random.random_bool(0.2);
        let answered = self.heard_lately(&room.id, |_| replies).map(|message| message.id);
        for attempt in 0..TRIES {
            match self.try_post(room, &nonce, is_gif, answered.as_deref()).await {
                Reply::Done(message) => {
                    let message = Message::of_wire(&message).expect("a message is acknowledged");
                    outcome = Outcome::Stored(message);
                    break;
                }
                Reply::Refused(code) => {
                    if attempt == 0 {
                        outcome = Outcome::Refused(code);
                    }
                    break;
                }
                Reply::Unknown => sleep(Duration::from_millis(100)).await,
            }
        }
        self.notes.posts.push(Post {
            room: room.id.clone(),
            visitor: self.caller.id().to_owned(),
            nonce,
            begun,
            ended: self.site.now(),
            outcome,
        });
    }

    async fn try_post(&mut self, room: &Room, nonce: &str, is_gif: bool, reply: Option<&str>) -> Reply {
        let server = self.server();
        if is_gif {
            return self.caller.upload(server, &room.id, nonce).await;
        }
        match &mut self.seat {
            Some(seat) if self.random.random_bool(0.5) => {
                let mut said = json!({ "chat": nonce, "nonce": nonce });
                if let Some(reply) = reply {
                    said["reply"] = reply.into();
                }
                match ask(&mut seat.socket, "chat", said).await {
                    Reply::Done(ack) => Reply::Done(ack["message"].clone()),
                    other => other,
                }
            }
            _ => self.caller.chat(server, &room.id, nonce).await,
        }
    }

    /// Does what only an owner may do.
    pub(super) async fn rule(&mut self, room: &Room) {
        let server = self.server();
        let visitors = self.site.visitors.lock().unwrap().clone();
        let visitor = visitors.choose(&mut self.random).unwrap().clone();
        let (kind, action) = match self.random.random_range(0..20) {
            0..10 => ("kicked", "kick"),
            10..14 => ("banned", "ban"),
            14..19 => ("owner", "handover"),
            _ => {
                if let Reply::Done(_) = self.caller.remove(server, &room.id).await {
                    self.note(&room.id, "ended", None);
                }
                return;
            }
        };
        let moderation = json!({ "action": action, "visitor": visitor });
        if let Reply::Done(_) = self.caller.moderate(server, &room.id, moderation).await {
            self.note(&room.id, kind, Some(visitor));
        }
    }

    /// Notes what was acknowledged.
    pub(super) fn note(&mut self, room: &str, kind: &'static str, visitor: Option<VisitorId>) {
        self.notes.acts.push(Act {
            room: room.to_owned(),
            kind,
            visitor,
            ended: self.site.now(),
        });
    }
}
