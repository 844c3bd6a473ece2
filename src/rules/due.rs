//! What time alone gives rise to.

use super::{
    Due, Event, Graces, Now, RELOAD, RoomState,
    state::{Empty, Seat, elapsed},
};
use crate::domain::RoomId;

/// What is due in a room, in the order in which it is to be decided.
pub fn due(state: &RoomState, graces: Graces, now: Now) -> Vec<Due> {
    if state.ended {
        return Vec::new();
    }
    if state.is_over(graces, now) {
        return vec![Due::Room];
    }
    let lapsed = state.seats.iter().filter(|seat| has_lapsed(seat, graces, now));
    let mut due: Vec<_> = lapsed.map(|seat| Due::Seat(seat.visitor.id)).collect();
    due.extend(state.successor(graces, now).map(|_| Due::Owner));
    due
}

/// Which of these rooms has been without a socket for longest, if one is. It gives way when there may be no more rooms.
pub fn longest_empty<'a>(rooms: impl Iterator<Item = &'a RoomState>) -> Option<RoomId> {
    let empty = rooms.filter_map(|state| Some((state.empty_since()?, state.room.id)));
    empty.min_by_key(|(since, _)| *since).map(|(_, room)| room)
}

fn has_lapsed(seat: &Seat, graces: Graces, now: Now) -> bool {
    let grace = match seat.is_closed() {
        true => graces.seat.min(RELOAD),
        false => graces.seat,
    };
    seat.disconnected_at.is_some_and(|at| elapsed(at, now) >= grace)
}

impl RoomState {
    /// Whether others may be on their way: they were invited, or nobody but the maker of the room ever came.
    fn is_expecting(&self) -> bool {
        !self.visited || !self.invites.is_empty()
    }

    fn is_over(&self, graces: Graces, now: Now) -> bool {
        match self.empty {
            _ if self.ended => false,
            Empty::No => false,
            Empty::Left(since) => elapsed(since, now) >= graces.room,
            Empty::Lost(since) if self.is_expecting() => elapsed(since, now) >= graces.first,
            Empty::Lost(since) => elapsed(since, now) >= graces.lost,
        }
    }

    /// Somebody may have come back since it was due.
    pub(super) fn expire(&self, due: Due, graces: Graces, now: Now) -> Vec<Event> {
        let event = match due {
            Due::Seat(visitor) => {
                let lapsed = self.seat(visitor).filter(|seat| has_lapsed(seat, graces, now));
                lapsed.map(|seat| Event::Left(seat.visitor))
            }
            Due::Owner => self.successor(graces, now).map(Event::OwnerChanged),
            Due::Room => self.is_over(graces, now).then_some(Event::Ended),
        };
        event.into_iter().collect()
    }
}
