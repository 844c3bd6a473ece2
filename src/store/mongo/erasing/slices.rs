//! What a deletion takes out of the log, one bounded write at a time.

use mongodb::bson::{Document, doc};

use super::SLICE;
use crate::{
    domain::{GifName, RoomId, VisitorId},
    store::{
        StoreError,
        mongo::{
            client::{Collections, within},
            documents::{Position, signed},
            folded::Deletion,
            gifs::says,
        },
    },
};

impl Collections {
    /// The position of the last entry of a room that has ended.
    pub(super) async fn end_of(&self, room: RoomId) -> Result<Option<Position>, StoreError> {
        let ended = doc! { "edge": "ended", "room": room.to_string() };
        let ended = self.entries(ended, doc! { "_id": 1 }, Some(1)).await?;
        Ok(ended.first().map(|entry| entry.position))
    }

    /// Deletes what messages say; the files that nothing names any more.
    pub(super) async fn blank(&self, which: Document) -> Result<Vec<GifName>, StoreError> {
        let mut with_gif = which.clone();
        with_gif.insert("gif.name", doc! { "$exists": true });
        let gifs = self.named(with_gif).await?;
        let unnamed = if gifs.is_empty() {
            gifs
        } else {
            self.unnamed_without(gifs, which.clone()).await?
        };
        // Before the messages lose the names: if this fails, the next attempt finds the files by them.
        self.delete_unclaimed(&unnamed).await?;
        let nothing = doc! { "$unset": { "chat": "", "gif": "" } };
        within(self.log.update_many(which, nothing)).await?;
        Ok(unnamed)
    }

    /// Deletes what a visitor said in a room from one `seq` up to before another, as much as one write may. Returns the
    /// files that nothing names any more, and where the next slice begins if there is one.
    pub(super) async fn clear_slice(
        &self,
        room: RoomId,
        visitor: VisitorId,
        (from, to): (i64, i64),
    ) -> Result<(Vec<GifName>, Option<i64>), StoreError> {
        let seqs = doc! { "$gte": from, "$lt": to };
        let theirs = doc! { "room": room.to_string(), "visitor": visitor.to_string(), "seq": seqs };
        let rest = self.log.clone_with_type::<Document>();
        let rest = rest.find_one(theirs).sort(doc! { "seq": 1 }).skip(SLICE);
        let rest = within(rest.projection(doc! { "_id": 0, "seq": 1 })).await?;
        let next = rest.and_then(|next| next.get_i64("seq").ok());
        let mut which = says(room);
        which.insert("visitor", visitor.to_string());
        which.insert("seq", doc! { "$gte": from, "$lt": next.unwrap_or(to) });
        Ok((self.blank(which).await?, next))
    }

    pub(super) async fn note_erased(&self, room: RoomId, deletion: &Deletion) -> Result<(), StoreError> {
        let entry = doc! { "room": room.to_string(), "seq": signed(deletion.seq) };
        let erased = doc! { "$unset": { "pending": "", "taken": "" } };
        within(self.log.update_one(entry, erased)).await.map(drop)
    }
}
