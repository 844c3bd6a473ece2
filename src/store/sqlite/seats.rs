//! Seats: each change of them is written with the line about it, in one commit. The seats themselves are in memory, as a
//! socket ends with the server that holds it; at the start the lines tell who sat where, and each seat waits for its grace.

use std::{sync::Arc, time::Instant};

use tracing::error;

use super::{directory::Unheld, writer::Writer};
use crate::{
    domain::{AddressMark, Body, Guest, Line, LineKind, Room, RoomId, Seq, Visitor},
    store::{Change, Departure, Entry, Graces, SocketKey, StoreError, Tended},
};

/// Rooms that end by one commit at most; after a restart all end at the same moment. The others end with the next tending.
const ENDS: usize = 64;

impl Writer {
    pub(super) fn enter(&mut self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        let open = self.draft(id)?;
        let fresh = open.admit(guest, socket).map_err(StoreError::Refused)?;
        let mut room = open.room.clone();
        let seq = if fresh {
            room.count += 1;
            let address = guest.address.map(|address| open.key.mark(address));
            let entered = Change::Entered(room.clone(), guest.visitor);
            self.tell_line(&room, guest.visitor, LineKind::Joined, address, Some(entered))?
        } else {
            self.last_seq(id)?
        };
        let open = self.draft(id)?;
        open.sit_down(guest.visitor, socket);
        let members = open.members();
        Ok(Entry { room, members, seq })
    }

    pub(super) fn leave(
        &mut self,
        id: RoomId,
        visitor: Visitor,
        socket: SocketKey,
        how: Departure,
    ) -> Result<(), StoreError> {
        // Neither a room that is gone nor a socket that holds nothing is an error.
        let Ok(Some(unheld)) = self.look(id, |open| open.without(visitor.id, socket)) else {
            return Ok(());
        };
        self.draft(id)?.let_go(visitor.id, socket, Instant::now());
        if how == Departure::Left && unheld == Unheld::Nobody {
            // Should the line fail, the seat waits for its grace.
            self.vacate(id, visitor, LineKind::Left)?;
        }
        Ok(())
    }

    /// Frees a visitor's seat, with a line that says how.
    pub(super) fn vacate(&mut self, id: RoomId, visitor: Visitor, kind: LineKind) -> Result<(), StoreError> {
        let mut room = self.look(id, |open| open.room.clone())?;
        room.count = room.count.saturating_sub(1);
        let left = Change::Left(room.clone(), visitor);
        self.tell_line(&room, visitor, kind, None, Some(left))?;
        self.draft(id)?.vacate(visitor.id, Instant::now());
        Ok(())
    }

    /// Writes a line, and tells it behind the change that it is about. Its place.
    pub(super) fn tell_line(
        &mut self,
        room: &Room,
        visitor: Visitor,
        kind: LineKind,
        address: Option<AddressMark>,
        change: Option<Change>,
    ) -> Result<Seq, StoreError> {
        let line = Line {
            kind,
            count: room.count,
        };
        let message = self.place(room.id, visitor, Body::Line(line), None)?;
        let message = self.append(message, address)?;
        self.told.extend(change);
        self.told.push(Change::Posted(Arc::clone(&message)));
        Ok(message.seq)
    }

    /// Frees the seats and removes the rooms whose grace is over, and gives rooms new owners.
    pub(super) fn tend(&mut self, graces: Graces) -> Result<Tended, StoreError> {
        let mut removed = Vec::new();
        for id in self.rooms_over(graces).into_iter().take(ENDS) {
            match self.remove(id) {
                Ok(()) => removed.push((id, Vec::new())),
                // Its owner was faster.
                Err(StoreError::Refused(_)) => (),
                // With the reserve it succeeds.
                Err(StoreError::Full) => return Err(StoreError::Full),
                Err(error) => {
                    error!(%error, "rooms that are over can't be removed now");
                    return Ok(Tended { removed });
                }
            }
        }
        if let Err(error) = self.tend_rooms(graces) {
            if matches!(error, StoreError::Full) {
                return Err(error);
            }
            // The rooms are gone all the same, and who asked has to delete their files.
            error!(%error, "seats can't be freed and rooms can't be handed over now");
        }
        Ok(Tended { removed })
    }

    fn tend_rooms(&mut self, graces: Graces) -> Result<(), StoreError> {
        let now = Instant::now();
        for id in self.rooms_to_tend(graces) {
            while let Ok(Some(visitor)) = self.look(id, |open| open.lapsed(graces, now)) {
                self.vacate(id, visitor, LineKind::Left)?;
            }
            if let Ok(Some(heir)) = self.look(id, |open| open.heir(graces, now)) {
                self.all_or_none(|writer| writer.hand_over(id, heir))?;
            }
        }
        Ok(())
    }
}
