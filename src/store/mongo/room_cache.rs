//! The rooms as this server knows them: folded from the entries that it read, heard from the change stream or appended.
//!
//! The change stream has all entries of all rooms in order, but a moment late. What this server appends or reads is applied
//! at once; what followers are told of it waits until the stream has it, so that they hear everything in one order.
//! There is a slot for each open room, of which there are as many as may be open. A room that was read while its end was
//! heard gets none: the stream would never say again that it is gone.

mod reading;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap, VecDeque, hash_map},
    ops::Bound,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use self::reading::Reads;
use super::{
    documents::{Entry, Position, Record},
    folded::Folded,
};
use crate::{
    domain::{Maker, Room, RoomId, VisitorId},
    rules::{Due, Event, Graces, Now, due},
    store::{Change, Occupancy, RoomCursor, RoomPage, changes::changes_of},
};

/// Entries of one room that the change stream may be behind. Beyond it, followers are told of the earliest with the room as
/// it is now.
const WAITING: usize = 4_096;

/// Entries after which a snapshot is due.
const ENTRIES: Position = 200;

/// How long a room has to be quiet for a snapshot of the rest.
const QUIET: Duration = Duration::from_secs(5);

/// All open rooms.
#[derive(Default)]
pub struct RoomCache(Mutex<Rooms>);

#[derive(Default)]
struct Rooms {
    slots: HashMap<RoomId, Slot>,
    /// The places of open rooms in the list, the oldest first.
    listed: BTreeSet<RoomCursor>,
    reads: Reads,
    /// Who makes the rooms that are being made.
    made: Vec<Arc<Maker>>,
}

impl Rooms {
    /// Lists a room that is new, and takes one that has ended from the list.
    fn list(&mut self, id: RoomId) {
        let Some(slot) = self.slots.get(&id) else { return };
        let state = &slot.folded.state;
        let cursor = RoomCursor::of(&state.room);
        if state.ended {
            self.listed.remove(&cursor);
        } else {
            self.listed.insert(cursor);
        }
    }
}

struct Slot {
    folded: Arc<Folded>,
    /// The last entry that the change stream had.
    heard: Position,
    /// What followers will be told of entries after `heard`, with the position of each.
    waiting: VecDeque<(Position, Vec<Change>)>,
    /// The entry up to which there is a snapshot.
    saved: Position,
    /// Whether this server appended since, so that it is the one to write the next snapshot.
    appended: bool,
    changed: Instant,
}

impl Slot {
    fn new(folded: Folded, heard: Position, saved: Position) -> Self {
        Self {
            folded: Arc::new(folded),
            heard,
            waiting: VecDeque::new(),
            saved,
            appended: false,
            changed: Instant::now(),
        }
    }

    /// Applies an entry if it is the next; what followers are to be told of it. Nothing follows the end of a room: its
    /// entries are emptied, and each of them reads as the end.
    fn apply(&mut self, entry: &Entry) -> Option<Vec<Change>> {
        if self.folded.state.ended || entry.position != self.folded.position + 1 {
            return None;
        }
        let folded = Arc::make_mut(&mut self.folded);
        let members = folded.state.room.count;
        folded.apply(entry);
        self.changed = Instant::now();
        Some(told(entry, members, &self.folded))
    }

    /// The same for one that the stream has not had; what is told of it waits.
    fn apply_early(&mut self, entry: &Entry) {
        if let Some(changes) = self.apply(entry)
            && entry.position > self.heard
        {
            self.waiting.push_back((entry.position, changes));
            if self.waiting.len() > WAITING {
                self.waiting.pop_front();
            }
        }
    }

