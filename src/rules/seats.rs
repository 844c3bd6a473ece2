//! Who may take a seat, and what becomes of it.

use super::{Event, Hold, Leave, Now, RoomState, SOCKETS_EACH};
use crate::domain::{Guest, Refusal, VisitorId};

impl RoomState {
    pub(super) fn enter(&self, guest: Guest, hold: Hold, now: Now) -> Result<Vec<Event>, Refusal> {
        if let Some(refusal) = self.access(guest, now.date).refusal() {
            return Err(refusal);
        }
        let visitor = guest.visitor;
        match self.seat(visitor.id) {
            Some(seat) if seat.holds.contains(&hold) => Ok(Vec::new()),
            Some(seat) if seat.holds.len() >= SOCKETS_EACH => Err(Refusal::TooManySockets { limit: SOCKETS_EACH }),
            Some(_) => Ok(vec![Event::Held(visitor.id, hold)]),
            None if self.room.is_full() => Err(Refusal::RoomFull),
            None => Ok(vec![Event::Joined {
                visitor,
                hold,
                mark: guest.address.map(|address| self.address_key.mark(address)),
            }]),
        }
    }

    pub(super) fn leave(&self, visitor: VisitorId, hold: Hold, how: Leave) -> Vec<Event> {
        let Some(seat) = self.seat(visitor).filter(|seat| seat.holds.contains(&hold)) else {
            return Vec::new();
        };
        vec![if how == Leave::Explicit && seat.holds.len() == 1 {
            Event::Left(seat.visitor)
        } else {
            Event::Released(visitor, hold)
        }]
    }
}
