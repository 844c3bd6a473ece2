//! What a deletion takes out of the log, one bounded write at a time.

use mongodb::bson::{Document, doc};

use super::{BEHIND, SLICE};
use crate::{
    domain::{GifName, RoomId, Seq, VisitorId},
    store::{
        StoreError,
        mongo::{
            client::{Collections, within},
            documents::{Position, entry_id, signed},
            folded::Edit,
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
        let unnamed = self.unname(which.clone()).await?;
        let nothing = doc! { "$unset": { "chat": "", "gif": "", "reply": "", "edited": "", "edited_by": "" } };
        within(self.log.update_many(which, nothing)).await?;
        Ok(unnamed)
    }

    /// Deletes the files that only these messages name. Before the messages lose the names: if what follows fails, the next
    /// attempt finds the files by them.
    async fn unname(&self, which: Document) -> Result<Vec<GifName>, StoreError> {
        let mut with_gif = which.clone();
        with_gif.insert("gif.name", doc! { "$exists": true });
        let gifs = self.named(with_gif).await?;
        let unnamed = if gifs.is_empty() {
            gifs
        } else {
            self.unnamed_without(gifs, which).await?
        };
        self.delete_unclaimed(&unnamed).await?;
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

    /// Lets a message say what an edit says, unless it says nothing any more or what a later edit says. Then the entry of the
    /// edit need not keep it.
    pub(super) async fn rewrite(&self, room: RoomId, edit: &Edit) -> Result<(), StoreError> {
        let mut which = says(room);
        which.insert("message", edit.message.to_string());
        which.insert("edited_by", doc! { "$not": { "$gte": signed(edit.seq) } });
        let mut now = doc! { "edited": edit.at.millis(), "edited_by": signed(edit.seq) };
        let change = match &edit.chat {
            Some(chat) => {
                now.insert("chat", chat.as_str());
                doc! { "$set": now }
            }
            None => doc! { "$set": now, "$unset": { "chat": "" } },
        };
        within(self.log.update_one(which, change)).await?;
        let entry = doc! { "room": room.to_string(), "seq": signed(edit.seq), "kind": "edited" };
        let read = within(self.log.update_one(entry, doc! { "$unset": { "chat": "" } }));
        read.await.map(drop)
    }

    /// Takes messages up to a place out of the history, as many as one write may: what they say, and that they were there. The
    /// files that nothing names any more, and whether there are more messages.
    pub(super) async fn forget_slice(&self, room: RoomId, until: Seq) -> Result<(Vec<GifName>, bool), StoreError> {
        let up_to = |seq: i64| doc! { "room": room.to_string(), "seq": { "$gt": 0_i64, "$lte": seq } };
        let rest = self.log.clone_with_type::<Document>();
        let rest = rest.find_one(up_to(signed(until))).sort(doc! { "seq": 1 }).skip(SLICE);
        let rest = within(rest.projection(doc! { "_id": 0, "seq": 1 })).await?;
        let next = rest.and_then(|next| next.get_i64("seq").ok());
        let which = up_to(next.unwrap_or(signed(until)));
        let unnamed = self.unname(which.clone()).await?;
        let nothing = [
            "chat",
            "gif",
            "reply",
            "edited",
            "edited_by",
            "nonce",
            "message",
            "count",
            "seq",
        ];
        let nothing: Document = nothing.iter().map(|field| ((*field).to_owned(), "".into())).collect();
        within(self.log.update_many(which, doc! { "$unset": nothing })).await?;
        Ok((unnamed, next.is_some()))
    }

    /// Deletes entries that nobody needs once what was said in them is gone, as a snapshot holds what they did to the room: all
    /// but the first, those by which an invite is found, and whispers and reports, which go by themselves.
    pub(super) async fn prune(&self, room: RoomId) -> Result<(), StoreError> {
        let saved = self.snapshot(room).await?.map_or(0, |snapshot| snapshot.position);
        let done = doc! { "room": room.to_string(), "kind": "forgotten", "pending": true };
        within(self.log.update_many(done, doc! { "$unset": { "pending": "" } })).await?;
        let gone = doc! {
            "_id": { "$gt": entry_id(room, 1), "$lt": entry_id(room, saved.saturating_sub(BEHIND).max(1)) },
            "seq": { "$exists": false },
            "kind": { "$nin": ["created", "invited", "whispered", "reported", "pruned", "ended"] },
        };
        within(self.log.delete_many(gone)).await.map(drop)
    }

    pub(super) async fn note_erased(&self, room: RoomId, seq: Seq) -> Result<(), StoreError> {
        let entry = doc! { "room": room.to_string(), "seq": signed(seq) };
        let erased = doc! { "$unset": { "pending": "", "taken": "" } };
        within(self.log.update_one(entry, erased)).await.map(drop)
    }
}
