//! Posts: a queue a room in each server, inserted in batches behind the last message.
//!
//! The unique index on room and `seq` decides between servers: who comes second reads the last place and tries again.
//! Whoever writes n + 1 has seen that a majority has n, so that no failover can take n back and leave a gap, and the log
//! of the database, which every change stream follows, has them in that order.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use moka::sync::Cache;
use parking_lot::Mutex;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    client::{ANSWER, Tables, duplicate_at, failure},
    documents::{AdmissionDoc, MessageDoc},
    rooms::not_found,
};
use crate::{
    domain::{Body, Message, MessageId, Moment, Refusal, RoomId, Seq},
    seldom::Seldom,
    store::{NewMessage, Posted, StoreError},
};

/// Messages inserted together at most.
const BATCH: usize = 256;

/// Messages that may wait for one room. One more is refused as [`StoreError::Busy`].
const WAITING: usize = 4_096;

/// Rooms whose last places are kept, and for how long after somebody posted there.
const PLACES: u64 = 10_000;
const PLACE_FOR: Duration = Duration::from_secs(600);

/// What waits for a room's queue.
enum Waiting {
    /// A message.
    Post(Box<Post>),
    /// Somebody who wants the lines of the room among its messages.
    Lines(Lines),
}

struct Post {
    new: NewMessage,
    /// What it says, now that the room takes it.
    body: Body,
    reply: oneshot::Sender<Result<Posted, StoreError>>,
}

/// Wants the lines of the room among its messages, and to know the place of one; 0 when none is named.
struct Lines {
    named: Option<MessageId>,
    reply: oneshot::Sender<Result<Seq, StoreError>>,
}

impl Waiting {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Post(post) => post.reply.is_closed(),
            Self::Lines(lines) => lines.reply.is_closed(),
        }
    }
}

/// What is taken from a queue at once.
#[derive(Default)]
struct Batch {
    posts: Vec<Post>,
    lines: Vec<Lines>,
}

impl Batch {
    fn of(waiting: impl Iterator<Item = Waiting>) -> Self {
        let mut batch = Self::default();
        // Who has given up is not posted behind its back.
        for waiting in waiting.filter(|waiting| !waiting.is_given_up()) {
            match waiting {
                Waiting::Post(post) => batch.posts.push(*post),
                Waiting::Lines(lines) => batch.lines.push(lines),
            }
        }
        batch
    }
}

impl Post {
    fn answer(self, answer: Result<Posted, StoreError>) {
        // Who no longer waits has been told that the outcome is unknown.
        let _ = self.reply.send(answer);
    }

    fn place(&self, seq: Seq) -> Message {
        let NewMessage {
            room, author, nonce, ..
        } = self.new.clone();
        Message {
            id: MessageId::random(),
            room,
            seq,
            author,
            created_at: Moment::now(),
            body: self.body.clone(),
            nonce,
        }
    }
}

/// The places of the last messages of rooms, as far as this server knows: what it stored and what the stream told. A
/// majority has these messages. A place that is older than the last one costs another try, as the index refuses it.
#[derive(Clone)]
pub struct Places(Cache<RoomId, Seq>);

impl Default for Places {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(PLACES).time_to_idle(PLACE_FOR).build())
    }
}

impl Places {
    fn get(&self, room: RoomId) -> Option<Seq> {
        self.0.get(&room)
    }

    /// Notes that a majority has the message at that place.
    pub fn note(&self, room: RoomId, seq: Seq) {
        if self.get(room).is_none_or(|known| known < seq) {
            self.0.insert(room, seq);
        }
    }

    fn forget(&self, room: RoomId) {
        self.0.invalidate(&room);
    }
}

/// The queues of all rooms that somebody is posting to. A room has one for as long as a task works on it.
pub struct Posts {
    tables: Tables,
    places: Places,
    queues: Mutex<HashMap<RoomId, VecDeque<Waiting>>>,
}

impl Posts {
    pub fn new(tables: Tables, places: Places) -> Self {
        Self {
            tables,
            places,
            queues: Mutex::default(),
        }
    }

    /// Stores a message of a member that says `body`.
    pub async fn post(self: &Arc<Self>, new: NewMessage, body: Body) -> Result<Posted, StoreError> {
        let (reply, answer) = oneshot::channel();
        let room = new.room;
        self.queue(room, Waiting::Post(Box::new(Post { new, body, reply })))?;
        answered(answer).await.unwrap_or_else(|| Err(unknown()))
    }

