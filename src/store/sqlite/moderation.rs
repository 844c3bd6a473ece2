//! What an owner does, and how a room gets another one: rows, seats and the line about it in one commit.

use std::sync::Arc;

use rusqlite::{Connection, ToSql, params};

use super::{
    command::failure,
    gifs, reports,
    rows::{text, visitor},
    writer::Writer,
};
use crate::{
    domain::{
        Action, AddressMark, Ban, Field, GifName, Invalid, LineKind, Moment, Problem, Refusal, RoomId, Visitor,
        VisitorId,
    },
    store::{BANS, Change, StoreError},
};

/// What a message says, but for its author and its place.
const BLANK: &str = "chat = NULL, gif = NULL, width = NULL, height = NULL, frames = NULL, duration = NULL, \
                     bytes = NULL, alt = NULL, hash = NULL";

/// The messages that say something.
const SAYS: &str = "line IS NULL AND (chat IS NOT NULL OR gif IS NOT NULL)";

/// Messages of a room that say something, by the value of a column.
#[derive(Clone, Copy)]
pub struct Which<'k> {
    index: &'static str,
    column: &'static str,
    pub key: &'k dyn ToSql,
}

impl Which<'_> {
    /// The table. By itself SQLite would go through all messages of the room.
    pub fn table(&self) -> String {
        format!("messages INDEXED BY {}", self.index)
    }

    /// The condition, of the room as the first parameter and the value as the second.
    pub fn says(&self) -> String {
        format!("room = ?1 AND {} = ?2 AND {SAYS}", self.column)
    }
}

impl Writer {
    pub(super) fn moderate(&mut self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError> {
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

    fn act(&mut self, id: RoomId, action: Action) -> Result<Vec<GifName>, StoreError> {
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
                let which = Which {
                    index: "messages_id",
                    column: "id",
                    key: &message.to_bytes(),
                };
                let gone = self.blank(id, which, LineKind::Deleted(message), forbid)?;
                return gone.ok_or_else(not_there);
            }
            Action::Clear { visitor, forbid } => {
                let which = Which {
                    index: "messages_author",
                    column: "visitor",
                    key: &visitor.to_string(),
                };
                let gone = self.blank(id, which, LineKind::Cleared, forbid)?;
                return gone.ok_or_else(not_there);
            }
        }
        Ok(Vec::new())
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

    /// Takes from messages what they say, and what was reported of them; the files that no message names any more. `None`
    /// when there is none of them.
    fn blank(
        &mut self,
        id: RoomId,
        which: Which<'_>,
        kind: LineKind,
        forbid: bool,
    ) -> Result<Option<Vec<GifName>>, StoreError> {
        let blanked = blank_rows(&self.connection, id, which, forbid).map_err(failure)?;
        let Some((author, gifs)) = blanked else { return Ok(None) };
        let room = self.look(id, |open| open.room.clone())?;
        self.tell_line(&room, author, kind, None, None)?;
        Ok(Some(gifs))
    }
}

/// The author of the messages that it blanked, if there are some, and the files that no message names any more.
fn blank_rows(
    connection: &Connection,
    id: RoomId,
    which: Which<'_>,
    forbid: bool,
) -> rusqlite::Result<Option<(Visitor, Vec<GifName>)>> {
    let room = id.to_bytes();
    let sql = format!(
        "SELECT visitor, color, gif FROM {} WHERE {}",
        which.table(),
        which.says()
    );
    let (mut author, mut gifs) = (None, Vec::new());
    let mut found = connection.prepare(&sql)?;
    let mut found = found.query(params![room, which.key])?;
    while let Some(row) = found.next()? {
        author = Some(visitor(row, 0, 1)?);
        if row.get_ref(2)?.as_str_or_null()?.is_some() {
            gifs.push(text(row, 2)?);
        }
    }
    let Some(author) = author else { return Ok(None) };
    if forbid {
        gifs::forbid(connection, id, which)?;
    }
    connection.execute(
        &format!("UPDATE {} SET {BLANK} WHERE {}", which.table(), which.says()),
        params![room, which.key],
    )?;
    reports::forget_blank(connection, room)?;
    Ok(Some((author, gifs::unnamed(connection, gifs)?)))
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
