//! Bounds how often the log says the same: a fault that meets every request is one line in a while, not one a request.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Seconds between two lines, where nothing else is said.
const PAUSE: u64 = 10;

/// One place that writes a line.
pub struct Seldom {
    /// Seconds between two lines.
    pause: u64,
    /// Seconds since 1970 from which on the next line may be written.
    next: AtomicU64,
    left_out: AtomicU64,
}

impl Seldom {
    /// A place that has not written yet.
    pub const fn new() -> Self {
        Self::every(PAUSE)
    }

    /// The same with another number of seconds between two lines.
    pub const fn every(pause: u64) -> Self {
        Self {
            pause,
            next: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Whether it is time for a line; if so, how many were left out since the last one.
    pub fn turn(&self) -> Option<u64> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        self.turn_at(now)
    }

    fn turn_at(&self, now: u64) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        // A clock that was set back must not silence the log for long.
        let due = now >= next || now + self.pause < next;
        let mine = due
            && self
                .next
                .compare_exchange(next, now + self.pause, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            Some(self.left_out.swap(0, Ordering::Relaxed))
        } else {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_and_what_is_left_out_is_counted() {
        let seldom = Seldom::new();
        assert_eq!(seldom.turn_at(1_000), Some(0));
        assert_eq!(seldom.turn_at(1_001), None);
        assert_eq!(seldom.turn_at(1_009), None);
        assert_eq!(seldom.turn_at(1_010), Some(2));
        assert_eq!(seldom.turn_at(500), Some(0), "the clock was set back");
        let slow = Seldom::every(60);
        assert_eq!(slow.turn_at(1_000), Some(0));
        assert_eq!(slow.turn_at(1_059), None);
        assert_eq!(slow.turn_at(1_060), Some(1));
    }
}
