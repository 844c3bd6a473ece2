//! The way of a command to a room: look up facts, decide, write the rows of its events, show the room after them.

use std::sync::Arc;

use rusqlite::OptionalExtension;
use tracing::error;

use super::{command::failure, room_cache::CachedRoom, rows, writer::Writer};
use crate::{
    domain::{AddressKey, GifName, Guest, InviteHash, Maker, Message, Nonce, Refusal, Room, RoomId},
    log_throttle::LogThrottle,
    rules::{self, Command, Due, Event, Facts, Graces, NewRoom, Now, RoomState},
    store::{
        Change, Committed, Expired, StoreError,
        changes::{changes_of, message_of},
    },
};

/// Rooms that end by one commit at most; after a restart all end at the same moment. The others end the next time.
const ENDS: usize = 64;

/// Files go with the rows, in slices.
const fn expired(rooms: Vec<(RoomId, Vec<GifName>)>) -> Expired {
    Expired {
        rooms,
        unreferenced: Vec::new(),
    }
}

impl Writer {
    pub(super) fn create(&mut self, new: NewRoom) -> Result<Room, StoreError> {
        if self.rooms.read().len() + self.created >= self.limit {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        new.most
            .check(self.makers().iter().map(Arc::as_ref), &new.maker)
            .map_err(StoreError::Refused)?;
        let state = RoomState::new(RoomId::random(), new, AddressKey::random(), self.clock.now());
        rows::insert_room(&self.connection, &state).map_err(failure)?;
        let room = state.room.clone();
        self.created += 1;
        self.drafts.insert(room.id, Some(CachedRoom::new(state)));
        self.events.push(Change::RoomCreated(room.clone()));
        Ok(room)
    }

    /// Who made the rooms that are open as the batch at work leaves them.
    fn makers(&self) -> Vec<Arc<Maker>> {
        let rooms = self.rooms.read();
        let settled = rooms
            .iter()
            .filter(|cached| !self.drafts.contains_key(&cached.state.room.id));
        let open = settled.chain(self.drafts.values().flatten());
        open.map(|cached| Arc::clone(&cached.state.maker)).collect()
    }

    /// Decides a command and writes what happens. A message whose nonce its author has used before is answered with the first
    /// one.
    pub(super) fn submit(
        &mut self,
        id: RoomId,
        command: &Command,
        nonce: Option<Nonce>,
    ) -> Result<Committed, StoreError> {
        let mut cached = self.look(id)?;
        if let (Command::Post(author, _), Some(nonce)) = (command, &nonce) {
            let known = rows::by_nonce(&self.connection, id, author.id, nonce, &cached.hidden());
            if let Some(known) = known.map_err(failure)? {
                return Ok(Committed {
                    state: cached.state,
                    message: Some(Arc::new(known)),
                    known: true,
                    unreferenced: Vec::new(),
                });
            }
        }
        let now = self.clock.now();
        let facts = self.facts(&cached, command)?;
        let events = rules::decide(&cached.state, command, &facts, now).map_err(StoreError::Refused)?;
        let mut message = None;
        for event in &events {
            (cached, message) = self.append(cached, event, (nonce.clone(), &facts), now)?;
        }
        Ok(Committed {
            state: cached.state,
            message,
            known: false,
            // Its rows go in slices, and its files with them.
            unreferenced: Vec::new(),
        })
    }

    /// Writes an event; the room after it, and the message that it leaves. If a statement fails, nothing has happened.
    pub(super) fn append(
        &mut self,
        before: CachedRoom,
        event: &Event,
        (nonce, facts): (Option<Nonce>, &Facts),
        now: Now,
    ) -> Result<(CachedRoom, Option<Arc<Message>>), StoreError> {
        let mut after = before.clone();
        after.state.evolve(event, now);
        let message = message_of(event, &after.state, nonce, facts.message.as_ref(), now).map(Arc::new);
        let left = self.write_event(&before, &after.state, event, message.as_deref(), now)?;
        if left.is_some() || after.state.ended || matches!(event, Event::Forgotten { .. }) {
            self.slices.wake();
        } else if matches!(
            event,
            Event::Deleted { .. } | Event::Edited { .. } | Event::Dismissed(_)
        ) {
            self.slices.deleted();
        }
        if let Some(clearing) = left {
            Arc::make_mut(&mut after.clearings).push(clearing);
        }
        let changes = changes_of(event, before.state.room.count, &after.state, message.clone());
        self.events.extend(changes);
        let draft = (!after.state.ended).then(|| after.clone());
        self.drafts.insert(after.state.room.id, draft);
        Ok((after, message))
    }

    /// Lets a guest into the room of an invite.
    pub(super) fn redeem(&mut self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        let sql = "SELECT room FROM invites WHERE hash = ?1";
        let found = self
            .connection
            .query_row(sql, [invite.to_bytes()], |row| Ok(RoomId::from_bytes(row.get(0)?)))
            .optional();
        let not_good = || StoreError::Refused(Refusal::InviteNotFound);
        let room = found.map_err(failure)?.ok_or_else(not_good)?;
        match self.submit(room, &Command::Redeem(guest, invite), None) {
            // Its rows go in slices.
            Err(StoreError::Refused(Refusal::RoomNotFound)) => Err(not_good()),
            redeemed => redeemed.map(|_| room),
        }
    }

    /// Does what is due: removes rooms, frees seats, and gives rooms new owners. What can't be written in one room holds up
    /// no other.
    pub(super) fn expire(&mut self, graces: Graces) -> Result<Expired, StoreError> {
        let mut removed = Vec::new();
        for id in self.rooms_due(graces) {
            let Ok(cached) = self.look(id) else { continue };
            for due in rules::due(&cached.state, graces, self.clock.now()) {
                let ends = due == Due::Room;
                if ends && removed.len() >= ENDS {
                    continue;
                }
                match self.submit(id, &Command::Expire(due, graces), None) {
                    Ok(_) if ends => removed.push((id, Vec::new())),
                    // Its owner was faster.
                    Ok(_) | Err(StoreError::Refused(_)) => (),
                    // With the reserve it succeeds.
                    Err(StoreError::Full) => return Err(StoreError::Full),
                    Err(error) => {
                        static LINE: LogThrottle = LogThrottle::new();
                        if let Some(suppressed) = LINE.permit() {
                            error!(%error, room = %id, suppressed, "what is due in a room can't be done now");
                        }
                        // The failure of a statement may have ended the transaction.
                        if self.connection.is_autocommit() {
                            return Ok(expired(removed));
                        }
                        break;
                    }
                }
            }
        }
        Ok(expired(removed))
    }

    /// Rooms in which something is due. One that somebody enters in the batch at work does not end.
    pub(super) fn rooms_due(&self, graces: Graces) -> Vec<RoomId> {
        let now = self.clock.now();
        let rooms = self.rooms.read();
        let is_due = |cached: &&CachedRoom| match rules::due(&cached.state, graces, now)[..] {
            [] => false,
            [Due::Room] => !self.entered.contains(&cached.state.room.id),
            _ => true,
        };
        rooms.iter().filter(is_due).map(|cached| cached.state.room.id).collect()
    }
}
