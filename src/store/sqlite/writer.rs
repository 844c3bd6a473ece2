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
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use rusqlite::Connection;
use tokio::sync::mpsc::{self, error::TryRecvError};
use tracing::error;

use super::{
    checkpoints::Checkpoints,
    command::{Answer, Command, Failure, Trouble, answer, fail_all},
    directory::{Directory, OpenRoom},
    reserve::Reserve,
    rows,
    slices::Slices,
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
    /// What is deleted for readers and not yet from the file.
    pub(super) slices: Slices,
    /// Whether commits do not wait for the disk.
    pub(super) relaxed: bool,
    pub(super) reserve: Reserve,
    pub(super) checkpoints: Checkpoints,
    /// Why the last write failed, until one succeeds.
    pub(super) trouble: Option<Trouble>,
}

impl Writer {
    pub fn new(
        connection: Connection,
        directory: Arc<RwLock<Directory>>,
        limit: usize,
        changes: mpsc::Sender<Change>,
    ) -> Self {
        let reserve = Reserve::beside(Path::new(connection.path().unwrap_or_default()));
        let checkpoints = Checkpoints::start(&connection);
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
            slices: Slices::default(),
            relaxed: false,
            reserve,
            checkpoints,
            trouble: None,
        }
    }

    /// Works until told to close or until nobody can ask any more.
    pub fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            if !self.receive(&mut commands, &mut batch) {
                return;
            }
            let closing = batch.iter().position(|command| matches!(command, Command::Close(_)));
            let close = closing.and_then(|at| batch.drain(at..).next());
            self.work(mem::take(&mut batch));
            // However many are waiting, it gets its share.
            self.slice_if_due();
            if let Some(Command::Close(done)) = close {
                commands.close();
                self.checkpoints.stop();
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
                    batch.extend(std::iter::from_fn(|| commands.try_recv().ok()).take(BATCH - 1));
                    return true;
                }
                Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) if self.slice_is_due() => self.slice_if_due(),
                Err(TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        commands.blocking_recv_many(batch, BATCH) > 0
    }

    /// Writes a batch, commits it, and only then shows it, tells it, and answers. `again` says that what found no space and
    /// deletes is done again.
    pub(super) fn commit(&mut self, batch: Vec<Command>, again: bool) {
        self.created = 0;
        self.entered.clear();
        self.entered.extend(batch.iter().filter_map(|command| match command {
            Command::Enter(id, ..) => Some(*id),
            _ => None,
        }));
        let leaving: Vec<_> = batch.iter().filter_map(leaving).collect();
        let probes = self.trouble.is_some() && batch.iter().any(|command| matches!(command, Command::Ping(_)));
        let writes = probes || batch.iter().any(Command::writes) || self.tending_writes(&batch);
        if writes && let Err(error) = self.begin() {
            let failures = batch.into_iter().map(Command::into_failure);
            return self.fail(&leaving, failures, (Trouble::of_statement(&error), again), &error);
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
        if writes && let Err(error) = self.connection.execute_batch("COMMIT") {
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            let answered = answers.into_iter().map(Answer::into_failure);
            let failures = answered.chain(waiting.map(Command::into_failure));
            let trouble = trouble.unwrap_or_else(|| Trouble::of_statement(&error));
            return self.fail(&leaving, failures, (trouble, again), &error);
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
        (trouble, again): (Trouble, bool),
        error: &rusqlite::Error,
    ) {
        self.trouble = Some(trouble);
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
        // On a full disk leaving is done again.
        let leaving = leaving.iter().filter(|_| !again || trouble != Trouble::Full);
        for (id, visitor, socket) in leaving {
            if let Some(open) = directory.get_mut(*id) {
                open.let_go(*visitor, *socket, Instant::now());
            }
        }
        drop(directory);
        fail_all(failures, trouble, error);
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
    fn write(&mut self, command: Command) -> Result<Answer, Option<Trouble>> {
        match command {
            Command::Create(new, reply) => answer(reply, self.create(new), Answer::Room),
            Command::Update(id, change, reply) => answer(reply, self.update(id, change), Answer::Room),
            Command::Remove(id, reply) => answer(reply, self.remove(id), Answer::Done),
            Command::Grant(id, visitor, password, reply) => {
                answer(reply, self.grant(id, visitor, password), Answer::Done)
            }
            Command::Moderate(id, by, action, reply) => answer(reply, self.moderate(id, by, action), Answer::Done),
            Command::Enter(id, guest, socket, reply) => answer(reply, self.enter(id, guest, socket), Answer::Entry),
            Command::Leave(id, visitor, socket, how, reply) => {
                answer(reply, self.leave(id, visitor, socket, how), Answer::Done)
            }
            Command::Post(new, reply) => answer(reply, self.post(new), Answer::Posted),
            Command::AddInvite(id, invite, reply) => answer(reply, self.add_invite(id, invite), Answer::Done),
            Command::WithdrawInvites(id, reply) => answer(reply, self.withdraw_invites(id), Answer::Done),
            Command::Redeem(invite, guest, reply) => answer(reply, self.redeem(invite, guest), Answer::Redeemed),
            Command::Whisper(new, reply) => answer(reply, self.whisper(new), Answer::Whispered),
            Command::Report(new, reply) => answer(reply, self.report(new), Answer::Report),
            Command::DismissReport(id, report, reply) => answer(reply, self.dismiss_report(id, report), Answer::Done),
            Command::ForgetGifs(names, reply) => answer(reply, self.forget_gifs(&names), Answer::Done),
            Command::ForgetUnreferenced(names, reply) => answer(reply, self.forget_unreferenced(&names), Answer::Done),
            Command::Tend(graces, reply) => answer(reply, self.tend(graces), Answer::Tended),
            Command::Ping(reply) => answer(reply, self.ping(), Answer::Done),
            Command::Close(_) => Err(None),
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
