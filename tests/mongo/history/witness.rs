//! A witness: every entry and whisper that the database stored, also of rooms that are gone since, as a change stream
//! tells them.

use std::{collections::BTreeMap, time::Duration};

use mongodb::{
    Database,
    bson::{Document, doc},
    change_stream::event::{ChangeStreamEvent, ResumeToken},
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use super::record::{Entry, RoomId, StoredWhisper};
use crate::support::{eventually, in_time};

/// A stream without news for so long is opened again: its member may be stopped.
const SILENCE: Duration = Duration::from_secs(5);

/// The collection with the document that ends the work of the witness.
const LAST: &str = "last";

/// The entries of all rooms, in order.
pub type Logs = BTreeMap<RoomId, Vec<Entry>>;

/// The whispers of all rooms, in order.
pub type Whispers = BTreeMap<RoomId, Vec<StoredWhisper>>;

/// Everything that the database stored.
#[derive(Default)]
pub struct Stored {
    pub logs: Logs,
    pub whispers: Whispers,
}

/// A task that follows the database.
pub struct Witness {
    db: Database,
    following: JoinHandle<Stored>,
}

impl Witness {
    /// Follows the database from now on.
    pub async fn begin(db: Database) -> Self {
        let (begun, ready) = oneshot::channel();
        let following = tokio::spawn(follow(db.clone(), begun));
        in_time("the witness follows", ready).await.unwrap();
        Self { db, following }
    }

    /// Everything that was stored until now.
    pub async fn stored(self) -> Stored {
        let last = self.db.collection::<Document>(LAST);
        eventually("the last document is stored", async || {
            last.insert_one(doc! {}).await.ok()
        })
        .await;
        in_time("the witness has heard everything", self.following)
            .await
            .unwrap()
    }
}

async fn follow(db: Database, begun: oneshot::Sender<()>) -> Stored {
    let (mut stored, mut begun) = (Stored::default(), Some(begun));
    let mut place: Option<ResumeToken> = None;
    loop {
        let wanted = doc! { "$match": { "operationType": "insert", "ns.coll": { "$in": ["log", LAST] } } };
        let watch = db.watch().pipeline([wanted]).resume_after(place.clone());
        let Ok(Ok(mut stream)) = timeout(SILENCE, watch.into_future()).await else {
            continue;
        };
        if let Some(begun) = begun.take() {
            place = stream.resume_token();
            let _ = begun.send(());
        }
        while let Ok(Ok(event)) = timeout(SILENCE, stream.next_if_any()).await {
            if event.is_some_and(|event| !take(event, &mut stored)) {
                return stored;
            }
            place = stream.resume_token().or(place);
        }
    }
}

/// Takes an entry or a whisper in; false for the last document.
fn take(event: ChangeStreamEvent<Document>, stored: &mut Stored) -> bool {
    let document = event.full_document.unwrap();
    match event.ns.and_then(|ns| ns.coll).as_deref() {
        Some(LAST) => return false,
        _ => {
            if let Some((room, whisper)) = StoredWhisper::of_document(&document) {
                stored.whispers.entry(room).or_default().push(whisper);
            }
            let (room, entry) = Entry::of_document(&document).unwrap_or_else(|| panic!("a document: {document}"));
            stored.logs.entry(room).or_default().push(entry);
        }
    }
    true
}
