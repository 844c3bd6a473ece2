//! Sockets whose visitor has no seat any more: they get an `exception` that says why, and nothing else of the room.

use serde::Serialize;

use super::{
    room::RoomTask,
    subscribers::{Encoded, Listener},
};
use crate::{
    domain::{Body, Line, LineKind, Message, Moment, Refusal, VisitorId},
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
    /// Removes the sockets of a visitor whom a system message sends out, but for those that took their seat after it.
    pub fn send_out(&mut self, line: &Message) {
        let Body::Line(Line { kind, .. }) = line.body else {
            return;
        };
        if !matches!(kind, LineKind::Kicked | LineKind::Banned) {
            return;
        }
        let visitor = line.author.id;
        let sockets = self.subscribers.seated_before(visitor, line.seq);
        if sockets.is_empty() {
            return;
        }
        let refusal = match kind {
            LineKind::Banned => Refusal::Banned {
                until: self.end_of_ban(visitor),
            },
            _ => Refusal::Kicked,
        };
        for key in sockets {
            self.unseat(key, &refusal);
        }
    }

    /// When the ban of a visitor ends. The message about it does not say; the state of the room does, unless the ban was
    /// lifted since.
    fn end_of_ban(&self, visitor: VisitorId) -> Option<Moment> {
        let state = self.events.store.last_known_room(self.room)?;
        state.bans.iter().find(|ban| ban.visitor.id == visitor)?.until
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
