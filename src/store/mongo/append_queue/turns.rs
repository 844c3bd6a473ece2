//! Turns of servers that append to one room at the same time.
//!
//! The server that is closest to the database would win every position. So a server that loses for long asks for a turn: a
//! document that all servers hear of by the change stream, in one order. From then on each server appends to the room only
//! when its turn is first, or when there is none, and then appends all that waits there. A turn ends with the next entry of
//! its server, or after a moment if none comes. It is only a courtesy: the unique `_id` decides.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::domain::RoomId;

/// How long a command may lose before its server asks for turns in the room. Servers that are equally far away from the
/// database seldom lose so long, and without turns they append faster.
pub const STARVED: Duration = Duration::from_millis(100);

/// How long it goes on asking in that room.
const CONTENDED: Duration = Duration::from_secs(2);

/// How long others wait for the entry of a turn.
const TURN_TIMEOUT: Duration = Duration::from_millis(200);

/// How long a server waits for its own turn to be heard before it appends without.
const UNHEARD: Duration = Duration::from_millis(300);

/// Rooms with turns from which on those that are over are forgotten; so many have turns at the same time at most, as a rule.
const ROOMS: usize = 1_024;

/// What others had on the way when they heard of a turn arrives within this time.
const SETTLED: Duration = Duration::from_millis(6);

/// What a server may do in a room now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    Append,
    /// It has to wait for others, or for its turn to be heard.
    Wait,
    /// It asks for a turn first.
    Ask,
}

/// The turns of all rooms for which servers compete; there are none in other rooms.
pub struct Turns {
    this: Arc<str>,
    rooms: Mutex<HashMap<RoomId, Room>>,
}

#[derive(Default)]
struct Room {
    /// Whose turns come, and when they were heard.
    turns: VecDeque<(Arc<str>, Instant)>,
    /// When this server asked for a turn that it has not heard yet.
    asked: Option<Instant>,
    /// Until when this server asks for turns.
    contended: Option<Instant>,
}

impl Room {
    /// Passes over what has been waited for in vain; whether nobody competes for the room any more.
    fn is_over(&mut self, now: Instant) -> bool {
        while self.turns.front().is_some_and(|(_, heard)| now - *heard > TURN_TIMEOUT) {
            self.turns.pop_front();
        }
        self.asked = self.asked.filter(|asked| now - *asked < UNHEARD);
        self.turns.is_empty() && self.asked.is_none() && self.contended.is_none_or(|until| until < now)
    }
}

impl Turns {
    pub fn new(this: Arc<str>) -> Self {
        Self {
            this,
            rooms: Mutex::default(),
        }
    }

    /// How entries and turns name this server.
    pub const fn this(&self) -> &Arc<str> {
        &self.this
    }

    /// Notes that a command of this server has lost too often in a room.
    pub fn contend(&self, room: RoomId, now: Instant) {
        self.rooms.lock().entry(room).or_default().contended = Some(now + CONTENDED);
    }

    /// What this server may do in a room. What it asks for counts as asked.
    pub fn may(&self, id: RoomId, now: Instant) -> May {
        let mut rooms = self.rooms.lock();
        let Some(room) = rooms.get_mut(&id) else {
            return May::Append;
        };
        if room.is_over(now) {
            rooms.remove(&id);
            return May::Append;
        }
        let contended = room.contended.is_some_and(|until| until >= now);
        let queued = room.turns.iter().any(|(server, _)| *server == self.this);
        match room.turns.front() {
            Some((server, heard)) if *server == self.this && now - *heard >= SETTLED => May::Append,
            _ if contended && !queued && room.asked.is_none() => {
                room.asked = Some(now);
                May::Ask
            }
            None if room.asked.is_none() => May::Append,
            _ => May::Wait,
        }
    }

    /// Notes a turn that the change stream has.
    pub fn hear(&self, id: RoomId, server: &str, now: Instant) {
        let mut rooms = self.rooms.lock();
        if rooms.len() >= ROOMS {
            rooms.retain(|_, room| !room.is_over(now));
        }
        let room = rooms.entry(id).or_default();
        if *server == *self.this {
            room.asked = None;
        }
        room.turns.push_back((server.into(), now));
    }

    /// Notes that a server has appended to a room: its turn is over. While others append, too, this one goes on asking.
    pub fn appended(&self, id: RoomId, server: &str, now: Instant) {
        let mut rooms = self.rooms.lock();
        let Some(room) = rooms.get_mut(&id) else { return };
        if room.turns.front().is_some_and(|(first, _)| **first == *server) {
            room.turns.pop_front();
        }
        if *server != *self.this && room.contended.is_some() {
            room.contended = Some(now + CONTENDED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_append_in_the_order_of_their_turns() {
        let (room, start) = (RoomId::random(), Instant::now());
        let [near, far] = ["near", "far"].map(|name| Turns::new(name.into()));
        let may = |server: &Turns, after| server.may(room, start + after);
        let (settled, later) = (SETTLED, SETTLED * 2);
        assert_eq!(
            [&near, &far].map(|server| may(server, Duration::ZERO)),
            [May::Append; 2]
        );
        far.contend(room, start);
        assert_eq!([(); 2].map(|()| may(&far, Duration::ZERO)), [May::Ask, May::Wait]);
        for server in [&near, &far] {
            server.hear(room, "far", start);
        }
        near.contend(room, start);
        let asked = [(); 2].map(|()| may(&near, Duration::ZERO));
        assert_eq!(asked, [May::Ask, May::Wait], "it is next");
        assert_eq!(
            may(&far, settled - Duration::from_millis(1)),
            May::Wait,
            "the others settle"
        );
        for server in [&near, &far] {
            server.hear(room, "near", start);
        }
        assert_eq!(
            [&near, &far].map(|server| may(server, settled)),
            [May::Wait, May::Append]
        );
        for server in [&near, &far] {
            server.appended(room, "far", start + settled);
        }
        assert_eq!(may(&near, later), May::Append);
        let goes_on = [(); 2].map(|()| may(&far, later));
        assert_eq!(goes_on, [May::Ask, May::Wait], "as the other one goes on");
    }

    #[test]
    fn a_turn_that_is_not_used_holds_nobody_up_for_long() {
        let (room, near, start) = (RoomId::random(), Turns::new("near".into()), Instant::now());
        near.hear(room, "dead", start);
        assert_eq!(near.may(room, start + TURN_TIMEOUT), May::Wait);
        assert_eq!(
            near.may(room, start + TURN_TIMEOUT + Duration::from_millis(1)),
            May::Append
        );
        assert!(near.rooms.lock().is_empty());
    }
}
