//! The time by which rules go on a store that one server has for itself.

use std::time::Instant;

use crate::{domain::Moment, rules::Now};

/// Tells the date, and a time that passes evenly whatever happens to the date.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Moment,
    since: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self {
            started: Moment::now(),
            since: Instant::now(),
        }
    }

    /// The present.
    pub fn now(&self) -> Now {
        let passed = i64::try_from(self.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        Now {
            date: Moment::now(),
            steady: Moment::from_millis(self.started.millis().saturating_add(passed)),
        }
    }
}
