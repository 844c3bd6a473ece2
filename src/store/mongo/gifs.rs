//! Which messages name which GIFs, and which bytes a room refuses.
//!
//! A GIF that is sent again is claimed first: who deletes what nobody names leaves it when it was claimed a moment ago,
//! as the message that names it may be on its way. What is left so is found by the sweep.

use mongodb::{
    bson::{Bson, DateTime, Document, doc},
    options::ReadConcern,
};

use super::{
    client::{Collections, within},
    documents::{binary, pruned, signed, text},
    folded::{Folded, Hidden},
    log::Log,
};
use crate::{
    domain::{Body, GifBody, GifHash, GifName, Message, RoomId},
    rules::{Facts, NewBody},
    store::{FORBIDDEN, LATELY, StoreError},
};

/// How long a claim keeps a GIF, in milliseconds; longer than a call may take.
const CLAIM: i64 = 10_000;

/// Narrows a query down to messages that the room keeps and no deletion hides.
pub fn leave_hidden_out(mut which: Document, room: &Folded) -> Document {
    let hidden = room.deletions.iter().map(|deletion| match deletion.hidden {
        Hidden::Message(message) => doc! { "message": message.to_string() },
        Hidden::Author(visitor) => doc! { "visitor": visitor.to_string(), "seq": { "$lt": signed(deletion.seq) } },
    });
    let forgotten = room.state.forgotten;
    let old = (forgotten > 0).then(|| doc! { "seq": { "$lte": signed(forgotten) } });
    let hidden: Vec<_> = hidden.chain(old).collect();
    if !hidden.is_empty() {
        which.insert("$nor", hidden);
    }
    which
}

/// Finds messages of a room that say something.
pub fn says(room: RoomId) -> Document {
    let content = [
        doc! { "chat": { "$exists": true } },
        doc! { "gif": { "$exists": true } },
    ];
    doc! { "room": room.to_string(), "kind": "posted", "$or": content }
}

fn gif_of(message: Message) -> Option<GifBody> {
    match message.body {
        Body::Gif(gif) => Some(gif),
        _ => None,
    }
}

impl Log {
    /// What has to be known of a message or whisper to be stored. A GIF that is sent again is claimed.
    pub async fn facts_of(&self, room: &Folded, new: &NewBody) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        let gif = match new {
            NewBody::Chat(_) => None,
            NewBody::Gif(gif) => Some(gif.clone()),
            NewBody::Again(again) => {
                // Claimed before it is looked for: what a message names now keeps its file. What is of another room is not
                // for these people to keep.
                if self.gif_in_room(room, again.name).await?.is_some() && self.collections.claim(again.name).await? {
                    facts.earlier_gif = self.gif_in_room(room, again.name).await?;
                }
                facts.earlier_gif.clone()
            }
        };
        if let Some(hash) = gif.and_then(|gif| gif.hash) {
            facts.forbidden = self.is_forbidden(room, hash).await?;
            facts.blocked = self.collections.is_blocked(hash).await?;
        }
        Ok(facts)
    }

    /// What has to be known of a GIF to react with it. It keeps no file: that goes with the messages that name it.
    pub async fn facts_of_reaction(&self, room: &Folded, gif: Option<GifName>) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        if let Some(name) = gif {
            facts.earlier_gif = self.gif_in_room(room, name).await?;
        }
        if let Some(hash) = facts.earlier_gif.as_ref().and_then(|gif| gif.hash) {
            facts.forbidden = self.is_forbidden(room, hash).await?;
            facts.blocked = self.collections.is_blocked(hash).await?;
        }
        Ok(facts)
    }

    /// A GIF as the latest message of a room that names it says.
    async fn gif_in_room(&self, room: &Folded, name: GifName) -> Result<Option<GifBody>, StoreError> {
        let id = room.state.room.id.to_string();
        let names_it = doc! { "gif.name": name.to_string(), "room": id, "seq": { "$gt": 0_i64 } };
        let named = self.collections.messages(leave_hidden_out(names_it, room), -1, 1);
        Ok(named.await?.pop().and_then(gif_of))
    }

    /// The GIFs that the latest messages of a room name, each once, the newest first.
    pub async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        let Some(room) = self.fresh(id).await? else {
            return Ok(Vec::new());
        };
        let with_gif = doc! { "room": id.to_string(), "gif.name": { "$exists": true }, "seq": { "$gt": 0_i64 } };
        let page = self.collections.messages(leave_hidden_out(with_gif, &room), -1, LATELY);
        let mut gifs: Vec<GifBody> = Vec::new();
        for gif in page.await?.into_iter().filter_map(gif_of) {
            if gifs.len() < limit && gifs.iter().all(|known| known.name != gif.name) {
                gifs.push(gif);
            }
        }
        Ok(gifs)
    }

    /// Whether a room refuses the bytes of a GIF, also by a deletion that is not carried out yet.
    async fn is_forbidden(&self, room: &Folded, hash: GifHash) -> Result<bool, StoreError> {
        let (id, hash) = (room.state.room.id.to_string(), binary(hash.to_bytes()));
        let hidden: Vec<_> = room.deletions.iter().filter(|deletion| deletion.forbid).collect();
        for deletion in hidden {
            let mut which = doc! { "room": &id, "gif.hash": &hash };
            match deletion.hidden {
                Hidden::Message(message) => which.insert("message", message.to_string()),
                Hidden::Author(visitor) => {
                    which.insert("seq", doc! { "$lt": signed(deletion.seq) });
                    which.insert("visitor", visitor.to_string())
                }
            };
            if !self.collections.messages(which, 1, 1).await?.is_empty() {
                return Ok(true);
            }
        }
        let key = doc! { "room": id, "hash": hash };
        let found = self.collections.forbidden.find_one(key);
        Ok(within(found.read_concern(ReadConcern::majority())).await?.is_some())
    }

    /// The room whose message names a file.
    pub async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        for room in self.collections.rooms_of(doc! { "gif.name": name.to_string() }).await? {
            if let Some(open) = self.fresh(room).await?
                && self.gif_in_room(&open, name).await?.is_some()
            {
                return Ok(Some(room));
            }
        }
        Ok(None)
    }
}

