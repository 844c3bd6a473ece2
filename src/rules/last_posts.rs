//! When visitors wrote last, in a room in slow mode.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::domain::{Moment, VisitorId};

/// Visitors whose last post a room remembers at most; beyond these it forgets the earliest, who may write again too soon.
const MOST: usize = 10_000;

/// Who wrote when, for as long as they have to wait.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastPosts {
    last: HashMap<VisitorId, Moment>,
    /// In the order of time.
    order: VecDeque<(Moment, VisitorId)>,
}

impl LastPosts {
    /// When a visitor wrote last, if they may still have to wait.
    pub fn of(&self, visitor: VisitorId) -> Option<Moment> {
        self.last.get(&visitor).copied()
    }

    /// Who wrote when, the earliest first.
    pub fn all(&self) -> impl Iterator<Item = (VisitorId, Moment)> {
        let latest = |(at, who): &&(Moment, VisitorId)| self.last.get(who) == Some(at);
        self.order.iter().filter(latest).map(|(at, who)| (*who, *at))
    }

    /// The same back.
    pub fn of_all(all: impl IntoIterator<Item = (VisitorId, Moment)>) -> Self {
        let order: VecDeque<_> = all.into_iter().map(|(who, at)| (at, who)).collect();
        let last = order.iter().map(|(at, who)| (*who, *at)).collect();
        Self { last, order }
    }

    /// Notes that a visitor wrote, and forgets those who need not wait any more.
    pub fn note(&mut self, visitor: VisitorId, at: Moment, pause: Duration) {
        self.last.insert(visitor, at);
        self.order.push_back((at, visitor));
        let pause = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        while let Some((first, who)) = self.order.front().copied() {
            if at.millis().saturating_sub(first.millis()) < pause && self.order.len() <= MOST {
                return;
            }
            self.order.pop_front();
            if self.last.get(&who) == Some(&first) {
                self.last.remove(&who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_remembers_only_posts_whose_pause_is_not_over_up_to_a_bound() {
        let (mut posts, pause) = (LastPosts::default(), Duration::from_secs(60));
        for n in 0..MOST as i64 + 10 {
            posts.note(VisitorId::random(), Moment::from_millis(n), pause);
        }
        assert_eq!((posts.last.len(), posts.order.len()), (MOST, MOST));
        let last = VisitorId::random();
        posts.note(last, Moment::from_millis(90_000), pause);
        assert_eq!(posts.last.into_keys().collect::<Vec<_>>(), [last]);
    }
}
