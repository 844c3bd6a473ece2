//! The one thread that writes: it takes what is waiting, commits it together, then tells what happened.
//!
//! The sync of the log is what a durable append costs, whatever the engine. So everything that queued up during the
//! last sync shares the next one (group commit); nothing is ever held back to wait for company.
//!
//! A command changes drafts of the rooms it is about. They take the place of the rooms once the batch is committed, so
//! that nobody sees what may still fail.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use rusqlite::Connection;
use tokio::sync::mpsc;
use tracing::error;

use super::{
    command::{Answer, Command, Failure, answer, fail_all},
    directory::{Directory, OpenRoom},
    rows,
};
use crate::{
    domain::{Refusal, RoomId, Seq, VisitorId},
    store::{Change, Graces, SocketKey, StoreError, whispers::Fills},
};

/// Commands committed together at most. More would only make the first of them wait.
const BATCH: usize = 256;

/// The writer's state; lives on its thread.
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) directory: Arc<RwLock<Directory>>,
    /// Rooms that may be open at once.
    pub(super) limit: usize,
    changes: mpsc::Sender<Change>,
    /// Rooms as the batch at work leaves them; `None` is gone.
    pub(super) drafts: HashMap<RoomId, Option<OpenRoom>>,
    /// Places given out in the batch at work.
    pub(super) seqs: HashMap<RoomId, Seq>,
    /// What the batch at work will tell.
    pub(super) told: Vec<Change>,
    /// Rooms made in the batch at work.
    pub(super) created: usize,
    /// Who writes when in the batch at work, in rooms where that matters.
    pub(super) spoken: HashMap<(RoomId, VisitorId), Instant>,
    /// How full of whispers rooms are.
    pub(super) fills: Fills,
    /// Rooms that somebody enters in the batch at work; their grace is not over.
    entered: Vec<RoomId>,
}

impl Writer {
    pub fn new(
        connection: Connection,
        directory: Arc<RwLock<Directory>>,
        limit: usize,
        changes: mpsc::Sender<Change>,
    ) -> Self {
        Self {
            connection,
            directory,
            limit,
            changes,
            drafts: HashMap::new(),
            seqs: HashMap::new(),
            told: Vec::new(),
            created: 0,
            spoken: HashMap::new(),
            fills: Fills::new(),
            entered: Vec::new(),
        }
    }

