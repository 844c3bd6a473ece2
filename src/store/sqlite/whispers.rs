//! Whispers: what one visitor says to one other.

use std::{collections::HashSet, sync::Arc};

use rusqlite::{Connection, OptionalExtension, Params, Row};

use super::{
    command::failure,
    gifs,
    rows::{Binder, nonce, said, text, visitor},
    writer::Writer,
};
use crate::{
    domain::{GifName, Moment, Nonce, RoomId, Said, VisitorId, Whisper, WhisperId},
    rules::{Command, Whispering, decide},
    store::{
        Change, NewWhisper, StoreError, WHISPERS, WHISPERS_PAIR, Whispered,
        changes::whisper_of,
        whispers::{self as rules, Cut, Fill, OUTDATED},
    },
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
           AND turn > coalesce((SELECT turn FROM whispers WHERE id = ?3 AND room = ?1),
                               (SELECT turn FROM pruned_whispers WHERE id = ?3 AND room = ?1), 0)
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
        Said::Chat(chat) => (Some(chat), None),
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

/// Deletes whispers; the files that they named, and nothing for those that named none. Their turns are remembered, as
/// somebody may read on behind them.
pub fn delete(
    connection: &Connection,
    turns: &str,
    key: impl Params + Clone,
) -> rusqlite::Result<Vec<Option<GifName>>> {
    let sql = format!(
        "INSERT INTO pruned_whispers (room, turn, id) SELECT room, turn, id FROM whispers WHERE turn IN ({turns})"
    );
    connection.prepare_cached(&sql)?.execute(key.clone())?;
    let sql = format!("DELETE FROM whispers WHERE turn IN ({turns}) RETURNING gif");
    let mut statement = connection.prepare_cached(&sql)?;
    let files = statement.query_map(key, |row| {
        let file = row.get_ref(0)?.as_str_or_null()?;
        file.map(|_| text::<GifName>(row, 0)).transpose()
    })?;
    files.collect()
}

/// Deletes what one visitor has said to one other but for the newest.
fn prune(connection: &Connection, whisper: &Whisper) -> rusqlite::Result<Vec<Option<GifName>>> {
    let beyond = "SELECT turn FROM whispers WHERE room = ?1 AND visitor = ?2 AND to_visitor = ?3
                  ORDER BY turn DESC LIMIT -1 OFFSET ?4";
    let (author, to) = (whisper.author.id.to_string(), whisper.to.id.to_string());
    delete(connection, beyond, (whisper.room.to_bytes(), author, to, WHISPERS_PAIR))
}

fn cut(connection: &Connection, room: RoomId, (author, kept): Cut) -> rusqlite::Result<Vec<Option<GifName>>> {
    let beyond = "SELECT turn FROM whispers WHERE room = ?1 AND visitor = ?2 ORDER BY turn DESC LIMIT -1 OFFSET ?3";
    delete(connection, beyond, (room.to_bytes(), author.to_string(), kept))
}

/// Deletes the oldest whispers of authors who hold no seat.
fn cut_unseated(
    connection: &Connection,
    room: RoomId,
    seated: &HashSet<VisitorId>,
    count: usize,
) -> rusqlite::Result<Vec<Option<GifName>>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    // The ids are hexadecimal, so they need no quoting within JSON.
    let seated: Vec<_> = seated.iter().map(|id| format!("\"{id}\"")).collect();
    let oldest = "SELECT turn FROM whispers WHERE room = ?1 AND visitor NOT IN (SELECT value FROM json_each(?2))
                  ORDER BY turn LIMIT ?3";
    let seated = format!("[{}]", seated.join(","));
    delete(connection, oldest, (room.to_bytes(), seated, count))
}

