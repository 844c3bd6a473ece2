//! Carries deletions and edits out: what was deleted or changed of messages, and what is left of rooms that have ended.
//!
//! An entry of the log says what is deleted, and from then on nobody reads it. Its content is deleted afterwards, in slices,
//! by the server that appended the entry, or by another one if that server dies. What an edit says is written to its message
//! and taken out of the entry that brought it. Both are marked by who works on them, and end with an entry of their own. The entries of a room that has ended are emptied, the last one last, and
//! deleted by the database when no server can take the room for open any more.

mod slices;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use mongodb::bson::{Document, doc};
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{
    append_queue::{AppendQueue, Request, Task},
    client::within,
    documents::{entry_id, signed},
    folded::{Deletion, Edit, Hidden},
    gifs::says,
    log::Log,
};
use crate::{
    domain::{GifName, Moment, RoomId, Seq, VisitorId},
    store::StoreError,
};

/// Messages emptied by one write; it takes some 30 ms.
const SLICE: u64 = 1_000;

/// Entries before the last snapshot of a room that stay at least: a server that reads the one before it, and then the entries
/// behind that, finds them all, unless so many came in between.
const BEHIND: u64 = 1_000;

/// A server that has not renewed its mark on a deletion for so long does not work on it any more.
const TAKEN_FOR: Duration = Duration::from_secs(10);

/// How often a mark is renewed, at most.
const RENEW: Duration = Duration::from_secs(3);

/// How long a call waits for what it deleted to be gone. Most is by then.
const PROMPTLY: Duration = Duration::from_secs(1);

/// Age of a deletion at which whoever appended it may not carry it out any more.
const LATE: Duration = Duration::from_secs(2);

/// Pause after something failed.
const AGAIN: Duration = Duration::from_secs(1);

/// A room in which something is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    /// What was deleted or changed of its messages.
    Messages(RoomId),
    /// All of it: it has ended.
    Room(RoomId),
}

/// Carries deletions out.
pub struct Eraser {
    log: Log,
    queue: Arc<AppendQueue>,
    worker: String,
    /// As many as there are rooms at most.
    waiting: Mutex<HashSet<Work>>,
    wake: Notify,
}

