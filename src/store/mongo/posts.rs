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

use parking_lot::Mutex;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    client::{ANSWER, Tables, duplicate_at, failure},
    documents::{MessageDoc, RoomDoc},
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

struct Waiting {
    new: NewMessage,
    /// What it says, now that the room takes it.
    body: Body,
    reply: oneshot::Sender<Result<Posted, StoreError>>,
}

impl Waiting {
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

/// The queues of all rooms that somebody is posting to. A room has one for as long as a task works on it.
pub struct Posts {
    tables: Tables,
    queues: Mutex<HashMap<RoomId, VecDeque<Waiting>>>,
}

impl Posts {
    pub fn new(tables: Tables) -> Self {
        Self {
            tables,
            queues: Mutex::default(),
        }
    }

    /// Stores a message of a member that says `body`.
    pub async fn post(self: &Arc<Self>, new: NewMessage, body: Body) -> Result<Posted, StoreError> {
        let (reply, answer) = oneshot::channel();
        let room = new.room;
        self.queue(room, Waiting { new, body, reply })?;
        match timeout(ANSWER, answer).await {
            Ok(answer) => answer.map_err(|_| StoreError::Stopped)?,
            Err(_) => Err(unknown()),
        }
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
    fn take(&self, room: RoomId) -> Option<Vec<Waiting>> {
        let mut queues = self.queues.lock();
        let queue = queues.get_mut(&room)?;
        if queue.is_empty() {
            queues.remove(&room);
            return None;
        }
        let size = queue.len().min(BATCH);
        Some(queue.drain(..size).collect())
    }

    async fn work(self: Arc<Self>, room: RoomId) {
        let _queue = Queue { posts: &self, room };
        let mut last = None;
        while let Some(mut batch) = self.take(room) {
            // Who has given up is not posted behind its back.
            batch.retain(|waiting| !waiting.reply.is_closed());
            let settled = settle(&self.tables, room, &mut batch, &mut last);
            let Err(error) = self.tables.breaker.guard(settled).await else {
                continue;
            };
            last = None;
            if !matches!(error, StoreError::Away) {
                static LINE: Seldom = Seldom::new();
                if let Some(left_out) = LINE.turn() {
                    tracing::warn!(%error, messages = batch.len(), left_out, "messages could not be stored");
                }
            }
            let full = matches!(error, StoreError::Full);
            for waiting in batch {
                waiting.answer(Err(if full { StoreError::Full } else { unknown() }));
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

fn unknown() -> StoreError {
    StoreError::failed("MongoDB did not say in time whether a message was stored")
}

/// Stores the messages of a batch. What is answered is taken from it; what is left after a failure may be stored or not.
async fn settle(
    tables: &Tables,
    room: RoomId,
    batch: &mut Vec<Waiting>,
    last: &mut Option<Seq>,
) -> Result<(), StoreError> {
    let last_place = async |last: Option<Seq>| match last {
        Some(seq) => Ok(seq),
        None => tables.last_seq(room).await,
    };
    let (document, mut seq) = tokio::try_join!(tables.room_doc(room), last_place(*last))?;
    seq = seq.max(admit(tables, document, batch).await?);
    while !batch.is_empty() {
        let messages: Vec<_> = (seq + 1..)
            .zip(&*batch)
            .map(|(seq, waiting)| waiting.place(seq))
            .collect();
        let inserted = tables.messages.insert_many(messages.iter().map(MessageDoc::of)).await;
        let stored = match &inserted {
            Ok(_) => messages.len(),
            Err(error) => duplicate_at(error).ok_or_else(|| failure(error.clone()))?,
        };
        seq += stored as Seq;
        for (waiting, message) in batch.drain(..stored).zip(messages) {
            waiting.answer(Ok(Posted::New(Arc::new(message))));
        }
        if inserted.is_err() {
            // Either it was posted before, or another server took the place. The refusal came with the write concern
            // of the insert, so a majority has what was in the way.
            let (_, now) = tokio::try_join!(settle_known(tables, batch), tables.last_seq(room))?;
            seq = seq.max(now);
        }
    }
    *last = Some(seq);
    Ok(())
}

/// Answers those who may not post, but for those whose message is there already. Returns the last place of a message
/// that had to go.
async fn admit(tables: &Tables, room: Option<RoomDoc>, batch: &mut Vec<Waiting>) -> Result<Seq, StoreError> {
    let Some(room) = room else {
        batch.drain(..).for_each(|waiting| waiting.answer(Err(not_found())));
        return Ok(0);
    };
    let (members, strangers) = mem::take(batch)
        .into_iter()
        .partition(|waiting| room.seats(waiting.new.author.id));
    *batch = members;
    let strangers: Vec<Waiting> = strangers;
    for stranger in strangers {
        let answer = match known(tables, &stranger.new).await? {
            Some(message) => Ok(Posted::Known(message)),
            None => Err(StoreError::Refused(Refusal::NotAMember)),
        };
        stranger.answer(answer);
    }
    Ok(Seq::try_from(room.floor).unwrap_or(0))
}

/// Answers the first of a batch when it was posted before.
async fn settle_known(tables: &Tables, batch: &mut Vec<Waiting>) -> Result<(), StoreError> {
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
