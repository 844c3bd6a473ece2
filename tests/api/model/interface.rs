//! Who may enter a room as docs/interface.md says it, by what visitors see and without the rule book.

use std::collections::HashSet;

use gifchat::domain::Moment;

use super::{rooms::now, world::World};

/// What happened at the door of a room. Visitors are named by their numbers.
#[derive(Default)]
pub struct Door {
    /// Who gave the password.
    pub knows: HashSet<usize>,
    /// Who came by an invite.
    pub invited: HashSet<usize>,
    /// Who ever took a seat.
    pub came: HashSet<usize>,
    pub banned: HashSet<usize>,
}

impl Door {
    pub fn gave_password(&mut self, who: usize) {
        self.invited.remove(&who);
        self.knows.insert(who);
    }

    pub fn redeemed(&mut self, who: usize) {
        if !self.knows.contains(&who) {
            self.invited.insert(who);
        }
    }

    pub fn new_password(&mut self) {
        self.knows.clear();
        self.invited.clear();
    }
}

impl World {
    /// The code that refuses a visitor at the door of an open room, or `ok`: `banned` comes before `closed`, and that before
    /// `wrong_password`. Whether a seat is free counts last, and only for who wants one.
    fn is_full(&self, place: usize) -> bool {
        let state = &self.rooms[place].state;
        let (count, max) = (state.room.count, state.room.max.get());
        let waits = |since: Moment| now().steady.millis() - since.millis() >= 5_000;
        let given_up = state.seats.iter().any(|seat| seat.disconnected_at.is_some_and(waits));
        count > max || (count == max && !given_up)
    }

    pub fn door_says(&self, who: usize, place: usize, wants_seat: bool) -> &'static str {
        let (room, door) = (&self.rooms[place].state, &self.rooms[place].door);
        let member = room.member(self.people[who].guest.visitor.id).is_some();
        let (owner, known) = (
            self.owner(place) == who,
            door.knows.contains(&who) || door.invited.contains(&who),
        );
        let address = |who: usize| self.people[who].visitor.forwarded_for;
        let same_place = |banned: &usize| door.came.contains(banned) && address(*banned) == address(who);
        if door.banned.contains(&who) || (!owner && !member && door.banned.iter().any(same_place)) {
            "banned"
        } else if owner || member {
            match wants_seat && !member && self.is_full(place) {
                true => "room_full",
                false => "ok",
            }
        } else if room.room.closed {
            "closed"
        } else if room.room.locked && !known {
            "wrong_password"
        } else if wants_seat && self.is_full(place) {
            "room_full"
        } else {
            "ok"
        }
    }
}
