//! The seats that the sockets of this server hold, and what happens to those whose write had no answer.

use std::{collections::HashSet, sync::atomic::Ordering};

use futures_util::TryStreamExt;
use mongodb::bson::doc;

use super::{DOUBTFUL, Held, Seating};
use crate::{
    domain::{Guest, RoomId, VisitorId},
    store::{
        Leave, SocketKey, StoreError,
        mongo::{
            client::within,
            documents::RoomDoc,
            seats::{Hold, Seated},
        },
    },
};

/// A write to the seats whose outcome is not known yet. Dropped like this, as its caller gives up or it fails, the seats
/// in the database are compared with those that are held here.
pub struct Unsettled<'a> {
    seating: &'a Seating,
    /// The hold that it takes, unless the socket had it before.
    fresh: Option<Held>,
}

impl<'a> Unsettled<'a> {
    fn begin(seating: &'a Seating, held: Held) -> Self {
        let fresh = seating.held.lock().insert(held).then_some(held);
        Self { seating, fresh }
    }

    /// It was done.
    pub fn settle(self) {
        std::mem::forget(self);
    }

    /// It was not done.
    fn refuse(self) {
        if let Some(held) = self.fresh {
            self.seating.held.lock().remove(&held);
        }
        std::mem::forget(self);
    }
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.fresh {
            self.seating.held.lock().remove(&held);
        }
        self.seating.doubtful.store(DOUBTFUL, Ordering::Relaxed);
    }
}

impl Seating {
    /// Takes a seat for a socket of this server.
    pub async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Seated, StoreError> {
        let visitor = guest.visitor;
        let held = (id, visitor.id, socket);
        loop {
            let server = self.living().await?;
            let taking = Unsettled::begin(self, held);
            let hold = Hold {
                visitor: visitor.id,
                server: &server,
                socket,
            };
            match self.tables.enter(id, guest, hold).await {
                Ok(seated) => {
                    taking.settle();
                    if *self.server() == *server {
                        return Ok(seated);
                    }
                    // The lease ran out meanwhile, and the seat went with it.
                }
                Err(error) => {
                    if matches!(error, StoreError::Refused(_)) {
                        taking.refuse();
                    }
                    return Err(error);
                }
            }
        }
    }

    /// Takes a socket of this server from its visitor's seat; whether the room has lines to be moved to the messages.
    /// While the database does not answer, the seat is noted as one that no socket holds, and let go later.
    pub async fn leave(
        &self,
        id: RoomId,
        visitor: VisitorId,
        socket: SocketKey,
        how: Leave,
    ) -> Result<bool, StoreError> {
        self.held.lock().remove(&(id, visitor, socket));
        let server = self.server();
        let hold = Hold {
            visitor,
            server: &server,
            socket,
        };
        let leaving = Unsettled {
            seating: self,
            fresh: None,
        };
        let lines = self.tables.breaker.guard(self.tables.leave(id, hold, how)).await?;
        leaving.settle();
        Ok(lines)
    }

    /// A seat that was taken, until it is sure that its socket will know of it.
    pub const fn unsettled(&self, id: RoomId, visitor: VisitorId, socket: SocketKey) -> Unsettled<'_> {
        Unsettled {
            seating: self,
            fresh: Some((id, visitor, socket)),
        }
    }

    /// Takes away the holds of this server that none of its sockets knows of: a write whose answer was lost. Returns
    /// those seen for the first time, which may be on their way.
    pub(super) async fn let_strays_go(&self, before: &HashSet<Held>) -> Result<HashSet<Held>, StoreError> {
        let server = self.server();
        let rooms = async {
            let mine = doc! { "members.holds.server": &*server };
            self.tables.rooms.find(mine).await?.try_collect::<Vec<_>>().await
        };
        let rooms: Vec<RoomDoc> = within(rooms).await?;
        let mut strays: HashSet<Held> = rooms.iter().flat_map(|room| room.holds_of(&server)).collect();
        strays.retain(|hold| !self.held.lock().contains(hold));
        let (old, new) = strays
            .into_iter()
            .partition::<HashSet<_>, _>(|hold| before.contains(hold));
        for (id, visitor, socket) in old {
            self.leave(id, visitor, socket, Leave::Disconnected).await?;
        }
        Ok(new)
    }
}