impl Collections {
    /// Keeps a GIF from being deleted for a moment; whether it is there.
    async fn claim(&self, name: GifName) -> Result<bool, StoreError> {
        let claimed = doc! { "$currentDate": { "claimed": true } };
        let update = self.gifs.update_one(doc! { "_id": name.to_string() }, claimed);
        Ok(within(update).await?.matched_count > 0)
    }

    /// Finds GIFs that nobody has claimed a moment ago.
    pub fn unclaimed() -> Document {
        let since = doc! { "$subtract": ["$$NOW", CLAIM] };
        doc! { "$expr": { "$lt": [{ "$ifNull": ["$claimed", DateTime::MIN] }, since] } }
    }

    /// Makes a room refuse the bytes of the GIFs of these messages.
    pub async fn forbid_gifs_of(&self, room: &str, messages: Document) -> Result<(), StoreError> {
        let forbid = [
            doc! { "$match": messages },
            doc! { "$match": { "gif.hash": { "$exists": true } } },
            doc! { "$sort": { "seq": -1 } },
            doc! { "$limit": signed(FORBIDDEN) },
            doc! { "$group": { "_id": "$gif.hash" } },
            doc! { "$project": { "_id": 0, "room": room, "hash": "$_id", "at": "$$NOW" } },
            doc! { "$merge": { "into": self.forbidden.name(), "on": ["room", "hash"] } },
        ];
        within(self.log.aggregate(forbid)).await?;
        // Those of one moment stay or go together.
        let last = self
            .forbidden
            .find_one(doc! { "room": room })
            .sort(doc! { "at": -1 })
            .skip(FORBIDDEN as u64 - 1);
        if let Some(at) = within(last)
            .await?
            .and_then(|last| last.get_datetime("at").ok().copied())
        {
            let older = doc! { "room": room, "at": { "$lt": at } };
            within(self.forbidden.delete_many(older)).await?;
        }
        Ok(())
    }

    /// Every file that a message or a whisper names.
    pub async fn all_gifs(&self) -> Result<Vec<GifName>, StoreError> {
        self.named(doc! { "gif.name": { "$exists": true } }).await
    }

    /// The files among these that no message and no whisper names any more: they can go.
    pub async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        self.unnamed_in(names, Document::new()).await
    }

    /// The same once the messages that a filter finds name nothing.
    pub async fn unnamed_without(&self, names: Vec<GifName>, messages: Document) -> Result<Vec<GifName>, StoreError> {
        self.unnamed_in(names, doc! { "$nor": [messages] }).await
    }

    /// The one place that says so, by the messages and whispers that a filter finds.
    async fn unnamed_in(&self, mut names: Vec<GifName>, mut which: Document) -> Result<Vec<GifName>, StoreError> {
        let texts: Vec<_> = names.iter().map(GifName::to_string).collect();
        which.insert("gif.name", doc! { "$in": texts });
        let named = self.named(which).await?;
        names.sort_unstable();
        names.dedup();
        names.retain(|name| named.binary_search(name).is_err());
        Ok(names)
    }

    /// The files that some messages and whispers name, sorted, each once.
    pub async fn named(&self, which: Document) -> Result<Vec<GifName>, StoreError> {
        let names = within(self.log.distinct("gif.name", which)).await?;
        let name = |found: &Bson| text(found.as_str()?, "gif.name").ok();
        let mut names: Vec<_> = names.iter().filter_map(name).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The hash of the bytes of a file that a message or a whisper names.
    pub async fn hash_of(&self, name: GifName) -> Result<Option<GifHash>, StoreError> {
        let found = within(self.log.distinct("gif.hash", doc! { "gif.name": name.to_string() })).await?;
        let hash = |found: &Bson| match found {
            Bson::Binary(hash) => hash.bytes.as_slice().try_into().ok().map(GifHash::from_bytes),
            _ => None,
        };
        Ok(found.iter().find_map(hash))
    }

    /// Takes messages that name these files, and whispers, out of the history. Their entries stay: the log has no gaps.
    pub async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError> {
        for name in missing {
            let whispered = doc! { "gif.name": name.to_string(), "kind": "whispered" };
            within(self.log.update_many(whispered, pruned())).await?;
            let names_it = doc! { "gif.name": name.to_string() };
            let nothing = doc! { "$unset": { "gif": "", "chat": "", "message": "", "seq": "", "nonce": "" } };
            within(self.log.update_many(names_it, nothing)).await?;
        }
        Ok(())
    }
}
