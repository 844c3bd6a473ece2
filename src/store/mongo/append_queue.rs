//! The append queue of this server: decides commands of all rooms and appends what they give rise to.
//!
//! A batch is decided room by room on the newest state that is known: each command on the state after those before it.
//! Rooms with one entry share one unordered insert; a room with several has an ordered insert of its own, so that what is
//! stored of a room is always a prefix. The unique `_id` decides between servers: who comes second for a position reads what
//! was first and decides again; servers that lose repeatedly take turns. A refusal is answered only when the state on which
//! it was decided is known to be the newest.

mod batch;
mod request;
mod turns;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    sync::{Mutex, mpsc, oneshot, watch},
    time::{sleep, timeout},
};

pub use self::{
    batch::Failure,
    request::{Committed, Outcome, Request, Task},
    turns::Turns,
};
use self::{
    batch::{Batch, Stage, Stored},
    turns::{May, STARVED},
};
use super::{
    client::{ANSWER, insert_outcome},
    documents::{EntryDoc, TurnDoc},
    log::{Log, not_found},
};
use crate::{domain::RoomId, log_throttle::LogThrottle, store::StoreError};

/// Commands decided together at most.
const COMMANDS_PER_DECISION: usize = 256;

/// Commands that may wait. One more is refused as [`StoreError::Busy`].
const WAITING: usize = 8_192;

/// Pause while all that waits has to wait for the turns of other servers.
const HELD: Duration = Duration::from_millis(2);

struct Job {
    request: Request,
    reply: oneshot::Sender<Result<Outcome, StoreError>>,
    /// Whether the room has been read since the job came.
    checked: bool,
    /// Whether the room has to be read before it is decided again.
    outdated: bool,
    /// Since when other servers were first, if they were.
    losing: Option<Instant>,
}

impl Job {
    /// Who no longer waits has been told that the outcome is unknown.
    fn answer(self, answer: Result<Outcome, StoreError>) {
        let _ = self.reply.send(answer);
    }
}

/// The queue of this server.
pub struct AppendQueue {
    log: Log,
    sender: mpsc::Sender<Job>,
    receiver: Mutex<mpsc::Receiver<Job>>,
    /// Tasks that somebody waits for.
    waiting: watch::Sender<usize>,
    turns: Arc<Turns>,
}

