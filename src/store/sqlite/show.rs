//! What is done with a command once its rows are committed: readers see it, followers hear of it, who asked is answered.

use std::{sync::Arc, time::Instant};

use super::{command::AfterCommit, writer::Writer};
use crate::{
    domain::{Refusal, Room, RoomId, Visitor},
    store::{Change, Departure, Entry, Graces, Posted, RoomChange, SocketKey, StoreError, Tended, Whispered},
};

impl Writer {
    /// Shows a committed command to readers, tells the followers, answers.
    pub(super) fn show(&mut self, done: AfterCommit) {
        match done {
            AfterCommit::Create(open, reply) => {
                let room = open.room.clone();
                self.directory.write().insert(open);
                self.tell(Change::RoomCreated(room.clone()));
                let _ = reply.send(Ok(room));
            }
            AfterCommit::Update(id, change, reply) => {
                let _ = reply.send(self.show_update(id, change));
            }
            AfterCommit::Remove(id, gifs, reply) => {
                self.show_removal(id);
                let _ = reply.send(Ok(gifs));
            }
            AfterCommit::Grant(id, visitor, reply) => {
                if let Some(open) = self.directory.write().get_mut(id) {
                    open.invited.remove(&visitor.id);
                    open.grants.insert(visitor.id);
                }
                let _ = reply.send(Ok(()));
            }
            AfterCommit::AddInvite(id, invites, reply) => {
                if let Some(open) = self.directory.write().get_mut(id) {
                    open.invites = invites;
                }
                let _ = reply.send(Ok(()));
            }
            AfterCommit::WithdrawInvites(id, reply) => {
                if let Some(open) = self.directory.write().get_mut(id) {
                    open.invites = 0;
                    open.invited.clear();
                }
                let _ = reply.send(Ok(()));
            }
            AfterCommit::Redeem(id, visitor, reply) => {
                if let Some(open) = self.directory.write().get_mut(id)
                    && !open.has_grant(visitor.id)
                {
                    open.invited.insert(visitor.id);
                }
                let _ = reply.send(Ok(id));
            }
            AfterCommit::Enter(id, visitor, socket, reply) => {
                let _ = reply.send(self.enter(id, visitor, socket));
            }
            AfterCommit::Leave(id, visitor, socket, how, reply) => {
                self.leave(id, visitor, socket, how);
                let _ = reply.send(Ok(()));
            }
            AfterCommit::Post(posted, reply) => {
                self.show_message(&posted);
                let _ = reply.send(Ok(posted));
            }
            AfterCommit::Whisper(whispered, reply) => {
                if let Whispered::New(whisper, _) = &whispered {
                    self.tell(Change::Whispered(Arc::clone(whisper)));
                }
                let _ = reply.send(Ok(whispered));
            }
            AfterCommit::Report(report, fresh, reply) => {
                if fresh {
                    self.tell(Change::Reported(report.clone()));
                }
                let _ = reply.send(Ok(report));
            }
            AfterCommit::Tend { freed, removed, reply } => {
                removed.iter().for_each(|(id, _)| self.show_removal(*id));
                self.free_lapsed_seats(freed);
                let _ = reply.send(Ok(Tended { removed }));
            }
            AfterCommit::Done(reply) => {
                let _ = reply.send(Ok(()));
            }
        }
    }

    fn show_update(&self, id: RoomId, change: RoomChange) -> Result<Room, StoreError> {
        let mut directory = self.directory.write();
        let open = directory
            .get_mut(id)
            .ok_or(StoreError::Refused(Refusal::RoomNotFound))?;
        if let Some(title) = change.title {
            open.room.title = title;
        }
        if let Some(max) = change.max {
            open.room.max = max;
        }
        if let Some(hash) = change.password_hash {
            open.grants.clear();
            open.invited.clear();
            open.invites = 0;
            open.room.locked = hash.is_some();
            open.password_hash = hash.map(Into::into);
        }
        let room = open.room.clone();
        drop(directory);
        self.tell(Change::RoomUpdated(room.clone()));
        Ok(room)
    }

    fn show_removal(&self, id: RoomId) {
        self.directory.write().remove(id);
        self.tell(Change::RoomRemoved(id));
    }

    fn show_message(&self, posted: &Posted) {
        if let Posted::New(message) = posted {
            if let Some(open) = self.directory.write().get_mut(message.room) {
                open.last_seq = message.seq;
            }
            self.tell(Change::Posted(Arc::clone(message)));
        }
    }

    fn enter(&self, id: RoomId, visitor: Visitor, socket: SocketKey) -> Result<Entry, StoreError> {
        let mut directory = self.directory.write();
        let open = directory
            .get_mut(id)
            .ok_or(StoreError::Refused(Refusal::RoomNotFound))?;
        let (entry, fresh) = open.enter(visitor, socket).map_err(StoreError::Refused)?;
        drop(directory);
        if fresh {
            self.tell(Change::Entered(entry.room.clone(), visitor));
        }
        Ok(entry)
    }

    fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Departure) {
        let mut directory = self.directory.write();
        let Some(open) = directory.get_mut(id) else { return };
        let freed = open.leave(visitor.id, socket, how, Instant::now());
        let room = open.room.clone();
        drop(directory);
        if let Some(visitor) = freed {
            self.tell(Change::Left(room, visitor));
        }
    }

    fn free_lapsed_seats(&self, graces: Graces) {
        let now = Instant::now();
        let mut left = Vec::new();
        for open in self.directory.write().iter_mut() {
            let freed = open.free_lapsed_seats(graces, now);
            left.extend(
                freed
                    .into_iter()
                    .map(|visitor| Change::Left(open.room.clone(), visitor)),
            );
        }
        left.into_iter().for_each(|change| self.tell(change));
    }

    /// Waits when the follower is behind: nothing that was committed is ever dropped here.
    fn tell(&self, change: Change) {
        // No follower is left only while the server stops.
        let _ = self.changes.blocking_send(change);
    }
}
