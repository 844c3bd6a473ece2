//! The seats that sockets of servers hold: taken and released here, and freed when their server is gone.

use std::collections::HashSet;

use futures_util::future::try_join_all;

use super::{Held, ServerLease};
use crate::{
    domain::{Guest, Refusal, RoomId, VisitorId},
    rules::{Command, Hold, Leave, ServerId},
    store::{
        SocketKey, StoreError,
        mongo::{
            append_queue::{Committed, Outcome, Request},
            folded::Folded,
        },
    },
};

/// Commands that wait in the queue at the same time, of those that concern many rooms.
const AT_ONCE: usize = 256;

/// A socket on its way to a seat. Dropped before the outcome is known, as its caller gives up or it fails, it is forgotten:
/// a seat that it got after all is found among the strays.
struct Taking<'a> {
    lease: &'a ServerLease,
    /// The hold that it takes, unless the socket had it before.
    fresh: Option<Held>,
}

impl<'a> Taking<'a> {
    fn begin(lease: &'a ServerLease, held: Held) -> Self {
        let fresh = lease.held.lock().insert(held).then_some(held);
        Self { lease, fresh }
    }

    /// It has the seat.
    fn keep(mut self) {
        self.fresh = None;
    }
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.fresh {
            self.lease.held.lock().remove(&held);
        }
    }
}

impl ServerLease {
    /// Takes a seat for a socket of this server.
    pub async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Committed, StoreError> {
        loop {
            let server = self.living().await?;
            let taking = Taking::begin(self, (id, guest.visitor.id, socket));
            let hold = Hold { server, socket };
            let committed = self.append(id, Command::Enter(guest, hold)).await?;
            taking.keep();
            if self.server() == server {
                return committed.ok_or(StoreError::Refused(Refusal::RoomNotFound));
            }
            // The lease ran out meanwhile, and the seat went with it.
        }
    }

    /// Takes a socket of this server from its visitor's seat. If that fails, the socket is found among the strays.
    pub async fn leave(&self, id: RoomId, visitor: VisitorId, socket: SocketKey, how: Leave) -> Result<(), StoreError> {
        self.held.lock().remove(&(id, visitor, socket));
        let server = self.server();
        let leave = Command::Leave(visitor, Hold { server, socket }, how);
        let breaker = &self.collections().breaker;
        breaker.wait(Box::pin(self.append_unless_gone(id, leave))).await
    }

    async fn append(&self, id: RoomId, command: Command) -> Result<Option<Committed>, StoreError> {
        match self.queue.append(Request::new(id, command)).await? {
            Outcome::Done(committed) => Ok(Some(*committed)),
            Outcome::Repeated | Outcome::Stale => Ok(None),
        }
    }

    /// Neither a room that is gone nor a socket that holds nothing is an error.
    async fn append_unless_gone(&self, id: RoomId, command: Command) -> Result<(), StoreError> {
        match self.append(id, command).await {
            Err(StoreError::Refused(Refusal::RoomNotFound)) => Ok(()),
            done => done.map(drop),
        }
    }

    async fn append_all(&self, commands: Vec<(RoomId, Command)>) -> Result<(), StoreError> {
        for some in commands.chunks(AT_ONCE) {
            let some = some.iter().cloned();
            try_join_all(some.map(|(room, command)| self.append_unless_gone(room, command))).await?;
        }
        Ok(())
    }

    /// Frees the seats that only sockets of these servers hold, and renews the graces of all rooms. Of one room both are
    /// appended together: in between it would have the grace of a room that was left.
    pub(super) async fn restart_rooms(&self, dead: &[ServerId]) -> Result<(), StoreError> {
        let mut commands = Vec::new();
        for room in self.log.cache.all() {
            commands.extend(losses(&room, dead));
            commands.push((room.state.room.id, Command::Restart));
        }
        self.append_all(commands).await
    }

    /// Frees the seats that only sockets of these servers hold.
    pub(super) async fn free_seats(&self, dead: &[ServerId]) -> Result<(), StoreError> {
        let rooms = self.log.cache.all();
        self.append_all(rooms.iter().flat_map(|room| losses(room, dead)).collect())
            .await
    }

    /// Releases the sockets of this server that it does not know: of a command whose answer was lost. Returns those seen for
    /// the first time, which may be on their way.
    pub(super) async fn release_strays(&self, before: &HashSet<Held>) -> Result<HashSet<Held>, StoreError> {
        let server = self.server();
        let mut strays = HashSet::new();
        for room in self.log.cache.all() {
            let holds = room.state.holds_of(server).into_iter();
            strays.extend(holds.map(|(visitor, hold)| (room.state.room.id, visitor, hold.socket)));
        }
        strays.retain(|hold| !self.held.lock().contains(hold));
        let (old, new): (HashSet<_>, HashSet<_>) = strays.into_iter().partition(|hold| before.contains(hold));
        let leave = |(id, visitor, socket)| {
            let hold = Hold { server, socket };
            (id, Command::Leave(visitor, hold, Leave::Disconnected))
        };
        self.append_all(old.into_iter().map(leave).collect()).await?;
        Ok(new)
    }

    /// Releases all sockets of this server, which stops; their seats wait for the grace.
    pub(super) async fn release_all(&self, server: ServerId) -> Result<(), StoreError> {
        let mut commands = Vec::new();
        for room in self.log.cache.all() {
            let leave = |(visitor, hold)| (room.state.room.id, Command::Leave(visitor, hold, Leave::Disconnected));
            commands.extend(room.state.holds_of(server).into_iter().map(leave));
        }
        self.append_all(commands).await
    }
}

/// What takes the sockets of servers from a room: one command for each socket, as long as a seat is not free by the first.
fn losses(room: &Folded, dead: &[ServerId]) -> Vec<(RoomId, Command)> {
    let of_server = |server: &ServerId| {
        let (id, server) = (room.state.room.id, *server);
        let holds = room.state.holds_of(server).into_iter();
        holds.map(move |(visitor, _)| (id, Command::Lose(visitor, server)))
    };
    dead.iter().flat_map(of_server).collect()
}
