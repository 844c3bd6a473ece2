//! What time alone gives rise to.

use super::{Due, Event, Facts, Graces, Now, RELOAD, RoomState, now::elapsed, seats::Seat, state::Empty};
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
    due.extend(state.has_to_forget(graces.retention, now).then_some(Due::Messages));
    due
}

/// Which of these rooms have to give way so that there may be one more, as no more than `limit` may be open: those that have
/// been without a socket for longest, and of those that fell asleep together, as after a restart, first the ones to which
/// nobody is expected back. `None` if it takes more than can give way: no room ends for nothing.
pub fn give_way<'a>(rooms: impl Iterator<Item = &'a RoomState>, limit: usize, now: Now) -> Option<Vec<RoomId>> {
    let (mut open, mut asleep) = (0, Vec::new());
    for state in rooms.filter(|state| !state.ended) {
        open += 1;
        if let Some(since) = state.empty_since().filter(|_| state.is_over(Graces::SHORTEST, now)) {
            let key = (since, !state.seats.is_empty(), state.room.created_at, state.room.id);
            asleep.push(key);
        }
    }
    let too_many = (open + 1_usize).saturating_sub(limit);
    if too_many > asleep.len() {
        return None;
    }
    asleep.sort_unstable();
    asleep.truncate(too_many);
    Some(asleep.into_iter().map(|(.., room)| room).collect())
}

fn has_lapsed(seat: &Seat, graces: Graces, now: Now) -> bool {
    let closed = seat.closed_since().filter(|at| elapsed(*at, now) >= RELOAD);
    closed.is_some() || seat.disconnected_at.is_some_and(|at| elapsed(at, now) >= graces.seat)
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
    pub(super) fn expire(&self, due: Due, graces: Graces, facts: &Facts, now: Now) -> Vec<Event> {
        let event = match due {
            Due::Seat(visitor) => {
                let lapsed = self.seat(visitor).filter(|seat| has_lapsed(seat, graces, now));
                lapsed.map(|seat| Event::Left(seat.visitor))
            }
            Due::Owner => self.successor(graces, now).map(Event::OwnerChanged),
            Due::Messages => self.forget(graces.retention, facts, now),
            Due::Room => self.is_over(graces, now).then_some(Event::Ended),
        };
        event.into_iter().collect()
    }
}
