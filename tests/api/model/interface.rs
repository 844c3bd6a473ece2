//! Who may enter a room as the README says it, by what visitors see and without the rule book.

use std::collections::HashSet;

use super::world::World;

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
            match wants_seat && !member && room.room.count >= room.room.max.get() {
                true => "room_full",
                false => "ok",
            }
        } else if room.room.closed {
            "closed"
        } else if room.room.locked && !known {
            "wrong_password"
        } else if wants_seat && room.room.count >= room.room.max.get() {
            "room_full"
        } else {
            "ok"
        }
    }
}
