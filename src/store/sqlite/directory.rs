//! The rooms that are open, in memory: what the list, the seats and every permission are read from.
//!
//! Only the writer changes it, and only after the commit, so that nobody sees what may still fail.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use crate::{
    domain::{Access, Refusal, Room, RoomId, Seq, Visitor, VisitorId},
    store::{Departure, Entry, Graces, RoomCursor, RoomPage, RoomRecord, SocketKey},
};

/// A visitor's place in a room.
struct Seat {
    visitor: Visitor,
    /// Those of the visitor's sockets that are in the room.
    sockets: Vec<SocketKey>,
    /// Since when no socket holds it.
    dropped_at: Option<Instant>,
}

/// How long a room has been without a socket, and which grace that counts against.
#[derive(Clone, Copy)]
enum Empty {
    /// Somebody is connected.
    No,
    /// Nobody has joined since it was made, or since the start of the server.
    NeverJoined(Instant),
    /// The last socket left.
    Since(Instant),
}

/// A room with its seats and grants.
pub struct OpenRoom {
    pub room: Room,
    pub password_hash: Option<Arc<str>>,
    pub last_seq: Seq,
    pub grants: HashSet<VisitorId>,
    /// Those whose grant came of an invite.
    pub invited: HashSet<VisitorId>,
    /// How many invites are good.
    pub invites: usize,
    /// In the order of arrival. A list: rooms are small, and it is read in order far more often than searched.
    seats: Vec<Seat>,
    empty: Empty,
}

impl OpenRoom {
    pub fn new(room: Room, password_hash: Option<Arc<str>>, last_seq: Seq, now: Instant) -> Self {
        let (grants, invited, seats) = (HashSet::new(), HashSet::new(), Vec::new());
        Self {
            room,
            password_hash,
            last_seq,
            grants,
            invited,
            invites: 0,
            seats,
            empty: Empty::NeverJoined(now),
        }
    }

    pub fn access(&self, visitor: VisitorId) -> Access {
        let owner = self.room.owner.id == visitor;
        let granted = owner || !self.room.locked || self.has_grant(visitor);
        Access {
            owner,
            granted,
            member: self.seats.iter().any(|seat| seat.visitor.id == visitor),
        }
    }

    pub fn has_grant(&self, visitor: VisitorId) -> bool {
        self.grants.contains(&visitor) || self.invited.contains(&visitor)
    }

    pub fn record(&self) -> RoomRecord {
        RoomRecord {
            room: self.room.clone(),
            password_hash: self.password_hash.clone(),
            last_seq: self.last_seq,
            invites: self.invites,
        }
    }

    pub fn members(&self) -> Vec<Visitor> {
        self.seats.iter().map(|seat| seat.visitor).collect()
    }

    /// Takes a seat; whether it is a new one.
    pub fn enter(&mut self, visitor: Visitor, socket: SocketKey) -> Result<(Entry, bool), Refusal> {
        if !self.access(visitor.id).granted {
            return Err(Refusal::WrongPassword);
        }
        let fresh = match self.seats.iter_mut().find(|seat| seat.visitor.id == visitor.id) {
            Some(seat) => {
                if !seat.sockets.contains(&socket) {
                    seat.sockets.push(socket);
                }
                seat.dropped_at = None;
                false
            }
            None if self.room.is_full() => return Err(Refusal::RoomFull),
            None => {
                self.seats.push(Seat {
                    visitor,
                    sockets: vec![socket],
                    dropped_at: None,
                });
                true
            }
        };
        self.empty = Empty::No;
        self.recount();
        Ok((
            Entry {
                room: self.room.clone(),
                members: self.members(),
            },
            fresh,
        ))
    }

    /// Takes a socket away; the visitor whose seat became free by it.
    pub fn leave(&mut self, visitor: VisitorId, socket: SocketKey, how: Departure, now: Instant) -> Option<Visitor> {
        let at = self.seats.iter().position(|seat| seat.visitor.id == visitor)?;
        let seat = self.seats.get_mut(at)?;
        let before = seat.sockets.len();
        seat.sockets.retain(|key| *key != socket);
        if seat.sockets.len() == before || !seat.sockets.is_empty() {
            return None;
        }
        seat.dropped_at = Some(now);
        let freed = (how == Departure::Left).then(|| self.seats.remove(at).visitor);
        self.note_emptiness(now);
        self.recount();
        freed
    }

    /// Frees the seats whose grace is over; their visitors.
    pub fn free_lapsed_seats(&mut self, graces: Graces, now: Instant) -> Vec<Visitor> {
        let lapsed = |seat: &mut Seat| seat.dropped_at.is_some_and(|at| now.duration_since(at) >= graces.seat);
        let freed: Vec<_> = self.seats.extract_if(.., lapsed).map(|seat| seat.visitor).collect();
        self.recount();
        freed
    }

    pub fn is_over(&self, graces: Graces, now: Instant) -> bool {
        match self.empty {
            Empty::No => false,
            Empty::NeverJoined(since) => now.duration_since(since) >= graces.new_room,
            Empty::Since(since) => now.duration_since(since) >= graces.room,
        }
    }

    fn note_emptiness(&mut self, now: Instant) {
        if self.seats.iter().all(|seat| seat.sockets.is_empty()) {
            self.empty = Empty::Since(now);
        }
    }

    fn recount(&mut self) {
        self.room.count = u32::try_from(self.seats.len()).unwrap_or(u32::MAX);
    }
}

/// All open rooms, and their order in the list.
#[derive(Default)]
pub struct Directory {
    rooms: HashMap<RoomId, OpenRoom>,
    order: BTreeMap<RoomCursor, RoomId>,
}

impl Directory {
    pub fn insert(&mut self, open: OpenRoom) {
        self.order.insert(RoomCursor::of(&open.room), open.room.id);
        self.rooms.insert(open.room.id, open);
    }

    pub fn remove(&mut self, id: RoomId) {
        if let Some(open) = self.rooms.remove(&id) {
            self.order.remove(&RoomCursor::of(&open.room));
        }
    }

    pub fn get(&self, id: RoomId) -> Option<&OpenRoom> {
        self.rooms.get(&id)
    }

    pub fn get_mut(&mut self, id: RoomId) -> Option<&mut OpenRoom> {
        self.rooms.get_mut(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &OpenRoom> {
        self.rooms.values()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut OpenRoom> {
        self.rooms.values_mut()
    }

    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// A page, newest first, of what lies behind `after`.
    pub fn page(&self, after: Option<RoomCursor>, limit: usize) -> RoomPage {
        let mut rooms: Vec<_> = match after {
            None => self.order.values().rev().take(limit + 1).collect(),
            Some(cursor) => self
                .order
                .range(..cursor)
                .rev()
                .take(limit + 1)
                .map(|(_, id)| id)
                .collect(),
        };
        let more = rooms.len() > limit;
        rooms.truncate(limit);
        let rooms: Vec<_> = rooms
            .into_iter()
            .filter_map(|id| self.get(*id))
            .map(|open| open.room.clone())
            .collect();
        let next = if more { rooms.last().map(RoomCursor::of) } else { None };
        RoomPage {
            rooms,
            next,
            total: self.len(),
        }
    }
}
