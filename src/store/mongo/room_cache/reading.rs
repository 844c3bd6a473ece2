//! Rooms on their way into the cache: those that are being read, as nobody here knows them yet, and those that are being made.

use std::{collections::HashMap, sync::Arc};

use super::{RoomCache, Slot, told};
use crate::{
    domain::{Maker, Refusal, RoomId},
    rules::NewRoom,
    store::mongo::{documents::Entry, folded::Folded},
};

/// Rooms that are being read, for as long as they are.
#[derive(Default)]
pub struct Reads(HashMap<RoomId, Read>);

#[derive(Default)]
struct Read {
    readers: usize,
    /// Whether the stream had the end of the room meanwhile.
    ended: bool,
}

impl Reads {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes that the stream has the end of a room.
    pub(super) fn end(&mut self, room: RoomId) {
        if let Some(read) = self.0.get_mut(&room) {
            read.ended = true;
        }
    }
}

/// A room that is being read.
pub struct Reading<'a> {
    cache: &'a RoomCache,
    room: RoomId,
}

impl Reading<'_> {
    /// Takes the room in, unless it is known or has ended.
    pub fn insert(self, folded: Folded) {
        let (mut rooms, room) = (self.cache.0.lock(), self.room);
        if !folded.state.ended && rooms.reads.0.get(&room).is_some_and(|read| !read.ended) {
            rooms.slots.entry(room).or_insert_with(|| Slot::new(folded, 0, 0));
            rooms.list(room);
        }
    }

    /// The same for all entries of the room. `appended` says that this server appended them.
    pub fn apply(self, entries: &[Entry], appended: bool) {
        // What is left of a room that is being deleted does not begin with its first entry, or has its end.
        let is_open = Folded::fold(None, entries).is_some_and(|folded| !folded.state.ended);
        if let Some((first, rest)) = entries.split_first().filter(|_| is_open)
            && self.begin(first, appended)
        {
            self.cache.apply(rest, appended);
        }
    }

    /// Whether the room is known then, as an entry may have made it.
    fn begin(&self, first: &Entry, appended: bool) -> bool {
        let mut rooms = self.cache.0.lock();
        if rooms.slots.contains_key(&self.room) {
            return true;
        }
        let ended = rooms.reads.0.get(&self.room).is_none_or(|read| read.ended);
        let Some(folded) = Folded::begin(first).filter(|_| !ended) else {
            return false;
        };
        let mut slot = Slot::new(folded, 0, 0);
        slot.waiting.push_back((first.position, told(first, 0, &slot.folded)));
        slot.appended = appended;
        rooms.slots.insert(self.room, slot);
        rooms.list(self.room);
        true
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut rooms = self.cache.0.lock();
        if let Some(read) = rooms.reads.0.get_mut(&self.room) {
            read.readers -= 1;
            if read.readers == 0 {
                rooms.reads.0.remove(&self.room);
            }
        }
    }
}

/// A room that is being made counts as an open one.
pub struct Place<'a>(&'a RoomCache, Arc<Maker>);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let made = &mut self.0.0.lock().made;
        if let Some(at) = made.iter().position(|maker| Arc::ptr_eq(maker, &self.1)) {
            made.swap_remove(at);
        }
    }
}

impl RoomCache {
    /// Begins to read a room that is not known, or to make it: before anything of it is read or written.
    pub fn reading(&self, room: RoomId) -> Reading<'_> {
        self.0.lock().reads.0.entry(room).or_default().readers += 1;
        Reading { cache: self, room }
    }

    /// A place for a new room, if fewer than `limit` are open or being made here, and not too many of the same maker.
    ///
    /// # Errors
    /// `StorageFull`, or `RateLimited` as [`OpenRooms::check`](crate::rules::OpenRooms::check) says.
    pub fn place(&self, limit: usize, new: &NewRoom) -> Result<Place<'_>, Refusal> {
        let mut rooms = self.0.lock();
        if rooms.listed.len() + rooms.made.len() >= limit {
            return Err(Refusal::StorageFull);
        }
        let open = rooms
            .slots
            .values()
            .map(|slot| &slot.folded.state)
            .filter(|state| !state.ended);
        let makers = open.map(|state| &state.maker).chain(&rooms.made);
        new.most.check(makers.map(Arc::as_ref), &new.maker)?;
        let maker = Arc::new(new.maker.clone());
        rooms.made.push(Arc::clone(&maker));
        Ok(Place(self, maker))
    }

    /// How many rooms are being made here.
    pub fn making(&self) -> usize {
        self.0.lock().made.len()
    }
}
