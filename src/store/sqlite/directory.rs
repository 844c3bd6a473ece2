//! The rooms that are open, in memory: what the list, the seats and every permission are read from.
//!
//! Only the writer changes it, and only after the commit, so that nobody sees what may still fail.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use super::{cleanup::Clearing, slow::Spoken};
use crate::{
    domain::{Access, AddressKey, Ban, Guest, Refusal, Room, RoomId, Seq, Visitor, VisitorId, moderation::kept_out},
    store::{Graces, PasswordVersion, RoomCursor, RoomPage, RoomRecord, SOCKETS_EACH, SocketKey},
};

/// A visitor's place in a room.
#[derive(Clone)]
struct Seat {
    visitor: Visitor,
    /// Those of the visitor's sockets that are in the room.
    sockets: Vec<SocketKey>,
    /// Since when no socket holds it.
    dropped_at: Option<Instant>,
}

/// Who holds a seat when a socket has gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unheld {
    Nobody,
    Others,
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
#[derive(Clone)]
pub struct OpenRoom {
    pub room: Room,
    pub password_hash: Option<Arc<str>>,
    /// Counted since the start of the server: whoever checks a password does not outlive it.
    pub password_version: PasswordVersion,
    /// What marks of addresses are made with.
    pub key: AddressKey,
    pub last_seq: Seq,
    pub grants: Arc<HashSet<VisitorId>>,
    /// Those whose grant came of an invite.
    pub invited: Arc<HashSet<VisitorId>>,
    /// How many invites are good.
    pub invites: usize,
    pub bans: Arc<Vec<Ban>>,
    /// Whose messages are deleted for readers and not yet from the file.
    pub clearings: Arc<Vec<Clearing>>,
    /// When visitors wrote last, in slow mode.
    pub spoken: Arc<Spoken>,
    /// In the order of arrival. A list: rooms are small, and it is read in order far more often than searched.
    seats: Vec<Seat>,
    empty: Empty,
    /// Since when the owner has no socket in it.
    owner_away: Option<Instant>,
}

impl OpenRoom {
    pub fn new(room: Room, password_hash: Option<Arc<str>>, key: AddressKey, last_seq: Seq, now: Instant) -> Self {
        Self {
            room,
            password_hash,
            password_version: 0,
            key,
            last_seq,
            grants: Arc::default(),
            invited: Arc::default(),
            invites: 0,
            bans: Arc::default(),
            clearings: Arc::default(),
            spoken: Arc::default(),
            seats: Vec::new(),
            empty: Empty::NeverJoined(now),
            owner_away: Some(now),
        }
    }

    pub fn access(&self, guest: Guest) -> Access {
        let visitor = guest.visitor.id;
        let owner = self.room.owner.id == visitor;
        let member = self.seated(visitor).is_some();
        let mark = || guest.address.map(|address| self.key.mark(address));
        Access {
            owner,
            granted: owner || !self.room.locked || self.has_grant(visitor),
            member,
            banned: kept_out(&self.bans, guest, mark, owner || member, crate::domain::Moment::now()),
            closed: self.room.closed,
        }
    }

    pub fn has_grant(&self, visitor: VisitorId) -> bool {
        self.grants.contains(&visitor) || self.invited.contains(&visitor)
    }

    /// How many visitors hold a grant.
    pub fn granted(&self) -> usize {
        self.grants.len() + self.invited.len()
    }

    pub fn record(&self) -> RoomRecord {
        RoomRecord {
            room: self.room.clone(),
            password_hash: self.password_hash.clone(),
            password_version: self.password_version,
            last_seq: self.last_seq,
            invites: self.invites,
            bans: !self.bans.is_empty(),
        }
    }

    pub fn members(&self) -> Vec<Visitor> {
        self.seats.iter().map(|seat| seat.visitor).collect()
    }

    /// Gives a visitor the seat of an earlier run back, for the grace of a seat.
    pub fn seat_again(&mut self, visitor: Visitor, now: Instant) {
        self.seats.push(Seat {
            visitor,
            sockets: Vec::new(),
            dropped_at: Some(now),
        });
        self.recount();
    }

    /// Whether a visitor who enters takes a new seat.
    pub fn admit(&self, guest: Guest, socket: SocketKey) -> Result<bool, Refusal> {
        let access = self.access(guest);
        if let Some(refusal) = access.refusal() {
            Err(refusal)
        } else if !access.member && self.room.is_full() {
            Err(Refusal::RoomFull)
        } else if self.has_too_many(guest.visitor.id, socket) {
            Err(Refusal::TooManySockets { limit: SOCKETS_EACH })
        } else {
            Ok(!access.member)
        }
    }

