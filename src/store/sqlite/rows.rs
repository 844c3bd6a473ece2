//! Rows to values and back.

use std::{str::FromStr, sync::Arc, time::Instant};

use rusqlite::{Connection, OptionalExtension, Row, types::Type};

use super::directory::OpenRoom;
use crate::{
    domain::{
        Alt, Body, Chat, Color, GifBody, GifHash, GifName, Max, Message, MessageId, Moment, Nonce, Room, RoomId, Said,
        Seq, Title, Visitor, VisitorId,
    },
    store::{NewMessage, Window},
};

pub const MESSAGE: &str = "room, seq, id, visitor, color, created_at, nonce, chat, gif, width, height, frames, duration, \
                       bytes, alt, hash";

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

/// The columns from `chat` to `hash`.
pub fn chat_or_gif(row: &Row<'_>, first: usize) -> rusqlite::Result<Said> {
    Ok(match row.get_ref(first)?.as_str_or_null()? {
        Some(chat) => Said::Chat(Chat::from_store(chat)),
        None => Said::Gif(gif(row, first + 1)?),
    })
}

/// The column `nonce`.
pub fn nonce(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Nonce>> {
    let nonce = row.get_ref(column)?.as_str_or_null()?;
    Ok(nonce.and_then(|nonce| Nonce::parse(nonce).ok()))
}

pub fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        id: MessageId::from_bytes(row.get(2)?),
        room: RoomId::from_bytes(row.get(0)?),
        seq: row.get(1)?,
        author: visitor(row, 3, 4)?,
        created_at: Moment::from_millis(row.get(5)?),
        body: chat_or_gif(row, 7)?.into(),
        nonce: nonce(row, 6)?,
    })
}

/// The messages of a window, oldest first.
pub fn history(connection: &Connection, room: RoomId, window: Window, limit: usize) -> rusqlite::Result<Vec<Message>> {
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
    Ok(messages)
}

/// The message a visitor has posted with a nonce.
pub fn by_nonce(connection: &Connection, new: &NewMessage) -> rusqlite::Result<Option<Message>> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let sql = format!("SELECT {MESSAGE} FROM messages WHERE room = ?1 AND visitor = ?2 AND nonce = ?3");
    let key = (new.room.to_bytes(), new.author.id.to_string(), nonce.as_str());
    connection.prepare_cached(&sql)?.query_row(key, message).optional()
}

/// Stores a message at its place, and the place with the room.
pub fn insert_message(connection: &Connection, message: &Message) -> rusqlite::Result<()> {
    let sql =
        format!("INSERT INTO messages ({MESSAGE}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)");
    let (chat, gif) = match &message.body {
        Body::Chat(chat) => (Some(chat.as_str()), None),
        Body::Gif(gif) => (None, Some(gif)),
    };
    connection.prepare_cached(&sql)?.execute(rusqlite::params![
        message.room.to_bytes(),
        message.seq,
        message.id.to_bytes(),
        message.author.id.to_string(),
        message.author.color.to_string(),
        message.created_at.millis(),
        message.nonce.as_ref().map(Nonce::as_str),
        chat,
        gif.map(|gif| gif.name.to_string()),
        gif.map(|gif| gif.width),
        gif.map(|gif| gif.height),
        gif.map(|gif| gif.frames),
        gif.map(|gif| gif.duration),
        gif.map(|gif| gif.bytes),
        gif.map(|gif| gif.alt.as_str()),
        gif.and_then(|gif| gif.hash).map(GifHash::to_bytes),
    ])?;
    Ok(())
}

/// All rooms as the last run left them; each gets a fresh grace from `now`.
pub fn open_rooms(connection: &Connection, now: Instant) -> rusqlite::Result<Vec<OpenRoom>> {
    let sql = "SELECT id, title, max, password_hash, owner, owner_color, created_at,
                      max(last_seq, coalesce((SELECT max(seq) FROM messages WHERE room = rooms.id), 0)) FROM rooms";
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
            created_at: Moment::from_millis(row.get(6)?),
        };
        let last_seq: Seq = row.get(7)?;
        Ok(OpenRoom::new(room, password_hash, last_seq, now))
    })?;
    let mut rooms: Vec<OpenRoom> = rows.collect::<rusqlite::Result<_>>()?;
    let mut grants = connection.prepare("SELECT visitor FROM grants WHERE room = ?1 AND invited = ?2")?;
    for open in &mut rooms {
        let id = open.room.id.to_bytes();
        for (invited, visitors) in [(false, &mut open.grants), (true, &mut open.invited)] {
            let found = grants.query_map((id, invited), |row| text(row, 0))?;
            *visitors = found.collect::<rusqlite::Result<_>>()?;
        }
        open.invites = super::invites::count(connection, open.room.id)?;
    }
    Ok(rooms)
}
