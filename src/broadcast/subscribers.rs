//! Sockets that hear the same events, each in order and each event once, however slowly they read.
//!
//! A socket that can't take an event at once is behind. Nothing more is sent to it until it has caught up from where it
//! stopped, so that it never sees a gap.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use socketioxide::{SendError, SocketError, extract::SocketRef};

use crate::{
    domain::{Guest, Seq, VisitorId},
    metrics::BroadcastMetrics,
    page::texts::Lang,
    rules::SocketKey,
};

/// An event as it goes out, serialized once for all.
#[derive(Clone)]
pub struct Encoded {
    name: &'static str,
    data: Arc<RawValue>,
}

impl Encoded {
    /// Serializes an event. `None` when its data can't be JSON, which the log then says.
    pub fn new(name: &'static str, data: &impl Serialize) -> Option<Self> {
        match to_raw_value(data) {
            Ok(data) => Some(Self {
                name,
                data: data.into(),
            }),
            Err(error) => {
                tracing::error!(%error, name, "an event can't be written as JSON");
                None
            }
        }
    }
}

/// Where a socket stopped.
pub struct Behind {
    /// The last message that it has got.
    pub after: Seq,
    /// The one behind that with its place, when it is at hand.
    pub next: Option<(Seq, Encoded)>,
}

/// A socket, and what it still has to hear.
pub struct Listener {
    pub key: SocketKey,
    /// Whose it is; of the lobby it is nobody's.
    pub guest: Option<Guest>,
    /// The language of what is said to it alone.
    pub lang: Lang,
    pub socket: SocketRef,
    /// The place behind which it hears everything.
    pub from: Seq,
    /// The place at which it took its seat last.
    pub seated: Seq,
    /// The place from which messages are missing.
    pub behind: Option<Behind>,
    /// Whether it missed an event that has no place, so that it is sent what is so now.
    pub missed: bool,
    /// Its hold on the seat.
    pub hold: Hold,
}

/// Whether a socket holds its visitor's seat, as far as the room's task knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// It took it when it joined.
    #[default]
    Taken,
    /// The store lost it.
    Lost,
    /// The task took it again.
    Retaken,
}

impl Listener {
    pub fn new(key: SocketKey, socket: SocketRef) -> Self {
        Self {
            key,
            guest: None,
            lang: Lang::default(),
            socket,
            from: 0,
            seated: 0,
            behind: None,
            missed: false,
            hold: Hold::Taken,
        }
    }

    /// The visitor whose it is.
    pub fn visitor(&self) -> Option<VisitorId> {
        self.guest.map(|guest| guest.visitor.id)
    }

    /// Hands an event to the socket, and counts that; whether there was room for it.
    pub fn deliver(&self, event: &Encoded, metrics: &BroadcastMetrics) -> bool {
        let sent = self.send(event);
        metrics.deliveries.add(event.name, u64::from(sent));
        sent
    }

    /// Hands an event to the socket; whether there was room for it. The caller counts it.
    fn send(&self, event: &Encoded) -> bool {
        self.socket.emit(event.name, &event.data).is_ok()
    }

    /// Hands an event to the socket that has no place of its own; whether there was room for it. If not, it has missed it.
    fn send_or_miss(&mut self, event: &Encoded) -> bool {
        let sent = !self.is_behind() && self.send(event);
        self.missed |= !sent;
        sent
    }

    /// Whether it has still something to hear.
    pub const fn is_behind(&self) -> bool {
        self.behind.is_some() || self.missed
    }
}

/// The sockets of a room, or of the lobby. A map, as thousands may go at the same moment.
pub struct Subscribers {
    listeners: IndexMap<SocketKey, Listener>,
    metrics: BroadcastMetrics,
}

impl Subscribers {
    pub fn new(metrics: BroadcastMetrics) -> Self {
        Self {
            listeners: IndexMap::new(),
            metrics,
        }
    }

    pub fn add(&mut self, listener: Listener) {
        self.listeners.insert(listener.key, listener);
    }

