//! The rows of each event, written in the open transaction.

use rusqlite::{Connection, OptionalExtension};

use super::{
    cleanup::{self, BLANK, Clearing},
    command::failure,
    gifs, reactions, reports,
    room_cache::CachedRoom,
    rows::{self, text},
    writer::Writer,
};
use crate::{
    domain::{
        AddressHash, Ban, Chat, GifHash, GifName, Message, MessageId, Moment, Room, RoomId, Seq, Visitor, VisitorId,
    },
    rules::{Event, INVITES, Now, RoomChange, RoomState},
    store::{StoreError, changes::report_of},
};

/// Rows of a removed room that go by the commit that removes it. Most rooms have less, and several may end by one commit.
const REMOVED_AT_ONCE: usize = 64;

/// Messages that a clear blanks by the commit that hides them. Most authors wrote less.
const CLEARED_AT_ONCE: usize = 64;

impl Writer {
    /// Writes an event with its message, both or neither. What of a clear is left to the slices.
    pub(super) fn write_event(
        &self,
        before: &CachedRoom,
        after: &RoomState,
        event: &Event,
        message: Option<&Message>,
        now: Now,
    ) -> Result<Option<Clearing>, StoreError> {
        match (event, message) {
            (Event::Posted { author, .. }, Some(message)) if after.last_posts.of(author.id) == Some(now.steady) => self
                .whole(|| {
                    begin_pause(&self.connection, after, author.id, now)?;
                    rows::insert_message(&self.connection, message, None)?;
                    Ok(None)
                }),
            (Event::Joined { visitor, mark, .. }, Some(message)) if before.state.is_noted_as_banned(visitor.id) => self
                .whole(|| {
                    unban(&self.connection, before.state.room.id, visitor.id)?;
                    rows::insert_message(&self.connection, message, *mark)?;
                    Ok(None)
                }),
            // One row needs no savepoint.
            (Event::Joined { mark, .. }, Some(message)) => self.insert(message, *mark),
            (Event::Posted { .. } | Event::Left(_) | Event::Kicked(_), Some(message)) => self.insert(message, None),
            // Sockets are gone with the server, so they are not kept.
            (Event::Held(..) | Event::Released(..) | Event::PageClosed(_), _) => Ok(None),
            // Its row is written with the deletion of those that make room for it.
            (Event::Whispered { .. }, _) => Ok(None),
            _ => self.whole(|| {
                let left = write_parts(&self.connection, (before, after), event, now)?;
                if let Some(message) = message {
                    rows::insert_message(&self.connection, message, None)?;
                }
                Ok(left)
            }),
        }
    }

    fn insert(&self, message: &Message, mark: Option<AddressHash>) -> Result<Option<Clearing>, StoreError> {
        rows::insert_message(&self.connection, message, mark).map_err(failure)?;
        Ok(None)
    }

    /// Runs several statements so that all or none of them count.
    pub(super) fn whole<T>(&self, run: impl FnOnce() -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.all_or_none(|| run().map_err(failure))
    }

    /// The same for what may also be refused.
    pub(super) fn all_or_none<T>(&self, run: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.connection.execute_batch("SAVEPOINT whole").map_err(failure)?;
        let result = run();
        let end = match result {
            Ok(_) => "RELEASE whole",
            Err(_) => "ROLLBACK TO whole; RELEASE whole",
        };
        let ended = self.connection.execute_batch(end).map_err(failure);
        // What failed may have ended the transaction, and with it this part of it.
        result.and_then(|value| ended.map(|()| value))
    }
}

/// Notes that a visitor wrote in slow mode, and forgets whose pauses are over.
fn begin_pause(connection: &Connection, room: &RoomState, visitor: VisitorId, now: Now) -> rusqlite::Result<()> {
    let (id, at) = (room.room.id.to_bytes(), now.steady.millis());
    let over = at.saturating_sub(i64::from(room.room.slow).saturating_mul(1_000));
    connection
        .prepare_cached("DELETE FROM pauses WHERE room = ?1 AND at <= ?2")?
        .execute((id, over))?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO pauses (room, visitor, at) VALUES (?1, ?2, ?3)")?
        .execute((id, visitor.to_string(), at))
        .map(drop)
}

