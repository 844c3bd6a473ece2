//! What all servers committed, in commit order: one change stream over rooms and messages.
//!
//! The place in the stream is kept in memory. A stream that broke goes on from there; when its history is gone, the
//! followers are told that they missed something, and a new one begins.

use std::{sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use mongodb::{
    bson::{Document, deserialize_from_document, doc},
    change_stream::{
        ChangeStream,
        event::{ChangeStreamEvent, OperationType, ResumeToken},
    },
    options::FullDocumentType,
};
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tracing::{debug, error, info, warn};

use super::{
    client::{ANSWER, Tables, code, failure, within},
    documents::{MessageDoc, RoomDoc, text},
    known::Known,
    posts::Places,
    reports::ReportDoc,
    whispers::WhisperDoc,
};
use crate::store::{Change, StoreError};

/// How long the database holds back its answer when there is nothing to tell.
const IDLE: Duration = Duration::from_secs(1);

/// A stream that says nothing for so long, not even that there is nothing, is dead.
const DEAD: Duration = Duration::from_secs(4);

/// The least and the most time before a stream is opened again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Changes read at once.
const BATCH: u32 = 1_000;

type Stream = ChangeStream<ChangeStreamEvent<Document>>;

/// Why following stopped.
enum Stop {
    /// Nobody listens any more.
    Deaf,
    /// The stream broke; it can go on.
    Broken(StoreError),
    /// What comes next is not there any more.
    Gone(StoreError),
}

/// Reads the stream and tells it.
pub struct Follower {
    tables: Tables,
    known: Arc<Mutex<Known>>,
    places: Places,
    tell: mpsc::Sender<Change>,
    place: Option<ResumeToken>,
    /// Whether a stream was open before, so that what comes before the next one may be missed.
    begun: bool,
}

impl Follower {
    pub fn new(tables: Tables, known: Arc<Mutex<Known>>, places: Places, tell: mpsc::Sender<Change>) -> Self {
        Self {
            tables,
            known,
            places,
            tell,
            place: None,
            begun: false,
        }
    }

    /// Follows until nobody listens. `begun` is answered when the first stream is open; without it there was one before,
    /// and what came since may be missed.
    pub async fn run(mut self, mut begun: Option<oneshot::Sender<Result<(), StoreError>>>) {
        self.begun = begun.is_none();
        let mut wait = BACK_OFF.0;
        loop {
            let stop = match self.open().await {
                Ok(mut stream) => {
                    wait = BACK_OFF.0;
                    if let Some(begun) = begun.take() {
                        let _ = begun.send(Ok(()));
                    }
                    self.follow(&mut stream).await
                }
                Err(stop) => stop,
            };
            match (stop, begun.take()) {
                (Stop::Deaf, _) => return,
                (Stop::Broken(error) | Stop::Gone(error), Some(begun)) => return drop(begun.send(Err(error))),
                (Stop::Broken(error), None) if wait > BACK_OFF.0 => debug!(%error, "the change stream is still broken"),
                (Stop::Broken(error), None) => warn!(%error, "the change stream broke; it goes on where it was"),
                (Stop::Gone(error), None) => {
                    error!(%error, "the change stream can't go on; clients catch up");
                    self.place = None;
                }
            }
            sleep(wait).await;
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }

    /// Goes on where the last stream was, or begins a new one.
    async fn open(&mut self) -> Result<Stream, Stop> {
        let resumed = self.place.is_some();
        let stream = self.watch().await?;
        if !resumed {
            // Read behind the beginning of the stream; what both have is told once, by its version.
            let rooms = async {
                self.tables
                    .rooms
                    .find(doc! {})
                    .await?
                    .try_collect::<Vec<RoomDoc>>()
                    .await
            };
            let rooms = within(rooms).await.map_err(Stop::Broken)?;
            self.known
                .lock()
                .reload(&rooms)
                .map_err(|damaged| Stop::Broken(damaged.into()))?;
            self.place = stream.resume_token();
            if std::mem::replace(&mut self.begun, true) {
                self.tell(Change::Missed).await?;
            }
        }
        info!(
            resumed,
            rooms = self.known.lock().len(),
            "following the changes of all servers"
        );
        Ok(stream)
    }

    async fn watch(&self) -> Result<Stream, Stop> {
        let wanted = doc! { "$match": { "$or": [
            { "ns.coll": { "$in": ["messages", "whispers", "reports"] }, "operationType": "insert" },
            { "ns.coll": "rooms", "operationType": { "$in": ["insert", "update", "replace", "delete"] } },
        ] } };
        let watch = self
            .tables
            .db
            .watch()
            .pipeline([wanted])
            .full_document(FullDocumentType::Required)
            .max_await_time(IDLE)
            .batch_size(BATCH)
            .resume_after(self.place.clone());
        match timeout(ANSWER, watch.into_future()).await {
            Ok(stream) => stream.map_err(stop),
            Err(_) => Err(Stop::Broken(StoreError::failed("MongoDB opened no stream in time"))),
        }
    }

    async fn follow(&mut self, stream: &mut Stream) -> Stop {
        loop {
            let event = match timeout(DEAD, stream.next_if_any()).await {
                Ok(Ok(event)) => event,
                Ok(Err(error)) => return stop(error),
                Err(_) => return Stop::Broken(StoreError::failed("the stream is silent")),
            };
            if let Some(event) = event {
                for change in self.read(event) {
                    if let Err(stop) = self.tell(change).await {
                        return stop;
                    }
                }
            } else if !stream.is_alive() {
                return Stop::Broken(StoreError::failed("the stream has ended"));
            }
            if let Some(place) = stream.resume_token() {
                self.place = Some(place);
            }
        }
    }

    /// What an event tells. One that can't be read is skipped, as it would be no better the next time.
    fn read(&mut self, event: ChangeStreamEvent<Document>) -> Vec<Change> {
        let result = match event.ns.as_ref().and_then(|ns| ns.coll.as_deref()) {
            Some("messages") => posted(event),
            Some("whispers") => whispered(event),
            Some("reports") => reported(event),
            _ => self.room(event),
        };
        result.unwrap_or_else(|error| {
            error!(%error, "a change can't be read");
            Vec::new()
        })
    }

    fn room(&mut self, event: ChangeStreamEvent<Document>) -> Result<Vec<Change>, StoreError> {
        if event.operation_type == OperationType::Delete {
            let key = event.document_key.unwrap_or_default();
            let id = text(key.get_str("_id").map_err(StoreError::failed)?, "_id")?;
            return Ok(self.known.lock().remove(id).into_iter().collect());
        }
        let room: RoomDoc = document(event)?;
        Ok(self.known.lock().update(&room)?)
    }

    async fn tell(&self, change: Change) -> Result<(), Stop> {
        debug!(kind = change.kind(), room = ?change.room(), "followed");
        if let Change::Posted(message) = &change {
            self.places.note(message.room, message.seq);
        }
        self.tell.send(change).await.map_err(|_| Stop::Deaf)
    }
}

fn posted(event: ChangeStreamEvent<Document>) -> Result<Vec<Change>, StoreError> {
    let message: MessageDoc = document(event)?;
    Ok(vec![Change::Posted(message.message()?.into())])
}

fn whispered(event: ChangeStreamEvent<Document>) -> Result<Vec<Change>, StoreError> {
    let whisper: WhisperDoc = document(event)?;
    Ok(vec![Change::Whispered(whisper.whisper()?.into())])
}

fn reported(event: ChangeStreamEvent<Document>) -> Result<Vec<Change>, StoreError> {
    let report: ReportDoc = document(event)?;
    Ok(vec![Change::Reported(report.report()?)])
}

fn document<T: serde::de::DeserializeOwned>(event: ChangeStreamEvent<Document>) -> Result<T, StoreError> {
    let document = event.full_document.unwrap_or_default();
    deserialize_from_document(document).map_err(StoreError::failed)
}

/// Whether a stream that ended so can go on. The numbers are those of the server's `error_codes.yml`.
fn stop(error: mongodb::error::Error) -> Stop {
    const NO_MATCHING_DOCUMENT: i32 = 47;
    const INVALID_RESUME_TOKEN: i32 = 260;
    const CHANGE_STREAM_FATAL: i32 = 280;
    const CHANGE_STREAM_HISTORY_LOST: i32 = 286;
    match code(&error) {
        Some(NO_MATCHING_DOCUMENT | INVALID_RESUME_TOKEN | CHANGE_STREAM_FATAL | CHANGE_STREAM_HISTORY_LOST) => {
            Stop::Gone(failure(error))
        }
        _ => Stop::Broken(failure(error)),
    }
}
