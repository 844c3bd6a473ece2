//! The clock by which sessions on this machine expire: steady while the process runs, whatever happens to the system's.

use std::{fmt, sync::Arc, time::Instant};

use time::OffsetDateTime;
use tower_sessions::session::Record;

/// The present, by two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Present {
    /// By the system's clock, which somebody may set.
    pub system: OffsetDateTime,
    /// By the steady clock: what the system's said when the process started, and the time that has passed since then. It
    /// is never corrected, so that no step of the system's clock ends a session; the next start begins it again.
    pub steady: OffsetDateTime,
}

/// Tells the time. A test hands in its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Present + Send + Sync>);

impl Clock {
    /// A clock that begins now.
    pub fn start() -> Self {
        let (started, since) = (OffsetDateTime::now_utc(), Instant::now());
        Self::of(move || Present {
            system: OffsetDateTime::now_utc(),
            steady: started + since.elapsed(),
        })
    }

    /// A clock that says what `present` says.
    pub fn of(present: impl Fn() -> Present + Send + Sync + 'static) -> Self {
        Self(Arc::new(present))
    }

    /// The present by the steady clock.
    pub fn now(&self) -> OffsetDateTime {
        (self.0)().steady
    }

    /// A record whose end is said by the system's clock, as the session layer writes it, with its end by the steady one.
    pub fn to_steady(&self, mut record: Record) -> Record {
        let Present { system, steady } = (self.0)();
        record.expiry_date = steady.saturating_add(record.expiry_date - system);
        record
    }

    /// The way back.
    pub fn to_system(&self, mut record: Record) -> Record {
        let Present { system, steady } = (self.0)();
        record.expiry_date = system.saturating_add(record.expiry_date - steady);
        record
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