    /// Whether one more socket would be too many of a visitor's.
    fn has_too_many(&self, visitor: VisitorId, socket: SocketKey) -> bool {
        let seat = self.seats.iter().find(|seat| seat.visitor.id == visitor);
        seat.is_some_and(|seat| seat.sockets.len() >= SOCKETS_EACH && !seat.sockets.contains(&socket))
    }

    /// Seats a visitor who was admitted.
    pub fn sit_down(&mut self, visitor: Visitor, socket: SocketKey) {
        match self.seats.iter_mut().find(|seat| seat.visitor.id == visitor.id) {
            Some(seat) => {
                if !seat.sockets.contains(&socket) {
                    seat.sockets.push(socket);
                }
                seat.dropped_at = None;
            }
            None => self.seats.push(Seat {
                visitor,
                sockets: vec![socket],
                dropped_at: None,
            }),
        }
        self.empty = Empty::No;
        self.recount();
    }

    /// What the seat of a visitor is when this socket has gone; `None` when it does not hold it.
    pub fn without(&self, visitor: VisitorId, socket: SocketKey) -> Option<Unheld> {
        let seat = self.seats.iter().find(|seat| seat.visitor.id == visitor)?;
        seat.sockets.contains(&socket).then_some(match seat.sockets.len() {
            1 => Unheld::Nobody,
            _ => Unheld::Others,
        })
    }

    /// Takes a socket from its visitor's seat, whose grace begins when it was the last.
    pub fn let_go(&mut self, visitor: VisitorId, socket: SocketKey, now: Instant) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.visitor.id == visitor) {
            let before = seat.sockets.len();
            seat.sockets.retain(|key| *key != socket);
            if before > 0 && seat.sockets.is_empty() {
                seat.dropped_at = Some(now);
                self.note_emptiness(now);
                self.note_owner();
            }
        }
    }

    /// Frees the seat of a visitor.
    pub fn vacate(&mut self, visitor: VisitorId, now: Instant) {
        self.seats.retain(|seat| seat.visitor.id != visitor);
        self.note_emptiness(now);
        self.recount();
    }

    /// Somebody whose seat was waited for long enough.
    pub fn lapsed(&self, graces: Graces, now: Instant) -> Option<Visitor> {
        let lapsed = |seat: &&Seat| seat.dropped_at.is_some_and(|at| now.duration_since(at) >= graces.seat);
        self.seats.iter().find(lapsed).map(|seat| seat.visitor)
    }

    pub fn is_over(&self, graces: Graces, now: Instant) -> bool {
        match self.empty {
            Empty::No => false,
            Empty::NeverJoined(since) => now.duration_since(since) >= graces.new_room,
            Empty::Since(since) => now.duration_since(since) >= graces.room,
        }
    }

    fn note_emptiness(&mut self, now: Instant) {
        if matches!(self.empty, Empty::No) && self.seats.iter().all(|seat| seat.sockets.is_empty()) {
            self.empty = Empty::Since(now);
        }
    }

    /// A visitor who has a seat.
    pub fn seated(&self, visitor: VisitorId) -> Option<Visitor> {
        let seat = self.seats.iter().find(|seat| seat.visitor.id == visitor)?;
        Some(seat.visitor)
    }

    /// Makes somebody the owner.
    pub fn hand_over(&mut self, visitor: Visitor) {
        self.room.owner = visitor;
        self.note_owner();
    }

    /// Who becomes the owner, when the one of now has been away for too long: who is here longest.
    pub fn heir(&self, graces: Graces, now: Instant) -> Option<Visitor> {
        self.owner_away
            .filter(|since| now.duration_since(*since) >= graces.owner)?;
        let here = self.seats.iter().find(|seat| !seat.sockets.is_empty())?;
        Some(here.visitor)
    }

    fn note_owner(&mut self) {
        let owner = |seat: &Seat| seat.visitor.id == self.room.owner.id && !seat.sockets.is_empty();
        self.owner_away = if self.seats.iter().any(owner) {
            None
        } else {
            self.owner_away.or_else(|| Some(Instant::now()))
        };
    }

    fn recount(&mut self) {
        self.note_owner();
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