/// Counts a task as long as somebody waits for it.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn begin(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl AppendQueue {
    pub fn new(log: Log, turns: Arc<Turns>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self {
            log,
            sender,
            receiver: Mutex::new(receiver),
            waiting: watch::Sender::new(0),
            turns,
        }
    }

    /// Waits for what comes of a task.
    pub async fn append(&self, request: Request) -> Result<Outcome, StoreError> {
        let _waiting = Waiting::begin(&self.waiting);
        let (reply, answer) = oneshot::channel();
        let job = Job {
            request,
            reply,
            checked: false,
            outdated: false,
            losing: None,
        };
        self.sender.try_send(job).map_err(|_| StoreError::Busy)?;
        match timeout(ANSWER, answer).await {
            Ok(Ok(answer)) => answer,
            // In time, or because the queue gave the batch up.
            _ => Err(unknown()),
        }
    }

    /// Waits until nobody waits.
    pub async fn settled(&self) {
        // It fails when the count is gone, which this queue holds.
        let _ = self.waiting.subscribe().wait_for(|waiting| *waiting == 0).await;
    }

    /// Tasks that somebody waits for, also those that are being appended.
    pub fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }

    /// How entries name this server.
    pub fn appender(&self) -> Arc<str> {
        Arc::clone(self.turns.this())
    }

    /// Works until dropped.
    pub async fn run(&self) {
        let mut receiver = self.receiver.lock().await;
        // Those of rooms in which other servers have their turn; like `jobs`, of what was taken from the bounded queue.
        let (mut jobs, mut held, mut taken) = (VecDeque::new(), VecDeque::new(), Vec::new());
        loop {
            if jobs.is_empty() && held.is_empty() && receiver.recv_many(&mut taken, COMMANDS_PER_DECISION).await == 0 {
                return;
            }
            while jobs.len() + taken.len() < COMMANDS_PER_DECISION
                && held.len() < WAITING
                && let Ok(job) = receiver.try_recv()
            {
                taken.push(job);
            }
            jobs.extend(held.drain(..));
            jobs.extend(taken.drain(..));
            // Who has given up is not served behind their back.
            jobs.retain(|job: &Job| !job.reply.is_closed());
            held = self.hold(&mut jobs);
            if jobs.is_empty() {
                sleep(HELD).await;
                continue;
            }
            let breaker = &self.log.collections.breaker;
            if let Err(error) = breaker.guard(Box::pin(self.round(&mut jobs))).await {
                give_up(&mut jobs, &error);
            }
        }
    }

    /// Takes out what has to wait for the turns of other servers, and asks for turns.
    fn hold(&self, jobs: &mut VecDeque<Job>) -> VecDeque<Job> {
        let now = Instant::now();
        let starves = |job: &&Job| job.losing.is_some_and(|since| now - since >= STARVED);
        jobs.iter()
            .filter(starves)
            .for_each(|job| self.turns.contend(job.request.room, now));
        let mut may = HashMap::new();
        let (ready, held) = jobs.drain(..).partition(|job| {
            let room = job.request.room;
            let may = may.entry(room).or_insert_with(|| self.turns.may(room, now));
            if *may == May::Ask {
                *may = May::Wait;
                self.ask_for_turn(room);
            }
            *may == May::Append
        });
        *jobs = ready;
        held
    }

    /// Nobody waits for the answer: the change stream has the turn, or it has been asked for in vain.
    fn ask_for_turn(&self, room: RoomId) {
        let turns = self.log.collections.turns.clone();
        let turn = TurnDoc::new(room, self.turns.this());
        tokio::spawn(async move {
            let asked = timeout(ANSWER, turns.insert_one(turn).into_future()).await;
            if let Ok(Err(error)) = asked {
                tracing::debug!(%error, "a turn can't be asked for");
            }
        });
    }

    /// Decides what waits, and appends it. What lost against another server is left in `jobs`.
    async fn round(&self, jobs: &mut VecDeque<Job>) -> Result<(), StoreError> {
        self.read_rooms(jobs).await?;
        let Batch { stages } = Batch::decide(&self.log.cache, self.turns.this(), std::mem::take(jobs));
        let (alone, several): (Vec<_>, Vec<_>) = stages.into_iter().partition(|stage| stage.entries.len() < 2);
        let one_each = self.insert_alone(alone);
        let one_room = join_all(several.into_iter().map(|stage| self.insert_room(stage)));
        let (one_each, one_room) = tokio::join!(one_each, one_room);
        for (stage, stored) in one_each.into_iter().chain(one_room) {
            let entries = stage.entries.get(..stored.count).unwrap_or_default();
            self.log.cache.apply(entries, true);
            entries
                .iter()
                .for_each(|entry| entry.record.count_stored(&self.log.collections.metrics));
            if let Some(entry) = entries.last() {
                self.turns.appended(entry.room, self.turns.this(), Instant::now());
            }
            stage.settle(stored, jobs);
        }
        Ok(())
    }

    /// Reads the rooms that this server does not know, or whose state was not the newest. A server that has not heard of any
    /// room lately, as it slept, trusts none.
    async fn read_rooms(&self, jobs: &mut VecDeque<Job>) -> Result<(), StoreError> {
        let is_deaf = self.log.collections.pulse.check().is_err();
        let is_wanted = |job: &&Job| is_deaf || job.outdated || self.log.cache.get(job.request.room).is_none();
        let rooms: HashSet<_> = jobs.iter().filter(is_wanted).map(|job| job.request.room).collect();
        if rooms.is_empty() {
            return Ok(());
        }
        let rooms: Vec<_> = rooms.into_iter().collect();
        self.log.catch_up(&rooms).await?;
        for job in jobs.iter_mut().filter(|job| rooms.contains(&job.request.room)) {
            (job.checked, job.outdated) = (true, false);
        }
        if is_deaf {
            let begun = self.log.collections.begun(&rooms).await?;
            refuse_gone(jobs, &begun);
        }
        Ok(())
    }

    /// Inserts the entries of rooms that have one each, together.
    async fn insert_alone(&self, stages: Vec<Stage>) -> Vec<(Stage, Stored)> {
        let docs: Vec<EntryDoc> = stages
            .iter()
            .flat_map(|stage| &stage.entries)
            .map(EntryDoc::from)
            .collect();
        let mut outcomes = self.insert(docs, false).await.into_iter();
        let stored = |stage: Stage| {
            let outcome = match stage.entries.len() {
                0 => Ok(()),
                _ => outcomes.next().unwrap_or(Err(Failure::Unknown)),
            };
            let stored = Stored::of([outcome], stage.entries.len());
            (stage, stored)
        };
        stages.into_iter().map(stored).collect()
    }

    /// Inserts the entries of one room in order.
    async fn insert_room(&self, stage: Stage) -> (Stage, Stored) {
        let docs = stage.entries.iter().map(EntryDoc::from).collect();
        let outcomes = self.insert(docs, true).await;
        let stored = Stored::of(outcomes, stage.entries.len());
        (stage, stored)
    }

    /// Inserts entries; what became of each.
    async fn insert(&self, docs: Vec<EntryDoc>, ordered: bool) -> Vec<Result<(), Failure>> {
        if docs.is_empty() {
            return Vec::new();
        }
        let commit = &self.log.collections.metrics.commit;
        let begun = commit.begin();
        let inserted = self.log.collections.log.insert_many(&docs).ordered(ordered).await;
        if inserted.is_ok() {
            commit.end(begun);
        }
        insert_outcome(inserted, docs.len(), ordered)
    }
}

fn unknown() -> StoreError {
    StoreError::Unknown("MongoDB did not say in time whether it is stored".into())
}

/// Refuses what is for rooms of which the database has no beginning. What is known of such a room ends before its end, which
/// was deleted before this server heard of it: an entry after that would belong to nothing.
fn refuse_gone(jobs: &mut VecDeque<Job>, begun: &HashSet<RoomId>) {
    let (open, gone) = std::mem::take(jobs)
        .into_iter()
        .partition(|job: &Job| begun.contains(&job.request.room));
    *jobs = open;
    let gone: VecDeque<_> = gone;
    gone.into_iter().for_each(|job| job.answer(Err(not_found())));
}

/// Answers all that could not be decided.
fn give_up(jobs: &mut VecDeque<Job>, error: &StoreError) {
    if !matches!(error, StoreError::Away) {
        static LINE: LogThrottle = LogThrottle::new();
        if let Some(suppressed) = LINE.permit() {
            tracing::warn!(%error, commands = jobs.len(), suppressed, "commands could not be decided");
        }
    }
    for job in jobs.drain(..) {
        let text = "MongoDB did not answer before a command could be decided";
        job.answer(Err(match error {
            StoreError::Full => StoreError::Full,
            StoreError::Away => StoreError::Away,
            _ => StoreError::failed(text),
        }));
    }
}
