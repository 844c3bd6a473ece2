//! Invites: links that are good, and who came by one.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::{command::failure, directory::OpenRoom, writer::Writer};
use crate::{
    domain::{Guest, InviteHash, Refusal, RoomId},
    store::{GRANTS, INVITES, StoreError},
};

/// How many invites to a room are good.
pub fn count(connection: &Connection, room: RoomId) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM invites WHERE room = ?1";
    connection
        .prepare_cached(sql)?
        .query_row([room.to_bytes()], |row| row.get(0))
}

impl Writer {
    /// Makes an invite good.
    pub(super) fn add_invite(&mut self, room: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        self.look(room, |_| ())?;
        let good = self.whole(|| {
            let (id, hash) = (room.to_bytes(), invite.to_bytes());
            self.connection
                .execute("INSERT OR IGNORE INTO invites (room, hash) VALUES (?1, ?2)", (id, hash))?;
            let beyond = format!(
                "DELETE FROM invites WHERE room = ?1 AND id NOT IN
                     (SELECT id FROM invites WHERE room = ?1 ORDER BY id DESC LIMIT {INVITES})"
            );
            self.connection.execute(&beyond, [id])?;
            count(&self.connection, room)
        })?;
        self.draft(room)?.invites = good;
        Ok(())
    }

    /// Withdraws the invites to a room and the grants that came of them.
    pub(super) fn withdraw_invites(&mut self, room: RoomId) -> Result<(), StoreError> {
        self.look(room, |_| ())?;
        let id = room.to_bytes();
        self.whole(|| {
            self.connection.execute("DELETE FROM invites WHERE room = ?1", [id])?;
            self.connection
                .execute("DELETE FROM grants WHERE room = ?1 AND invited", [id])
        })?;
        let open = self.draft(room)?;
        open.invites = 0;
        open.invited = Arc::default();
        Ok(())
    }

    /// Grants a guest the room of an invite, unless the owner keeps the guest out.
    pub(super) fn redeem(&mut self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        let visitor = guest.visitor;
        let sql = "SELECT room FROM invites WHERE hash = ?1";
        let found = self
            .connection
            .query_row(sql, [invite.to_bytes()], |row| Ok(RoomId::from_bytes(row.get(0)?)))
            .optional();
        let not_good = || StoreError::Refused(Refusal::InviteNotFound);
        let room = found.map_err(failure)?.ok_or_else(not_good)?;
        // The rows of a room that was removed go later than the room.
        let ban = match self.look(room, |open| open.access(guest).ban()) {
            Err(StoreError::Refused(Refusal::RoomNotFound)) => return Err(not_good()),
            ban => ban?,
        };
        if let Some(banned) = ban {
            return Err(StoreError::Refused(banned));
        }
        if self.look(room, |open| open.has_grant(visitor.id))? {
            return Ok(room);
        }
        if self.look(room, OpenRoom::granted)? >= GRANTS {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let sql = "INSERT OR IGNORE INTO grants (room, visitor, invited) VALUES (?1, ?2, TRUE)";
        self.connection
            .execute(sql, (room.to_bytes(), visitor.id.to_string()))
            .map_err(failure)?;
        Arc::make_mut(&mut self.draft(room)?.invited).insert(visitor.id);
        Ok(room)
    }
}
