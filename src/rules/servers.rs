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

    /// Nothing if no grace runs.
    pub(super) fn restart(&self) -> Vec<Event> {
        let waits = |seat: &super::Seat| seat.disconnected_at.is_some();
        let any = self.empty != Empty::No || self.owner_absent_since.is_some() || self.seats.iter().any(waits);
        any.then_some(Event::Restarted).into_iter().collect()
    }

    pub(super) fn renew_graces(&mut self, now: Moment) {
        for seat in Arc::make_mut(&mut self.seats) {
            seat.disconnected_at = seat.disconnected_at.map(|_| now);
        }
        if self.empty != Empty::No {
            self.empty = Empty::NeverJoined(now);
        }
        self.owner_absent_since = self.owner_absent_since.map(|_| now);
    }
}
