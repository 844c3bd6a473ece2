//! Whispers: what one visitor says to one other. Each gets a turn in its room, as messages get their places, so that who
//! reads on behind one misses none.

mod space;

use std::{hash::BuildHasher, sync::Arc};

use futures_util::TryStreamExt;
use mongodb::{
    bson::{Document, doc},
    options::ReadConcern,
};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, time::timeout};

use self::space::Gone;
use super::{
    client::{ANSWER, Collections, failure, is_duplicate, within},
    documents::{Damaged, GifDoc, said, signed, text, visitor},
    log::Log,
};
use crate::{
    domain::{GifName, Moment, Nonce, RoomId, Said, VisitorId, Whisper, WhisperId},
    rules,
    store::{NewWhisper, StoreError, Whispered, whispers::Fills},
};

/// Rooms whose whispers a server stores side by side; those of one room wait for each other.
const LANES: usize = 64;

/// A whisper as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WhisperDoc {
    #[serde(rename = "_id")]
    id: String,
    room: String,
    turn: i64,
    visitor: String,
    color: String,
    to: String,
    to_color: String,
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gif: Option<GifDoc>,
}

impl WhisperDoc {
    fn of(whisper: &Whisper, turn: i64) -> Self {
        let (chat, gif) = match &whisper.said {
            Said::Chat(chat) => (Some(chat.as_str().to_owned()), None),
            Said::Gif(gif) => (None, Some(GifDoc::of(gif))),
        };
        Self {
            id: whisper.id.to_string(),
            room: whisper.room.to_string(),
            turn,
            visitor: whisper.author.id.to_string(),
            color: whisper.author.color.to_string(),
            to: whisper.to.id.to_string(),
            to_color: whisper.to.color.to_string(),
            at: whisper.created_at.millis(),
            nonce: whisper.nonce.as_ref().map(|nonce| nonce.as_str().to_owned()),
            chat,
            gif,
        }
    }

    pub fn whisper(&self) -> Result<Whisper, Damaged> {
        Ok(Whisper {
            id: text(&self.id, "_id")?,
            room: text::<RoomId>(&self.room, "room")?,
            author: visitor(&self.visitor, &self.color)?,
            to: visitor(&self.to, &self.to_color)?,
            created_at: Moment::from_millis(self.at),
            said: said(self.chat.as_deref(), self.gif.as_ref())?,
            nonce: self.nonce.as_deref().and_then(|nonce| Nonce::parse(nonce).ok()),
        })
    }
}

/// Stores whispers, those of one room one after the other.
pub struct Whispers {
    log: Log,
    lanes: [Mutex<()>; LANES],
    fills: Fills,
    hasher: std::hash::RandomState,
}

impl Whispers {
    pub fn new(log: Log) -> Self {
        Self {
            log,
            lanes: [const { Mutex::const_new(()) }; LANES],
            fills: Fills::new(),
            hasher: std::hash::RandomState::new(),
        }
    }

    /// Stores a whisper of a member to another.
    pub async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        let unknown = || StoreError::failed("MongoDB did not say in time whether a whisper was stored");
        timeout(ANSWER, self.store(new))
            .await
            .unwrap_or_else(|_| Err(unknown()))
    }

    async fn store(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        let collections = &self.log.collections;
        if let Some(known) = collections.whisper_by_nonce(&new).await? {
            return Ok(Whispered::Known(Arc::new(known)));
        }
        let room = self.log.open_room(new.room).await?;
        let to = room
            .state
            .may_whisper(new.author.id, new.to)
            .map_err(StoreError::Refused)?;
        let facts = self.log.facts_of(&room, &new.body).await?;
        let whisper = Whisper {
            id: WhisperId::random(),
            room: new.room,
            author: new.author,
            to,
            created_at: Moment::now(),
            said: rules::said(&new.body, &facts).map_err(StoreError::Refused)?,
            nonce: new.nonce.clone(),
        };
        let lane = usize::try_from(self.hasher.hash_one(new.room)).unwrap_or(0) % LANES;
        let Some(turn) = self.lanes.get(lane) else {
            return Err(StoreError::Busy);
        };
        let _turn = turn.lock().await;
        let mut gone = self.make_space(&whisper).await?;
        if let Some(known) = collections.insert_whisper(&whisper, &new).await? {
            return Ok(Whispered::Known(Arc::new(known)));
        }
        let pruned = collections.prune_whispers(&whisper).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "old whispers can't be deleted now; the next one tries again");
            Gone::default()
        });
        self.fills.stored(whisper.room, gone.count + pruned.count);
        gone.names.extend(pruned.names);
        let unnamed = collections.unnamed(gone.names).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "files of old whispers can't be deleted now; they are swept later");
            Vec::new()
        });
        Ok(Whispered::New(Arc::new(whisper), unnamed))
    }
}

