//! One client's events, handled in their order.
//!
//! socketioxide gives every event a task of its own, and tasks overtake each other. So the synchronous part of a handler
//! only queues the event; whichever task finds nobody at work handles all that is queued.
//!
//! What waits is bounded in bytes: for the socket here, and for a visitor and an address over all of their sockets by
//! [`GuestSlots`]. One event more is refused as `rate_limited`. socketioxide goes on reading whatever happens to the
//! events, so a client that does not wait for its answers then, either, is hung up on.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use crate::{
    domain::Guest,
    keyed_slots::{GuestSlot, GuestSlots},
};

/// How many of the largest events one socket may let wait beside the one in work, in bytes: 64 KiB by default.
const SOCKET: usize = 4;

/// The same for all sockets of one visitor and for all of one address: 512 KiB and 4 MiB by default.
const GUEST: (usize, usize) = (32, 256);

/// Refusals that found the socket's buffer full before the socket is hung up on: more than a client loses that reads, and
/// sends at once what it kept while it had no connection. The count begins again when nothing waits any more.
const UNTOLD: usize = 4_096;

/// The bounds of all inboxes.
pub struct Bounds {
    socket: usize,
    guests: GuestSlots,
}

impl Bounds {
    /// Bounds where the largest event has `event` bytes.
    pub fn new(event: usize) -> Self {
        let times = |most: usize| event.saturating_mul(most);
        Self {
            socket: times(SOCKET),
            guests: GuestSlots::new(times(GUEST.0), times(GUEST.1)),
        }
    }
}

/// The queue of one client.
pub struct Inbox<T> {
    queue: Mutex<Queue<T>>,
    guest: Guest,
    bounds: Arc<Bounds>,
}

struct Queue<T> {
    waiting: VecDeque<Waiting<T>>,
    /// Bytes of what waits.
    bytes: usize,
    untold: usize,
    at_work: bool,
}

struct Waiting<T> {
    event: T,
    bytes: usize,
    _share: Option<GuestSlot>,
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
    /// The inbox of a socket of that guest.
    pub fn new(guest: Guest, bounds: Arc<Bounds>) -> Self {
        let queue = Queue {
            waiting: VecDeque::new(),
            bytes: 0,
            untold: 0,
            at_work: false,
        };
        Self {
            queue: Mutex::new(queue),
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
        let fits = queue.bytes + bytes <= self.bounds.socket;
        let share = || self.bounds.guests.take_many(&self.guest, bytes);
        let Some(share) = fits.then(share).flatten() else {
            return Queued::Full(event);
        };
        queue.push(event, bytes, Some(share))
    }

    /// Notes that the client did not take a refusal; whether it is to be hung up on.
    pub fn is_flooded(&self) -> bool {
        let mut queue = self.queue.lock();
        queue.untold += 1;
        queue.untold > UNTOLD
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
            queue.untold = 0;
            // An idle socket keeps no buffer.
            queue.waiting = VecDeque::new();
            return None;
        };
        queue.bytes -= next.bytes;
        Some(next.event)
    }
}

impl<T> Queue<T> {
    fn push(&mut self, event: T, bytes: usize, share: Option<GuestSlot>) -> Queued<T> {
        self.bytes += bytes;
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
mod tests {
    use super::*;
    use crate::domain::{Visitor, VisitorId};

    const LARGEST: usize = 16 << 10;

    fn bounds() -> Arc<Bounds> {
        Arc::new(Bounds::new(LARGEST))
    }

    fn inbox_of<T>(guest: Guest, bounds: &Arc<Bounds>) -> Inbox<T> {
        Inbox::new(guest, Arc::clone(bounds))
    }

    fn somebody() -> Guest {
        Visitor::new(VisitorId::random()).into()
    }

    #[test]
    fn one_is_at_work_until_nothing_is_left_and_order_is_kept() {
        let inbox = inbox_of(somebody(), &bounds());
        assert_eq!(inbox.push(1, 0), Queued::Yours);
        assert_eq!(inbox.push(2, 0), Queued::Behind);
        assert_eq!((inbox.next(), inbox.next(), inbox.next()), (Some(1), Some(2), None));
        assert_eq!(inbox.push(3, 0), Queued::Yours);
    }

    #[test]
    fn what_waits_is_bounded_in_bytes_beside_the_event_in_work() {
        let inbox = inbox_of(somebody(), &bounds());
        assert_eq!(inbox.push(0, 100_000), Queued::Yours, "it does not wait");
        assert_eq!(inbox.next(), Some(0));
        let large = 15 << 10;
        for n in 1..=4 {
            assert_eq!(inbox.push(n, large), Queued::Behind);
        }
        assert_eq!(inbox.push(5, large), Queued::Full(5));
        assert_eq!(inbox.push(6, 0), Queued::Behind, "a small one still fits");
        assert_eq!(inbox.push_always(7), Queued::Behind);
        assert_eq!(inbox.next(), Some(1));
        assert_eq!(inbox.push(8, large), Queued::Behind, "there is room again");
    }

    #[test]
    fn small_events_are_bounded_too_by_what_holds_them() {
        let inbox = inbox_of(somebody(), &bounds());
        let taken = (0..100_000).take_while(|n| !matches!(inbox.push(*n, 0), Queued::Full(_)));
        let taken = taken.count();
        assert!(
            taken * size_of::<Waiting<usize>>() <= 2 * SOCKET * LARGEST,
            "{taken} events"
        );
        while inbox.next().is_some() {}
        assert_eq!(inbox.push(10, 0), Queued::Yours);
    }

    #[test]
    fn a_client_that_does_not_take_its_refusals_is_hung_up_on_unless_it_catches_up() {
        let inbox = inbox_of(somebody(), &bounds());
        for _ in 0..2 {
            assert_eq!(inbox.push(1, 0), Queued::Yours);
            assert!((0..UNTOLD).all(|_| !inbox.is_flooded()));
            while inbox.next().is_some() {}
        }
        assert!((0..=UNTOLD).any(|_| inbox.is_flooded()));
    }

    #[test]
    fn the_sockets_of_one_visitor_share_their_bytes_and_each_has_an_event_in_work() {
        let (bounds, flooder) = (bounds(), somebody());
        let inboxes: Vec<_> = (0..20).map(|_| inbox_of(flooder, &bounds)).collect();
        let large = 15 << 10;
        let mut waiting = 0;
        for inbox in &inboxes {
            assert_eq!(inbox.push((), large), Queued::Yours);
            while inbox.push((), large) == Queued::Behind {
                waiting += large;
            }
        }
        assert!(
            (GUEST.0 * LARGEST / 2..=GUEST.0 * LARGEST).contains(&waiting),
            "{waiting} bytes"
        );
        let other = inbox_of(somebody(), &bounds);
        assert_eq!(
            (other.push((), 0), other.push((), large)),
            (Queued::Yours, Queued::Behind)
        );
        drop(inboxes);
        let again = inbox_of(flooder, &bounds);
        assert_eq!(
            (again.push((), 0), again.push((), large)),
            (Queued::Yours, Queued::Behind)
        );
    }
}
