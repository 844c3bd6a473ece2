//! The one thread that writes: it takes what is waiting, commits it together, then tells what happened.
//!
//! The sync of the log is what a durable append costs, whatever the engine. So everything that queued up during the
//! last sync shares the next one (group commit); nothing is ever held back to wait for company.
//!
//! A command changes drafts of the rooms it is about. They take the place of the rooms once the batch is committed, so
//! that nobody sees what may still fail.

use std::{collections::HashMap, mem, path::Path, sync::Arc, time::Duration};

use parking_lot::RwLock;
use rusqlite::Connection;
use tokio::sync::mpsc::{self, error::TryRecvError};
use tracing::error;

use super::{
    checkpoints::Checkpoints,
    command::{Answer, Command, Failure, Trouble, answer, fail_all, failure},
    notes::{Notes, Which},
    reserve::Reserve,
    room_cache::{CachedRoom, RoomCache},
    rows, schema,
    slices::Slices,
};
use crate::{
    domain::{Refusal, RoomId, VisitorId},
    metrics::StoreMetrics,
    rules::{self, Event, Hold},
    store::{Change, StoreError, clock::Clock, whispers::Fills},
};

/// Commands committed together at most. More would only make the first of them wait.
const COMMANDS_PER_COMMIT: usize = 256;

/// The writer's state; lives on its thread.
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) rooms: Arc<RwLock<RoomCache>>,
    pub(super) clock: Clock,
    /// Rooms that may be open at once.
    pub(super) limit: usize,
    changes: mpsc::Sender<Change>,
    /// Rooms as the batch at work leaves them; `None` is gone.
    pub(super) drafts: HashMap<RoomId, Option<CachedRoom>>,
    /// What followers will hear of the batch at work.
    pub(super) events: Vec<Change>,
    /// Rooms made in the batch at work.
    pub(super) created: usize,
    /// How full of whispers rooms are.
    pub(super) fills: Fills,
    /// Rooms that somebody enters in the batch at work; their grace is not over.
    pub(super) entered: Vec<RoomId>,
    /// What is deleted for readers and not yet from the file.
    pub(super) slices: Slices,
    /// Whether commits do not wait for the disk.
    pub(super) relaxed: bool,
    pub(super) reserve: Reserve,
    pub(super) checkpoints: Checkpoints,
    pub(super) metrics: StoreMetrics,
    /// Whose the GIFs are, to be written with the next commit.
    pub(super) notes: Notes,
    /// Whether what finds no space in the batch at work and deletes is done again.
    again: bool,
    /// Why the last write failed, until one succeeds.
    pub(super) trouble: Option<Trouble>,
}

impl Writer {
    pub fn new(
        connection: Connection,
        rooms: Arc<RwLock<RoomCache>>,
        clock: Clock,
        limit: usize,
        changes: mpsc::Sender<Change>,
    ) -> Self {
        let reserve = Reserve::beside(Path::new(connection.path().unwrap_or_default()));
        let checkpoints = Checkpoints::start(&connection);
        Self {
            connection,
            rooms,
            clock,
            limit,
            changes,
            drafts: HashMap::new(),
            events: Vec::new(),
            created: 0,
            fills: Fills::new(),
            entered: Vec::new(),
            slices: Slices::default(),
            relaxed: false,
            reserve,
            checkpoints,
            metrics: StoreError::metrics(),
            notes: Notes::default(),
            again: false,
            trouble: None,
        }
    }