    /// What followers are told now that the stream has an entry.
    fn hear(&mut self, entry: &Entry) -> Vec<Change> {
        if entry.position <= self.heard {
            return Vec::new();
        }
        self.heard = entry.position;
        if let Some(changes) = self.apply(entry) {
            return changes;
        }
        while let Some((position, _)) = self.waiting.front() {
            match position.cmp(&entry.position) {
                std::cmp::Ordering::Less => drop(self.waiting.pop_front()),
                std::cmp::Ordering::Equal => {
                    return self.waiting.pop_front().map(|(_, changes)| changes).unwrap_or_default();
                }
                std::cmp::Ordering::Greater => break,
            }
        }
        told(entry, self.folded.state.room.count, &self.folded)
    }
}

fn told(entry: &Entry, members: u32, after: &Folded) -> Vec<Change> {
    match &entry.record {
        Record::Created(..) => vec![Change::RoomCreated(after.state.room.clone())],
        Record::Event(Event::Whispered { .. }) => {
            let whisper = entry.whisper().map(Arc::new);
            whisper.map(Change::Whispered).into_iter().collect()
        }
        Record::Event(Event::Reported { .. }) => entry.report().map(Change::Reported).into_iter().collect(),
        Record::Event(event) => changes_of(event, members, &after.state, entry.message().map(Arc::new)),
        Record::Pruned | Record::Erased(_) | Record::Migrated(_) => Vec::new(),
    }
}

impl RoomCache {
    /// How many rooms are open.
    pub fn len(&self) -> usize {
        self.0.lock().listed.len()
    }

    /// How much there is in open rooms.
    pub fn occupancy(&self) -> Occupancy {
        let rooms = self.0.lock();
        let open = rooms.slots.values().filter(|slot| !slot.folded.state.ended);
        Occupancy::of(open.map(|slot| &slot.folded.state.room))
    }

    /// A room as this server knows it; it may have ended.
    pub fn get(&self, room: RoomId) -> Option<Arc<Folded>> {
        Some(Arc::clone(&self.0.lock().slots.get(&room)?.folded))
    }

    /// Applies entries of known rooms that a majority has. `appended` says that this server appended them.
    pub fn apply(&self, entries: &[Entry], appended: bool) {
        let mut rooms = self.0.lock();
        for entry in entries {
            if let Some(slot) = rooms.slots.get_mut(&entry.room) {
                slot.apply_early(entry);
                slot.appended |= appended;
                if slot.folded.state.ended {
                    rooms.list(entry.room);
                }
            }
        }
    }

    /// Takes a room as it was read anew, if that is later than what is known.
    pub fn overtake(&self, folded: Folded) {
        let mut rooms = self.0.lock();
        let room = folded.state.room.id;
        if let Some(slot) = rooms.slots.get_mut(&room)
            && !slot.folded.state.ended
            && slot.folded.position < folded.position
        {
            slot.folded = Arc::new(folded);
            slot.changed = Instant::now();
            rooms.list(room);
        }
    }

    /// Notes that the stream has an entry; what followers are told.
    pub fn hear(&self, entry: &Entry) -> Vec<Change> {
        let mut rooms = self.0.lock();
        let slot = match rooms.slots.entry(entry.room) {
            hash_map::Entry::Occupied(slot) => slot.into_mut(),
            hash_map::Entry::Vacant(free) => {
                // Else it is of a room that has ended.
                let Some(folded) = Folded::begin(entry) else {
                    if matches!(entry.record, Record::Event(Event::Ended)) {
                        rooms.reads.end(entry.room);
                    }
                    return Vec::new();
                };
                let slot = free.insert(Slot::new(folded, entry.position, 0));
                let changes = told(entry, 0, &slot.folded);
                rooms.list(entry.room);
                return changes;
            }
        };
        let changes = slot.hear(entry);
        if slot.folded.state.ended {
            let is_over = slot.heard >= slot.folded.position;
            rooms.list(entry.room);
            if is_over {
                rooms.slots.remove(&entry.room);
                rooms.reads.end(entry.room);
            }
        }
        changes
    }

