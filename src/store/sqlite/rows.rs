//! Rows to values and back.

use std::{str::FromStr, sync::Arc, time::Instant};

use rusqlite::{Connection, OptionalExtension, Row, types::Type};

use super::{directory::OpenRoom, moderation};
use crate::{
    domain::{
        AddressKey, AddressMark, Alt, Body, Chat, Color, GifBody, GifName, Line, LineKind, Max, Message, MessageId,
        Moment, Nonce, Room, RoomId, Seq, Title, Visitor, VisitorId,
    },
    store::{NewMessage, Window},
};

const MESSAGE: &str = "room, seq, id, visitor, color, created_at, nonce, chat, gif, width, height, frames, duration, \
                       bytes, alt, line, count, target";

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

/// What a message says: a text, a GIF or a line, whichever is there.
fn body(row: &Row<'_>) -> rusqlite::Result<Body> {
    if let Some(chat) = row.get_ref(7)?.as_str_or_null()? {
        return Ok(Body::Chat(Chat::from_store(chat)));
    }
    if row.get_ref(8)?.as_str_or_null()?.is_some() {
        return Ok(Body::Gif(GifBody {
            name: text::<GifName>(row, 8)?,
            width: row.get(9)?,
            height: row.get(10)?,
            frames: row.get(11)?,
            duration: row.get(12)?,
            bytes: row.get(13)?,
            alt: Alt::from_store(row.get_ref(14)?.as_str()?),
        }));
    }
    let Some(line) = row.get_ref(15)?.as_str_or_null()? else {
        return Ok(Body::Deleted);
    };
    let target: Option<[u8; 16]> = row.get(17)?;
    let unknown = || rusqlite::Error::FromSqlConversionFailure(15, Type::Text, "a line of an unknown kind".into());
    Ok(Body::Line(Line {
        kind: LineKind::from_store(line, target.map(MessageId::from_bytes)).ok_or_else(unknown)?,
        count: row.get(16)?,
    }))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let body = body(row)?;
    let nonce = row
        .get_ref(6)?
        .as_str_or_null()?
        .and_then(|nonce| Nonce::parse(nonce).ok());
    Ok(Message {
        id: MessageId::from_bytes(row.get(2)?),
        room: RoomId::from_bytes(row.get(0)?),
        seq: row.get(1)?,
        author: visitor(row, 3, 4)?,
        created_at: Moment::from_millis(row.get(5)?),
        body,
        nonce,
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

/// Stores a message at its place. `address` is where the visitor of a line came from.
pub fn insert_message(
    connection: &Connection,
    message: &Message,
    address: Option<AddressMark>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO messages ({MESSAGE}, address)
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)"
    );
    let (chat, gif, line) = match &message.body {
        Body::Chat(chat) => (Some(chat.as_str()), None, None),
        Body::Gif(gif) => (None, Some(gif), None),
        Body::Line(line) => (None, None, Some(line)),
        Body::Deleted => (None, None, None),
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
        line.map(|line| line.kind.name()),
        line.map(|line| line.count),
        line.and_then(|line| line.kind.message()).map(MessageId::to_bytes),
        address.map(AddressMark::to_bytes),
    ])?;
    Ok(())
}

/// The files that a room's messages name.
pub fn gifs_of(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<GifName>> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT gif FROM messages WHERE room = ?1 AND gif IS NOT NULL")?;
    statement.query_map([room.to_bytes()], |row| text(row, 0))?.collect()
}

/// Every file that a message names.
pub fn all_gifs(connection: &Connection) -> rusqlite::Result<Vec<GifName>> {
    let mut statement = connection.prepare("SELECT DISTINCT gif FROM messages WHERE gif IS NOT NULL")?;
    statement.query_map([], |row| text(row, 0))?.collect()
}

/// The room whose message names a file.
pub fn room_of_gif(connection: &Connection, name: GifName) -> rusqlite::Result<Option<RoomId>> {
    let mut statement = connection.prepare_cached("SELECT room FROM messages WHERE gif = ?1 LIMIT 1")?;
    statement
        .query_row([name.to_string()], |row| Ok(RoomId::from_bytes(row.get(0)?)))
        .optional()
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
    let mut grants = connection.prepare("SELECT visitor FROM grants WHERE room = ?1")?;
    for open in &mut rooms {
        let visitors = grants.query_map([open.room.id.to_bytes()], |row| text(row, 0))?;
        open.grants = Arc::new(visitors.collect::<rusqlite::Result<_>>()?);
        open.bans = Arc::new(moderation::bans_of(connection, open.room.id)?);
        for (visitor, _) in seated(connection, open.room.id)? {
            open.seat_again(visitor, now);
        }
    }
    Ok(rooms)
}