    /// Works until told to close or until nobody can ask any more.
    pub fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if commands.blocking_recv_many(&mut batch, BATCH) == 0 {
                return;
            }
            let closing = batch.iter().position(|command| matches!(command, Command::Close(_)));
            let close = closing.and_then(|at| batch.drain(at..).next());
            self.work(mem::take(&mut batch));
            if let Some(Command::Close(done)) = close {
                commands.close();
                // The log goes into the file, so that a stopped site is one file to copy.
                if let Err(error) = self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
                    error!(%error, "can't empty the log of the store");
                }
                let _ = done.send(());
                return;
            }
        }
    }

    /// Writes a batch, commits it, and only then shows it, tells it, and answers.
    fn work(&mut self, batch: Vec<Command>) {
        self.created = 0;
        self.entered.clear();
        self.entered.extend(batch.iter().filter_map(|command| match command {
            Command::Enter(id, ..) => Some(*id),
            _ => None,
        }));
        let leaving: Vec<_> = batch.iter().filter_map(leaving).collect();
        let writes = batch.iter().any(Command::writes) || self.tending_writes(&batch);
        if writes && let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            return self.fail(&leaving, batch.into_iter().map(Command::into_failure), &error);
        }
        let (mut answers, mut waiting) = (Vec::with_capacity(batch.len()), batch.into_iter());
        for command in waiting.by_ref() {
            answers.extend(self.write(command));
            // A statement for which the disk has no space, or that it fails, may end the transaction and take all of it back
            // (<https://www.sqlite.org/lang_transaction.html>). What came behind it would be committed by itself.
            if writes && self.connection.is_autocommit() {
                break;
            }
        }
        if writes && let Err(error) = self.connection.execute_batch("COMMIT") {
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            let answered = answers.into_iter().map(Answer::into_failure);
            return self.fail(&leaving, answered.chain(waiting.map(Command::into_failure)), &error);
        }
        self.show();
        answers.into_iter().for_each(Answer::give);
    }

    /// Lets readers see the drafts, and tells the followers. Waits when they are behind: nothing that was committed is
    /// ever dropped here.
    fn show(&mut self) {
        let mut directory = self.directory.write();
        for (id, draft) in self.drafts.drain() {
            match draft {
                Some(open) => directory.insert(open),
                None => directory.remove(id),
            }
        }
        for (id, seq) in self.seqs.drain() {
            if let Some(open) = directory.get_mut(id) {
                open.last_seq = seq;
            }
        }
        for ((id, visitor), at) in self.spoken.drain() {
            if let Some(open) = directory.get_mut(id) {
                let pause = Duration::from_secs(open.room.slow.into());
                Arc::make_mut(&mut open.spoken).note(visitor, at, pause);
            }
        }
        drop(directory);
        for change in self.told.drain(..) {
            // No follower is left only while the server stops.
            let _ = self.changes.blocking_send(change);
        }
    }

    /// Gives a batch up. Its sockets are gone all the same: the grace of their seats begins, and tending frees them.
    fn fail(
        &mut self,
        leaving: &[(RoomId, VisitorId, SocketKey)],
        failures: impl Iterator<Item = Failure>,
        error: &rusqlite::Error,
    ) {
        self.drafts.clear();
        self.told.clear();
        // Who wrote in this batch did not.
        self.spoken.clear();
        let mut directory = self.directory.write();
        for (id, _) in self.seqs.drain() {
            // What the file has counts, whatever became of the batch: a place that is taken would be refused for ever.
            if let (Some(open), Ok(Some(seq))) = (directory.get_mut(id), rows::last_seq(&self.connection, id)) {
                open.last_seq = seq;
            }
        }
        for (id, visitor, socket) in leaving {
            if let Some(open) = directory.get_mut(*id) {
                open.let_go(*visitor, *socket, Instant::now());
            }
        }
        drop(directory);
        fail_all(failures, error);
    }

    /// Whether a tending in this batch will find something to write, which takes a transaction.
    fn tending_writes(&self, batch: &[Command]) -> bool {
        batch.iter().any(|command| match command {
            Command::Tend(graces, _) => !self.rooms_over(*graces).is_empty() || !self.rooms_to_tend(*graces).is_empty(),
            _ => false,
        })
    }

    pub(super) fn rooms_over(&self, graces: Graces) -> Vec<RoomId> {
        let mut over = self.rooms_where(|open, now| open.is_over(graces, now));
        over.retain(|id| !self.entered.contains(id));
        over
    }

    /// Rooms in which the grace of a seat is over, or that of the owner.
    pub(super) fn rooms_to_tend(&self, graces: Graces) -> Vec<RoomId> {
        self.rooms_where(|open, now| open.lapsed(graces, now).is_some() || open.heir(graces, now).is_some())
    }

    fn rooms_where(&self, wanted: impl Fn(&OpenRoom, Instant) -> bool) -> Vec<RoomId> {
        let now = Instant::now();
        let directory = self.directory.read();
        let found = directory.iter().filter(|open| wanted(open, now));
        found.map(|open| open.room.id).collect()
    }

    /// A look at a room as the batch at work leaves it.
    pub(super) fn look<T>(&self, id: RoomId, at: impl FnOnce(&OpenRoom) -> T) -> Result<T, StoreError> {
        match self.drafts.get(&id) {
            Some(draft) => draft.as_ref().map(at),
            None => self.directory.read().get(id).map(at),
        }
        .ok_or(StoreError::Refused(Refusal::RoomNotFound))
    }

    /// The room that the batch at work changes.
    pub(super) fn draft(&mut self, id: RoomId) -> Result<&mut OpenRoom, StoreError> {
        let draft = match self.drafts.entry(id) {
            Slot::Occupied(draft) => draft.into_mut(),
            Slot::Vacant(place) => place.insert(self.directory.read().get(id).cloned()),
        };
        draft.as_mut().ok_or(StoreError::Refused(Refusal::RoomNotFound))
    }

    /// Writes the rows of one command. Refusals and failures of a statement are answered at once.
    fn write(&mut self, command: Command) -> Option<Answer> {
        match command {
            Command::Create(new, reply) => answer(reply, self.create(new), Answer::Room),
            Command::Update(id, change, reply) => answer(reply, self.update(id, change), Answer::Room),
            Command::Remove(id, reply) => answer(reply, self.remove(id), Answer::Gifs),
            Command::Grant(id, visitor, reply) => answer(reply, self.grant(id, visitor), Answer::Done),
            Command::Moderate(id, by, action, reply) => answer(reply, self.moderate(id, by, action), Answer::Gifs),
            Command::Enter(id, guest, socket, reply) => answer(reply, self.enter(id, guest, socket), Answer::Entry),
            Command::Leave(id, visitor, socket, how, reply) => {
                answer(reply, self.leave(id, visitor, socket, how), Answer::Done)
            }
            Command::Post(new, reply) => answer(reply, self.post(new), Answer::Posted),
            Command::AddInvite(id, invite, reply) => answer(reply, self.add_invite(id, invite), Answer::Done),
            Command::WithdrawInvites(id, reply) => answer(reply, self.withdraw_invites(id), Answer::Done),
            Command::Redeem(invite, visitor, reply) => answer(reply, self.redeem(invite, visitor), Answer::Redeemed),
            Command::Whisper(new, reply) => answer(reply, self.whisper(new), Answer::Whispered),
            Command::Report(new, reply) => answer(reply, self.report(new), Answer::Report),
            Command::DismissReport(id, report, reply) => answer(reply, self.dismiss_report(id, report), Answer::Done),
            Command::ForgetGifs(names, reply) => answer(reply, self.forget_gifs(&names), Answer::Done),
            Command::Tend(graces, reply) => answer(reply, self.tend(graces), Answer::Tended),
            Command::Ping(reply) => answer(reply, self.ping(), Answer::Done),
            Command::Close(_) => None,
        }
    }
}

/// The socket that goes with a command.
fn leaving(command: &Command) -> Option<(RoomId, VisitorId, SocketKey)> {
    match command {
        Command::Leave(id, visitor, socket, ..) => Some((*id, visitor.id, *socket)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
