//! A witness: every entry that the database stored, also of rooms that are gone since, as a change stream tells them.

use std::{collections::BTreeMap, time::Duration};

use mongodb::{
    Database,
    bson::{Document, doc},
    change_stream::event::{ChangeStreamEvent, ResumeToken},
};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use super::record::{Entry, RoomId};
use crate::support::{eventually, in_time};

/// A stream without news for so long is opened again: its member may be stopped.
const SILENCE: Duration = Duration::from_secs(5);

/// The collection with the document that ends the work of the witness.
const LAST: &str = "last";

/// The entries of all rooms, in order.
pub type Logs = BTreeMap<RoomId, Vec<Entry>>;

/// A task that follows the log.
pub struct Witness {
    db: Database,
    following: JoinHandle<Logs>,
}

impl Witness {
    /// Follows the log from now on.
    pub async fn begin(db: Database) -> Self {
        let (begun, ready) = oneshot::channel();
        let following = tokio::spawn(follow(db.clone(), begun));
        in_time("the witness follows", ready).await.unwrap();
        Self { db, following }
    }

    /// Everything that was stored until now.
    pub async fn logs(self) -> Logs {
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

async fn follow(db: Database, begun: oneshot::Sender<()>) -> Logs {
    let (mut logs, mut begun) = (Logs::new(), Some(begun));
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
            if event.is_some_and(|event| !take(event, &mut logs)) {
                return logs;
            }
            place = stream.resume_token().or(place);
        }
    }
}

/// Takes an entry in; false for the last document.
fn take(event: ChangeStreamEvent<Document>, logs: &mut Logs) -> bool {
    if event.ns.and_then(|ns| ns.coll).is_some_and(|name| name == LAST) {
        return false;
    }
    let document = event.full_document.unwrap();
    let (room, entry) = Entry::of_document(&document).unwrap_or_else(|| panic!("an entry: {document}"));
    logs.entry(room).or_default().push(entry);
    true
}