    pub fn has(&self, key: SocketKey) -> bool {
        self.listeners.contains_key(&key)
    }

    /// The sockets of a visitor that took their seat before that place.
    pub fn seated_before(&self, visitor: VisitorId, place: Seq) -> Vec<SocketKey> {
        let theirs = |listener: &&Listener| listener.visitor() == Some(visitor) && listener.seated < place;
        let theirs = self.listeners.values().filter(theirs);
        theirs.map(|listener| listener.key).collect()
    }

    /// Takes a socket out.
    pub fn remove(&mut self, key: SocketKey) -> Option<Listener> {
        self.listeners.swap_remove(&key)
    }

    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty()
    }

    pub fn any_behind(&self) -> bool {
        self.listeners.values().any(Listener::is_behind)
    }

    /// How many sockets are behind, and how many messages up to `last` they still have to get.
    pub fn behind(&self, last: Seq) -> (u64, u64) {
        let behind = self.listeners.values().filter(|listener| listener.is_behind());
        behind.fold((0, 0), |(sockets, messages), listener| {
            let missing = listener
                .behind
                .as_ref()
                .map_or(0, |behind| last.saturating_sub(behind.after));
            (sockets + 1, messages + missing)
        })
    }

    /// Counts the listeners to which `send` has handed an event: it tells that of each.
    fn deliver(&mut self, event: &Encoded, mut send: impl FnMut(&mut Listener) -> bool) {
        let taken: u64 = self
            .listeners
            .values_mut()
            .map(|listener| u64::from(send(listener)))
            .sum();
        self.metrics.deliveries.add(event.name, taken);
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Listener> {
        self.listeners.values_mut()
    }

    /// Sends a message to all that are up to date; who can't take it is behind from here on.
    pub fn send_message(&mut self, seq: Seq, event: &Encoded) {
        let begun = self.metrics.fan_out.begin().filter(|_| !self.is_empty());
        self.deliver(event, |listener| {
            if listener.behind.is_some() || seq <= listener.from {
                return false;
            }
            let sent = listener.send(event);
            if !sent {
                listener.behind = Some(Behind {
                    after: seq.saturating_sub(1),
                    next: Some((seq, event.clone())),
                });
            }
            sent
        });
        self.metrics.fan_out.end(begun);
    }

    /// Sends an event that has no place of its own.
    pub fn send_line(&mut self, event: &Encoded) {
        self.deliver(event, |listener| listener.send_or_miss(event));
    }

    /// Sends an event to all who missed one. Those whose connection is over are dropped: a closed buffer looks like a
    /// full one to [`Listener::send`], but is never read again.
    pub fn tell_missed(&mut self, event: &Encoded) {
        let mut taken = 0;
        self.listeners.retain(|_, listener| {
            if !listener.missed {
                return true;
            }
            let sent = listener.socket.emit(event.name, &event.data);
            listener.missed = sent.is_err();
            taken += u64::from(sent.is_ok());
            !matches!(sent, Err(SendError::Socket(SocketError::Closed)))
        });
        self.metrics.deliveries.add(event.name, taken);
    }

    /// Sends an event that has no place of its own to the sockets of some visitors.
    pub fn send_to(&mut self, event: &Encoded, visitors: &[VisitorId]) {
        let meant = |listener: &Listener| listener.visitor().is_some_and(|visitor| visitors.contains(&visitor));
        self.deliver(event, |listener| meant(listener) && listener.send_or_miss(event));
    }

    /// Sends a last event, also to those who are behind; who takes it is gone.
    pub fn dismiss(&mut self, event: &Encoded) {
        let before = self.listeners.len();
        self.listeners.retain(|_, listener| !listener.send(event));
        let taken = before - self.listeners.len();
        self.metrics.deliveries.add(event.name, taken as u64);
    }

    /// Sends an event that may get lost to all but the sockets of `except`.
    pub fn send_hint(&mut self, event: &Encoded, except: VisitorId) {
        self.deliver(event, |listener| {
            listener.visitor() != Some(except) && listener.send(event)
        });
    }
}