impl Collections {
    /// Stores a whisper behind the last one of its room; the one that was there already by its nonce.
    async fn insert_whisper(&self, whisper: &Whisper, new: &NewWhisper) -> Result<Option<Whisper>, StoreError> {
        loop {
            // Behind one that a majority has, so that no failover leaves a gap into which a later one could slip.
            let last = self.last_turn(whisper.room).await?;
            match self.whispers.insert_one(WhisperDoc::of(whisper, last + 1)).await {
                Ok(_) => return Ok(None),
                Err(error) if is_duplicate(&error) => (),
                Err(error) => return Err(failure(error)),
            }
            // Another server took the turn, or it was stored before.
            if let Some(known) = self.whisper_by_nonce(new).await? {
                return Ok(Some(known));
            }
        }
    }

    async fn last_turn(&self, room: RoomId) -> Result<i64, StoreError> {
        let whispers = self.whispers.clone_with_type::<Document>();
        let last = whispers
            .find_one(doc! { "room": room.to_string() })
            .sort(doc! { "turn": -1 })
            .projection(doc! { "turn": 1, "_id": 0 })
            .read_concern(ReadConcern::majority());
        Ok(within(last)
            .await?
            .and_then(|last| last.get_i64("turn").ok())
            .unwrap_or(0))
    }

    async fn whisper_by_nonce(&self, new: &NewWhisper) -> Result<Option<Whisper>, StoreError> {
        let Some(nonce) = &new.nonce else { return Ok(None) };
        let key = doc! { "room": new.room.to_string(), "visitor": new.author.id.to_string(), "nonce": nonce.as_str() };
        let found = self.whispers.find_one(key).read_concern(ReadConcern::majority());
        Ok(within(found).await?.map(|found| found.whisper()).transpose()?)
    }

    /// Whispers from and to a visitor in a room behind another one, oldest first.
    pub async fn whispers_of(
        &self,
        room: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError> {
        let room = room.to_string();
        let mut turn = 0;
        if let Some(after) = after {
            let found = self.whispers.find_one(doc! { "_id": after.to_string(), "room": &room });
            turn = within(found).await?.map_or(0, |found| found.turn);
        }
        let visitor = visitor.to_string();
        let theirs =
            doc! { "room": &room, "turn": { "$gt": turn }, "$or": [{ "visitor": &visitor }, { "to": &visitor }] };
        let mut session = self.up_to_date().await?;
        let page = async {
            let mut found = self
                .whispers
                .find(theirs)
                .sort(doc! { "turn": 1 })
                .limit(signed(limit))
                .read_concern(ReadConcern::majority())
                .max_time(ANSWER)
                .session(&mut session)
                .await?;
            found.stream(&mut session).try_collect::<Vec<_>>().await
        };
        let page = within(page).await?;
        Ok(page.iter().map(WhisperDoc::whisper).collect::<Result<_, _>>()?)
    }

    /// The room in which a whisper from or to a visitor names a file.
    pub async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        let visitor = visitor.to_string();
        let names_it = doc! { "gif.name": name.to_string(), "$or": [{ "visitor": &visitor }, { "to": &visitor }] };
        let mut session = self.up_to_date().await?;
        let found = self
            .whispers
            .find_one(names_it)
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(&mut session);
        let found = within(found).await?;
        Ok(found.map(|found| text(&found.room, "room")).transpose()?)
    }
}