    /// Moves the lines that a room's document holds to the messages.
    pub async fn move_lines(self: &Arc<Self>, room: RoomId) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue(room, Waiting::Lines(Lines { named: None, reply }))?;
        answered(answer).await.unwrap_or_else(|| Err(not_stored())).map(drop)
    }

    /// The same; the place of one of them.
    pub async fn place_of_line(self: &Arc<Self>, room: RoomId, line: MessageId) -> Result<Seq, StoreError> {
        let (reply, answer) = oneshot::channel();
        let named = Some(line);
        self.queue(room, Waiting::Lines(Lines { named, reply }))?;
        answered(answer).await.unwrap_or_else(|| Err(not_stored()))
    }

    fn queue(self: &Arc<Self>, room: RoomId, waiting: Waiting) -> Result<(), StoreError> {
        let mut queues = self.queues.lock();
        match queues.get_mut(&room) {
            Some(queue) if queue.len() >= WAITING => return Err(StoreError::Busy),
            Some(queue) => queue.push_back(waiting),
            None => {
                queues.insert(room, VecDeque::from([waiting]));
                tokio::spawn(Arc::clone(self).work(room));
            }
        }
        Ok(())
    }

    /// The next batch of a room; without one the queue is gone.
    fn take(&self, room: RoomId) -> Option<Batch> {
        let mut queues = self.queues.lock();
        let queue = queues.get_mut(&room)?;
        if queue.is_empty() {
            queues.remove(&room);
            return None;
        }
        let size = queue.len().min(BATCH);
        Some(Batch::of(queue.drain(..size)))
    }

    async fn work(self: Arc<Self>, room: RoomId) {
        let _queue = Queue { posts: &self, room };
        while let Some(mut batch) = self.take(room) {
            let mut last = self.places.get(room);
            let mut begun = false;
            let settled = settle(&self.tables, room, &mut batch, &mut last, &mut begun);
            let Err(error) = self.tables.breaker.guard(Box::pin(settled)).await else {
                last.into_iter().for_each(|seq| self.places.note(room, seq));
                continue;
            };
            self.places.forget(room);
            if !matches!(error, StoreError::Away) {
                static LINE: Seldom = Seldom::new();
                if let Some(left_out) = LINE.turn() {
                    tracing::warn!(%error, messages = batch.posts.len(), left_out, "messages could not be stored");
                }
            }
            let full = matches!(error, StoreError::Full);
            let error = |other: fn() -> StoreError| if full { StoreError::Full } else { other() };
            let of_posts = if begun { unknown } else { not_stored };
            batch
                .posts
                .into_iter()
                .for_each(|post| post.answer(Err(error(of_posts))));
            for lines in batch.lines {
                let _ = lines.reply.send(Err(error(not_stored)));
            }
        }
    }

    /// Waits until nothing is waiting.
    pub async fn settled(&self) {
        while !self.queues.lock().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The queue of a room that a task works on. It goes with the task, however that ends: nobody would work on it.
struct Queue<'a> {
    posts: &'a Posts,
    room: RoomId,
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.posts.queues.lock().remove(&self.room);
        }
    }
}

/// The answer of a queue, if it comes in time. A queue that ended without one is one that broke.
async fn answered<T>(answer: oneshot::Receiver<Result<T, StoreError>>) -> Option<Result<T, StoreError>> {
    timeout(ANSWER, answer).await.ok()?.ok()
}

fn unknown() -> StoreError {
    StoreError::Unknown("MongoDB did not say in time whether a message was stored".into())
}

fn not_stored() -> StoreError {
    StoreError::failed("MongoDB did not answer before a message could be stored")
}

