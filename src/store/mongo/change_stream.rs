//! What all servers appended, in the order of the database: one change stream of inserts into the log.
//!
//! It feeds the room cache and tells followers. The place in the stream is kept in memory. A stream that broke goes on from
//! there. If that is impossible, as its history is gone, an event is too large, or it makes no progress, all rooms are read
//! again, followers are told that they missed something, and a new stream begins.

use std::{
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use futures_util::poll;
use mongodb::{
    ClientSession,
    bson::{RawDocumentBuf, deserialize_from_slice, doc},
    change_stream::{
        event::{ChangeStreamEvent, ResumeToken},
        session::SessionChangeStream,
    },
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tracing::{debug, error, info, warn};

use super::{
    append_queue::Turns,
    client::{Collections, code, failure},
    documents::{EntryDoc, TurnDoc},
    reading::read_rooms,
    room_cache::RoomCache,
};
use crate::{
    log_throttle::LogThrottle,
    store::{Change, StoreError},
};

/// How long the database holds back its answer when there is nothing to tell.
const IDLE: Duration = Duration::from_secs(1);

/// A stream that says nothing for so long, not even that there is nothing, is dead.
const DEAD: Duration = Duration::from_secs(4);

/// Time in which a stream has to go on where the last one was, while the database answers. The database reads all that was
/// written since to any of its collections and says nothing meanwhile: a million entries take 2 s, and up to 8 s on a busy
/// machine. Without progress for so long a new one begins.
const STUCK_TIMEOUT: Duration = Duration::from_secs(10);

/// Seconds between two lines of the log about the same trouble.
const LINE_EVERY: u64 = 60;

/// The least and the most time before a stream is opened again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Changes read at once.
const CHANGES_PER_READ: u32 = 1_000;

/// The least time between two requests for what came, while something comes all the time: a request for each change would
/// cost the database more than the change itself.
const PACE: Duration = Duration::from_millis(5);

type Event = ChangeStreamEvent<RawDocumentBuf>;

/// A stream, and the session that it belongs to.
struct Stream {
    changes: SessionChangeStream<Event>,
    session: ClientSession,
}

impl Stream {
    /// The next change, if there is one, and whether it had to be fetched.
    async fn next(&mut self) -> Result<(Option<Event>, bool), mongodb::error::Error> {
        let mut next = pin!(self.changes.next_if_any(&mut self.session));
        match poll!(&mut next) {
            Poll::Ready(event) => Ok((event?, false)),
            Poll::Pending => Ok((next.await?, true)),
        }
    }
}

/// Why following stopped.
enum Stop {
    /// The stream broke; it can go on.
    Broken(StoreError),
    /// What comes next is not there any more.
    Gone(StoreError),
}

/// Reads the stream, and tells what it says.
pub struct ChangeStream {
    collections: Collections,
    cache: Arc<RoomCache>,
    turns: Arc<Turns>,
    tell: mpsc::Sender<Change>,
    place: Option<ResumeToken>,
    /// Whether a stream was open before, so that what comes before the next one may be missed.
    begun: bool,
    /// Whether the stream made progress since it was last opened.
    progress: bool,
    /// Since when it breaks without any, although the database answers.
    stuck: Option<Instant>,
    /// Whether the log says that the stream runs.
    announced: bool,
    broken: LogThrottle,
    lost: LogThrottle,
}

impl ChangeStream {
    pub fn new(collections: Collections, cache: Arc<RoomCache>, turns: Arc<Turns>, tell: mpsc::Sender<Change>) -> Self {
        Self {
            collections,
            cache,
            turns,
            tell,
            place: None,
            begun: false,
            progress: false,
            stuck: None,
            announced: false,
            broken: LogThrottle::every(LINE_EVERY),
            lost: LogThrottle::every(LINE_EVERY),
        }
    }

    /// Follows until dropped. `begun` is answered when the first stream is open; without it there was one before,
    /// and what came since may be missed.
    pub async fn run(mut self, mut begun: Option<oneshot::Sender<Result<(), StoreError>>>) {
        self.begun = begun.is_none();
        let mut wait = BACK_OFF.0;
        loop {
            let stop = match self.open().await {
                Ok(mut stream) => {
                    if let Some(begun) = begun.take() {
                        let _ = begun.send(Ok(()));
                    }
                    self.follow(&mut stream).await
                }
                Err(stop) => stop,
            };
            self.collections.pulse.stop();
            if std::mem::take(&mut self.progress) {
                wait = BACK_OFF.0;
                self.stuck = None;
            }
            match (self.judge(stop), begun.take()) {
                (Stop::Broken(error) | Stop::Gone(error), Some(begun)) => return drop(begun.send(Err(error))),
                (Stop::Broken(error), None) => {
                    if let Some(suppressed) = self.broken.permit() {
                        warn!(%error, suppressed, "the change stream broke; it goes on where it was");
                        self.announced = false;
                    }
                }
                (Stop::Gone(error), None) => {
                    if let Some(suppressed) = self.lost.permit() {
                        error!(%error, suppressed, "the change stream can't go on; clients catch up");
                        self.announced = false;
                    }
                    self.place = None;
                    self.stuck = None;
                }
            }
            sleep(wait).await;
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }

    /// Whether a stream that broke can go on: not when it made no progress for too long although the database answers.
    fn judge(&mut self, stop: Stop) -> Stop {
        if self.collections.breaker.check().is_err() {
            self.stuck = None;
            return stop;
        }
        match stop {
            Stop::Broken(error) if self.place.is_some() => {
                let since = *self.stuck.get_or_insert_with(Instant::now);
                if since.elapsed() < STUCK_TIMEOUT {
                    Stop::Broken(error)
                } else {
                    Stop::Gone(error)
                }
            }
            stop => stop,
        }
    }

    /// Goes on where the last stream was, or begins a new one.
    async fn open(&mut self) -> Result<Stream, Stop> {
        let resumed = self.place.is_some();
        let session = self.collections.db.client().start_session().await;
        let mut session = session.map_err(|error| Stop::Broken(failure(error)))?;
        let changes = tokio::select! {
            changes = self.watch(&mut session) => changes?,
            () = self.collections.breaker.opened() => return Err(Stop::Broken(StoreError::Away)),
        };
        if !resumed {
            self.read_rooms().await?;
            self.place = changes.resume_token();
            if std::mem::replace(&mut self.begun, true) {
                self.tell(Change::Missed).await;
            }
        }
        self.collections.pulse.beat();
        if !std::mem::replace(&mut self.announced, true) {
            let rooms = self.cache.len();
            info!(resumed, rooms, "following the changes of all servers");
        }
        Ok(Stream { changes, session })
    }

    async fn watch(&self, session: &mut ClientSession) -> Result<SessionChangeStream<Event>, Stop> {
        let wanted = doc! { "$match": {
            "operationType": "insert", "ns.coll": { "$in": ["log", "turns"] },
        } };
        let watch = self
            .collections
            .db
            .watch()
            .pipeline([wanted])
            .max_await_time(IDLE)
            .batch_size(CHANGES_PER_READ)
            .resume_after(self.place.clone())
            .session(session);
        match timeout(STUCK_TIMEOUT, watch.into_future()).await {
            Ok(stream) => stream.map(SessionChangeStream::with_type).map_err(stop),
            Err(_) => Err(Stop::Broken(StoreError::failed("MongoDB opened no stream in time"))),
        }
    }

    /// Reads all rooms as of the beginning of the stream or later; what both have is applied and told once, by its position.
    async fn read_rooms(&self) -> Result<(), Stop> {
        let since = std::time::Instant::now();
        let rooms = read_rooms(&self.collections).await.map_err(Stop::Broken)?;
        self.cache.replace(rooms, since);
        Ok(())
    }

    async fn follow(&mut self, stream: &mut Stream) -> Stop {
        // The first answer came with the opening of the stream, which is no progress yet where it brought nothing.
        let (mut first, mut silence) = (true, STUCK_TIMEOUT);
        let mut fetched = Instant::now();
        loop {
            let (event, is_fetched) = match timeout(silence, stream.next()).await {
                Ok(Ok(next)) => next,
                Ok(Err(error)) => return stop(error),
                Err(_) => return Stop::Broken(StoreError::failed("the stream is silent")),
            };
            if !std::mem::replace(&mut first, false) || event.is_some() {
                self.progress = true;
                silence = DEAD;
            }
            if let Some(event) = event {
                if let Some(time) = event.cluster_time {
                    self.collections.pulse.note(time);
                }
                for change in self.read(event) {
                    self.tell(change).await;
                }
            } else if !stream.changes.is_alive() {
                return Stop::Broken(StoreError::failed("the stream has ended"));
            }
            if let Some(place) = stream.changes.resume_token() {
                self.place = Some(place);
            }
            self.collections.pulse.beat();
            if is_fetched {
                let early = PACE.saturating_sub(fetched.elapsed());
                if !early.is_zero() {
                    sleep(early).await;
                }
                fetched = Instant::now();
            }
        }
    }

    /// What an event tells. One that can't be read is skipped, as it would be no better the next time.
    fn read(&self, event: Event) -> Vec<Change> {
        let result = match event.ns.as_ref().and_then(|ns| ns.coll.as_deref()) {
            Some("turns") => self.turn(event),
            _ => self.appended(event),
        };
        result.unwrap_or_else(|error| {
            error!(%error, "a change can't be read");
            Vec::new()
        })
    }

    fn appended(&self, event: Event) -> Result<Vec<Change>, StoreError> {
        let entry: EntryDoc = document(event)?;
        let entry = entry.entry()?;
        self.turns.appended(entry.room, &entry.by, Instant::now());
        Ok(self.cache.hear(&entry))
    }

    fn turn(&self, event: Event) -> Result<Vec<Change>, StoreError> {
        let turn: TurnDoc = document(event)?;
        self.turns.hear(turn.room()?, &turn.by, Instant::now());
        Ok(Vec::new())
    }

    /// Waits for a follower that is behind. Where there is none, the cache is fed all the same.
    async fn tell(&self, change: Change) {
        debug!(kind = change.kind(), room = ?change.room(), "followed");
        let _ = self.tell.send(change).await;
    }
}

fn document<T: serde::de::DeserializeOwned>(event: Event) -> Result<T, StoreError> {
    let document = event.full_document.unwrap_or_default();
    deserialize_from_slice(document.as_bytes()).map_err(StoreError::failed)
}

/// Whether a stream that ended so can go on. The numbers are those of the server's `error_codes.yml`.
fn stop(error: mongodb::error::Error) -> Stop {
    const NO_MATCHING_DOCUMENT: i32 = 47;
    const INVALID_RESUME_TOKEN: i32 = 260;
    const CHANGE_STREAM_FATAL: i32 = 280;
    const CHANGE_STREAM_HISTORY_LOST: i32 = 286;
    // An event that is larger than a document may be.
    const TOO_LARGE: i32 = 10_334;
    match code(&error) {
        Some(
            NO_MATCHING_DOCUMENT | INVALID_RESUME_TOKEN | CHANGE_STREAM_FATAL | CHANGE_STREAM_HISTORY_LOST | TOO_LARGE,
        ) => Stop::Gone(failure(error)),
        _ => Stop::Broken(failure(error)),
    }
}
