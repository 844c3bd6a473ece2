//! Messages of one visitor that an owner cleared: gone for readers by the commit, deleted in slices afterwards.
//!
//! The line that says so stays in the document of the room until the last slice is done, and everything that reads messages
//! leaves out what such a line covers. A server works on a line as long as it renews its mark on it; when it dies, the
//! next server that finds the line goes on.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use mongodb::{
    ClientSession,
    bson::{DateTime, Document, doc},
    options::ReadConcern,
};
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{
    client::{ANSWER, Tables, within},
    documents::{LineDoc, MessageDoc, signed},
    moderation::says,
    rooms::by_id,
    seats::written,
};
use crate::{
    domain::{GifName, LineKind, RoomId},
    store::StoreError,
};

/// Messages deleted by one write; it takes some 30 ms.
const SLICE: u64 = 1_000;

/// A server that has not renewed its mark on a line for so long does not work on it any more.
const TAKEN_FOR: Duration = Duration::from_secs(10);

/// How often a mark is renewed, at most.
const RENEW: Duration = Duration::from_secs(3);

/// How long a call waits for what it cleared to be deleted. Most are done by then.
const PROMPTLY: Duration = Duration::from_secs(1);

/// Pause after a slice that failed.
const AGAIN: Duration = Duration::from_secs(1);

/// The lines of a room whose messages are not all deleted yet.
#[derive(Debug, Default)]
pub struct Cleared(Vec<LineDoc>);

#[derive(Deserialize)]
struct LinesDoc {
    #[serde(default)]
    lines: Vec<LineDoc>,
}

impl Cleared {
    /// Those among the lines of a room.
    pub fn among(lines: &[LineDoc]) -> Self {
        let cleared = lines.iter().filter(|line| line.clears());
        Self(cleared.cloned().collect())
    }

    /// Narrows a query down to messages that are not covered. A line without a place covers all.
    pub fn leave_out(&self, mut which: Document) -> Document {
        let covered = |line: &LineDoc| {
            let before = line.place.unwrap_or(i64::MAX);
            doc! { "visitor": &line.visitor, "seq": { "$lt": before } }
        };
        if !self.0.is_empty() {
            which.insert("$nor", self.0.iter().map(covered).collect::<Vec<_>>());
        }
        which
    }

    /// Whether there is something to delete: one on its way to the messages is not ready.
    pub fn is_placed(&self) -> bool {
        self.0.iter().any(|line| line.place.is_some())
    }

    fn covers(&self, message: &MessageDoc) -> bool {
        let covers =
            |line: &LineDoc| line.visitor == message.visitor && line.place.is_none_or(|place| message.seq < place);
        message.line.is_none() && self.0.iter().any(covers)
    }
}

impl Tables {
    /// What is being cleared in a room. To be asked for before the messages are read, and by the same session: what is not
    /// found here any more is deleted from them.
    pub async fn cleared(&self, room: RoomId, session: &mut ClientSession) -> Result<Cleared, StoreError> {
        let is_one = doc! { "$eq": ["$$line.line", LineKind::Cleared.name()] };
        let lines = doc! { "$filter": { "input": written(), "as": "line", "cond": is_one } };
        let found = self.rooms.clone_with_type::<LinesDoc>();
        let found = found
            .find_one(by_id(room))
            .projection(doc! { "_id": 0, "lines": lines })
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(session);
        Ok(Cleared(
            within(found).await?.map(|found| found.lines).unwrap_or_default(),
        ))
    }

    /// The same for who reads no messages after it.
    pub async fn cleared_now(&self, room: RoomId) -> Result<Cleared, StoreError> {
        let mut session = self.up_to_date().await?;
        self.cleared(room, &mut session).await
    }

    /// Takes from messages that were read what is cleared of them.
    pub async fn blank(&self, mut cleared: Cleared, messages: &mut [MessageDoc]) -> Result<(), StoreError> {
        for line in cleared.0.iter_mut().filter(|line| line.place.is_none()) {
            // What was posted behind a line was posted after the line got its place, so that is found.
            line.place = self.find_place(&line.id).await?.map(signed);
        }
        for message in messages.iter_mut().filter(|message| cleared.covers(message)) {
            (message.chat, message.gif) = (None, None);
        }
        Ok(())
    }

    /// Notes the place that a line has got, below which it covers messages.
    pub async fn note_place(&self, room: RoomId, line: &LineDoc, place: i64) -> Result<(), StoreError> {
        let mut stored = by_id(room);
        stored.insert("lines._id", &line.id);
        let update = doc! { "$set": { "lines.$.place": place } };
        within(self.rooms.update_one(stored, update)).await.map(drop)
    }

    /// Marks a line as worked on; whether nobody else does.
    async fn take_line(&self, room: RoomId, line: &LineDoc, worker: &str) -> Result<bool, StoreError> {
        let now = self.now().await?;
        let stale = now.timestamp_millis().saturating_sub(signed(TAKEN_FOR.as_millis()));
        let mut free = by_id(room);
        let nobody = doc! { "_id": &line.id, "$or": [
            { "taken": { "$exists": false } },
            { "taken.by": worker },
            { "taken.at": { "$lt": DateTime::from_millis(stale) } },
        ] };
        free.insert("lines", doc! { "$elemMatch": nobody });
        let take = doc! { "$set": { "lines.$.taken": { "by": worker, "at": now } } };
        Ok(within(self.rooms.update_one(free, take)).await?.matched_count > 0)
    }

