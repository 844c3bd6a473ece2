//! Rows to values and back.

use std::{str::FromStr, sync::Arc, time::Instant};

use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql, types::Type};

use super::{
    cleanup::{self, Clearing, hide},
    directory::OpenRoom,
    moderation,
};
use crate::{
    domain::{
        AddressKey, AddressMark, Alt, Body, Chat, Color, GifBody, GifHash, GifName, Line, LineKind, Max, Message,
        MessageId, Moment, Nonce, Room, RoomId, Said, Seq, Title, Visitor, VisitorId,
    },
    store::{NewMessage, Window},
};

pub const MESSAGE: &str = "room, seq, id, visitor, color, created_at, nonce, chat, gif, width, height, frames, duration, \
                       bytes, alt, hash, line, count, target";

/// Reads a column that is kept as text.
pub fn text<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

pub fn visitor(row: &Row<'_>, id: usize, color: usize) -> rusqlite::Result<Visitor> {
    Ok(Visitor::from_store(
        text::<VisitorId>(row, id)?,
        text::<Color>(row, color)?,
    ))
}

/// The columns from `gif` to `hash`.
pub fn gif(row: &Row<'_>, first: usize) -> rusqlite::Result<GifBody> {
    Ok(GifBody {
        name: text::<GifName>(row, first)?,
        width: row.get(first + 1)?,
        height: row.get(first + 2)?,
        frames: row.get(first + 3)?,
        duration: row.get(first + 4)?,
        bytes: row.get(first + 5)?,
        alt: Alt::from_store(row.get_ref(first + 6)?.as_str()?),
        hash: row.get::<_, Option<[u8; 32]>>(first + 7)?.map(GifHash::from_bytes),
    })
}

/// The columns from `chat` to `hash`; nothing when neither a text nor a GIF is there.
pub fn said(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Said>> {
    if let Some(chat) = row.get_ref(first)?.as_str_or_null()? {
        return Ok(Some(Said::Chat(Chat::from_store(chat))));
    }
    let shows = row.get_ref(first + 1)?.as_str_or_null()?.is_some();
    shows.then(|| gif(row, first + 1).map(Said::Gif)).transpose()
}

/// The column `nonce`.
pub fn nonce(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Nonce>> {
    let nonce = row.get_ref(column)?.as_str_or_null()?;
    Ok(nonce.and_then(|nonce| Nonce::parse(nonce).ok()))
}

/// What a message says: a text, a GIF or a line, whichever is there.
fn body(row: &Row<'_>) -> rusqlite::Result<Body> {
    if let Some(said) = said(row, 7)? {
        return Ok(said.into());
    }
    let Some(line) = row.get_ref(16)?.as_str_or_null()? else {
        return Ok(Body::Deleted);
    };
    let target: Option<[u8; 16]> = row.get(18)?;
    let unknown = || rusqlite::Error::FromSqlConversionFailure(16, Type::Text, "a line of an unknown kind".into());
    Ok(Body::Line(Line {
        kind: LineKind::from_store(line, target.map(MessageId::from_bytes)).ok_or_else(unknown)?,
        count: row.get(17)?,
    }))
}

pub fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: MessageId::from_bytes(row.get(2)?),
        room: RoomId::from_bytes(row.get(0)?),
        seq: row.get(1)?,
        author: visitor(row, 3, 4)?,
        created_at: Moment::from_millis(row.get(5)?),
        body: body(row)?,
        nonce: nonce(row, 6)?,
    })
}

/// The messages of a window, oldest first.
pub fn history(
    connection: &Connection,
    room: RoomId,
    window: Window,
    limit: usize,
    clearings: &[Clearing],
) -> rusqlite::Result<Vec<Message>> {
    let (bounds, order, from) = match window {
        Window::Newest => ("seq > ?2", "DESC", 0),
        Window::After(seq) => ("seq > ?2", "ASC", seq),
        Window::Before(seq) => ("seq < ?2", "DESC", seq),
    };
    let sql = format!("SELECT {MESSAGE} FROM messages WHERE room = ?1 AND {bounds} ORDER BY seq {order} LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    // A place beyond SQLite's integers lies behind every message.
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((room.to_bytes(), from, limit), message)?;
    let mut messages: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    if order == "DESC" {
        messages.reverse();
    }
    messages.iter_mut().for_each(|message| hide(clearings, message));
    Ok(messages)
}

/// The message a visitor has posted with a nonce.
pub fn by_nonce(connection: &Connection, new: &NewMessage) -> rusqlite::Result<Option<Message>> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let sql = format!("SELECT {MESSAGE} FROM messages WHERE room = ?1 AND visitor = ?2 AND nonce = ?3");
    let key = (new.room.to_bytes(), new.author.id.to_string(), nonce.as_str());
    connection.prepare_cached(&sql)?.query_row(key, message).optional()
}

/// Gives a statement its values, column by column, in the order in which the functions above read them.
pub struct Binder<'s, 'c> {
    statement: &'s mut Statement<'c>,
    bound: usize,
}

impl<'s, 'c> Binder<'s, 'c> {
    pub fn of(statement: &'s mut Statement<'c>) -> Self {
        Self { statement, bound: 0 }
    }

    pub fn next(&mut self, value: impl ToSql) -> rusqlite::Result<()> {
        self.bound += 1;
        self.statement.raw_bind_parameter(self.bound, value)
    }

    /// The columns of an id and a colour.
    pub fn visitor(&mut self, visitor: Visitor) -> rusqlite::Result<()> {
        self.next(visitor.id.to_string())?;
        self.next(visitor.color.to_string())
    }

