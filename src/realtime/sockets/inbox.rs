//! One client's events, handled in their order.
//!
//! socketioxide gives every event a task of its own, and tasks overtake each other. So the synchronous part of a handler
//! only queues the event; whichever task finds nobody at work handles all that is queued.
//!
//! What waits is bounded in bytes: for the socket here, for a visitor and an address over all of their sockets by
//! [`GuestSlots`], and over all sockets, as not every address is known. One event more is refused as `rate_limited`.
//! socketioxide goes on reading whatever happens to the
//! events, so a client that sends many events although it hears no answers is hung up on.

use std::{collections::VecDeque, num::NonZeroU32, sync::Arc, time::Duration};

use parking_lot::Mutex;

use crate::{
    domain::Guest,
    limits::{
        keyed_slots::{GuestSlot, GuestSlots, KeyedSlot, KeyedSlots},
        rates::{Rate, RateLimit},
    },
    rules::SocketKey,
};

/// How many of the largest events one socket may let wait beside the one in work, in bytes: 64 KiB by default.
const SOCKET: usize = 4;

/// The same for all sockets of one visitor and for all of one address: 512 KiB and 4 MiB by default.
const GUEST: (usize, usize) = (32, 256);

/// The same for all sockets: 64 MiB by default.
const ALL: usize = 4_096;

/// No socket may let more wait than this part of what is left of [`ALL`]. When most of that is taken, the sockets that let
/// the most wait are refused first, and who has nothing waiting is still taken.
const PART: usize = 64;

/// Events that an inbox makes room for at a time. Room for twice as many as there are would be mostly unused.
const STEP: usize = 32;

/// Events of one socket that have no answer, at once and in each [`UNHEARD_WITHIN`]: more than a client loses that reads,
/// and sends at once what it kept while it had no connection. With one more the socket is hung up on.
const UNHEARD: NonZeroU32 = NonZeroU32::new(4_096).unwrap();

/// About 10 a second.
const UNHEARD_WITHIN: Duration = Duration::from_secs(400);

/// The bounds of all inboxes.
pub struct Bounds {
    socket: usize,
    guests: GuestSlots,
    all: KeyedSlots<()>,
    unheard: RateLimit<SocketKey>,
}

impl Bounds {
    /// Bounds where the largest event has `event` bytes.
    pub fn new(event: usize) -> Self {
        let times = |most: usize| event.saturating_mul(most);
        Self {
            socket: times(SOCKET),
            guests: GuestSlots::new(times(GUEST.0), times(GUEST.1)),
            all: KeyedSlots::new(times(ALL)),
            unheard: RateLimit::new(Rate::new(UNHEARD, UNHEARD_WITHIN).unwrap_or(Rate::OFF)),
        }
    }

    /// Bytes that a socket may let wait now.
    fn of_socket(&self) -> usize {
        self.socket.min(self.all.left(&()) / PART)
    }

    fn take(&self, guest: &Guest, bytes: usize) -> Option<Share> {
        Some(Share {
            _all: self.all.take_many((), bytes)?,
            _guest: self.guests.take_many(guest, bytes)?,
        })
    }
}

/// The queue of one client.
pub struct Inbox<T> {
    queue: Mutex<Queue<T>>,
    key: SocketKey,
    guest: Guest,
    bounds: Arc<Bounds>,
}

struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    /// Bytes of what waits.
    bytes: usize,
    at_work: bool,
}

struct Waiting<T> {
    event: T,
    bytes: usize,
    _share: Option<Share>,
}

/// Bytes of what one event may take.
struct Share {
    _all: KeyedSlot<()>,
    _guest: GuestSlot,
}

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
pub enum Queued<T> {
    /// The caller is to handle it and all that follow, by [`Inbox::next`].
    Yours,
    /// Somebody is at work and will come to it.
    Behind,
    /// The queue is full; the event is handed back.
    Full(T),
}

impl<T> Inbox<T> {
    /// The inbox of that socket of that guest.
    pub fn new(key: SocketKey, guest: Guest, bounds: Arc<Bounds>) -> Self {
        let queue = Queue {
            waiting: VecDeque::new(),
            bytes: 0,
            at_work: false,
        };
        Self {
            queue: Mutex::new(queue),
            key,
            guest,
            bounds,
        }
    }

    /// Queues an event that has `bytes` on the heap. One that need not wait is always taken.
    pub fn push(&self, event: T, bytes: usize) -> Queued<T> {
        let bytes = bytes + size_of::<Waiting<T>>();
        let mut queue = self.queue.lock();
        if !queue.at_work {
            return queue.push(event, 0, None);
        }
        let fits = queue.bytes + bytes <= self.bounds.of_socket();
        let share = || self.bounds.take(&self.guest, bytes);
        let Some(share) = fits.then(share).flatten() else {
            return Queued::Full(event);
        };
        queue.push(event, bytes, Some(share))
    }

    /// Notes an event that has no answer; whether the client is to be hung up on.
    pub fn is_flooded(&self) -> bool {
        self.bounds.unheard.take(&self.key).is_err()
    }

    /// Queues an event that must not be refused, such as the last one.
    pub fn push_always(&self, event: T) -> Queued<T> {
        self.queue.lock().push(event, 0, None)
    }

    /// The next event for who is at work. After `None` nobody is.
    pub fn next(&self) -> Option<T> {
        let mut queue = self.queue.lock();
        let Some(next) = queue.waiting.pop_front() else {
            queue.at_work = false;
            // An idle socket keeps no buffer.
            queue.waiting = VecDeque::new();
            return None;
        };
        queue.bytes -= next.bytes;
        Some(next.event)
    }
}

impl<T> Queue<T> {
    fn push(&mut self, event: T, bytes: usize, share: Option<Share>) -> Queued<T> {
        self.bytes += bytes;
        if self.waiting.len() == self.waiting.capacity() {
            self.waiting.reserve_exact(if self.at_work { STEP } else { 1 });
        }
        self.waiting.push_back(Waiting {
            event,
            bytes,
            _share: share,
        });
        if std::mem::replace(&mut self.at_work, true) {
            Queued::Behind
        } else {
            Queued::Yours
        }
    }
}

#[cfg(test)]
mod tests;
