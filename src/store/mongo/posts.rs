//! Posts: a queue a room in each server, inserted in batches behind the last message.
//!
//! The unique index on room and `seq` decides between servers: who comes second reads the last place and tries again.
//! Whoever writes n + 1 has seen n, so that the log of the database, and every change stream, has them in that order.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    client::{ANSWER, Tables, duplicate_at, failure},
    documents::MessageDoc,
    rooms::not_found,
};
use crate::{
    domain::{Message, MessageId, Moment, Refusal, RoomId, Seq},
    store::{NewMessage, Posted, StoreError},
};

/// Messages inserted together at most.
const BATCH: usize = 256;

/// Messages that may wait for one room. One more is refused as [`StoreError::Busy`].
const WAITING: usize = 4_096;

/// The most a server waits before it tries for a place again that another one took.
const GIVE_WAY: Duration = Duration::from_millis(2);

struct Waiting {
    new: NewMessage,
    reply: oneshot::Sender<Result<Posted, StoreError>>,
}

impl Waiting {
    fn answer(self, answer: Result<Posted, StoreError>) {
        // Who no longer waits has been told that the outcome is unknown.
        let _ = self.reply.send(answer);
    }

    fn place(&self, seq: Seq) -> Message {
        let NewMessage {
            room,
            author,
            body,
            nonce,
        } = self.new.clone();
        Message {
            id: MessageId::random(),
            room,
            seq,
            author,
            created_at: Moment::now(),
            body,
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

    /// Stores a message of a member.
    pub async fn post(self: &Arc<Self>, new: NewMessage) -> Result<Posted, StoreError> {
        let (reply, answer) = oneshot::channel();
        let room = new.room;
        self.queue(room, Waiting { new, reply })?;
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
        let mut last = None;
        while let Some(mut batch) = self.take(room) {
            // Who has given up is not posted behind its back.
            batch.retain(|waiting| !waiting.reply.is_closed());
            let (tables, deadline) = (&self.tables, Instant::now() + ANSWER);
            let settled = timeout_at(deadline, settle(tables, room, &mut batch, &mut last)).await;
            let error = match settled {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => Some(error),
                Err(_) => None,
            };
            last = None;
            if let Some(error) = &error {
                tracing::warn!(%error, messages = batch.len(), "messages could not be stored");
            }
            let full = matches!(error, Some(StoreError::Full));
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
    admit(tables, room, batch).await?;
    while !batch.is_empty() {
        let seq = match *last {
            Some(seq) => seq,
            None => next_behind(tables, room).await?,
        };
        let messages: Vec<_> = (seq + 1..).zip(&*batch).map(|(seq, waiting)| waiting.place(seq)).collect();
        let inserted = tables.messages.insert_many(messages.iter().map(MessageDoc::of)).await;
        let stored = match &inserted {
            Ok(_) => messages.len(),
            Err(error) => duplicate_at(error).ok_or_else(|| failure(error.clone()))?,
        };
        *last = Some(seq + stored as Seq);
        for (waiting, message) in batch.drain(..stored).zip(messages) {
            waiting.answer(Ok(Posted::New(Arc::new(message))));
        }
        if inserted.is_err() && !settle_known(tables, batch).await? {
            // Another server took the place.
            *last = None;
            sleep(GIVE_WAY.mul_f32(rand::random())).await;
        }
    }
    Ok(())
}

/// The last place that was given, be the message still there or not.
async fn next_behind(tables: &Tables, room: RoomId) -> Result<Seq, StoreError> {
    let (message, room) = tokio::try_join!(tables.last_seq(room, false), tables.room_doc(room))?;
    let floor = room.and_then(|room| Seq::try_from(room.floor).ok()).unwrap_or(0);
    Ok(message.max(floor))
}

/// Answers those who may not post, but for those whose message is there already.
async fn admit(tables: &Tables, room: RoomId, batch: &mut Vec<Waiting>) -> Result<(), StoreError> {
    let Some(room) = tables.room_doc(room).await? else {
        batch.drain(..).for_each(|waiting| waiting.answer(Err(not_found())));
        return Ok(());
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
    Ok(())
}

/// Answers the first of a batch when it was posted before; whether it was.
async fn settle_known(tables: &Tables, batch: &mut Vec<Waiting>) -> Result<bool, StoreError> {
    let Some(first) = batch.first() else {
        return Ok(false);
    };
    let Some(message) = known(tables, &first.new).await? else {
        return Ok(false);
    };
    batch.remove(0).answer(Ok(Posted::Known(message)));
    Ok(true)
}

/// The message that was posted with the nonce of this one.
async fn known(tables: &Tables, new: &NewMessage) -> Result<Option<Arc<Message>>, StoreError> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let found = tables.by_nonce(new.room, new.author.id, nonce).await?;
    Ok(found.map(Arc::new))
}
