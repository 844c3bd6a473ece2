//! What an owner does, and how a room gets another one: rows, seats and the line about it in one commit.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::{
    cleanup::{self, BLANK, Clearing, SAYS, is_hidden},
    command::failure,
    gifs,
    rows::{text, visitor},
    writer::Writer,
};
use crate::{
    domain::{
        Action, AddressMark, Ban, Field, GifHash, GifName, Invalid, LineKind, MessageId, Moment, Problem, Refusal,
        RoomId, Seq, Visitor, VisitorId,
    },
    store::{BANS, Change, StoreError},
};

/// Messages that a clear blanks by the commit that hides them. Most authors wrote less.
const AT_ONCE: usize = 64;

impl Writer {
    pub(super) fn moderate(&mut self, id: RoomId, by: Visitor, action: Action) -> Result<(), StoreError> {
        if self.look(id, |open| open.room.owner.id)? != by.id {
            return Err(StoreError::Refused(Refusal::NotTheOwner));
        }
        if action.is_against(by.id) {
            return Err(StoreError::Refused(
                Invalid::new(Field::Visitor, Problem::Oneself).into(),
            ));
        }
        self.all_or_none(|writer| writer.act(id, action))
    }

    fn act(&mut self, id: RoomId, action: Action) -> Result<(), StoreError> {
        let not_there = || StoreError::Refused(action.not_there().into());
        match action {
            Action::Kick(visitor) => {
                let visitor = self.look(id, |open| open.seated(visitor))?.ok_or_else(not_there)?;
                self.vacate(id, visitor, LineKind::Kicked)?;
            }
            Action::Ban(visitor, until) => self.ban(id, Visitor::new(visitor), until)?,
            Action::Unban(visitor) => {
                if !self.unban(id, visitor)? {
                    return Err(not_there());
                }
            }
            Action::HandOver(visitor) => {
                let visitor = self.look(id, |open| open.seated(visitor))?.ok_or_else(not_there)?;
                self.hand_over(id, visitor)?;
            }
            Action::Delete { message, forbid } => {
                let author = self.delete(id, message, forbid)?.ok_or_else(not_there)?;
                let room = self.look(id, |open| open.room.clone())?;
                self.tell_line(&room, author, LineKind::Deleted(message), None, None)?;
            }
            Action::Clear { visitor, forbid } => {
                if !self.clear(id, visitor, forbid)? {
                    return Err(not_there());
                }
            }
        }
        Ok(())
    }

    /// Makes somebody the owner. Runs in [`Self::all_or_none`].
    pub(super) fn hand_over(&mut self, id: RoomId, visitor: Visitor) -> Result<(), StoreError> {
        let mut room = self.look(id, |open| open.room.clone())?;
        room.owner = visitor;
        let sql = "UPDATE rooms SET owner = ?2, owner_color = ?3 WHERE id = ?1";
        let owner = (id.to_bytes(), visitor.id.to_string(), visitor.color.to_string());
        self.connection.execute(sql, owner).map_err(failure)?;
        let updated = Change::RoomUpdated(room.clone());
        self.tell_line(&room, visitor, LineKind::Owner, None, Some(updated))?;
        self.draft(id)?.hand_over(visitor);
        Ok(())
    }

