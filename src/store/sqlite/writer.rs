//! The one thread that writes: it takes what is waiting, commits it together, then tells what happened.
//!
//! The sync of the log is what a durable append costs, whatever the engine. So everything that queued up during the
//! last sync shares the next one (group commit); nothing is ever held back to wait for company.

use std::{collections::HashMap, sync::Arc, time::Instant};

use parking_lot::RwLock;
use rusqlite::Connection;
use tokio::sync::mpsc;
use tracing::error;

use super::{
    command::{AfterCommit, Command, answer, fail_all},
    directory::Directory,
};
use crate::{
    domain::{RoomId, Seq},
    store::{Change, Graces},
};

/// Commands committed together at most. More would only make the first of them wait.
const BATCH: usize = 256;

/// The writer's state; lives on its thread.
pub struct Writer {
    pub(super) connection: Connection,
    pub(super) directory: Arc<RwLock<Directory>>,
    /// Rooms that may be open at once.
    pub(super) limit: usize,
    pub(super) changes: mpsc::Sender<Change>,
    /// Places given out in the batch at work, which the directory learns of after the commit.
    pub(super) seqs: HashMap<RoomId, Seq>,
    /// Rooms made in the batch at work.
    pub(super) created: usize,
    /// Rooms removed in the batch at work.
    pub(super) removed: Vec<RoomId>,
    /// Rooms that somebody enters in the batch at work; their grace is not over.
    pub(super) entered: Vec<RoomId>,
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
            created: 0,
            seqs: HashMap::new(),
            removed: Vec::new(),
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
            self.work(std::mem::take(&mut batch));
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

    /// Writes a batch, commits it, and only then shows and tells it.
    fn work(&mut self, batch: Vec<Command>) {
        self.seqs.clear();
        self.created = 0;
        self.removed.clear();
        self.entered.clear();
        self.entered.extend(batch.iter().filter_map(|command| match command {
            Command::Enter(id, ..) => Some(*id),
            _ => None,
        }));
        let writes = batch.iter().any(Command::writes) || self.tending_removes(&batch);
        if writes && let Err(error) = self.connection.execute_batch("BEGIN IMMEDIATE") {
            return fail_all(batch.into_iter().map(Command::into_failure), &error);
        }
        let after: Vec<_> = batch.into_iter().filter_map(|command| self.write(command)).collect();
        if writes && let Err(error) = self.connection.execute_batch("COMMIT") {
            if !self.connection.is_autocommit() {
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            return fail_all(after.into_iter().map(AfterCommit::into_failure), &error);
        }
        for done in after {
            self.show(done);
        }
    }

    /// Whether a tending in this batch will find a room to remove, which takes a transaction.
    fn tending_removes(&self, batch: &[Command]) -> bool {
        batch.iter().any(|command| match command {
            Command::Tend(graces, _) => !self.rooms_over(*graces).is_empty(),
            _ => false,
        })
    }

    pub(super) fn rooms_over(&self, graces: Graces) -> Vec<RoomId> {
        let now = Instant::now();
        let directory = self.directory.read();
        let over = directory
            .iter()
            .filter(|open| open.is_over(graces, now))
            .map(|open| open.room.id);
        over.filter(|id| !self.entered.contains(id) && !self.removed.contains(id))
            .collect()
    }

    /// Writes the rows of one command. Refusals and failures of a statement are answered at once.
    fn write(&mut self, command: Command) -> Option<AfterCommit> {
        match command {
            Command::Create(new, reply) => answer(reply, self.create(new), AfterCommit::Create),
            Command::Update(id, change, reply) => answer(reply, self.update(id, &change), |(), reply| {
                AfterCommit::Update(id, change, reply)
            }),
            Command::Remove(id, reply) => answer(reply, self.remove(id), |gifs, reply| {
                AfterCommit::Remove(id, gifs, reply)
            }),
            Command::Grant(id, visitor, reply) => answer(reply, self.grant(id, visitor), |(), reply| {
                AfterCommit::Grant(id, visitor, reply)
            }),
            Command::AddInvite(id, invite, reply) => answer(reply, self.add_invite(id, invite), |invites, reply| {
                AfterCommit::AddInvite(id, invites, reply)
            }),
            Command::WithdrawInvites(id, reply) => answer(reply, self.withdraw_invites(id), |(), reply| {
                AfterCommit::WithdrawInvites(id, reply)
            }),
            Command::Redeem(invite, visitor, reply) => answer(reply, self.redeem(invite, visitor), |id, reply| {
                AfterCommit::Redeem(id, visitor, reply)
            }),
            Command::Post(new, reply) => answer(reply, self.post(new), AfterCommit::Post),
            Command::Whisper(new, reply) => answer(reply, self.whisper(new), AfterCommit::Whisper),
            Command::Report(new, reply) => answer(reply, self.report(new), |(report, fresh), reply| {
                AfterCommit::Report(report, fresh, reply)
            }),
            Command::DismissReport(id, report, reply) => answer(reply, self.dismiss_report(id, report), |(), reply| {
                AfterCommit::Done(reply)
            }),
            Command::ForgetGifs(names, reply) => {
                answer(reply, self.forget_gifs(&names), |(), reply| AfterCommit::Done(reply))
            }
            Command::ForbidGif(id, hash, reply) => {
                answer(reply, self.forbid(id, hash), |(), reply| AfterCommit::Done(reply))
            }
            Command::Tend(graces, reply) => {
                answer(reply, self.remove_over(graces), |removed, reply| AfterCommit::Tend {
                    freed: graces,
                    removed,
                    reply,
                })
            }
            // Seats are in memory: a socket ends with the server that holds it.
            Command::Enter(id, visitor, socket, reply) => Some(AfterCommit::Enter(id, visitor, socket, reply)),
            Command::Leave(id, visitor, socket, how, reply) => {
                Some(AfterCommit::Leave(id, visitor, socket, how, reply))
            }
            Command::Ping(reply) => answer(reply, self.ping(), |(), reply| AfterCommit::Done(reply)),
            Command::Close(_) => None,
        }
    }
}
