//! Servers and their sockets, and what becomes of seats when a server ends.

use std::sync::Arc;

use super::{Event, RoomState, state::Empty};
use crate::domain::{Moment, VisitorId};

/// A socket, unique within the life of its server.
pub type SocketKey = u64;

/// A server, unique among all that ever ran on one store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub u64);

impl ServerId {
    /// The server of a store that only one server may open.
    pub const ONLY: Self = Self(0);
}

/// A socket that keeps a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hold {
    /// The server that the socket is connected to.
    pub server: ServerId,
    /// The socket.
    pub socket: SocketKey,
}

impl RoomState {
    /// The sockets of a server in this room, and whose they are.
    pub fn holds_of(&self, server: ServerId) -> Vec<(VisitorId, Hold)> {
        let holds = self.seats.iter().flat_map(|seat| {
            let theirs = seat.holds.iter().filter(move |hold| hold.server == server);
            theirs.map(|hold| (seat.visitor.id, *hold))
        });
        holds.collect()
    }

    /// Visits the servers whose sockets hold seats.
    pub fn servers(&self) -> impl Iterator<Item = ServerId> {
        self.seats
            .iter()
            .flat_map(|seat| seat.holds.iter().map(|hold| hold.server))
    }

    /// The connection was lost with the server.
    pub(super) fn lose(&self, visitor: VisitorId, server: ServerId) -> Vec<Event> {
        let seat = self.seat(visitor);
        let theirs = seat.and_then(|seat| seat.holds.iter().find(|hold| hold.server == server));
        theirs.map(|hold| Event::Released(visitor, *hold)).into_iter().collect()
    }

    /// Nothing if no grace runs.
    pub(super) fn restart(&self) -> Vec<Event> {
        let waits = |seat: &super::Seat| seat.disconnected_at.is_some();
        let any = self.empty != Empty::No || self.owner_absent_since.is_some() || self.seats.iter().any(waits);
        any.then_some(Event::Restarted).into_iter().collect()
    }

    pub(super) fn renew_graces(&mut self, now: Moment) {
        for seat in Arc::make_mut(&mut self.seats) {
            (seat.disconnected_at, seat.closed_at) = (seat.disconnected_at.map(|_| now), None);
        }
        if self.empty != Empty::No {
            self.empty = Empty::Lost(now);
        }
        self.owner_absent_since = self.owner_absent_since.map(|_| now);
    }
}
