//! Lines that nobody wrote, on their way to the messages.
//!
//! What changes a room writes the line about it into the room's document, in the same update. The queue of the room then
//! inserts it as a message under the id it got there, and takes it out. Whoever finds a line left behind by a crash does
//! the same; the id decides that it is stored once.

use mongodb::{
    bson::{Document, doc},
    options::ReadConcern,
};

use super::{
    client::{Tables, duplicate_at, failure, within},
    documents::{LineDoc, signed},
    rooms::{by_id, not_found},
};
use crate::{
    domain::{MessageId, RoomId, Seq},
    store::StoreError,
};

impl Tables {
    /// Stores the lines of a room behind a place, in their order; the last place that is taken then.
    pub async fn store_lines(&self, room: RoomId, all: &[LineDoc], mut seq: Seq) -> Result<Seq, StoreError> {
        // One that has a place is stored; it stays until what it clears is deleted.
        let all: Vec<_> = all.iter().filter(|line| line.place.is_none()).cloned().collect();
        if all.is_empty() {
            return Ok(seq);
        }
        let (id, mut lines) = (room.to_string(), &all[..]);
        // What a line says of messages is done, or hidden, before anybody hears it, so that no server shows them anew.
        for line in all.iter().filter(|line| line.is_about_messages()) {
            self.apply(&id, line, seq + 1).await?;
        }
        while !lines.is_empty() {
            let placed = (seq + 1..).zip(lines).map(|(seq, line)| line.placed(&id, seq));
            let inserted = self.messages.insert_many(placed).await;
            let stored = match &inserted {
                Ok(_) => lines.len(),
                Err(error) => duplicate_at(error).ok_or_else(|| failure(error.clone()))?,
            };
            seq += stored as Seq;
            lines = lines.get(stored..).unwrap_or_default();
            if let Some((first, others)) = lines.split_first() {
                // Either another server stored it, or it took the place. The refusal came with the write concern of the
                // insert, so a majority has what was in the way.
                let (found, now) = tokio::try_join!(self.find_place(&first.id), self.last_seq(room))?;
                seq = seq.max(now);
                if found.is_some() {
                    lines = others;
                }
            }
        }
        for line in all.iter().filter(|line| line.is_about_messages()) {
            // And to those that came in between.
            if let Some(place) = self.find_place(&line.id).await? {
                self.apply(&id, line, place).await?;
                if line.clears() {
                    self.note_place(room, line, signed(place)).await?;
                }
            }
        }
        let (_, done): (Vec<_>, Vec<_>) = all.into_iter().partition(LineDoc::clears);
        if !done.is_empty() {
            self.drop_lines(room, &done).await?;
        }
        Ok(seq)
    }

    /// Takes lines out of a room's document.
    pub async fn drop_lines(&self, room: RoomId, lines: &[LineDoc]) -> Result<(), StoreError> {
        let ids: Vec<_> = lines.iter().map(|line| &line.id).collect();
        let stored = doc! { "$pull": { "lines": { "_id": { "$in": ids } } } };
        let update = self.rooms.update_one(by_id(room), stored);
        within(update).await.map(drop)
    }

    /// The place of a line that was just stored. It is gone only with its room.
    pub async fn place_of(&self, line: MessageId) -> Result<Seq, StoreError> {
        self.find_place(&line.to_string()).await?.ok_or_else(not_found)
    }

    /// The place of a message, when it is stored.
    pub async fn find_place(&self, message: &str) -> Result<Option<Seq>, StoreError> {
        let messages = self.messages.clone_with_type::<Document>();
        let found = messages
            .find_one(doc! { "_id": message })
            .projection(doc! { "seq": 1, "_id": 0 })
            .read_concern(ReadConcern::majority());
        let seq = within(found).await?.and_then(|found| found.get_i64("seq").ok());
        Ok(seq.and_then(|seq| Seq::try_from(seq).ok()))
    }
}
