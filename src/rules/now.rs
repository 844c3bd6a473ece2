//! What time it is for a rule.

use std::time::Duration;

use crate::domain::Moment;

/// The present, by the two clocks that rules go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The date, which an operator may set: messages and bans go by it.
    pub date: Moment,
    /// Time that passes evenly while a server runs: graces and slow mode go by it.
    pub steady: Moment,
}

impl Now {
    /// Both by one clock.
    pub const fn at(moment: Moment) -> Self {
        Self {
            date: moment,
            steady: moment,
        }
    }
}

/// How long ago something was; nothing if it is yet to come.
pub(super) fn elapsed(since: Moment, now: Now) -> Duration {
    Duration::from_millis(u64::try_from(now.steady.millis().saturating_sub(since.millis())).unwrap_or(0))
}