/// Stores the lines of a room, then the messages of a batch. What is answered is taken from it; what is left after a
/// failure may be stored or not once that has `begun`.
async fn settle(
    tables: &Tables,
    room: RoomId,
    batch: &mut Batch,
    last: &mut Option<Seq>,
    begun: &mut bool,
) -> Result<(), StoreError> {
    let authors = batch.posts.iter().map(|post| post.new.author.id.to_string()).collect();
    let last_place = async |last: Option<Seq>| match last {
        Some(seq) => Ok(seq),
        None => tables.last_seq(room).await,
    };
    let (document, mut seq) = tokio::try_join!(tables.admission(room, authors), last_place(*last))?;
    let Some(document) = document else {
        batch.posts.drain(..).for_each(|post| post.answer(Err(not_found())));
        batch
            .lines
            .drain(..)
            .for_each(|lines| drop(lines.reply.send(Err(not_found()))));
        return Ok(());
    };
    seq = seq.max(Seq::try_from(document.floor).unwrap_or(0));
    if !document.lines.is_empty() {
        seq = tables.store_lines(room, &document.lines, seq).await?;
    }
    for lines in batch.lines.drain(..) {
        let place = match lines.named {
            Some(line) => tables.place_of(line).await,
            None => Ok(0),
        };
        let _ = lines.reply.send(place);
    }
    admit(tables, &document, &mut batch.posts).await?;
    if document.slow > 0 {
        slow_down(tables, &document, &mut batch.posts).await?;
    }
    *begun = true;
    *last = Some(insert(tables, room, &mut batch.posts, seq).await?);
    Ok(())
}

/// Stores messages behind a place; the last place that is taken then.
async fn insert(tables: &Tables, room: RoomId, posts: &mut Vec<Post>, mut seq: Seq) -> Result<Seq, StoreError> {
    while !posts.is_empty() {
        let messages: Vec<_> = (seq + 1..).zip(&*posts).map(|(seq, post)| post.place(seq)).collect();
        let inserted = tables.messages.insert_many(messages.iter().map(MessageDoc::of)).await;
        let stored = match &inserted {
            Ok(_) => messages.len(),
            Err(error) => duplicate_at(error).ok_or_else(|| failure(error.clone()))?,
        };
        seq += stored as Seq;
        for (post, message) in posts.drain(..stored).zip(messages) {
            post.answer(Ok(Posted::New(Arc::new(message))));
        }
        if inserted.is_err() {
            // Either it was posted before, or another server took the place. The refusal came with the write concern
            // of the insert, so a majority has what was in the way.
            let (_, now) = tokio::try_join!(settle_known(tables, posts), tables.last_seq(room))?;
            seq = seq.max(now);
        }
    }
    Ok(seq)
}

/// Answers those who may not post, but for those whose message is there already.
async fn admit(tables: &Tables, room: &AdmissionDoc, posts: &mut Vec<Post>) -> Result<(), StoreError> {
    let (members, strangers): (_, Vec<Post>) = mem::take(posts)
        .into_iter()
        .partition(|post| room.seats(post.new.author.id));
    *posts = members;
    for stranger in strangers {
        let answer = match known(tables, &stranger.new).await? {
            Some(message) => Ok(Posted::Known(message)),
            None => Err(StoreError::Refused(Refusal::NotAMember)),
        };
        stranger.answer(answer);
    }
    Ok(())
}

/// Answers those who have to wait in a room that wants a pause between messages.
async fn slow_down(tables: &Tables, room: &AdmissionDoc, posts: &mut Vec<Post>) -> Result<(), StoreError> {
    for post in mem::take(posts) {
        let author = post.new.author.id;
        if author.to_string() == room.owner {
            posts.push(post);
        } else if let Some(message) = known(tables, &post.new).await? {
            post.answer(Ok(Posted::Known(message)));
        } else {
            match tables.slow_down(post.new.room, room.slow, author).await {
                Ok(()) => posts.push(post),
                Err(refused) => post.answer(Err(refused)),
            }
        }
    }
    Ok(())
}

/// Answers the first of a batch when it was posted before.
async fn settle_known(tables: &Tables, batch: &mut Vec<Post>) -> Result<(), StoreError> {
    let Some(first) = batch.first() else {
        return Ok(());
    };
    if let Some(message) = known(tables, &first.new).await? {
        batch.remove(0).answer(Ok(Posted::Known(message)));
    }
    Ok(())
}

/// The message that was posted with the nonce of this one.
pub async fn known(tables: &Tables, new: &NewMessage) -> Result<Option<Arc<Message>>, StoreError> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let found = tables.by_nonce(new.room, new.author.id, nonce).await?;
    Ok(found.map(Arc::new))
}
