//! One client's events, handled in their order.
//!
//! socketioxide gives every event a task of its own, and tasks overtake each other. So the synchronous part of a handler
//! only queues the event; whichever task finds nobody at work handles all that is queued.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// Events of one client that may wait, 4 MB of the largest. One more is refused as `rate_limited`.
const WAITING: usize = 256;

/// The queue of one client.
pub struct Inbox<T>(Mutex<Queue<T>>);

struct Queue<T> {
    waiting: VecDeque<T>,
    at_work: bool,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self(Mutex::new(Queue {
            waiting: VecDeque::new(),
            at_work: false,
        }))
    }
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
    /// Queues an event.
    pub fn push(&self, event: T) -> Queued<T> {
        let mut queue = self.0.lock();
        if queue.waiting.len() >= WAITING {
            return Queued::Full(event);
        }
        queue.push(event)
    }

    /// Queues an event that must not be refused, such as the last one.
    pub fn push_always(&self, event: T) -> Queued<T> {
        self.0.lock().push(event)
    }

    /// The next event for who is at work. After `None` nobody is.
    pub fn next(&self) -> Option<T> {
        let mut queue = self.0.lock();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.at_work = false;
            // An idle socket keeps no buffer.
            queue.waiting = VecDeque::new();
        }
        next
    }
}

impl<T> Queue<T> {
    fn push(&mut self, event: T) -> Queued<T> {
        self.waiting.push_back(event);
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

    #[test]
    fn one_is_at_work_until_nothing_is_left_and_order_is_kept() {
        let inbox = Inbox::default();
        assert_eq!(inbox.push(1), Queued::Yours);
        assert_eq!(inbox.push(2), Queued::Behind);
        assert_eq!((inbox.next(), inbox.next(), inbox.next()), (Some(1), Some(2), None));
        assert_eq!(inbox.push(3), Queued::Yours);
    }

    #[test]
    fn a_full_queue_hands_the_event_back_but_takes_the_last_word() {
        let inbox = Inbox::default();
        for n in 0..WAITING {
            assert!(!matches!(inbox.push(n), Queued::Full(_)));
        }
        assert_eq!(inbox.push(99), Queued::Full(99));
        assert_eq!(inbox.push_always(100), Queued::Behind);
    }
}
