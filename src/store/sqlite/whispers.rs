//! Whispers: what one visitor says to one other.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    command::failure,
    gifs,
    rows::{Binder, nonce, said, text, visitor},
    writer::Writer,
};
use crate::{
    domain::{GifName, Moment, Nonce, Refusal, RoomId, Said, VisitorId, Whisper, WhisperId},
    store::{Change, NewWhisper, StoreError, WHISPERS, WHISPERS_EACH, Whispered, looks_at_all_whispers},
};

const WHISPER: &str = "room, id, visitor, color, to_visitor, to_color, created_at, nonce, chat, gif, width, height, \
                       frames, duration, bytes, alt, hash";

fn whisper(row: &Row<'_>) -> rusqlite::Result<Whisper> {
    Ok(Whisper {
        room: RoomId::from_bytes(row.get(0)?),
        id: WhisperId::from_bytes(row.get(1)?),
        author: visitor(row, 2, 3)?,
        to: visitor(row, 4, 5)?,
        created_at: Moment::from_millis(row.get(6)?),
        nonce: nonce(row, 7)?,
        said: said(row, 8)?.ok_or(rusqlite::Error::InvalidQuery)?,
    })
}

/// Whispers from and to a visitor behind another one, oldest first.
pub fn of_visitor(
    connection: &Connection,
    room: RoomId,
    visitor: VisitorId,
    after: Option<WhisperId>,
    limit: usize,
) -> rusqlite::Result<Vec<Whisper>> {
    let sql = format!(
        "SELECT {WHISPER} FROM whispers
         WHERE room = ?1 AND (visitor = ?2 OR to_visitor = ?2)
           AND turn > coalesce((SELECT turn FROM whispers WHERE id = ?3 AND room = ?1), 0)
         ORDER BY turn LIMIT ?4"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let key = (
        room.to_bytes(),
        visitor.to_string(),
        after.map(WhisperId::to_bytes),
        limit,
    );
    connection.prepare_cached(&sql)?.query_map(key, whisper)?.collect()
}

/// The room in which a whisper from or to a visitor names a file.
pub fn room_of_gif(connection: &Connection, name: GifName, visitor: VisitorId) -> rusqlite::Result<Option<RoomId>> {
    let sql = "SELECT room FROM whispers WHERE gif = ?1 AND (visitor = ?2 OR to_visitor = ?2) LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .query_row((name.to_string(), visitor.to_string()), |row| {
            Ok(RoomId::from_bytes(row.get(0)?))
        })
        .optional()
}

fn by_nonce(connection: &Connection, new: &NewWhisper) -> rusqlite::Result<Option<Whisper>> {
    let Some(nonce) = &new.nonce else { return Ok(None) };
    let sql = format!("SELECT {WHISPER} FROM whispers WHERE room = ?1 AND visitor = ?2 AND nonce = ?3");
    let key = (new.room.to_bytes(), new.author.id.to_string(), nonce.as_str());
    connection.prepare_cached(&sql)?.query_row(key, whisper).optional()
}

fn insert(connection: &Connection, whisper: &Whisper) -> rusqlite::Result<()> {
    let sql =
        format!("INSERT INTO whispers ({WHISPER}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)");
    let (chat, gif) = match &whisper.said {
        Said::Chat(chat) => (Some(chat.as_str()), None),
        Said::Gif(gif) => (None, Some(gif)),
    };
    let mut statement = connection.prepare_cached(&sql)?;
    let mut bind = Binder::of(&mut statement);
    bind.next(whisper.room.to_bytes())?;
    bind.next(whisper.id.to_bytes())?;
    bind.visitor(whisper.author)?;
    bind.visitor(whisper.to)?;
    bind.next(whisper.created_at.millis())?;
    bind.next(whisper.nonce.as_ref().map(Nonce::as_str))?;
    bind.said(chat, gif)?;
    statement.raw_execute()?;
    Ok(())
}

/// Deletes what is beyond the bounds; the files that nothing names any more.
fn prune(connection: &Connection, room: RoomId, author: VisitorId) -> rusqlite::Result<Vec<GifName>> {
    let beyond = |which: &str, kept: usize| {
        format!(
            "DELETE FROM whispers WHERE turn IN
                 (SELECT turn FROM whispers WHERE room = ?1 AND {which} ORDER BY turn DESC LIMIT -1 OFFSET {kept})
             RETURNING gif"
        )
    };
    let mut gone = Vec::new();
    let all = looks_at_all_whispers().then(|| beyond("?2 = ?2", WHISPERS));
    for sql in [beyond("visitor = ?2", WHISPERS_EACH)].into_iter().chain(all) {
        let mut statement = connection.prepare_cached(&sql)?;
        let files = statement.query_map((room.to_bytes(), author.to_string()), |row| {
            let file = row.get_ref(0)?.as_str_or_null()?;
            file.map(|_| text::<GifName>(row, 0)).transpose()
        })?;
        gone.extend(files.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten());
    }
    gifs::unnamed(connection, gone)
}

impl Writer {
    pub(super) fn whisper(&mut self, new: NewWhisper) -> Result<Whispered, StoreError> {
        let members = self.look(new.room, super::directory::OpenRoom::members)?;
        if let Some(known) = by_nonce(&self.connection, &new).map_err(failure)? {
            return Ok(Whispered::Known(Arc::new(known)));
        }
        let seat = |id: VisitorId| members.iter().find(|member| member.id == id).copied();
        seat(new.author.id).ok_or(StoreError::Refused(Refusal::NotAMember))?;
        let to = seat(new.to).ok_or(StoreError::Refused(Refusal::VisitorNotFound))?;
        let whisper = Whisper {
            id: WhisperId::random(),
            room: new.room,
            author: new.author,
            to,
            created_at: Moment::now(),
            said: self.said(new.room, new.body)?,
            nonce: new.nonce,
        };
        let gone = self.whole(|| {
            insert(&self.connection, &whisper)?;
            prune(&self.connection, whisper.room, whisper.author.id)
        })?;
        let whisper = Arc::new(whisper);
        self.told.push(Change::Whispered(Arc::clone(&whisper)));
        Ok(Whispered::New(whisper, gone))
    }
}
