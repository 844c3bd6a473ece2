//! What time alone gives rise to.

use super::{
    Due, Event, Graces, Now, RoomState,
    state::{Empty, Seat, elapsed},
};

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

fn has_lapsed(seat: &Seat, graces: Graces, now: Now) -> bool {
    seat.disconnected_at.is_some_and(|at| elapsed(at, now) >= graces.seat)
}

impl RoomState {
    fn is_over(&self, graces: Graces, now: Now) -> bool {
        match self.empty {
            _ if self.ended => false,
            Empty::No => false,
            Empty::NeverJoined(since) => elapsed(since, now) >= graces.new_room,
            Empty::Since(since) => elapsed(since, now) >= graces.room,
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
