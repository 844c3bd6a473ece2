//! What becomes of seats when the servers of their sockets end.

use std::sync::Arc;

use super::{
    Event, RoomState, ServerId,
    state::{Empty, Hold},
};
use crate::domain::{Moment, VisitorId};

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

    /// The lease was the grace: a seat that only the dead server held is free at once.
    pub(super) fn lose(&self, visitor: VisitorId, server: ServerId) -> Vec<Event> {
        let Some(seat) = self.seat(visitor) else {
            return Vec::new();
        };
        let mut theirs = seat.holds.iter().filter(|hold| hold.server == server);
        let Some(first) = theirs.next() else {
            return Vec::new();
        };
        vec![if theirs.count() + 1 == seat.holds.len() {
            Event::Left(seat.visitor)
        } else {
            Event::Released(visitor, *first)
        }]
    }

    /// Nothing if no grace runs and all sockets are of these servers.
    pub(super) fn restart(&self, servers: &Arc<[ServerId]>) -> Vec<Event> {
        let waits = |seat: &super::Seat| seat.holds.is_empty();
        let unchanged = self.empty == Empty::No
            && self.owner_absent_since.is_none()
            && self.servers().all(|server| servers.contains(&server))
            && !self.seats.iter().any(waits);
        if unchanged {
            Vec::new()
        } else {
            vec![Event::Restarted(Arc::clone(servers))]
        }
    }

    pub(super) fn forget_others(&mut self, servers: &[ServerId], now: Moment) {
        for seat in Arc::make_mut(&mut self.seats) {
            seat.holds.retain(|hold| servers.contains(&hold.server));
            if seat.holds.is_empty() {
                seat.disconnected_at = Some(now);
            }
        }
        if self.seats.iter().all(|seat| seat.holds.is_empty()) {
            self.empty = Empty::NeverJoined(now);
        }
        self.owner_absent_since = None;
        self.note_owner(now);
    }
}
