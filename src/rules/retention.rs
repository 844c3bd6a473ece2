//! How much of what was said a room keeps, and for how long.

use std::time::Duration;

use super::{Event, Facts, Now, RoomState};
use crate::domain::{Moment, Seq};

/// What a room keeps of its messages; lines that nobody wrote count as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many at most.
    pub messages: u64,
    /// For how long at most.
    pub age: Option<Duration>,
}

impl Retention {
    /// All of them, for as long as the room is there.
    pub const ALL: Self = Self {
        messages: u64::MAX,
        age: None,
    };

    /// What was said at this moment or before is too old.
    fn until(self, now: Now) -> Option<Moment> {
        let age = i64::try_from(self.age?.as_millis()).unwrap_or(i64::MAX);
        Some(Moment::from_millis(now.date.millis().saturating_sub(age)))
    }

    /// How many go at once when there are too many, so that not every message costs a commit to delete another one.
    const fn together(self) -> u64 {
        self.messages / 100
    }
}

/// The first message that a room may keep, to be looked up: the first one behind a place that was said after a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Behind this place.
    pub behind: Seq,
    /// After this moment, if that matters.
    pub after: Option<Moment>,
}

impl RoomState {
    /// Whether there are too many messages, or the first of them is too old.
    pub(super) fn has_to_forget(&self, retention: Retention, now: Now) -> bool {
        let is_old = || Some(self.oldest? <= retention.until(now)?);
        self.has_too_many(retention) || is_old() == Some(true)
    }

    const fn has_too_many(&self, retention: Retention) -> bool {
        self.seq.saturating_sub(self.forgotten) > retention.messages
    }

    /// Which message is to be the first one, for [`Facts::first_kept`].
    pub fn kept(&self, retention: Retention, now: Now) -> Kept {
        let most = retention.messages - retention.together();
        let behind = match self.has_too_many(retention) {
            true => self.seq - most,
            false => self.forgotten,
        };
        Kept {
            behind,
            after: retention.until(now),
        }
    }

    /// Nothing if it is not due any more.
    pub(super) fn forget(&self, retention: Retention, facts: &Facts, now: Now) -> Option<Event> {
        let (first, at) = facts.first_kept.filter(|_| self.has_to_forget(retention, now))?;
        let until = first.saturating_sub(1).min(self.seq);
        let news = until > self.forgotten || at != self.oldest;
        news.then_some(Event::Forgotten { until, oldest: at })
    }

    pub(super) fn note_oldest(&mut self, now: Now) {
        self.oldest.get_or_insert(now.date);
    }

    /// What was said up to a place is gone, and all that is about it.
    pub(super) fn evolve_forgotten(&mut self, until: Seq, oldest: Option<Moment>, now: Now) {
        self.forgotten = self.forgotten.max(until);
        self.oldest = oldest.or_else(|| (self.seq > until).then_some(now.date));
        self.forget_reports(|report| report.seq <= until);
        self.forget_reactions(|given| given.seq <= until);
    }
}
