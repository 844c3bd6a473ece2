//! Moves whispers and reports of the version before into the logs of their rooms. It kept them beside the logs, in the
//! collections `whispers` and `reports`.
//!
//! A room is done when it has none there any more. The id of a whisper or report is unique in the log of its room: whatever
//! interrupts a start, and however many servers start at once, each is moved once.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use mongodb::{
    Collection,
    bson::{Bson, Document, doc},
};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::{
    append_queue::Failure,
    client::{Collections, insert_outcome, within},
    documents::{Damaged, Entry, EntryDoc, GifDoc, Record, number, said, text, visitor},
    gifs::says,
};
use crate::{
    domain::{Moment, Nonce, Reason, RoomId},
    rules::{Event, OpenReport},
    store::StoreError,
};

/// How many of a room are moved together.
const ITEMS_PER_MOVE: usize = 1_000;

/// How often other servers may be first before a start fails.
const TRIES: usize = 100;

/// A whisper as the version before kept it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OldWhisper {
    #[serde(rename = "_id")]
    id: String,
    visitor: String,
    color: String,
    to: String,
    to_color: String,
    at: i64,
    nonce: Option<String>,
    chat: Option<String>,
    gif: Option<GifDoc>,
}

/// A report as the version before kept it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OldReport {
    #[serde(rename = "_id")]
    id: String,
    message: String,
    seq: i64,
    by: String,
    reason: String,
    at: i64,
}

/// What is to be an entry.
struct Item {
    id: String,
    at: i64,
    event: Event,
    nonce: Option<Nonce>,
}

impl OldWhisper {
    fn item(self) -> Result<Item, Damaged> {
        let event = Event::Whispered {
            id: text(&self.id, "_id")?,
            author: visitor(&self.visitor, &self.color)?,
            to: visitor(&self.to, &self.to_color)?,
            said: said(self.chat.as_deref(), self.gif.as_ref())?,
        };
        let nonce = self.nonce.as_deref().and_then(|nonce| Nonce::parse(nonce).ok());
        Ok(Item {
            id: self.id,
            at: self.at,
            event,
            nonce,
        })
    }
}

impl Collections {
    /// Moves what the version before left.
    pub async fn move_items(&self) -> Result<(), StoreError> {
        let mut moved = 0;
        let whispers = self.db.collection::<OldWhisper>("whispers");
        for room in rooms_of(&whispers).await? {
            loop {
                let old = some_of(&whispers, room, doc! { "turn": 1 }).await?;
                if old.is_empty() {
                    break;
                }
                moved += old.len();
                let items = old.iter().cloned().map(OldWhisper::item).collect::<Result<_, _>>()?;
                self.move_to_log(room, items).await?;
                forget(&whispers, old.into_iter().map(|old| old.id).collect()).await?;
            }
        }
        let reports = self.db.collection::<OldReport>("reports");
        for room in rooms_of(&reports).await? {
            let old = some_of(&reports, room, doc! { "at": 1, "_id": 1 }).await?;
            moved += old.len();
            let items = self.reports_to_move(room, &old).await?;
            self.move_to_log(room, items).await?;
            forget(&reports, old.into_iter().map(|old| old.id).collect()).await?;
        }
        if moved > 0 {
            info!(
                moved,
                "whispers and reports of the version before are in the logs of their rooms now"
            );
        }
        Ok(())
    }

    /// The reports about messages that still say something.
    async fn reports_to_move(&self, room: RoomId, old: &[OldReport]) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        for report in old {
            let mut which = says(room);
            which.insert("message", &report.message);
            let Some(about) = self.messages(which, 1, 1).await?.pop() else {
                continue;
            };
            let event = Event::Reported {
                report: OpenReport {
                    id: text(&report.id, "_id")?,
                    message: about.id,
                    seq: number(report.seq, "seq")?,
                    author: about.author.id,
                    by: text(&report.by, "by")?,
                },
                reason: Reason::from_store(&report.reason),
            };
            items.push(Item {
                id: report.id.clone(),
                at: report.at,
                event,
                nonce: None,
            });
        }
        Ok(items)
    }

    /// Appends items in their order, those that are not there yet, unless the room has ended.
    async fn move_to_log(&self, room: RoomId, items: Vec<Item>) -> Result<(), StoreError> {
        let ids: Vec<_> = items.iter().map(|item| item.id.as_str()).collect();
        for _ in 0..TRIES {
            let last = self.entries(doc! { "room": room.to_string() }, doc! { "_id": -1 }, Some(1));
            let Some(last) = last
                .await?
                .pop()
                .filter(|last| last.record != Record::Event(Event::Ended))
            else {
                return Ok(());
            };
            let there = doc! { "room": room.to_string(), "item": { "$in": &ids } };
            let there: HashSet<_> = within(self.log.distinct("item", there)).await?.into_iter().collect();
            let there: HashSet<_> = there.iter().filter_map(Bson::as_str).collect();
            let new = items.iter().filter(|item| !there.contains(item.id.as_str()));
            let entries = (last.position + 1..).zip(new).map(|(position, item)| Entry {
                room,
                position,
                at: Moment::from_millis(item.at),
                record: Record::Event(item.event.clone()),
                shown: None,
                nonce: item.nonce.clone(),
                blank: false,
                edited: None,
                by: "".into(),
            });
            let docs: Vec<_> = entries.map(|entry| EntryDoc::from(&entry)).collect();
            if docs.is_empty() {
                return Ok(());
            }
            let inserted = self.log.insert_many(&docs).ordered(true).await;
            for outcome in insert_outcome(inserted, docs.len(), true) {
                match outcome {
                    Err(Failure::Full) => return Err(StoreError::Full),
                    Err(Failure::Unknown) => {
                        return Err(StoreError::failed("whispers of an earlier version stay behind"));
                    }
                    // Another server was first; what it moved is left out the next time.
                    Ok(()) | Err(Failure::Conflict | Failure::Repeated) => (),
                }
            }
        }
        Err(StoreError::Busy)
    }
}

async fn rooms_of<T: Send + Sync>(of: &Collection<T>) -> Result<Vec<RoomId>, StoreError> {
    let rooms = within(of.distinct("room", Document::new())).await?;
    let room = |room: &Bson| text(room.as_str().unwrap_or_default(), "room");
    Ok(rooms.iter().map(room).collect::<Result<_, Damaged>>()?)
}

async fn some_of<T>(of: &Collection<T>, room: RoomId, order: Document) -> Result<Vec<T>, StoreError>
where
    T: serde::de::DeserializeOwned + Send + Sync,
{
    let some = async {
        let found = of.find(doc! { "room": room.to_string() }).sort(order);
        found
            .limit(super::documents::signed(ITEMS_PER_MOVE))
            .await?
            .try_collect()
            .await
    };
    within(some).await
}

async fn forget<T: Send + Sync>(of: &Collection<T>, ids: Vec<String>) -> Result<(), StoreError> {
    within(of.delete_many(doc! { "_id": { "$in": ids } })).await.map(drop)
}
