//! Sockets whose visitor has no seat any more: they get an `exception` that says why, and nothing else of the room.

use serde::Serialize;

use super::{
    room::RoomTask,
    subscribers::{Encoded, Listener},
};
use crate::{
    domain::{Body, Line, LineKind, Message, Refusal},
    page::sentences::sentence,
    rules::SocketKey,
};

/// A socket whose visitor was removed from the room while its buffer was full. It gets this event and no other.
pub struct Leaving {
    listener: Listener,
    word: Encoded,
}

/// Sent to a socket that does not get its seat back.
#[derive(Serialize)]
struct Unseated {
    code: &'static str,
    message: String,
}

impl RoomTask {
    /// Lets the sockets go of somebody whom a line sends out, but for those that came in behind it.
    pub fn send_out(&mut self, line: &Message) {
        let Body::Line(Line { kind, .. }) = line.body else {
            return;
        };
        let refusal = match kind {
            LineKind::Kicked => Refusal::Kicked,
            LineKind::Banned => Refusal::Banned { until: None },
            _ => return,
        };
        for key in self.subscribers.seated_before(line.author.id, line.seq) {
            self.unseat(key, &refusal);
        }
    }

    /// Lets a socket go that has no seat any more. Who can't take even that word is told again later.
    pub fn unseat(&mut self, key: SocketKey, refusal: &Refusal) {
        if let Some(listener) = self.subscribers.remove(key) {
            let message = sentence(refusal, listener.lang);
            let code = refusal.code();
            if let Some(word) = Encoded::new("exception", &Unseated { code, message }) {
                self.leaving.push(Leaving { listener, word });
                self.tell_leaving();
            }
        }
    }

    /// Tells those who were sent out, as long as they are connected; whether one took it.
    pub fn tell_leaving(&mut self) -> bool {
        let before = self.leaving.len();
        let metrics = &self.events.metrics;
        self.leaving
            .retain(|Leaving { listener, word }| listener.socket.connected() && !listener.deliver(word, metrics));
        self.leaving.len() < before
    }

    /// Drops the last word to a socket that has left by itself or is back.
    pub fn forget_leaving(&mut self, key: SocketKey) {
        self.leaving.retain(|leaving| leaving.listener.key != key);
    }
}
