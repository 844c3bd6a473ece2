//! Which whispers a room keeps. At the limit of a room, the whispers of authors who hold no seat are deleted first. The
//! newest whispers of each author who holds a seat are protected. Seats are limited and cookies are not, so one person
//! with many cookies can neither delete the whispers of members nor keep members from whispering.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use moka::{Entry, ops::compute::Op, sync::Cache};

use super::StoreError;
use crate::domain::{Moment, Refusal, RoomId, VisitorId};

/// Whispers from one visitor to one other that a room keeps.
pub const WHISPERS_PAIR: usize = 200;

/// Whispers that a room keeps, and some that other servers have stored since this one counted. At this limit, the oldest
/// whispers of authors who hold no seat are deleted first, then the oldest of the seated authors who have the most. If
/// neither makes space, the author's own oldest whisper or those older than [`WHISPERS_LIFE`] are deleted. An author is
/// refused only if seated authors alone fill the room and each has at most [`WHISPERS_SAFE`].
pub const WHISPERS: usize = 10_000;

/// Whispers of one seated author that the whispers of others never push out within [`WHISPERS_LIFE`]. 500 seats fill a
/// room with them, so that no author is refused in a room with fewer.
pub const WHISPERS_SAFE: usize = 20;

/// How long a room keeps the newest [`WHISPERS_SAFE`] whispers of a seated author at least.
pub const WHISPERS_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whispers older than that which are looked for and deleted at once.
pub const OUTDATED: usize = 500;

/// Whispers that are deleted beyond what has to be, so that not every further one counts all.
const SLACK: usize = 64;

/// Rooms whose number of whispers is remembered, and for how long: it does not know of what other servers store.
const ROOMS: u64 = 10_000;
const REMEMBERED: Duration = Duration::from_secs(10);

/// How full a room is.
#[derive(Clone, Copy, Debug)]
pub enum Fill {
    /// It has so many whispers.
    Holds(usize),
    /// Seated authors with few whispers each fill it, until then.
    Full(Moment),
}

/// How full a room was when its whispers were counted, and what was stored here since.
#[derive(Clone, Copy)]
struct Counted {
    fill: Fill,
    at: Instant,
}

/// How full the rooms are, as far as it is known.
pub struct Fills(Cache<RoomId, Counted>);

impl Fills {
    /// Nothing is known.
    pub fn new() -> Self {
        let cache = Cache::builder().max_capacity(ROOMS).time_to_live(REMEMBERED);
        Self(cache.build())
    }

    /// How full a room is.
    pub fn get(&self, room: RoomId) -> Option<Fill> {
        self.get_at(room, Instant::now())
    }

    fn get_at(&self, room: RoomId, now: Instant) -> Option<Fill> {
        let is_fresh = |counted: &Counted| now.saturating_duration_since(counted.at) < REMEMBERED;
        self.0.get(&room).filter(is_fresh).map(|counted| counted.fill)
    }

    /// Remembers how full a room is, as was just counted.
    pub fn set(&self, room: RoomId, fill: Fill) {
        let at = Instant::now();
        self.0.insert(room, Counted { fill, at });
    }

    /// One whisper was stored and so many were deleted for it. That makes the count no newer: others store some, too.
    pub fn stored(&self, room: RoomId, deleted: usize) {
        self.0
            .entry(room)
            .and_compute_with(|known| match known.map(Entry::into_value) {
                Some(Counted {
                    fill: Fill::Holds(count),
                    at,
                }) => {
                    let fill = Fill::Holds((count + 1).saturating_sub(deleted));
                    Op::Put(Counted { fill, at })
                }
                _ => Op::Nop,
            });
    }
}

/// How many of an author's whispers stay, the newest ones.
pub type Cut = (VisitorId, usize);

/// What makes space for a whisper.
#[derive(Debug, PartialEq, Eq)]
pub struct Space {
    /// How many whispers of authors who hold no seat are deleted, the oldest first.
    pub unseated: usize,
    /// What seated authors keep.
    pub cuts: Vec<Cut>,
}

/// Makes space for a whisper of an author in a room with so many whispers of each. `None` if whispers of seated authors
/// fill the room, and none of them may be deleted.
pub fn space(authors: Vec<Cut>, seated: &HashSet<VisitorId>, author: VisitorId) -> Option<Space> {
    let sum = |authors: &[Cut]| authors.iter().map(|&(_, count)| count).sum::<usize>();
    let total = sum(&authors);
    let (seated, unseated): (Vec<_>, Vec<_>) = authors.into_iter().partition(|(visitor, _)| seated.contains(visitor));
    let unseated = sum(&unseated);
    let excess = (total + 1).saturating_sub(WHISPERS);
    if unseated < excess {
        return cuts(seated, author).map(|cuts| Space { unseated, cuts });
    }
    let most = if excess > 0 { excess + SLACK } else { 0 };
    Some(Space {
        unseated: unseated.min(most),
        cuts: Vec::new(),
    })
}

/// The same among seated authors.
fn cuts(mut authors: Vec<Cut>, author: VisitorId) -> Option<Vec<Cut>> {
    let total: usize = authors.iter().map(|(_, count)| count).sum();
    let Some(mut excess) = (total + 1).checked_sub(WHISPERS).filter(|&excess| excess > 0) else {
        return Some(Vec::new());
    };
    authors.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    let target = WHISPERS.saturating_sub(SLACK);
    let level = level(&authors, target);
    let (mut cuts, mut freed) = (Vec::new(), 0);
    for &(visitor, count) in authors.iter().take_while(|&&(_, count)| count > level) {
        if freed >= total - target {
            break;
        }
        freed += count - level;
        cuts.push((visitor, level));
    }
    excess = excess.saturating_sub(freed);
    if excess == 0 {
        return Some(cuts);
    }
    // Nobody has more than everybody may keep; who has some gives up the own oldest.
    let own = authors.iter().find(|&&(visitor, _)| visitor == author);
    let own = own.map_or(0, |&(_, count)| count.min(level));
    if own < excess {
        return None;
    }
    cuts.retain(|&(visitor, _)| visitor != author);
    cuts.push((author, own - excess));
    Some(cuts)
}

/// The most that each author may keep so that all together keep no more than `target`; [`WHISPERS_SAFE`] at least.
fn level(authors: &[Cut], target: usize) -> usize {
    let kept = |level: usize| authors.iter().map(|&(_, count)| count.min(level)).sum::<usize>();
    let (mut low, mut high) = (WHISPERS_SAFE, authors.first().map_or(0, |&(_, most)| most));
    while low < high {
        let middle = high - (high - low) / 2;
        if kept(middle) <= target {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// The refusal of a room that is full until then.
pub fn full(until: Moment) -> StoreError {
    let left = until.millis().saturating_sub(Moment::now().millis()).max(1_000);
    let retry_after = Duration::from_millis(u64::try_from(left).unwrap_or(1_000));
    StoreError::Refused(Refusal::TooManyWhispers { retry_after })
}

/// When a room whose oldest whisper is of that moment has space again.
pub fn full_until(oldest: Moment) -> Moment {
    Moment::from_millis(oldest.millis().saturating_add(life()))
}

/// What is older than that is outdated.
pub fn outdated() -> Moment {
    Moment::from_millis(Moment::now().millis().saturating_sub(life()))
}

fn life() -> i64 {
    i64::try_from(WHISPERS_LIFE.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