    /// Deletes what a visitor said in a room from one place up to before another, as much as one write may. Returns the
    /// files that nobody names any more, and where the next slice begins if there is one.
    async fn clear_slice(
        &self,
        room: RoomId,
        visitor: &str,
        (from, to): (i64, i64),
    ) -> Result<(Vec<GifName>, Option<i64>), StoreError> {
        let theirs = |seqs: Document| doc! { "room": room.to_string(), "visitor": visitor, "seq": seqs };
        let rest = self.messages.clone_with_type::<Document>();
        let rest = rest
            .find_one(theirs(doc! { "$gte": from, "$lt": to }))
            .sort(doc! { "seq": 1 })
            .skip(SLICE)
            .projection(doc! { "_id": 0, "seq": 1 });
        let next = within(rest).await?.and_then(|next| next.get_i64("seq").ok());
        let mut which = theirs(doc! { "$gte": from, "$lt": next.unwrap_or(to) });
        which.extend(says());
        let mut with_gif = which.clone();
        with_gif.insert("gif.name", doc! { "$exists": true });
        let gifs = self.named_by(&self.messages.clone_with_type(), with_gif).await?;
        let nothing = doc! { "$unset": { "chat": "", "gif": "" } };
        within(self.messages.update_many(which, nothing)).await?;
        if gifs.is_empty() {
            return Ok((gifs, next));
        }
        let unnamed = self.unnamed(gifs).await?;
        self.delete_unclaimed(&unnamed).await?;
        Ok((unnamed, next))
    }
}

/// Deletes what was cleared, room after room.
pub struct Clearing {
    tables: Tables,
    worker: String,
    /// Rooms with something to delete; as many as there are at most.
    waiting: Mutex<HashSet<RoomId>>,
    wake: Notify,
}

impl Clearing {
    pub fn new(tables: Tables) -> Self {
        Self {
            tables,
            worker: format!("{:032x}", rand::random::<u128>()),
            waiting: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Sees to it that what is cleared in a room is deleted soon.
    pub fn begin(&self, room: RoomId) {
        self.waiting.lock().insert(room);
        self.wake.notify_one();
    }

    /// Deletes what is cleared in a room; the files that nobody names any more. What takes longer goes on by itself.
    pub async fn promptly(&self, room: RoomId) -> Vec<GifName> {
        match timeout(PROMPTLY, self.clear(room)).await {
            Ok(Ok((names, _))) => names,
            unfinished => {
                if let Ok(Err(error)) = unfinished {
                    warn!(%error, %room, "what was cleared is deleted later");
                }
                self.begin(room);
                Vec::new()
            }
        }
    }

    /// Works until dropped.
    pub async fn run(&self) {
        loop {
            let room = self.waiting.lock().iter().next().copied();
            let Some(room) = room else {
                self.wake.notified().await;
                continue;
            };
            let begun = Instant::now();
            let cleared = self.clear(room).await;
            self.waiting.lock().remove(&room);
            match cleared {
                Ok((_, 0)) => (),
                Ok((_, lines)) => info!(%room, lines, took = ?begun.elapsed(), "what was cleared is deleted"),
                Err(error) => {
                    // Found again by its line.
                    warn!(%error, %room, "what was cleared can't be deleted now");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    /// The files that nobody names any more, and how many lines were carried out.
    async fn clear(&self, room: RoomId) -> Result<(Vec<GifName>, u32), StoreError> {
        let (tables, mut names, mut lines_done) = (&self.tables, Vec::new(), 0);
        let lines = tables.breaker.guard(tables.cleared_now(room)).await?;
        for line in lines.0 {
            // Without a place it is still on its way to the messages.
            let Some(place) = line.place else { continue };
            if !self.take(room, &line).await? {
                continue;
            }
            let (mut from, mut renewed) = (Some(0), Instant::now());
            while let Some(begin) = from {
                let slice = tables.clear_slice(room, &line.visitor, (begin, place));
                let (gone, next) = tables.breaker.guard(slice).await?;
                names.extend(gone);
                from = next;
                if renewed.elapsed() >= RENEW {
                    self.take(room, &line).await?;
                    renewed = Instant::now();
                }
            }
            let done = async {
                tables.forget_reports_of_blank(&room.to_string()).await?;
                tables.drop_lines(room, std::slice::from_ref(&line)).await
            };
            tables.breaker.guard(done).await?;
            lines_done += 1;
        }
        Ok((names, lines_done))
    }

    async fn take(&self, room: RoomId, line: &LineDoc) -> Result<bool, StoreError> {
        let tables = &self.tables;
        tables.breaker.guard(tables.take_line(room, line, &self.worker)).await
    }
}