    /// The columns from `chat` to `hash`.
    pub fn said(&mut self, chat: Option<&str>, gif: Option<&GifBody>) -> rusqlite::Result<()> {
        self.next(chat)?;
        self.next(gif.map(|gif| gif.name.to_string()))?;
        self.next(gif.map(|gif| gif.width))?;
        self.next(gif.map(|gif| gif.height))?;
        self.next(gif.map(|gif| gif.frames))?;
        self.next(gif.map(|gif| gif.duration))?;
        self.next(gif.map(|gif| gif.bytes))?;
        self.next(gif.map(|gif| gif.alt.as_str()))?;
        self.next(gif.and_then(|gif| gif.hash).map(GifHash::to_bytes))
    }
}

/// Stores a message at its place. `address` is where the visitor of a line came from.
pub fn insert_message(
    connection: &Connection,
    message: &Message,
    address: Option<AddressMark>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO messages ({MESSAGE}, address)
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)"
    );
    let (chat, gif, line) = match &message.body {
        Body::Chat(chat) => (Some(chat.as_str()), None, None),
        Body::Gif(gif) => (None, Some(gif), None),
        Body::Line(line) => (None, None, Some(line)),
        Body::Deleted => (None, None, None),
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut bind = Binder::of(&mut statement);
    bind.next(message.room.to_bytes())?;
    bind.next(message.seq)?;
    bind.next(message.id.to_bytes())?;
    bind.visitor(message.author)?;
    bind.next(message.created_at.millis())?;
    bind.next(message.nonce.as_ref().map(Nonce::as_str))?;
    bind.said(chat, gif)?;
    bind.next(line.map(|line| line.kind.name()))?;
    bind.next(line.map(|line| line.count))?;
    bind.next(line.and_then(|line| line.kind.message()).map(MessageId::to_bytes))?;
    bind.next(address.map(AddressMark::to_bytes))?;
    statement.raw_execute()?;
    Ok(())
}

/// Who sits in a room as its lines tell, with the place of the line about it, the longest first.
fn seated(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<(Visitor, Seq)>> {
    // Of a group with max(), SQLite takes the other columns from the row that has it.
    let sql = "SELECT visitor, color, line, max(seq) FROM messages
               WHERE room = ?1 AND line IN ('joined', 'left', 'kicked', 'banned') GROUP BY visitor";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([room.to_bytes()], |row| {
        let sits = row.get_ref(2)?.as_str()? == LineKind::Joined.name();
        Ok((sits, (visitor(row, 0, 1)?, row.get(3)?)))
    })?;
    let last: Vec<(bool, (Visitor, Seq))> = rows.collect::<rusqlite::Result<_>>()?;
    let mut seated: Vec<_> = last
        .into_iter()
        .filter(|(sits, _)| *sits)
        .map(|(_, seat)| seat)
        .collect();
    seated.sort_by_key(|(_, seq)| *seq);
    Ok(seated)
}

/// The place of the last message of a room; nothing when there is no room.
pub fn last_seq(connection: &Connection, room: RoomId) -> rusqlite::Result<Option<Seq>> {
    let sql = "SELECT max(last_seq, coalesce((SELECT max(seq) FROM messages WHERE room = rooms.id), 0))
               FROM rooms WHERE id = ?1";
    connection
        .query_row(sql, [room.to_bytes()], |row| row.get(0))
        .optional()
}

/// All rooms as the last run left them; each gets a fresh grace from `now`, and so does each seat.
pub fn open_rooms(connection: &Connection, now: Instant) -> rusqlite::Result<Vec<OpenRoom>> {
    let sql = "SELECT id, title, max, password_hash, owner, owner_color, created_at,
                      max(last_seq, coalesce((SELECT max(seq) FROM messages WHERE room = rooms.id), 0)), address_key,
                      closed, slow
               FROM rooms";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        let password_hash: Option<Arc<str>> = row.get(3)?;
        let room = Room {
            id: RoomId::from_bytes(row.get(0)?),
            title: Title::from_store(row.get_ref(1)?.as_str()?),
            max: Max::from_store(row.get(2)?),
            count: 0,
            owner: visitor(row, 4, 5)?,
            locked: password_hash.is_some(),
            closed: row.get(9)?,
            slow: row.get(10)?,
            created_at: Moment::from_millis(row.get(6)?),
        };
        let (last_seq, key): (Seq, [u8; 32]) = (row.get(7)?, row.get(8)?);
        Ok(OpenRoom::new(
            room,
            password_hash,
            AddressKey::from_bytes(key),
            last_seq,
            now,
        ))
    })?;
    let mut rooms: Vec<OpenRoom> = rows.collect::<rusqlite::Result<_>>()?;
    let mut grants = connection.prepare("SELECT visitor FROM grants WHERE room = ?1 AND invited = ?2")?;
    for open in &mut rooms {
        let id = open.room.id.to_bytes();
        for (invited, visitors) in [(false, &mut open.grants), (true, &mut open.invited)] {
            let found = grants.query_map((id, invited), |row| text(row, 0))?;
            *visitors = Arc::new(found.collect::<rusqlite::Result<_>>()?);
        }
        open.invites = super::invites::count(connection, open.room.id)?;
        open.bans = Arc::new(moderation::bans_of(connection, open.room.id)?);
        open.clearings = Arc::new(cleanup::clearings_of(connection, open.room.id)?);
        for (visitor, _) in seated(connection, open.room.id)? {
            open.seat_again(visitor, now);
        }
    }
    Ok(rooms)
}