/// Writes what an event does beside its message.
fn write_parts(
    connection: &Connection,
    (before, after): (&CachedRoom, &RoomState),
    event: &Event,
    now: Now,
) -> rusqlite::Result<Option<Clearing>> {
    let (id, room) = (before.state.room.id, before.state.room.id.to_bytes());
    match event {
        Event::Banned(ban) => ban_visitor(connection, id, ban, now)?,
        Event::Unbanned(visitor) => unban(connection, id, *visitor)?,
        Event::OwnerChanged(visitor) => {
            change_owner(connection, id, *visitor)?;
            reports::delete_with(connection, id, visitor.id)?;
        }
        Event::Reported { report, .. } => {
            if let Some(stored) = report_of(event, id, now.date) {
                reports::insert(connection, &stored, report.by)?;
            }
        }
        Event::Dismissed(message) => reports::delete(connection, id, *message)?,
        Event::Deleted { message, forbid, .. } => delete_message(connection, id, *message, *forbid)?,
        Event::Reacted { given, on } => {
            reactions::note(connection, id, given, *on)?;
            if let Some(forgotten) = after.reactions.forgotten() {
                reactions::note(connection, id, forgotten, false)?;
            }
        }
        Event::Edited { message, chat, .. } => edit_message(connection, id, *message, chat.as_ref(), now)?,
        Event::Cleared { author, forbid } => return clear(connection, before, author.id, *forbid),
        Event::Granted(visitor) => grant(connection, id, *visitor, false)?,
        Event::Redeemed(visitor) => grant(connection, id, *visitor, true)?,
        Event::Invited(invite) => {
            let sql = "INSERT OR IGNORE INTO invites (room, hash) VALUES (?1, ?2)";
            connection.execute(sql, (room, invite.to_bytes()))?;
            let beyond = format!(
                "DELETE FROM invites WHERE room = ?1 AND id NOT IN
                     (SELECT id FROM invites WHERE room = ?1 ORDER BY id DESC LIMIT {INVITES})"
            );
            connection.execute(&beyond, [room])?;
        }
        Event::InvitesWithdrawn => {
            connection.execute("DELETE FROM invites WHERE room = ?1", [room])?;
            connection.execute("DELETE FROM grants WHERE room = ?1 AND invited", [room])?;
        }
        Event::Changed(change, _) => update_room(connection, &before.state.room, change)?,
        Event::Forgotten { until, .. } => cleanup::begin_forgetting(connection, id, *until, after.visited)?,
        Event::Ended => {
            cleanup::begin_removal(connection, id)?;
            cleanup::remove_slice(connection, id, REMOVED_AT_ONCE)?;
        }
        Event::Joined { .. } | Event::Left(_) | Event::Kicked(_) | Event::Posted { .. } => (),
        // Seats are kept by the process alone.
        Event::Held(..) | Event::Released(..) | Event::PageClosed(_) => (),
        Event::Restarted | Event::Whispered { .. } => (),
    }
    Ok(None)
}

fn ban_visitor(connection: &Connection, room: RoomId, ban: &Ban, now: Now) -> rusqlite::Result<()> {
    let over = "DELETE FROM bans WHERE room = ?1 AND until <= ?2";
    connection.execute(over, (room.to_bytes(), now.date.millis()))?;
    let sql = "INSERT OR REPLACE INTO bans (room, visitor, color, until, addresses) VALUES (?1, ?2, ?3, ?4, ?5)";
    let addresses: Vec<u8> = ban.addresses.iter().flat_map(|mark| mark.to_bytes()).collect();
    let (who, color) = (ban.visitor.id.to_string(), ban.visitor.color.to_string());
    let row = (room.to_bytes(), who, color, ban.until.map(Moment::millis), addresses);
    connection.execute(sql, row).map(drop)
}

fn unban(connection: &Connection, room: RoomId, visitor: VisitorId) -> rusqlite::Result<()> {
    let sql = "DELETE FROM bans WHERE room = ?1 AND visitor = ?2";
    connection
        .execute(sql, (room.to_bytes(), visitor.to_string()))
        .map(drop)
}

fn change_owner(connection: &Connection, room: RoomId, owner: Visitor) -> rusqlite::Result<()> {
    let sql = "UPDATE rooms SET owner = ?2, owner_color = ?3 WHERE id = ?1";
    let row = (room.to_bytes(), owner.id.to_string(), owner.color.to_string());
    connection.execute(sql, row).map(drop)
}

