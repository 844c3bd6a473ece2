//! Wrong passwords: what an address and a visitor may try, and how a room is kept that many guess at.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use moka::sync::Cache;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Both, OfAddress, Rates, limited};
use crate::{
    domain::{Budget, Guest, Refusal, RoomId},
    limits::rates::{Empty, RateLimit},
};

/// The first wait of a room that many guess at, and the longest: each try in between doubles it.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(300);

/// How long nobody may have tried until a room begins with the first wait again.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// Rooms that may have such a wait at once. Beyond these the one that was tried least lately is forgotten, and begins anew.
const ROOMS: u64 = 10_000;

/// The limits of wrong passwords.
pub struct Passwords {
    all: OfAddress,
    in_room: Both<RoomId>,
    of_room: RateLimit<RoomId>,
    waits: Cache<RoomId, Arc<Mutex<Wait>>>,
}

/// The wait between two tries in a room.
#[derive(Clone, Copy)]
struct Wait {
    until: Instant,
    next: Duration,
}

/// A password that is being tried. Dropped before [`Attempt::wrong`], it counts for nothing.
pub struct Attempt<'a> {
    /// None where no limit counts.
    counted: Option<(&'a Passwords, Guest, RoomId)>,
    /// Whether it took a token of the room.
    of_room: bool,
}

impl Passwords {
    pub fn new(rates: &Rates) -> Self {
        Self {
            all: OfAddress::new(rates.passwords),
            in_room: Both::new(rates.passwords_in_room),
            of_room: RateLimit::new(rates.passwords_of_room),
            waits: Cache::builder().max_capacity(ROOMS).time_to_idle(FORGOTTEN).build(),
        }
    }

    pub fn attempt(&self, guest: &Guest, room: RoomId, belongs: bool) -> Result<Attempt<'_>, Refusal> {
        if guest.source.is_exempt {
            return Ok(Attempt {
                counted: None,
                of_room: false,
            });
        }
        let refused = |empty| limited(Budget::Passwords, empty);
        self.all.take(guest.source.address()).map_err(refused)?;
        let mut attempt = Attempt {
            counted: Some((self, *guest, room)),
            of_room: false,
        };
        if let Err(empty) = self.in_room.take_of(guest, room, NonZeroU32::MIN) {
            attempt.counted = None;
            self.all.give_back(guest.source.address(), (), 1);
            return Err(refused(empty));
        }
        if !belongs {
            attempt.of_room = self.take_of_room(room, Instant::now()).map_err(refused)?;
        }
        Ok(attempt)
    }

    /// Takes a token of a room, or waits for the next try where there is none any more; whether it took one.
    fn take_of_room(&self, room: RoomId, now: Instant) -> Result<bool, Empty> {
        if let Some(wait) = self.waits.get(&room) {
            return wait.lock().pass(now).map(|()| false);
        }
        if self.of_room.take(&room).is_ok() {
            return Ok(true);
        }
        let first = Wait {
            until: now + FIRST,
            next: FIRST * 2,
        };
        self.waits.insert(room, Arc::new(Mutex::new(first)));
        Err(Empty { retry_after: FIRST })
    }
}

impl Wait {
    /// Lets one try pass when the wait is over; the next one is longer.
    fn pass(&mut self, now: Instant) -> Result<(), Empty> {
        let left = self.until.saturating_duration_since(now);
        if !left.is_zero() {
            return Err(Empty { retry_after: left });
        }
        self.until = now + self.next;
        self.next = LONGEST.min(self.next * 2);
        Ok(())
    }
}

impl Attempt<'_> {
    /// It was wrong, and so it counts.
    pub fn wrong(mut self) {
        self.counted = None;
    }

    /// It was right: whoever guesses at the room begins with the first wait again.
    pub fn right(self) {
        if let Some((limits, _, room)) = &self.counted {
            limits.waits.invalidate(room);
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let Some((limits, guest, room)) = self.counted else {
            return;
        };
        limits.all.give_back(guest.source.address(), (), 1);
        limits.in_room.give_back_of(&guest, room, 1);
        if self.of_room {
            limits.of_room.give_back(&room, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_makes_the_next_wait_longer_until_somebody_knows_the_password() {
        let mut now = Instant::now();
        let mut wait = Wait {
            until: now + FIRST,
            next: FIRST * 2,
        };
        let mut waits = Vec::new();
        for _ in 0..10 {
            let left = wait.pass(now).unwrap_err().retry_after;
            waits.push(left.as_secs());
            now += left;
            wait.pass(now).unwrap();
        }
        assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
