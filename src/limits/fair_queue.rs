//! A waiting line in which nobody is delayed by how many others push in: its next job is of the address that was served
//! least recently, there of the room served least recently, and there of the visitor served least recently.
//!
//! All whose address no limit counts have one turn together, and no bound but those of visitors and rooms.
//!
//! Among those who always have something waiting that is round robin. Whoever was not served lately comes first, so that
//! one more is not put behind hundreds who keep asking.

use std::{collections::HashMap, hash::Hash};

use crate::domain::{Address, Guest, RoomId, VisitorId};

/// Services within which a key counts as served lately. Each of a full queue is served within so many, and it bounds what
/// is remembered.
const LATELY: u64 = 512;

/// How many jobs may wait.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of one visitor.
    pub visitor: usize,
    /// Of one address. Guests whom no limit counts are bound by the visitor, the room and all alone.
    pub address: usize,
    /// For one room.
    pub room: usize,
    /// In all.
    pub all: usize,
}

/// Whose job it is, and which room it is about; `None` is a room to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// None of those whom no limit counts.
    address: Option<Address>,
    room: Option<RoomId>,
    visitor: VisitorId,
}

impl Origin {
    /// What a guest wants in a room.
    pub fn new(guest: &Guest, room: Option<RoomId>) -> Self {
        Self {
            address: (!guest.source.is_exempt).then(|| guest.source.address()),
            room,
            visitor: guest.visitor.id,
        }
    }

    /// The room, as the guests of one address have it among them.
    const fn room_there(&self) -> (Option<Address>, Option<RoomId>) {
        (self.address, self.room)
    }
}

/// The jobs that wait.
pub struct FairQueue<T> {
    bounds: Bounds,
    /// In the order of arrival. A list: at these bounds a walk costs microseconds, and a job takes milliseconds.
    waiting: Vec<Waiting<T>>,
    /// Counts the services.
    turn: u64,
    addresses: Served<Option<Address>>,
    rooms: Served<(Option<Address>, Option<RoomId>)>,
    visitors: Served<Origin>,
}

struct Waiting<T> {
    origin: Origin,
    /// The turn at which it came.
    since: u64,
    job: T,
}

/// When each key was served last.
struct Served<K>(HashMap<K, u64>);

impl<K: Eq + Hash> Served<K> {
    /// A key that was not served lately counts as served that long before its job came: it goes before those who were, and
    /// still not before somebody who has waited longer than that.
    fn last(&self, key: &K, since: u64) -> u64 {
        let at_least = since.saturating_sub(LATELY);
        self.0.get(key).map_or(at_least, |turn| at_least.max(*turn))
    }

    fn note(&mut self, key: K, turn: u64) {
        self.0.insert(key, turn);
        if self.0.len() as u64 > 2 * LATELY {
            self.0.retain(|_, served| turn - *served <= LATELY);
        }
    }
}

impl<T> FairQueue<T> {
    /// An empty queue.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            waiting: Vec::new(),
            turn: 0,
            addresses: Served(HashMap::new()),
            rooms: Served(HashMap::new()),
            visitors: Served(HashMap::new()),
        }
    }

    /// Adds a job. What is beyond a bound is returned: of those that share the bound the job whose owner has most waiting,
    /// or was served last. That may be this one.
    pub fn push(&mut self, origin: Origin, job: T) -> Vec<T> {
        self.waiting.push(Waiting {
            origin,
            since: self.turn,
            job,
        });
        let Bounds {
            visitor,
            address,
            room,
            all,
        } = self.bounds;
        let beyond = [
            self.beyond(visitor, |other| other.visitor == origin.visitor),
            self.beyond(address, |other| {
                origin.address.is_some() && other.address == origin.address
            }),
            self.beyond(room, |other| origin.room.is_some() && other.room == origin.room),
            self.beyond(all, |_| true),
        ];
        beyond.into_iter().flatten().collect()
    }

    /// Takes out the job that has to give way when more than `bound` are of `these`.
    fn beyond(&mut self, bound: usize, these: impl Fn(&Origin) -> bool) -> Option<T> {
        let of_these = || self.waiting.iter().enumerate().filter(|(_, one)| these(&one.origin));
        if of_these().count() <= bound {
            return None;
        }
        let (mut addresses, mut rooms, mut visitors) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (_, Waiting { origin, .. }) in of_these() {
            *addresses.entry(origin.address).or_insert(0_usize) += 1;
            *rooms.entry(origin.room_there()).or_insert(0_usize) += 1;
            *visitors.entry(*origin).or_insert(0_usize) += 1;
        }
        let weight = |one: &Waiting<T>| {
            let origin = &one.origin;
            (
                addresses.get(&origin.address),
                rooms.get(&origin.room_there()),
                visitors.get(origin),
                self.rank(one),
            )
        };
        let (at, _) = of_these().max_by_key(|(at, one)| (weight(one), *at))?;
        Some(self.waiting.remove(at).job)
    }

    /// Takes the next job.
    pub fn pop(&mut self) -> Option<T> {
        self.pop_with_turns().map(|(job, _)| job)
    }

    /// Takes the next job, and says how many others were taken since it came.
    pub fn pop_with_turns(&mut self) -> Option<(T, u64)> {
        let next = self.waiting.iter().enumerate();
        let (at, _) = next.min_by_key(|(at, one)| (self.rank(one), *at))?;
        let Waiting { origin, since, job } = self.waiting.remove(at);
        let turns = self.turn - since;
        self.turn += 1;
        self.addresses.note(origin.address, self.turn);
        self.rooms.note(origin.room_there(), self.turn);
        self.visitors.note(origin, self.turn);
        Some((job, turns))
    }

    /// How many jobs wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Removes the jobs that nobody wants any more, so that others may have their places.
    pub fn retain(&mut self, wanted: impl Fn(&T) -> bool) {
        self.waiting.retain(|one| wanted(&one.job));
    }

    /// When the address of a job was served last, then its room there, then its visitor there. The least goes first.
    fn rank(&self, one: &Waiting<T>) -> (u64, u64, u64) {
        let (origin, since) = (&one.origin, one.since);
        (
            self.addresses.last(&origin.address, since),
            self.rooms.last(&origin.room_there(), since),
            self.visitors.last(origin, since),
        )
    }
}

#[cfg(test)]
mod tests;
