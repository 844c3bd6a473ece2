//! Whispers: what one member says to one other. A whisper is an entry of the log, so that it stands before or behind
//! whatever else happens in the room. Once it has to go, its id and its place stay: who has read up to it reads on behind.

mod space;

use std::sync::Arc;

use mongodb::bson::{Document, doc};

use self::space::Gone;
use super::{
    MongoStore,
    client::Collections,
    commands::Decided,
    documents::{Entry, entry_id},
};
use crate::{
    domain::{GifName, RoomId, VisitorId, Whisper, WhisperId},
    rules::{Command, Whispering},
    store::{NewWhisper, StoreError, Whispered},
};

impl MongoStore {
    /// Stores a whisper of a member to another.
    pub(super) async fn store_whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        let (room, author, nonce) = (new.room, new.author.id, new.nonce.clone());
        let command = Command::Whisper(Whispering {
            id: WhisperId::random(),
            author: new.author,
            to: new.to,
            body: new.body,
        });
        let mut gone = Gone::default();
        if self.has_no_space(room).await? {
            // What was said before takes no more space.
            if let Some(known) = self.known(room, &command, nonce.as_ref()).await? {
                return known_whisper(&known);
            }
            // Nothing is deleted for what is refused.
            self.call(Box::pin(self.must_be_allowed(room, &command))).await?;
            gone = self.call(Box::pin(self.make_space(room, author))).await?;
        }
        let committed = match self.decide(room, &command, nonce.as_ref()).await? {
            Decided::New(committed) => committed,
            Decided::Known(known) => return known_whisper(&known),
        };
        let whisper = committed.entry.as_ref().and_then(Entry::whisper);
        let whisper = Arc::new(whisper.ok_or(StoreError::Busy)?);
        let names = self.call(Box::pin(self.tidy(&whisper, gone))).await;
        // It is stored, whatever becomes of the others.
        let unnamed = names.unwrap_or_else(|error| {
            tracing::warn!(%error, "old whispers can't be deleted now; the next one tries again");
            Vec::new()
        });
        Ok(Whispered::New(whisper, unnamed))
    }

    /// Deletes what a whisper leaves too much; the files that nothing names any more, those of `gone` among them.
    async fn tidy(&self, whisper: &Whisper, mut gone: Gone) -> Result<Vec<GifName>, StoreError> {
        let collections = &self.log.collections;
        let pruned = collections.prune_whispers(whisper).await?;
        self.fills.stored(whisper.room, gone.count + pruned.count);
        gone.names.extend(pruned.names);
        if gone.names.is_empty() {
            return Ok(Vec::new());
        }
        collections.unnamed(gone.names).await
    }
}

fn known_whisper(entry: &Entry) -> Result<Whispered, StoreError> {
    let known = entry.whisper().ok_or(StoreError::Busy)?;
    Ok(Whispered::Known(Arc::new(known)))
}

/// Finds the entries of whispers in a room.
fn in_room(room: RoomId) -> Document {
    doc! { "room": room.to_string(), "to": { "$exists": true } }
}

/// Narrows a query down to what is from or to a visitor.
fn of_visitor(mut which: Document, visitor: VisitorId) -> Document {
    let visitor = visitor.to_string();
    which.insert("$or", [doc! { "visitor": &visitor }, doc! { "to": &visitor }]);
    which
}

impl Collections {
    /// Whispers from and to a visitor in a room behind another one, oldest first.
    pub async fn whispers_of(
        &self,
        room: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError> {
        let mut which = of_visitor(in_room(room), visitor);
        if let Some(after) = after {
            // The id of a report names no place among whispers.
            let place = doc! { "room": room.to_string(), "item": after.to_string(), "kind": { "$ne": "reported" } };
            if let Some(entry) = self.entries(place, doc! { "_id": 1 }, Some(1)).await?.pop() {
                which.insert("_id", doc! { "$gt": entry_id(room, entry.position) });
            }
        }
        let page = self.entries(which, doc! { "_id": 1 }, Some(limit)).await?;
        Ok(page.iter().filter_map(Entry::whisper).collect())
    }

    /// The room in which a whisper from or to a visitor names a file.
    pub async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        let names_it = doc! { "gif.name": name.to_string(), "to": { "$exists": true } };
        let found = self.entries(of_visitor(names_it, visitor), doc! { "_id": 1 }, Some(1));
        Ok(found.await?.pop().map(|entry| entry.room))
    }
}
