//! The open rooms, in memory: the list, the seats and every permission are read from here.
//!
//! Only the writer changes it, and only after the commit, so that nobody sees what may still fail.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::cleanup::{Clearing, Hidden};
use crate::{
    domain::{Room, RoomId, VisitorId},
    rules::RoomState,
    store::{RoomCursor, RoomPage},
};

/// A room, and what of it is deleted for readers and not yet from the file.
#[derive(Clone)]
pub struct CachedRoom {
    pub state: RoomState,
    pub clearings: Arc<Vec<Clearing>>,
}

impl CachedRoom {
    pub fn new(state: RoomState) -> Self {
        Self {
            state,
            clearings: Arc::default(),
        }
    }

    /// What of it readers do not see.
    pub fn hidden(&self) -> Hidden {
        Hidden {
            forgotten: self.state.forgotten,
            clearings: Arc::clone(&self.clearings),
        }
    }
}

/// All open rooms, and their order in the list.
#[derive(Default)]
pub struct RoomCache {
    rooms: HashMap<RoomId, CachedRoom>,
    order: BTreeMap<RoomCursor, RoomId>,
}

impl RoomCache {
    pub fn insert(&mut self, cached: CachedRoom) {
        let room = &cached.state.room;
        self.order.insert(RoomCursor::of(room), room.id);
        self.rooms.insert(room.id, cached);
    }

    pub fn remove(&mut self, id: RoomId) {
        if let Some(cached) = self.rooms.remove(&id) {
            self.order.remove(&RoomCursor::of(&cached.state.room));
        }
    }

    pub fn get(&self, id: RoomId) -> Option<&CachedRoom> {
        self.rooms.get(&id)
    }

    pub fn get_mut(&mut self, id: RoomId) -> Option<&mut CachedRoom> {
        self.rooms.get_mut(&id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &CachedRoom> {
        self.rooms.values()
    }

    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// The rooms in which a visitor has a seat, newest first.
    pub fn of(&self, visitor: VisitorId, limit: usize) -> Vec<Room> {
        let newest = self.order.values().rev().filter_map(|id| self.get(*id));
        let theirs = newest.filter(|cached| cached.state.member(visitor).is_some());
        theirs.take(limit).map(|cached| cached.state.room.clone()).collect()
    }

    /// A page of the list after `after`, newest first.
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
            .map(|cached| cached.state.room.clone())
            .collect();
        let next = if more { rooms.last().map(RoomCursor::of) } else { None };
        RoomPage {
            rooms,
            next,
            total: self.len(),
        }
    }
}
