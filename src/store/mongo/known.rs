//! The rooms as this server's followers know them. A new state of a room is held against the last known one, and the
//! difference is told: who came, who went, what else changed.

use std::{cmp::Reverse, collections::HashMap};

use super::documents::{Damaged, RoomDoc};
use crate::{
    domain::{Room, RoomId, Visitor},
    store::{Change, RoomCursor, RoomPage},
};

/// A room as it was last told.
struct Told {
    version: i64,
    lock: i64,
    room: Room,
    members: Vec<Visitor>,
}

impl Told {
    fn of(document: &RoomDoc) -> Result<Self, Damaged> {
        Ok(Self {
            version: document.version,
            lock: document.lock,
            room: document.room()?,
            members: document.visitors()?,
        })
    }

    /// Whether more than its seats differs.
    fn differs(&self, other: &Self) -> bool {
        let count = self.room.count;
        self.lock != other.lock
            || self.room
                != Room {
                    count,
                    ..other.room.clone()
                }
    }
}

/// All rooms as they were last told.
#[derive(Default)]
pub struct Known(HashMap<RoomId, Told>);

impl Known {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A page of the list, newest first.
    pub fn page(&self, after: Option<RoomCursor>, limit: usize) -> RoomPage {
        let rooms = self.0.values().map(|told| &told.room);
        let mut rooms: Vec<_> = rooms
            .filter(|room| after.is_none_or(|after| RoomCursor::of(room) < after))
            .collect();
        rooms.sort_unstable_by_key(|room| Reverse(RoomCursor::of(room)));
        let more = rooms.len() > limit;
        rooms.truncate(limit);
        RoomPage {
            next: rooms.last().filter(|_| more).map(|room| RoomCursor::of(room)),
            rooms: rooms.into_iter().cloned().collect(),
            total: self.len(),
        }
    }

    /// Takes over a room as it is; nothing is told.
    pub fn take_over(&mut self, document: &RoomDoc) -> Result<(), Damaged> {
        let told = Told::of(document)?;
        self.0.insert(told.room.id, told);
        Ok(())
    }

    /// What a new state of a room tells. A state that is older than the known one tells nothing.
    pub fn update(&mut self, document: &RoomDoc) -> Result<Vec<Change>, Damaged> {
        let now = Told::of(document)?;
        let room = now.room.clone();
        let Some(before) = self.0.get_mut(&room.id) else {
            self.0.insert(room.id, now);
            return Ok(vec![Change::RoomCreated(room)]);
        };
        if now.version <= before.version {
            return Ok(Vec::new());
        }
        let mut changes = Vec::new();
        if before.differs(&now) {
            changes.push(Change::RoomUpdated(room.clone()));
        }
        let missing_in = |members: &[Visitor], visitor: &Visitor| members.iter().all(|other| other.id != visitor.id);
        let gone = before
            .members
            .iter()
            .filter(|visitor| missing_in(&now.members, visitor));
        changes.extend(gone.map(|visitor| Change::Left(room.clone(), *visitor)));
        let came = now
            .members
            .iter()
            .filter(|visitor| missing_in(&before.members, visitor));
        changes.extend(came.map(|visitor| Change::Entered(room.clone(), *visitor)));
        *before = now;
        Ok(changes)
    }

    /// What the end of a room tells.
    pub fn remove(&mut self, id: RoomId) -> Option<Change> {
        self.0.remove(&id).map(|told| Change::RoomRemoved(told.room.id))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::documents::MemberDoc, *};
    use crate::domain::VisitorId;

    fn room(version: i64, title: &str, members: &[VisitorId]) -> RoomDoc {
        let owner = Visitor::new("00000000000000aa".parse().unwrap());
        let member = |id: &VisitorId| MemberDoc {
            visitor: id.to_string(),
            color: Visitor::new(*id).color.to_string(),
            holds: Vec::new(),
            exit: None,
            dropped: None,
        };
        RoomDoc {
            id: "0123456789abcdef0123456789abcdef".into(),
            title: title.into(),
            max: 10,
            password: None,
            lock: 0,
            invites: Vec::new(),
            withdrawn: 0,
            owner: owner.id.to_string(),
            color: owner.color.to_string(),
            created: 0,
            members: members.iter().map(member).collect(),
            lines: Vec::new(),
            closed: false,
            slow: 0,
            bans: Vec::new(),
            away: None,
            key: String::new(),
            empty: None,
            joined: true,
            floor: 0,
            version,
        }
    }

    fn told(changes: &[Change]) -> Vec<String> {
        let tell = |change: &Change| match change {
            Change::RoomCreated(_) => "created".to_owned(),
            Change::RoomUpdated(room) => format!("updated {}", room.title.as_str()),
            Change::Entered(room, visitor) => format!("entered {} {}", visitor.id, room.count),
            Change::Left(room, visitor) => format!("left {} {}", visitor.id, room.count),
            other => format!("{other:?}"),
        };
        changes.iter().map(tell).collect()
    }

    #[test]
    fn each_join_and_exit_is_told_once() {
        let [a, b]: [VisitorId; 2] = ["000000000000000a", "000000000000000b"].map(|id| id.parse().unwrap());
        let mut known = Known::default();
        assert_eq!(told(&known.update(&room(1, "x", &[])).unwrap()), ["created"]);
        let entered = format!("entered {a} 1");
        assert_eq!(told(&known.update(&room(2, "x", &[a])).unwrap()), [entered]);
        assert!(known.update(&room(2, "x", &[a])).unwrap().is_empty(), "the same again");
        assert!(known.update(&room(3, "x", &[a])).unwrap().is_empty(), "a second socket");
        let both = [format!("left {a} 1"), format!("entered {b} 1")];
        assert_eq!(told(&known.update(&room(4, "x", &[b])).unwrap()), both);
        assert_eq!(told(&known.update(&room(5, "y", &[b])).unwrap()), ["updated y"]);
    }

    #[test]
    fn what_happened_before_the_rooms_were_read_is_not_told() {
        let a: VisitorId = "000000000000000a".parse().unwrap();
        let mut known = Known::default();
        known.take_over(&room(7, "x", &[a])).unwrap();
        assert!(known.update(&room(6, "x", &[])).unwrap().is_empty());
        let id = room(7, "x", &[]).room().unwrap().id;
        assert!(matches!(known.remove(id), Some(Change::RoomRemoved(gone)) if gone == id));
        assert!(known.remove(id).is_none());
    }
}