    /// Works until told to close or until nobody can ask any more.
    pub fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(COMMANDS_PER_COMMIT);
        loop {
            if !self.receive(&mut commands, &mut batch) {
                return;
            }
            let closing = batch.iter().position(|command| matches!(command, Command::Close(_)));
            let close = closing.and_then(|at| batch.drain(at..).next());
            self.work(mem::take(&mut batch));
            // However many are waiting, it gets its share.
            self.slice_if_due();
            self.forget_if_due();
            if let Some(Command::Close(done)) = close {
                commands.close();
                self.checkpoints.stop();
                self.forget_at_end();
                self.write_last_notes();
                // The log goes into the file, so that a stopped site is one file to copy.
                if let Err(error) = self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
                    error!(%error, "can't empty the log of the store");
                }
                let _ = done.send(());
                return;
            }
        }
    }

    /// Takes what is waiting; false when nobody can ask any more. While nobody asks, it goes on deleting.
    fn receive(&mut self, commands: &mut mpsc::Receiver<Command>, batch: &mut Vec<Command>) -> bool {
        while self.slices.are_left() {
            match commands.try_recv() {
                Ok(command) => {
                    batch.push(command);
                    batch.extend(std::iter::from_fn(|| commands.try_recv().ok()).take(COMMANDS_PER_COMMIT - 1));
                    return true;
                }
                Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) if self.slice_is_due() => self.slice_if_due(),
                Err(TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        commands.blocking_recv_many(batch, COMMANDS_PER_COMMIT) > 0
    }

    /// Writes a batch, commits it, and only then shows it, tells it, and answers. `again` says that what found no space and
    /// deletes is done again.
    pub(super) fn commit(&mut self, batch: Vec<Command>, again: bool) {
        self.created = 0;
        self.again = again;
        let which = if again { Which::All } else { Which::Gone };
        self.entered.clear();
        self.entered.extend(batch.iter().filter_map(|command| match command {
            Command::Submit(id, rules::Command::Enter(..), ..) => Some(*id),
            _ => None,
        }));
        let leaving: Vec<_> = batch.iter().filter_map(leaving).collect();
        let probes = self.trouble.is_some() && batch.iter().any(|command| matches!(command, Command::Ping(_)));
        let writes = probes || self.notes.are_due() || batch.iter().any(Command::writes) || self.expires(&batch);
        let begun = writes.then(|| self.metrics.commit.begin()).flatten();
        if writes && let Err(error) = self.begin() {
            let failures = batch.into_iter().map(Command::into_failure);
            return self.fail(&leaving, failures, Trouble::of_statement(&error), &error);
        }
        let (mut answers, mut waiting) = (Vec::with_capacity(batch.len()), batch.into_iter());
        let mut trouble = None;
        for command in waiting.by_ref() {
            match self.write(command) {
                Ok(answer) => answers.push(answer),
                Err(of_command) => trouble = trouble.or(of_command),
            }
            // A statement for which the disk has no space, or that it fails, may end the transaction and take all of it back
            // (<https://www.sqlite.org/lang_transaction.html>). What came behind it would be committed by itself.
            if writes && self.connection.is_autocommit() {
                break;
            }
        }
        if writes
            && let Err(error) = self
                .write_notes(which)
                .and_then(|()| self.connection.execute_batch("COMMIT"))
        {
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            let answered = answers.into_iter().map(Answer::into_failure);
            let failures = answered.chain(waiting.map(Command::into_failure));
            let trouble = trouble.unwrap_or_else(|| Trouble::of_statement(&error));
            return self.fail(&leaving, failures, trouble, &error);
        }
        self.metrics.commit.end(begun);
        if writes {
            self.notes.committed(which);
        }
        if writes || trouble.is_some() {
            self.trouble = trouble;
        }
        self.show();
        answers.into_iter().for_each(Answer::give);
        if writes {
            self.checkpoint();
        }
    }

    /// Begins a transaction that is durable once it is committed.
    fn begin(&mut self) -> rusqlite::Result<()> {
        if self.relaxed {
            self.connection.pragma_update(None, "synchronous", "FULL")?;
            self.relaxed = false;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")
    }

    /// Lets readers see the drafts, and tells the followers. Waits when they are behind: nothing that was committed is
    /// ever dropped here.
    fn show(&mut self) {
        let mut rooms = self.rooms.write();
        for (id, draft) in self.drafts.drain() {
            match draft {
                Some(cached) => rooms.insert(cached),
                None => rooms.remove(id),
            }
        }
        drop(rooms);
        for change in self.events.drain(..) {
            change.count_stored(&self.metrics);
            // No follower is left only while the server stops.
            let _ = self.changes.blocking_send(change);
        }
    }

    /// Gives a batch up. Its sockets are gone all the same: the grace of their seats begins, and tending frees them.
    fn fail(
        &mut self,
        leaving: &[(RoomId, VisitorId, Hold)],
        failures: impl Iterator<Item = Failure>,
        trouble: Trouble,
        error: &rusqlite::Error,
    ) {
        self.trouble = Some(trouble);
        self.events.clear();
        let mut rooms = self.rooms.write();
        for (id, _) in self.drafts.drain() {
            // What the file has counts, whatever became of the batch: a `seq` that is taken would be refused for ever.
            if let (Some(cached), Ok(Some(seq))) = (rooms.get_mut(id), rows::last_seq(&self.connection, id)) {
                cached.state.seq = seq;
            }
        }
        // On a full disk leaving is done again.
        let leaving = leaving.iter().filter(|_| !self.again || trouble != Trouble::Full);
        let now = self.clock.now();
        for (id, visitor, hold) in leaving {
            if let Some(cached) = rooms.get_mut(*id) {
                cached.state.evolve(&Event::Released(*visitor, *hold), now);
            }
        }
        drop(rooms);
        fail_all(failures, trouble, error);
    }

    /// Whether something is due that this batch is to do, which takes a transaction.
    fn expires(&self, batch: &[Command]) -> bool {
        batch.iter().any(|command| match command {
            Command::Expire(graces, _) => !self.rooms_due(*graces).is_empty(),
            _ => false,
        })
    }

    /// A room as the batch at work leaves it.
    pub(super) fn look(&self, id: RoomId) -> Result<CachedRoom, StoreError> {
        match self.drafts.get(&id) {
            Some(draft) => draft.clone(),
            None => self.rooms.read().get(id).cloned(),
        }
        .ok_or(StoreError::Refused(Refusal::RoomNotFound))
    }

    /// The socket of a leave whose rows could not be written is gone all the same: the seat waits for its grace. On a full disk
    /// the leave may be done again.
    fn release_anyway(&mut self, id: RoomId, visitor: VisitorId, hold: Hold, error: &StoreError) {
        if matches!(error, StoreError::Full) && self.again {
            return;
        }
        if let Ok(mut cached) = self.look(id) {
            cached.state.evolve(&Event::Released(visitor, hold), self.clock.now());
            self.drafts.insert(id, Some(cached));
        }
    }

    /// After a write that failed, it is tried whether one succeeds.
    fn ping(&self) -> Result<(), StoreError> {
        if self.trouble.is_some() {
            return schema::probe(&self.connection).map_err(failure);
        }
        self.connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failure)
    }

    /// Writes the rows of one command. Refusals and failures of a statement are answered at once.
    fn write(&mut self, command: Command) -> Result<Answer, Option<Trouble>> {
        match command {
            Command::Create(new, reply) => answer(reply, self.create(new), Answer::Room),
            Command::Submit(id, command, nonce, reply) => {
                let submitted = self.submit(id, &command, nonce);
                if let (Err(error), rules::Command::Leave(visitor, hold, _)) = (&submitted, &command) {
                    self.release_anyway(id, *visitor, *hold, error);
                }
                answer(reply, submitted, |done, reply| Answer::Committed(Box::new(done), reply))
            }
            Command::Redeem(invite, guest, reply) => answer(reply, self.redeem(invite, guest), Answer::Redeemed),
            Command::Whisper(new, reply) => answer(reply, self.whisper(new), Answer::Whispered),
            Command::Report(new, reply) => answer(reply, self.report(new), Answer::Report),
            Command::ForgetGifs(names, reply) => answer(reply, self.forget_gifs(&names), Answer::Done),
            Command::ForgetUnreferenced(names, reply) => answer(reply, self.forget_unreferenced(&names), Answer::Done),
            Command::Expire(graces, reply) => answer(reply, self.expire(graces), Answer::Expired),
            Command::Decide(text, reply) => answer(reply, self.write_decisions(&text), Answer::Done),
            Command::Block(hashes, on, reply) => answer(reply, self.block(&hashes, on), Answer::Counted),
            Command::Ping(reply) => answer(reply, self.ping(), Answer::Done),
            Command::Note(_) | Command::Close(_) => Err(None),
        }
    }
}

/// The socket that leaves by a command.
fn leaving(command: &Command) -> Option<(RoomId, VisitorId, Hold)> {
    match command {
        Command::Submit(id, rules::Command::Leave(visitor, hold, _), ..) => Some((*id, *visitor, *hold)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