impl Eraser {
    pub fn new(log: Log, queue: Arc<AppendQueue>) -> Self {
        Self {
            log,
            queue,
            worker: format!("{:032x}", rand::random::<u128>()),
            waiting: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Sees to it that something is deleted soon.
    pub fn begin(&self, work: Work) {
        self.waiting.lock().insert(work);
        self.wake.notify_one();
    }

    /// Deletes something; the files that nothing names any more. What takes longer goes on in the background.
    pub async fn promptly(&self, work: Work) -> Vec<GifName> {
        match timeout(PROMPTLY, self.erase(work)).await {
            Ok(Ok(names)) => names,
            unfinished => {
                if let Ok(Err(error)) = unfinished {
                    warn!(%error, ?work, "a deletion is carried out later");
                }
                self.begin(work);
                Vec::new()
            }
        }
    }

    /// Works until dropped.
    pub async fn run(&self) {
        loop {
            let work = self.waiting.lock().iter().next().copied();
            let Some(work) = work else {
                self.wake.notified().await;
                continue;
            };
            // Before it is looked what there is: what comes meanwhile is work of its own.
            self.waiting.lock().remove(&work);
            let begun = Instant::now();
            let erased = self.erase(work).await;
            match erased {
                Ok(files) => info!(?work, files = files.len(), took = ?begun.elapsed(), "a deletion is carried out"),
                Err(error) => {
                    // Found again by its entry.
                    warn!(%error, ?work, "a deletion can't be carried out now");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// The files that nothing names any more.
    async fn erase(&self, work: Work) -> Result<Vec<GifName>, StoreError> {
        match work {
            Work::Room(room) => self.erase_room(room).await,
            Work::Messages(room) => {
                let breaker = &self.log.collections.breaker;
                let open = breaker.guard(self.log.fresh(room)).await?;
                let mut names = Vec::new();
                for edit in open.iter().flat_map(|open| open.edits.iter()) {
                    self.rewrite(room, edit).await?;
                }
                for deletion in open.iter().flat_map(|open| open.deletions.iter()) {
                    names.extend(self.carry_out(room, deletion).await?);
                }
                names.extend(self.forget(room).await?);
                Ok(names)
            }
        }
    }

    async fn carry_out(&self, room: RoomId, deletion: &Deletion) -> Result<Vec<GifName>, StoreError> {
        if !self.take(room, deletion.seq).await? {
            return Ok(Vec::new());
        }
        let collections = &self.log.collections;
        let which = hidden(room, deletion);
        if deletion.forbid {
            // Before the messages lose them: if this server dies in between, the next one finds all as it was.
            let id = room.to_string();
            let forbid = collections.forbid_gifs_of(&id, which.clone());
            collections.breaker.guard(forbid).await?;
        }
        let names = match deletion.hidden {
            Hidden::Message(_) => collections.breaker.guard(collections.blank(which)).await?,
            Hidden::Author(visitor) => self.clear(room, visitor, deletion).await?,
        };
        collections.breaker.guard(self.log.forget_reports(room)).await?;
        self.note_done(room, deletion.seq).await?;
        Ok(names)
    }

    /// Deletes what a room does not keep any more. Whoever finds a deletion or an edit that is not carried out leaves it for
    /// the next time: these find their messages, and mark their own entries, by what would be gone.
    async fn forget(&self, room: RoomId) -> Result<Vec<GifName>, StoreError> {
        let collections = &self.log.collections;
        let open = collections.breaker.guard(self.log.fresh(room)).await?;
        let Some(open) = open.filter(|open| open.state.forgotten > 0 && open.deletions.is_empty()) else {
            return Ok(Vec::new());
        };
        let until = open.state.forgotten;
        if open.edits.iter().any(|edit| edit.seq <= until) {
            return Ok(Vec::new());
        }
        let (mut names, mut more) = (Vec::new(), true);
        while more {
            let slice = collections.breaker.guard(collections.forget_slice(room, until)).await?;
            names.extend(slice.0);
            more = slice.1;
        }
        collections.breaker.guard(self.log.forget_reports(room)).await?;
        collections.breaker.guard(collections.prune(room)).await?;
        Ok(names)
    }

    /// Lets a message say what an edit says.
    async fn rewrite(&self, room: RoomId, edit: &Edit) -> Result<(), StoreError> {
        if !self.take(room, edit.seq).await? {
            return Ok(());
        }
        let collections = &self.log.collections;
        let rewritten = collections.rewrite(room, edit);
        collections.breaker.guard(rewritten).await?;
        self.note_done(room, edit.seq).await
    }

    /// Notes that what the entry with that `seq` says has been carried out.
    async fn note_done(&self, room: RoomId, seq: Seq) -> Result<(), StoreError> {
        self.queue.append(Request::new(room, Task::Erased(seq))).await?;
        let collections = &self.log.collections;
        collections.breaker.guard(collections.note_erased(room, seq)).await
    }

    /// Deletes what a visitor wrote before a deletion.
    async fn clear(&self, room: RoomId, visitor: VisitorId, deletion: &Deletion) -> Result<Vec<GifName>, StoreError> {
        let (collections, mut names) = (&self.log.collections, Vec::new());
        let (mut from, mut renewed) = (Some(0), Instant::now());
        while let Some(begin) = from {
            let slice = collections.clear_slice(room, visitor, (begin, signed(deletion.seq)));
            let (gone, next) = collections.breaker.guard(slice).await?;
            names.extend(gone);
            from = next;
            if renewed.elapsed() >= RENEW {
                self.take(room, deletion.seq).await?;
                renewed = Instant::now();
            }
        }
        Ok(names)
    }

    /// Marks the entry with that `seq` as worked on; whether nobody else does.
    async fn take(&self, room: RoomId, seq: Seq) -> Result<bool, StoreError> {
        let collections = &self.log.collections;
        let now = Moment::now().millis();
        let mut free = doc! { "room": room.to_string(), "seq": signed(seq) };
        free.insert(
            "$or",
            [
                doc! { "taken": { "$exists": false } },
                doc! { "taken.by": &self.worker },
                doc! { "taken.at": { "$lt": now.saturating_sub(signed(TAKEN_FOR.as_millis())) } },
            ],
        );
        let take = doc! { "$set": { "taken": { "by": &self.worker, "at": now } } };
        let taken = within(collections.log.update_one(free, take));
        Ok(collections.breaker.guard(taken).await?.matched_count > 0)
    }

    async fn erase_room(&self, room: RoomId) -> Result<Vec<GifName>, StoreError> {
        let (collections, id) = (&self.log.collections, room.to_string());
        let ended = collections.breaker.guard(collections.end_of(room)).await?;
        let begin = async {
            let names = collections
                .named(doc! { "room": &id, "gif.name": { "$exists": true } })
                .await?;
            collections.delete_blobs(&names).await?;
            // A server that starts does not find the room by its snapshot any more.
            within(collections.rooms.delete_one(doc! { "_id": &id })).await?;
            within(collections.forbidden.delete_many(doc! { "room": &id })).await?;
            Ok(names)
        };
        let names = collections.breaker.guard(begin).await?;
        let Some(ended) = ended else {
            return Ok(names);
        };
        let mut from = 1;
        while from < ended {
            let to = ended.min(from + SLICE);
            let slice = doc! { "_id": { "$gte": entry_id(room, from), "$lt": entry_id(room, to) } };
            self.empty(slice).await?;
            from = to;
        }
        self.empty(doc! { "_id": entry_id(room, ended) }).await?;
        Ok(names)
    }

    /// Takes all from entries of a room that has ended but that it has. They keep their positions: a server that does not
    /// know of the end yet can't append there, and reads the end instead. The database deletes them later.
    async fn empty(&self, entries: Document) -> Result<(), StoreError> {
        let nothing = doc! {
            "_id": "$_id", "room": "$room", "at": "$at", "by": "$by", "kind": "ended", "emptied": "$$NOW",
        };
        let log = &self.log.collections.log;
        let emptied = log.update_many(entries, vec![doc! { "$replaceWith": nothing }]);
        let breaker = &self.log.collections.breaker;
        breaker.guard(within(emptied)).await.map(drop)
    }

    /// Sees to deletions and edits that nobody has carried out in time.
    pub fn find_late(&self) {
        let before = Moment::from_millis(Moment::now().millis().saturating_sub(signed(LATE.as_millis())));
        let rooms = self.log.cache.all();
        let late = rooms.iter().filter(|room| {
            let (mut deletions, mut edits) = (room.deletions.iter(), room.edits.iter());
            deletions.any(|deletion| deletion.at < before) || edits.any(|edit| edit.at < before)
        });
        late.for_each(|room| self.begin(Work::Messages(room.state.room.id)));
    }

    /// Sees to rooms whose content servers that died have not deleted.
    pub async fn find_left_behind(&self) -> Result<(), StoreError> {
        let before = Moment::now().millis().saturating_sub(signed(TAKEN_FOR.as_millis()));
        let ended = doc! { "edge": "ended", "at": { "$lt": before } };
        for room in self.log.collections.rooms_of(ended).await? {
            self.begin(Work::Room(room));
        }
        Ok(())
    }

    /// Deletes what crashes left behind: documents of rooms that are gone, and GIFs that nothing names.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let collections = &self.log.collections;
        for room in collections.rooms_with_documents().await? {
            if self.log.fresh(room).await?.is_none() {
                self.erase_room(room).await?;
            }
        }
        for room in self.log.cache.all().iter().filter(|room| room.state.forgotten > 0) {
            self.begin(Work::Messages(room.state.room.id));
        }
        collections.sweep_blobs().await
    }
}

/// Finds what a deletion hides.
fn hidden(room: RoomId, deletion: &Deletion) -> Document {
    let mut which = says(room);
    match deletion.hidden {
        Hidden::Message(message) => which.insert("message", message.to_string()),
        Hidden::Author(visitor) => {
            which.insert("seq", doc! { "$lt": signed(deletion.seq) });
            which.insert("visitor", visitor.to_string())
        }
    };
    which
}
