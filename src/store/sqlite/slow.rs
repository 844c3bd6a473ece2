//! Slow mode: when somebody wrote last, in rooms where that matters.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use super::writer::Writer;
use crate::{
    domain::{Refusal, RoomId, VisitorId},
    store::StoreError,
};

/// People whose last words a room remembers at most; beyond these it forgets the earliest.
const MOST: usize = 10_000;

/// When the visitors of a room wrote last, as long as it has to wait for their pauses.
#[derive(Clone, Default)]
pub struct Spoken {
    last: HashMap<VisitorId, Instant>,
    /// In the order of time.
    order: VecDeque<(Instant, VisitorId)>,
}

impl Spoken {
    /// Notes that somebody wrote, and forgets those whose pause is over.
    pub fn note(&mut self, visitor: VisitorId, at: Instant, pause: Duration) {
        self.last.insert(visitor, at);
        self.order.push_back((at, visitor));
        while let Some((first, who)) = self.order.front().copied() {
            if at.duration_since(first) < pause && self.order.len() <= MOST {
                return;
            }
            self.order.pop_front();
            if self.last.get(&who) == Some(&first) {
                self.last.remove(&who);
            }
        }
    }
}

impl Writer {
    /// Refuses who wrote less than so many seconds ago.
    pub(super) fn must_have_paused(&self, room: RoomId, author: VisitorId, seconds: u32) -> Result<(), StoreError> {
        let last = match self.spoken.get(&(room, author)) {
            Some(at) => Some(*at),
            None => self.look(room, |open| open.spoken.last.get(&author).copied())?,
        };
        let pause = Duration::from_secs(seconds.into());
        let left = last.map_or(Duration::ZERO, |at| pause.saturating_sub(at.elapsed()));
        if left.is_zero() {
            Ok(())
        } else {
            Err(StoreError::Refused(Refusal::SlowMode { retry_after: left }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_remembers_no_more_than_the_pauses_that_are_not_over_and_these_up_to_a_bound() {
        let (mut spoken, pause, begin) = (Spoken::default(), Duration::from_secs(60), Instant::now());
        for n in 0..MOST as u64 + 10 {
            spoken.note(VisitorId::random(), begin + Duration::from_millis(n), pause);
        }
        assert_eq!((spoken.last.len(), spoken.order.len()), (MOST, MOST));
        let last = VisitorId::random();
        spoken.note(last, begin + Duration::from_secs(90), pause);
        assert_eq!(spoken.last.into_keys().collect::<Vec<_>>(), [last]);
    }
}