    /// Replaces what is known by all open rooms as they were read from then on, after the stream was opened. What is known
    /// already of later entries stays.
    pub fn replace(&self, read: Vec<(Folded, Position)>, since: Instant) {
        let mut rooms = self.0.lock();
        let mut before = std::mem::take(&mut rooms.slots);
        for (folded, saved) in read {
            let (id, heard) = (folded.state.room.id, folded.position);
            let slot = match before.remove(&id) {
                Some(mut known) if known.folded.position >= heard => {
                    known.heard = heard;
                    known.waiting.retain(|(position, _)| *position > heard);
                    known
                }
                _ => {
                    let mut slot = Slot::new(folded, heard, saved);
                    // Nobody may be left who would write a snapshot of the rest.
                    slot.appended = heard > saved;
                    slot
                }
            };
            rooms.slots.insert(id, slot);
        }
        // What the stream has never had was made while the rooms were read, unless it was there before: then it has ended.
        let unheard = before.into_iter();
        let unheard = unheard.filter(|(_, slot)| slot.heard == 0 && slot.changed >= since && !slot.folded.state.ended);
        rooms.slots.extend(unheard);
        let open = rooms.slots.values().filter(|slot| !slot.folded.state.ended);
        rooms.listed = open.map(|slot| RoomCursor::of(&slot.folded.state.room)).collect();
    }

    /// A page of the list, newest first.
    pub fn page(&self, after: Option<RoomCursor>, limit: usize) -> RoomPage {
        let rooms = self.0.lock();
        let end = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut page = rooms.listed.range((Bound::Unbounded, end)).rev();
        let cursors: Vec<_> = page.by_ref().take(limit).copied().collect();
        let open = cursors.iter().filter_map(|cursor| rooms.slots.get(&cursor.room));
        RoomPage {
            next: cursors.last().copied().filter(|_| page.next().is_some()),
            rooms: open.map(|slot| slot.folded.state.room.clone()).collect(),
            total: rooms.listed.len(),
        }
    }

    /// The rooms in which a visitor has a seat, newest first.
    pub fn of(&self, visitor: VisitorId, limit: usize) -> Vec<Room> {
        let rooms = self.0.lock();
        let newest = rooms
            .listed
            .iter()
            .rev()
            .filter_map(|cursor| rooms.slots.get(&cursor.room));
        let theirs = newest.filter(|slot| slot.folded.state.member(visitor).is_some());
        theirs.take(limit).map(|slot| slot.folded.state.room.clone()).collect()
    }

    /// What time gives rise to in all rooms.
    pub fn due(&self, graces: Graces, now: Now) -> Vec<(RoomId, Due)> {
        let of_room = |folded: &Folded| -> Vec<_> {
            let due = due(&folded.state, graces, now);
            due.into_iter().map(|due| (folded.state.room.id, due)).collect()
        };
        self.all().iter().flat_map(|folded| of_room(folded)).collect()
    }

    /// All rooms.
    pub fn all(&self) -> Vec<Arc<Folded>> {
        let rooms = self.0.lock();
        rooms.slots.values().map(|slot| Arc::clone(&slot.folded)).collect()
    }

    /// The rooms of which this server has to write a snapshot: all with `last`, else those where one is due.
    pub fn unsaved(&self, last: bool) -> Vec<Arc<Folded>> {
        let rooms = self.0.lock();
        let unsaved = rooms.slots.values().filter(|slot| {
            let entries = slot.folded.position.saturating_sub(slot.saved);
            let due = entries >= ENTRIES || slot.changed.elapsed() >= QUIET;
            slot.appended && entries > 0 && (due || last) && !slot.folded.state.ended
        });
        unsaved.map(|slot| Arc::clone(&slot.folded)).collect()
    }

    /// Notes that there is a snapshot of a room.
    pub fn saved(&self, room: RoomId, position: Position) {
        if let Some(slot) = self.0.lock().slots.get_mut(&room) {
            slot.saved = slot.saved.max(position);
            slot.appended &= slot.folded.position > slot.saved;
        }
    }
}
