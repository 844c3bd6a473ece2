//! Which whispers a room keeps. Somebody's whispers push out the author's own older ones; those of others only when an
//! author has more than everybody may keep, so that many cookies of one person can't delete what other people said.

use std::time::Duration;

use moka::sync::Cache;

use super::StoreError;
use crate::domain::{Moment, Refusal, RoomId, VisitorId};

/// Whispers from one visitor to one other that a room keeps.
pub const WHISPERS_PAIR: usize = 200;

/// Whispers that a room keeps, and some that other servers have stored since this one counted. At it, whispers older
/// than [`WHISPERS_LIFE`] go, then the oldest of the authors who have the most; an author without any whisper is refused if
/// nobody has more than [`WHISPERS_SAFE`].
pub const WHISPERS: usize = 10_000;

/// Whispers of one author that the whispers of others never push out within [`WHISPERS_LIFE`].
pub const WHISPERS_SAFE: usize = 20;

/// How long a room that holds [`WHISPERS`] keeps a whisper at least.
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
    /// It has all that it may, until then: each author has few.
    Full(Moment),
}

/// How full the rooms are, as far as it is known.
pub struct Fills(Cache<RoomId, Fill>);

impl Fills {
    /// Nothing is known.
    pub fn new() -> Self {
        let cache = Cache::builder().max_capacity(ROOMS).time_to_live(REMEMBERED);
        Self(cache.build())
    }

    /// How full a room is.
    pub fn get(&self, room: RoomId) -> Option<Fill> {
        self.0.get(&room)
    }

    /// Remembers how full a room is.
    pub fn set(&self, room: RoomId, fill: Fill) {
        self.0.insert(room, fill);
    }

    /// One whisper was stored and so many were deleted for it.
    pub fn stored(&self, room: RoomId, deleted: usize) {
        if let Some(Fill::Holds(count)) = self.get(room) {
            self.set(room, Fill::Holds((count + 1).saturating_sub(deleted)));
        }
    }
}

/// How many of an author's whispers stay, the newest ones.
pub type Cut = (VisitorId, usize);

/// Makes space for a whisper of an author in a room with so many whispers of each. `None` when there is none.
pub fn cuts(mut authors: Vec<Cut>, author: VisitorId) -> Option<Vec<Cut>> {
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
mod tests {
    use super::*;

    fn people(counts: &[usize]) -> Vec<Cut> {
        counts.iter().map(|&count| (VisitorId::random(), count)).collect()
    }

    fn left(authors: &[Cut], cuts: &[Cut]) -> Vec<usize> {
        let kept = |id| cuts.iter().find(|(cut, _)| *cut == id).map(|&(_, kept)| kept);
        authors.iter().map(|&(id, count)| kept(id).unwrap_or(count)).collect()
    }

    #[test]
    fn a_room_with_space_deletes_nothing() {
        let authors = people(&[WHISPERS - 1]);
        assert_eq!(cuts(authors.clone(), VisitorId::random()), Some(Vec::new()));
        assert_eq!(cuts(Vec::new(), VisitorId::random()), Some(Vec::new()));
    }

    #[test]
    fn whoever_has_the_most_makes_space() {
        let counts: Vec<usize> = [20].into_iter().chain([200; 50]).collect();
        let authors = people(&counts);
        let made = cuts(authors.clone(), VisitorId::random()).unwrap();
        let left = left(&authors, &made);
        assert_eq!(left[0], 20, "who has little keeps it");
        let total: usize = left.iter().sum();
        assert!((WHISPERS - 2 * SLACK..WHISPERS).contains(&total), "{total}");
        assert!(left[1..].iter().all(|&count| count >= 198), "{left:?}");
        // One who has nearly all of it.
        let authors = people(&[WHISPERS, 300, 20]);
        let made = cuts(authors.clone(), authors[1].0).unwrap();
        assert_eq!(made, [(authors[0].0, WHISPERS - SLACK - 320)]);
    }

    #[test]
    fn where_everybody_has_few_an_author_gives_up_the_own_oldest_and_others_are_refused() {
        let authors = people(&[WHISPERS_SAFE; WHISPERS / WHISPERS_SAFE]);
        assert_eq!(cuts(authors.clone(), VisitorId::random()), None);
        let own = authors[7].0;
        assert_eq!(cuts(authors.clone(), own), Some(vec![(own, WHISPERS_SAFE - 1)]));
        // Somebody with a little more goes first.
        let mut uneven = authors;
        uneven[3].1 += 1;
        let made = cuts(uneven.clone(), VisitorId::random());
        assert_eq!(made, None, "that is not enough for another one");
        uneven.truncate(WHISPERS / WHISPERS_SAFE - 1);
        uneven[3].1 += WHISPERS_SAFE;
        let made = cuts(uneven.clone(), VisitorId::random()).unwrap();
        assert_eq!(made, [(uneven[3].0, WHISPERS_SAFE)]);
    }
}
