//! Rows to values and back.

use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql, params, types::Type};

use super::cleanup::Hidden;
use crate::{
    domain::{
        AddressHash, Alt, Body, Chat, Color, GifBody, GifHash, GifName, Line, LineKind, Maker, Message, MessageId,
        Moment, Nonce, Reference, RoomId, Said, Seq, Visitor, VisitorId,
    },
    rules::RoomState,
    store::Window,
};

pub const MESSAGE: &str = "room, seq, id, visitor, color, created_at, nonce, chat, gif, width, height, frames, duration, \
                       bytes, alt, hash, line, count, target, reply, edited";

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

/// The columns from `gif` to `hash`; what was said with it stands in another.
pub fn gif(row: &Row<'_>, first: usize) -> rusqlite::Result<GifBody> {
    Ok(GifBody {
        name: text::<GifName>(row, first)?,
        width: row.get(first + 1)?,
        height: row.get(first + 2)?,
        frames: row.get(first + 3)?,
        duration: row.get(first + 4)?,
        bytes: row.get(first + 5)?,
        alt: Alt::from_store(row.get_ref(first + 6)?.as_str()?),
        caption: None,
        hash: row.get::<_, Option<[u8; 32]>>(first + 7)?.map(GifHash::from_bytes),
    })
}

/// The columns from `chat` to `hash`; nothing when neither a text nor a GIF is there.
pub fn said(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Said>> {
    let chat = row.get_ref(first)?.as_str_or_null()?.map(Chat::from_store);
    if row.get_ref(first + 1)?.as_str_or_null()?.is_none() {
        return Ok(chat.map(Said::Chat));
    }
    let gif = gif(row, first + 1)?;
    Ok(Some(Said::Gif(GifBody { caption: chat, ..gif })))
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

/// The message that one answers, or that a line says was edited.
fn refers(row: &Row<'_>, body: &Body) -> rusqlite::Result<Option<Reference>> {
    let to = match body {
        Body::Line(line) => match line.kind {
            LineKind::Edited(message) => Some(message),
            _ => None,
        },
        _ => row.get::<_, Option<[u8; 16]>>(19)?.map(MessageId::from_bytes),
    };
    Ok(to.map(Reference::to))
}

pub fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let body = body(row)?;
    Ok(Message {
        id: MessageId::from_bytes(row.get(2)?),
        room: RoomId::from_bytes(row.get(0)?),
        seq: row.get(1)?,
        author: visitor(row, 3, 4)?,
        created_at: Moment::from_millis(row.get(5)?),
        refers: refers(row, &body)?,
        body,
        nonce: nonce(row, 6)?,
        edited: row.get::<_, Option<i64>>(20)?.map(Moment::from_millis),
        reactions: Vec::new(),
    })
}

/// The messages of a window, oldest first.
pub fn history(
    connection: &Connection,
    room: RoomId,
    window: Window,
    limit: usize,
    hidden: &Hidden,
) -> rusqlite::Result<Vec<Message>> {
    let (bounds, order, from) = match window {
        Window::Newest => ("seq > ?2", "DESC", 0),
        Window::After(seq) => ("seq > ?2", "ASC", seq),
        Window::Before(seq) => ("seq < ?2", "DESC", seq),
    };
    let kept = signed(hidden.forgotten);
    let sql = format!(
        "SELECT {MESSAGE} FROM messages WHERE room = ?1 AND {bounds} AND seq > ?4 ORDER BY seq {order} LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    // A place beyond SQLite's integers lies behind every message.
    let from = signed(from);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map((room.to_bytes(), from, limit, kept), message)?;
    let mut messages: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    if order == "DESC" {
        messages.reverse();
    }
    show(connection, room, hidden, &mut messages)?;
    Ok(messages)
}

fn signed(place: Seq) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// Shows messages as readers see them, with those that they refer to.
pub fn show(connection: &Connection, room: RoomId, hidden: &Hidden, page: &mut [Message]) -> rusqlite::Result<()> {
    page.iter_mut().for_each(|message| hidden.hide(message));
    let mut originals = Vec::new();
    for id in Reference::missing(page) {
        originals.extend(by_id(connection, room, id, hidden)?);
    }
    Reference::resolve(page, originals);
    Ok(())
}

/// A message of a room as readers see it, without what it refers to.
pub fn by_id(
    connection: &Connection,
    room: RoomId,
    id: MessageId,
    hidden: &Hidden,
) -> rusqlite::Result<Option<Message>> {
    let sql = format!("SELECT {MESSAGE} FROM messages INDEXED BY messages_id WHERE room = ?1 AND id = ?2");
    let key = (room.to_bytes(), id.to_bytes());
    let mut found = connection.prepare_cached(&sql)?.query_row(key, message).optional()?;
    found.iter_mut().for_each(|message| hidden.hide(message));
    Ok(found.filter(|message| message.seq > hidden.forgotten))
}

/// The message that a visitor has posted with a nonce.
pub fn by_nonce(
    connection: &Connection,
    room: RoomId,
    author: VisitorId,
    nonce: &Nonce,
    hidden: &Hidden,
) -> rusqlite::Result<Option<Message>> {
    let sql = format!("SELECT {MESSAGE} FROM messages WHERE room = ?1 AND visitor = ?2 AND nonce = ?3");
    let key = (room.to_bytes(), author.to_string(), nonce.as_str());
    let mut known = connection.prepare_cached(&sql)?.query_row(key, message).optional()?;
    show(connection, room, hidden, known.as_mut_slice())?;
    Ok(known)
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
    pub fn said(&mut self, chat: Option<&Chat>, gif: Option<&GifBody>) -> rusqlite::Result<()> {
        let caption = gif.and_then(|gif| gif.caption.as_ref());
        self.next(chat.or(caption).map(Chat::as_str))?;
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
    address: Option<AddressHash>,
) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO messages ({MESSAGE}, address)
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)"
    );
    let (chat, gif, line) = match &message.body {
        Body::Chat(chat) => (Some(chat), None, None),
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
    let reply = message.refers.as_ref().filter(|_| line.is_none());
    bind.next(reply.map(|reply| reply.to.to_bytes()))?;
    bind.next(message.edited.map(Moment::millis))?;
    bind.next(address.map(AddressHash::to_bytes))?;
    statement.raw_execute()?;
    Ok(())
}

/// Who made something, as bounds of the site count it.
pub fn maker(row: &Row<'_>, visitor: usize, networks: usize) -> rusqlite::Result<Maker> {
    let known = row.get_ref(visitor)?.as_str_or_null()?.is_some();
    let who = known.then(|| text(row, visitor)).transpose()?;
    Ok(Maker::from_store(who, row.get_ref(networks)?.as_blob()?))
}

/// Stores a room that was just made.
pub fn insert_room(connection: &Connection, state: &RoomState) -> rusqlite::Result<()> {
    let sql = "INSERT INTO rooms (id, title, max, password_hash, owner, owner_color, created_at, address_key, maker,
                                  networks)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let room = &state.room;
    let row = params![
        room.id.to_bytes(),
        room.title.as_str(),
        room.max.get(),
        state.password_hash,
        room.owner.id.to_string(),
        room.owner.color.to_string(),
        room.created_at.millis(),
        state.address_key.to_bytes(),
        state.maker.visitor.map(|maker| maker.to_string()),
        state.maker.network_bytes(),
    ];
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

/// The place of the last message of a room; nothing when there is no room.
pub fn last_seq(connection: &Connection, room: RoomId) -> rusqlite::Result<Option<Seq>> {
    let sql = "SELECT max(last_seq, coalesce((SELECT max(seq) FROM messages WHERE room = rooms.id), 0))
               FROM rooms WHERE id = ?1";
    connection
        .query_row(sql, [room.to_bytes()], |row| row.get(0))
        .optional()
}
