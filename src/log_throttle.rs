//! Limits how often the same line is written to the log, so that a fault that affects every request does not fill it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// Default time between two lines, in seconds.
const PAUSE: u64 = 10;

/// The throttle of one log statement; a `static` next to it.
pub struct LogThrottle {
    /// Seconds.
    pause: u64,
    /// Unix time, in seconds, from which the next line is permitted.
    next: AtomicU64,
    suppressed: AtomicU64,
}

impl LogThrottle {
    /// At most one line every 10 seconds.
    pub const fn new() -> Self {
        Self::every(PAUSE)
    }

    /// At most one line every `pause` seconds.
    pub const fn every(pause: u64) -> Self {
        Self {
            pause,
            next: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// `Some` if a line may be written now, with the number of lines suppressed since the last one.
    pub fn permit(&self) -> Option<u64> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        self.permit_at(now)
    }

    fn permit_at(&self, now: u64) -> Option<u64> {
        let next = self.next.load(Ordering::Relaxed);
        // A clock that was set back must not silence the log for long.
        let due = now >= next || now + self.pause < next;
        let mine = due
            && self
                .next
                .compare_exchange(next, now + self.pause, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if mine {
            Some(self.suppressed.swap(0, Ordering::Relaxed))
        } else {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_permitted_and_suppressed_lines_are_counted() {
        let throttle = LogThrottle::new();
        assert_eq!(throttle.permit_at(1_000), Some(0));
        assert_eq!(throttle.permit_at(1_001), None);
        assert_eq!(throttle.permit_at(1_009), None);
        assert_eq!(throttle.permit_at(1_010), Some(2));
        assert_eq!(throttle.permit_at(500), Some(0), "the clock was set back");
        let slow = LogThrottle::every(60);
        assert_eq!(slow.permit_at(1_000), Some(0));
        assert_eq!(slow.permit_at(1_059), None);
        assert_eq!(slow.permit_at(1_060), Some(1));
    }
}
