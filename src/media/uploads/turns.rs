//! Which uploads run side by side, and which one ends in favour of another when there are as many as there may be.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::AtOnce;
use crate::domain::{Guest, VisitorId};

/// Time that each upload has before its rate counts.
const BEGINNING: Duration = Duration::from_secs(5);

/// The rate below which an upload is slow while all turns are taken, in times of the least that it may have at all. It
/// doubles with each [`BEGINNING`] that passes, up to [`DOUBLED`] times: whoever wants to hold all turns for longer has to
/// bring more and more on each of them, and an upload at the rate of a fast line is done before that.
const SLOW: u64 = 2;

/// At most 64 times [`SLOW`]: 1.28 MB/s by default after 35 s, by which time such an upload has long been complete.
const DOUBLED: u32 = 6;

/// The turns of all uploads.
///
/// When all are taken, one more takes the turn of
/// - a visitor who holds more than the one who comes would hold then,
/// - whoever is slow after the beginning.
///
/// The first leaves the turns more evenly shared each time, so uploads that are fast enough do not end one another for
/// ever. If there is no such upload, the one that comes is refused.
pub struct Turns {
    all: usize,
    slow: u64,
    running: Arc<Mutex<Vec<Running>>>,
}

struct Running {
    visitor: VisitorId,
    since: Instant,
    came: Arc<AtomicU64>,
    ended: CancellationToken,
}

/// The turn of one upload, until this is dropped or the turn is taken away.
pub struct Turn {
    came: Arc<AtomicU64>,
    ended: CancellationToken,
    running: Arc<Mutex<Vec<Running>>>,
}

impl Turns {
    pub fn new(at_once: AtOnce) -> Self {
        Self {
            all: at_once.all,
            slow: at_once.rate.saturating_mul(SLOW),
            running: Arc::default(),
        }
    }

    /// Takes a turn for an upload of which `came` bytes are there now, if need be that of another.
    pub fn take(&self, guest: &Guest, came: usize, now: Instant) -> Option<Turn> {
        let mut running = self.running.lock();
        if running.len() >= self.all {
            let at = self.to_end(&running, guest, now)?;
            running.swap_remove(at).ended.cancel();
        }
        let turn = Turn {
            came: Arc::new(AtomicU64::new(came as u64)),
            ended: CancellationToken::new(),
            running: Arc::clone(&self.running),
        };
        running.push(Running {
            visitor: guest.visitor.id,
            since: now,
            came: Arc::clone(&turn.came),
            ended: turn.ended.clone(),
        });
        Some(turn)
    }

    /// The upload that gives way to one more of this guest: of those who hold most the slowest.
    fn to_end(&self, running: &[Running], guest: &Guest, now: Instant) -> Option<usize> {
        let mut held = HashMap::<_, usize>::new();
        for one in running {
            *held.entry(one.visitor).or_default() += 1;
        }
        let held = |visitor| held.get(&visitor).copied().unwrap_or_default();
        let own = held(guest.visitor.id) + 1;
        let gives_way = |one: &Running| held(one.visitor) > own || one.is_slow(now, self.slow);
        let others = running.iter().enumerate();
        let others = others.filter(|(_, one)| one.visitor != guest.visitor.id && gives_way(one));
        let (at, _) = others.max_by_key(|(_, one)| (held(one.visitor), Reverse(one.rate(now))))?;
        Some(at)
    }
}

impl Running {
    /// Whether it is slow by now, of which `slow` is the rate after its beginning.
    fn is_slow(&self, now: Instant, slow: u64) -> bool {
        let beginnings = (now - self.since).as_secs() / BEGINNING.as_secs();
        let doubled = u32::try_from(beginnings).unwrap_or(DOUBLED + 1).checked_sub(1);
        doubled.is_some_and(|doubled| self.rate(now) < slow << doubled.min(DOUBLED))
    }

    /// Bytes a second, since it has its turn.
    fn rate(&self, now: Instant) -> u64 {
        let millis = (now - self.since).as_millis().max(1);
        let bytes = u128::from(self.came.load(Ordering::Relaxed)) * 1_000;
        u64::try_from(bytes / millis).unwrap_or(u64::MAX)
    }
}

impl Turn {
    /// Counts bytes that came.
    pub fn came(&self, bytes: usize) {
        self.came.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits until another upload has taken the turn.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.lock().retain(|one| !Arc::ptr_eq(&one.came, &self.came));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Visitor;

    fn guest() -> Guest {
        Visitor::new(VisitorId::random()).into()
    }

    fn turns(all: usize) -> Turns {
        Turns::new(AtOnce {
            all,
            each: 4,
            rate: 10_000,
        })
    }

    fn has_ended(turn: &Turn) -> bool {
        turn.ended.is_cancelled()
    }

    #[test]
    fn one_more_takes_a_turn_of_who_holds_most_until_all_hold_as_many() {
        let (turns, greedy, other) = (turns(4), guest(), guest());
        let begun = Instant::now();
        let held: Vec<_> = (0..4).map(|_| turns.take(&greedy, 1_024, begun).unwrap()).collect();
        held[1..].iter().for_each(|turn| turn.came(50_000));
        let now = begun + Duration::from_secs(1);
        let take = |guest| turns.take(guest, 1_024, now);
        let first = take(&other);
        assert!(first.is_some() && has_ended(&held[0]), "the slowest gives way");
        assert!(take(&greedy).is_none());
        let second = take(&other);
        assert!(second.is_some() && held.iter().filter(|turn| has_ended(turn)).count() == 2);
        assert!(take(&other).is_none() && take(&greedy).is_none(), "they are even");
        drop(held);
        let third = take(&greedy);
        assert!(third.is_some() && turns.running.lock().len() == 3);
    }

    #[test]
    fn while_all_turns_are_taken_a_slow_upload_gives_way_after_its_beginning() {
        let (turns, begun) = (turns(2), Instant::now());
        let take = |now| turns.take(&guest(), 0, now);
        let (fast, slow) = (take(begun).unwrap(), take(begun).unwrap());
        assert!(take(begun).is_none(), "both have just begun");
        fast.came(100_000);
        slow.came(99_000);
        let third = take(begun + BEGINNING);
        assert!(third.is_some() && has_ended(&slow) && !has_ended(&fast));
        assert!(take(begun + BEGINNING).is_none());
    }

    #[test]
    fn the_longer_uploads_hold_all_turns_the_more_they_have_to_bring() {
        let (turns, begun) = (turns(1), Instant::now());
        let take = |now| turns.take(&guest(), 0, now);
        let held = take(begun).unwrap();
        // 24 kB/s, just above the rate at which it would be slow after its beginning.
        held.came(24_000 * 5);
        assert!(take(begun + BEGINNING).is_none());
        held.came(24_000 * 5);
        assert!(take(begun + 2 * BEGINNING).is_some() && has_ended(&held));
    }
}