fn drop_outdated(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<Option<GifName>>> {
    let outdated = "SELECT turn FROM (SELECT turn, created_at FROM whispers WHERE room = ?1 ORDER BY turn LIMIT ?2)
                    WHERE created_at < ?3";
    delete(
        connection,
        outdated,
        (room.to_bytes(), OUTDATED, rules::outdated().millis()),
    )
}

fn authors(connection: &Connection, room: RoomId) -> rusqlite::Result<Vec<Cut>> {
    let sql = "SELECT visitor, count(*) FROM whispers WHERE room = ?1 GROUP BY visitor";
    let mut statement = connection.prepare_cached(sql)?;
    let authors = statement.query_map([room.to_bytes()], |row| Ok((text(row, 0)?, row.get(1)?)))?;
    authors.collect()
}

fn count(connection: &Connection, room: RoomId, author: Option<VisitorId>) -> rusqlite::Result<usize> {
    let author = author.map(|author| author.to_string());
    let sql = match author {
        Some(_) => "SELECT count(*) FROM whispers WHERE room = ?1 AND visitor = ?2",
        None => "SELECT count(*) FROM whispers WHERE room = ?1 AND ?2 IS NULL",
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row((room.to_bytes(), author), |row| row.get(0))
}

fn oldest(connection: &Connection, room: RoomId) -> rusqlite::Result<Moment> {
    let sql = "SELECT created_at FROM whispers WHERE room = ?1 ORDER BY turn LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([room.to_bytes()], |row| row.get(0)).optional()?;
    Ok(found.map_or_else(Moment::now, Moment::from_millis))
}

impl Writer {
    pub(super) fn whisper(&mut self, new: NewWhisper) -> Result<Whispered, StoreError> {
        let cached = self.look(new.room)?;
        if let Some(known) = by_nonce(&self.connection, &new).map_err(failure)? {
            return Ok(Whispered::Known(Arc::new(known)));
        }
        let NewWhisper {
            room,
            author,
            to,
            body,
            nonce,
        } = new;
        let id = WhisperId::random();
        let (command, now) = (Command::Whisper(Whispering { id, author, to, body }), self.clock.now());
        let facts = self.facts(&cached, &command)?;
        let events = decide(&cached.state, &command, &facts, now).map_err(StoreError::Refused)?;
        let whisper = events
            .first()
            .and_then(|event| whisper_of(event, room, now.date, nonce));
        // It changes nothing about the room.
        let whisper = whisper.ok_or(StoreError::Busy)?;
        let (gone, deleted) = self.all_or_none(|| self.store_whisper(&whisper))?;
        self.fills.stored(whisper.room, deleted);
        let whisper = Arc::new(whisper);
        self.events.push(Change::Whispered(Arc::clone(&whisper)));
        Ok(Whispered::New(whisper, gone))
    }

    /// Stores a whisper and deletes what is beyond the bounds; the files that nothing names any more, and how many were
    /// deleted.
    fn store_whisper(&self, whisper: &Whisper) -> Result<(Vec<GifName>, usize), StoreError> {
        let mut deleted = self.make_space(whisper)?;
        insert(&self.connection, whisper).map_err(failure)?;
        deleted.extend(prune(&self.connection, whisper).map_err(failure)?);
        let count = deleted.len();
        let gone = gifs::unnamed(&self.connection, deleted.into_iter().flatten().collect());
        Ok((gone.map_err(failure)?, count))
    }

    /// Deletes what has to go before a whisper is stored in a room that holds all that it may.
    fn make_space(&self, whisper: &Whisper) -> Result<Vec<Option<GifName>>, StoreError> {
        let (connection, room, author) = (&self.connection, whisper.room, whisper.author.id);
        let all = match self.fills.get(room) {
            Some(Fill::Full(until)) => {
                let own = count(connection, room, Some(author)).map_err(failure)?;
                let kept = own.checked_sub(1).ok_or_else(|| rules::full(until))?;
                return cut(connection, room, (author, kept)).map_err(failure);
            }
            Some(Fill::Holds(all)) => all,
            None => count(connection, room, None).map_err(failure)?,
        };
        self.fills.set(room, Fill::Holds(all));
        if all < WHISPERS {
            return Ok(Vec::new());
        }
        let members = self.look(room)?.state.members();
        let seated = members.iter().map(|member| member.id).collect();
        let counts = authors(connection, room).map_err(failure)?;
        self.fills
            .set(room, Fill::Holds(counts.iter().map(|(_, count)| count).sum()));
        let (mut deleted, mut space) = (Vec::new(), rules::space(counts, &seated, author));
        if space.is_none() {
            deleted = drop_outdated(connection, room).map_err(failure)?;
            let counts = authors(connection, room).map_err(failure)?;
            space = rules::space(counts, &seated, author);
        }
        let Some(space) = space else {
            let until = rules::full_until(oldest(connection, room).map_err(failure)?);
            self.fills.set(room, Fill::Full(until));
            return Err(rules::full(until));
        };
        deleted.extend(cut_unseated(connection, room, &seated, space.unseated).map_err(failure)?);
        for one in space.cuts {
            deleted.extend(cut(connection, room, one).map_err(failure)?);
        }
        Ok(deleted)
    }
}
