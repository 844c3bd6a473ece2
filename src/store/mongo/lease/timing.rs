//! How long leases last, and how time is measured for them.

use std::time::{Duration, Instant, SystemTime};

/// How long a server lives without a word, and how often it gives one.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How often a lease is renewed and those of others are looked at.
    pub renew: Duration,
    /// How long a lease lasts.
    pub lease: Duration,
}

impl Timing {
    /// Leases that last so long: a dead server's seats are free at most a third of it later.
    pub fn of(lease: Duration) -> Self {
        Self {
            renew: lease / 3,
            lease,
        }
    }
}

impl Default for Timing {
    /// A dead server's seats are free after 15 to 20 s.
    fn default() -> Self {
        Self::of(Duration::from_secs(15))
    }
}

/// A moment by two clocks: the one stands still while the machine sleeps, the other can be set.
#[derive(Clone, Copy)]
pub struct Asked(Instant, SystemTime);

impl Asked {
    pub fn now() -> Self {
        Self(Instant::now(), SystemTime::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed().max(self.1.elapsed().unwrap_or_default())
    }
}
