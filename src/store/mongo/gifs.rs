//! Which messages name which GIFs, and which bytes a room refuses.
//!
//! A GIF that is sent again is claimed first: who deletes what nobody names leaves it when it was claimed a moment ago,
//! as the message that names it may be on its way. What is left so is found by the sweep.

use futures_util::TryStreamExt;
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
    options::ReadConcern,
};

use super::{
    client::{ANSWER, Tables, within},
    documents::{MessageDoc, binary, signed, text},
    rooms::by_id,
};
use crate::{
    domain::{GifBody, GifHash, GifName, Refusal, RoomId, Said, Seq},
    rules::NewBody,
    store::{FORBIDDEN, LATELY, StoreError},
};

/// How long a claim keeps a GIF, in milliseconds; longer than a call may take.
const CLAIM: i64 = 10_000;

impl Tables {
    /// What a message or whisper to be stored says, if its room takes it. A GIF that is sent again is claimed.
    pub async fn admit_body(&self, room: RoomId, new: NewBody) -> Result<Said, StoreError> {
        let gif = match new {
            NewBody::Chat(chat) => return Ok(Said::Chat(chat)),
            NewBody::Gif(gif) => gif,
            NewBody::Again(again) => {
                let gone = || StoreError::Refused(Refusal::NotFound);
                if !self.claim(again.name).await? {
                    return Err(gone());
                }
                // Read behind the claim: what is named now keeps its file.
                again.body(self.gif_in_room(room, again.name).await?.ok_or_else(gone)?)
            }
        };
        match gif.hash {
            Some(hash) if self.is_forbidden(room, hash).await? => Err(StoreError::Refused(Refusal::ForbiddenGif)),
            _ => Ok(Said::Gif(gif)),
        }
    }

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

    /// A GIF as the latest message of a room that names it says.
    async fn gif_in_room(&self, room: RoomId, name: GifName) -> Result<Option<GifBody>, StoreError> {
        let names_it = doc! { "gif.name": name.to_string(), "room": room.to_string() };
        let mut session = self.up_to_date().await?;
        let names_it = self.cleared(room, &mut session).await?.leave_out(names_it);
        let named = self
            .messages
            .find_one(names_it)
            .sort(doc! { "seq": -1 })
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(&mut session);
        let gif = within(named).await?.and_then(|message| message.gif);
        Ok(gif.map(|gif| gif.body()).transpose()?)
    }

    /// The GIFs that the latest messages of a room name, each once, the newest first.
    pub async fn lately_sent(&self, room: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        let with_gif = doc! { "room": room.to_string(), "gif.name": { "$exists": true } };
        let mut session = self.up_to_date().await?;
        let with_gif = self.cleared(room, &mut session).await?.leave_out(with_gif);
        let page = async {
            let mut found = self
                .messages
                .find(with_gif)
                .sort(doc! { "seq": -1 })
                .limit(signed(LATELY))
                .read_concern(ReadConcern::majority())
                .max_time(ANSWER)
                .session(&mut session)
                .await?;
            found.stream(&mut session).try_collect::<Vec<MessageDoc>>().await
        };
        let mut gifs: Vec<GifBody> = Vec::new();
        for message in within(page).await? {
            let Some(gif) = message.gif else { continue };
            let gif = gif.body()?;
            if gifs.len() < limit && gifs.iter().all(|known| known.name != gif.name) {
                gifs.push(gif);
            }
        }
        Ok(gifs)
    }

    async fn is_forbidden(&self, room: RoomId, hash: GifHash) -> Result<bool, StoreError> {
        let key = doc! { "room": room.to_string(), "hash": binary(hash.to_bytes()) };
        let found = self.forbidden.find_one(key).read_concern(ReadConcern::majority());
        Ok(within(found).await?.is_some())
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
        within(self.messages.aggregate(forbid)).await?;
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

    /// The files that the messages and whispers of a room name.
    pub async fn gifs_of(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.named(doc! { "room": id.to_string(), "gif.name": { "$exists": true } })
            .await
    }

    /// Every file that a message or a whisper names.
    pub async fn all_gifs(&self) -> Result<Vec<GifName>, StoreError> {
        self.named(doc! { "gif.name": { "$exists": true } }).await
    }

    /// The files among these that no message and no whisper names any more: they can go. The one place that says so.
    pub async fn unnamed(&self, mut names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        let texts: Vec<_> = names.iter().map(GifName::to_string).collect();
        let named = self.named(doc! { "gif.name": { "$in": texts } }).await?;
        names.sort_unstable();
        names.dedup();
        names.retain(|name| named.binary_search(name).is_err());
        Ok(names)
    }

    /// The files that some messages and whispers name, sorted, each once.
    pub async fn named(&self, which: Document) -> Result<Vec<GifName>, StoreError> {
        let (messages, whispers) = (self.messages.clone_with_type(), self.whispers.clone_with_type());
        let (mut names, whispered) =
            tokio::try_join!(self.named_by(&messages, which.clone()), self.named_by(&whispers, which))?;
        names.extend(whispered);
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The files that some documents of a collection name.
    pub async fn named_by(&self, of: &Collection<Document>, which: Document) -> Result<Vec<GifName>, StoreError> {
        let names = within(of.distinct("gif.name", which)).await?;
        let name = |found: &Bson| text(found.as_str()?, "gif.name").ok();
        Ok(names.iter().filter_map(name).collect())
    }

    /// The room whose message names a file.
    pub async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        let names_it = doc! { "gif.name": name.to_string() };
        let mut session = self.up_to_date().await?;
        let found = self
            .messages
            .find_one(names_it)
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(&mut session);
        let Some(found) = within(found).await? else {
            return Ok(None);
        };
        let room: RoomId = text(&found.room, "room")?;
        Ok(Box::pin(self.gif_in_room(room, name)).await?.map(|_| room))
    }

    /// Removes the messages that name these files. Their places are not given out again.
    pub async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError> {
        for name in missing {
            let names_it = doc! { "gif.name": name.to_string() };
            let rooms = within(self.messages.distinct("room", names_it.clone())).await?;
            for room in rooms.iter().filter_map(Bson::as_str) {
                let room: RoomId = text(room, "room")?;
                let floor: Seq = self.last_seq(room).await?;
                let kept = doc! { "$max": { "floor": signed(floor) } };
                within(self.rooms.update_one(by_id(room), kept)).await?;
            }
            within(self.messages.delete_many(names_it.clone())).await?;
            within(self.whispers.delete_many(names_it)).await?;
        }
        Ok(())
    }
}