    fn ban(&mut self, id: RoomId, visitor: Visitor, until: Option<Moment>) -> Result<(), StoreError> {
        let now = Moment::now();
        let mut bans = self.look(id, |open| open.bans.to_vec())?;
        bans.retain(|ban| ban.holds(now) && ban.visitor.id != visitor.id);
        if bans.len() >= BANS {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let addresses = addresses_of(&self.connection, id, visitor.id).map_err(failure)?;
        let bytes: Vec<u8> = addresses.iter().flat_map(|mark| mark.to_bytes()).collect();
        let room = id.to_bytes();
        self.whole(|| {
            let over = "DELETE FROM bans WHERE room = ?1 AND until <= ?2";
            self.connection.execute(over, (room, now.millis()))?;
            let sql =
                "INSERT OR REPLACE INTO bans (room, visitor, color, until, addresses) VALUES (?1, ?2, ?3, ?4, ?5)";
            let (who, color) = (visitor.id.to_string(), visitor.color.to_string());
            self.connection
                .execute(sql, (room, who, color, until.map(Moment::millis), bytes))?;
            Ok(())
        })?;
        if self.look(id, |open| open.seated(visitor.id))?.is_some() {
            self.vacate(id, visitor, LineKind::Banned)?;
        } else {
            let room = self.look(id, |open| open.room.clone())?;
            self.tell_line(&room, visitor, LineKind::Banned, None, None)?;
        }
        bans.push(Ban {
            visitor,
            until,
            addresses,
        });
        self.draft(id)?.bans = Arc::new(bans);
        Ok(())
    }

    fn unban(&mut self, id: RoomId, visitor: VisitorId) -> Result<bool, StoreError> {
        let sql = "DELETE FROM bans WHERE room = ?1 AND visitor = ?2";
        let key = (id.to_bytes(), visitor.to_string());
        let gone = self.connection.execute(sql, key).map_err(failure)?;
        let open = self.draft(id)?;
        Arc::make_mut(&mut open.bans).retain(|ban| ban.visitor.id != visitor);
        Ok(gone > 0)
    }

    /// Takes from a message what it says, and what was reported of it; its author. `None` when there is none.
    fn delete(&self, id: RoomId, message: MessageId, forbid: bool) -> Result<Option<Visitor>, StoreError> {
        let clearings = self.look(id, |open| Arc::clone(&open.clearings))?;
        delete_row(&self.connection, (id, message), forbid, &clearings).map_err(failure)
    }

    /// Deletes for readers what somebody wrote, and from the file what of it is little; whether there was something.
    fn clear(&mut self, id: RoomId, visitor: VisitorId, forbid: bool) -> Result<bool, StoreError> {
        let (until, earlier) = (self.last_seq(id)?, self.look(id, |open| Arc::clone(&open.clearings))?);
        let of_visitor = earlier.iter().filter(|clearing| clearing.visitor == visitor);
        let since = of_visitor.map(|clearing| clearing.until).max().unwrap_or(0);
        let author = cleanup::author(&self.connection, id, visitor, since).map_err(failure)?;
        let Some(author) = author else { return Ok(false) };
        let new = Clearing {
            n: 0,
            room: id,
            visitor,
            since,
            until,
            forbid,
        };
        let new = cleanup::begin_clearing(&self.connection, new).map_err(failure)?;
        let done = cleanup::clear_slice(&self.connection, &new, AT_ONCE).map_err(failure)?;
        let room = self.look(id, |open| open.room.clone())?;
        self.tell_line(&room, author, LineKind::Cleared, None, None)?;
        if !done {
            Arc::make_mut(&mut self.draft(id)?.clearings).push(new);
            self.slices.wake();
        }
        Ok(true)
    }
}

/// Blanks a message that readers see; its author.
fn delete_row(
    connection: &Connection,
    (room, message): (RoomId, MessageId),
    forbid: bool,
    clearings: &[Clearing],
) -> rusqlite::Result<Option<Visitor>> {
    let sql = format!(
        "SELECT visitor, color, seq, gif, hash FROM messages INDEXED BY messages_id WHERE room = ?1 AND id = ?2 AND {SAYS}"
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row((room.to_bytes(), message.to_bytes()), |row| {
            let name = row.get_ref(3)?.as_str_or_null()?;
            let name = name.map(|_| text::<GifName>(row, 3)).transpose()?;
            let hash = row.get::<_, Option<[u8; 32]>>(4)?.map(GifHash::from_bytes);
            Ok((visitor(row, 0, 1)?, row.get::<_, Seq>(2)?, name, hash))
        })
        .optional()?;
    let Some((author, seq, name, hash)) = found.filter(|(author, seq, ..)| !is_hidden(clearings, author.id, *seq))
    else {
        return Ok(None);
    };
    if let Some(hash) = hash.filter(|_| forbid) {
        gifs::forbid(connection, room, &[hash])?;
    }
    let sql = format!("UPDATE messages SET {BLANK} WHERE room = ?1 AND seq = ?2");
    connection.prepare_cached(&sql)?.execute((room.to_bytes(), seq))?;
    let sql = "DELETE FROM reports WHERE room = ?1 AND message = ?2";
    connection.execute(sql, (room.to_bytes(), message.to_bytes()))?;
    cleanup::unreference(connection, name.into_iter().collect())?;
    Ok(Some(author))
}

/// Where a visitor came from when they came into the room.
fn addresses_of(connection: &Connection, room: RoomId, visitor: VisitorId) -> rusqlite::Result<Vec<AddressMark>> {
    let sql = "SELECT DISTINCT address FROM messages
               WHERE room = ?1 AND visitor = ?2 AND line = 'joined' AND address IS NOT NULL LIMIT 64";
    let mut statement = connection.prepare_cached(sql)?;
    let marks = statement.query_map((room.to_bytes(), visitor.to_string()), |row| {
        Ok(AddressMark::from_bytes(row.get(0)?))
    })?;
    marks.collect()
}

/// Who is kept out of a room.
pub fn bans_of(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<Ban>> {
    let sql = "SELECT visitor, color, until, addresses FROM bans WHERE room = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let bans = statement.query_map([room.to_bytes()], |row| {
        let addresses: Vec<u8> = row.get(3)?;
        let marks = addresses.chunks_exact(16).filter_map(|mark| mark.try_into().ok());
        let until: Option<i64> = row.get(2)?;
        Ok(Ban {
            visitor: visitor(row, 0, 1)?,
            until: until.map(Moment::from_millis),
            addresses: marks.map(AddressMark::from_bytes).collect(),
        })
    })?;
    bans.collect()
}