fn grant(connection: &Connection, room: RoomId, visitor: VisitorId, invited: bool) -> rusqlite::Result<()> {
    let sql = "INSERT INTO grants (room, visitor, invited) VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET invited = excluded.invited";
    let row = (room.to_bytes(), visitor.to_string(), invited);
    connection.execute(sql, row).map(drop)
}

fn update_room(connection: &Connection, before: &Room, change: &RoomChange) -> rusqlite::Result<()> {
    let room = before.id.to_bytes();
    if let Some(title) = &change.title {
        connection.execute("UPDATE rooms SET title = ?2 WHERE id = ?1", (room, title.as_str()))?;
    }
    if let Some(max) = change.max {
        connection.execute("UPDATE rooms SET max = ?2 WHERE id = ?1", (room, max.get()))?;
    }
    if let Some(closed) = change.closed {
        connection.execute("UPDATE rooms SET closed = ?2 WHERE id = ?1", (room, closed))?;
    }
    if let Some(slow) = change.slow.filter(|slow| *slow != before.slow) {
        connection.execute("UPDATE rooms SET slow = ?2 WHERE id = ?1", (room, slow))?;
        connection.execute("DELETE FROM pauses WHERE room = ?1", [room])?;
    }
    if let Some(crowd) = change.crowd {
        connection.execute("UPDATE rooms SET crowd = ?2 WHERE id = ?1", (room, crowd))?;
    }
    if let Some(hash) = &change.password_hash {
        connection.execute("UPDATE rooms SET password_hash = ?2 WHERE id = ?1", (room, hash))?;
        connection.execute("DELETE FROM grants WHERE room = ?1", [room])?;
        connection.execute("DELETE FROM invites WHERE room = ?1", [room])?;
    }
    Ok(())
}

/// Lets a message say something else.
fn edit_message(
    connection: &Connection,
    room: RoomId,
    message: MessageId,
    chat: Option<&Chat>,
    now: Now,
) -> rusqlite::Result<()> {
    let sql = "UPDATE messages INDEXED BY messages_id SET chat = ?3, edited = ?4 WHERE room = ?1 AND id = ?2";
    let row = (
        room.to_bytes(),
        message.to_bytes(),
        chat.map(Chat::as_str),
        now.date.millis(),
    );
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// Takes from a message what it says, and what was reported of it.
fn delete_message(connection: &Connection, room: RoomId, message: MessageId, forbid: bool) -> rusqlite::Result<()> {
    let sql = "SELECT seq, gif, hash FROM messages INDEXED BY messages_id WHERE room = ?1 AND id = ?2";
    let found = connection
        .prepare_cached(sql)?
        .query_row((room.to_bytes(), message.to_bytes()), |row| {
            let name = row.get_ref(1)?.as_str_or_null()?;
            let name = name.map(|_| text::<GifName>(row, 1)).transpose()?;
            let hash = row.get::<_, Option<[u8; 32]>>(2)?.map(GifHash::from_bytes);
            Ok((row.get::<_, Seq>(0)?, name, hash))
        })
        .optional()?;
    let Some((seq, name, hash)) = found else { return Ok(()) };
    if let Some(hash) = hash.filter(|_| forbid) {
        gifs::forbid(connection, room, &[hash])?;
    }
    let sql = format!("UPDATE messages SET {BLANK} WHERE room = ?1 AND seq = ?2");
    connection.prepare_cached(&sql)?.execute((room.to_bytes(), seq))?;
    reports::delete(connection, room, message)?;
    reactions::delete_of_message(connection, room, message)?;
    cleanup::unreference(connection, name.into_iter().collect())
}

/// Hides what a visitor wrote so far, and blanks it if it is little; what is left otherwise.
fn clear(
    connection: &Connection,
    before: &CachedRoom,
    visitor: VisitorId,
    forbid: bool,
) -> rusqlite::Result<Option<Clearing>> {
    let new = Clearing {
        n: 0,
        room: before.state.room.id,
        visitor,
        since: before.hidden().cleared_until(visitor),
        until: before.state.seq,
        forbid,
    };
    let new = cleanup::begin_clearing(connection, new)?;
    reactions::delete_of_visitor(connection, new.room, visitor)?;
    let done = cleanup::clear_slice(connection, &new, CLEARED_AT_ONCE)?;
    Ok((!done).then_some(new))
}
