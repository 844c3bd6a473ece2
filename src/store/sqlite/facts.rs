//! What a decision needs to know beside the state of its room.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    blocked,
    cleanup::{self, Hidden, SAYS},
    command::failure,
    gifs, reports,
    room_cache::CachedRoom,
    rows::{self, visitor},
    writer::Writer,
};
use crate::{
    domain::{Action, AddressHash, GifBody, Message, MessageId, Moment, RoomId, Seq, Visitor, VisitorId},
    rules::{ADDRESSES, AgainGif, Command, Due, Edit, Facts, Kept, NewBody, TakeDown},
    store::StoreError,
};

/// Messages looked through for one that names a GIF to be sent again and is not deleted for readers. Only if one author sent
/// the same GIF more often, and was cleared a moment ago, the GIF can't be sent again until that is done.
const LOOKS: usize = 1_000;

impl Writer {
    pub(super) fn facts(&self, cached: &CachedRoom, command: &Command) -> Result<Facts, StoreError> {
        let (connection, room) = (&self.connection, cached.state.room.id);
        let mut facts = Facts::default();
        match command {
            Command::Post(_, new) => {
                facts = self.facts_of(cached, &new.body)?;
                facts.message = new.reply.map_or(Ok(None), |id| self.written(cached, id))?;
            }
            Command::React(new) => {
                let again = new.gif().map(|name| NewBody::Again(AgainGif::of(name)));
                facts = again.map_or_else(|| Ok(Facts::default()), |again| self.facts_of(cached, &again))?;
                facts.message = self.said(cached, new.message)?;
            }
            Command::Edit(edit) => {
                facts.message = self.said(cached, edit.message)?;
                facts.edits = edits_of(connection, room, edit).map_err(failure)?;
            }
            Command::Whisper(new) => return self.facts_of(cached, &new.body),
            Command::Report(new) => {
                let reported = reports::reported(connection, room, new.message, &cached.hidden());
                facts.reported = reported.map_err(failure)?;
            }
            Command::Moderate(_, Action::Ban(visitor, _)) => {
                facts.addresses = addresses_of(connection, room, *visitor, cached.state.forgotten).map_err(failure)?;
            }
            Command::Moderate(_, Action::Delete { message, .. }) | Command::TakeDown(TakeDown::Message(message)) => {
                let author = author_of(connection, room, *message, &cached.hidden());
                facts.author = author.map_err(failure)?;
            }
            Command::Moderate(_, Action::Clear { visitor, .. }) => {
                let since = cached.hidden().cleared_until(*visitor);
                facts.author = cleanup::author(connection, room, *visitor, since).map_err(failure)?;
            }
            Command::Expire(Due::Messages, graces) => {
                let kept = cached.state.kept(graces.retention, self.clock.now());
                let first = first_kept(connection, room, kept).map_err(failure)?;
                facts.first_kept = first.or(Some((cached.state.seq + 1, None)));
            }
            _ => (),
        }
        Ok(facts)
    }

    /// A message that somebody wrote, also if it is deleted.
    fn written(&self, cached: &CachedRoom, id: MessageId) -> Result<Option<Arc<Message>>, StoreError> {
        let found = rows::by_id(&self.connection, cached.state.room.id, id, &cached.hidden());
        Ok(found
            .map_err(failure)?
            .filter(|message| !message.is_line())
            .map(Arc::new))
    }

    /// A message that says something.
    fn said(&self, cached: &CachedRoom, id: MessageId) -> Result<Option<Arc<Message>>, StoreError> {
        Ok(self.written(cached, id)?.filter(|message| !message.is_deleted()))
    }

    /// About what a message or whisper is to say.
    fn facts_of(&self, cached: &CachedRoom, body: &NewBody) -> Result<Facts, StoreError> {
        let (connection, room, hidden) = (&self.connection, cached.state.room.id, cached.hidden());
        let mut facts = Facts::default();
        let hash = match body {
            NewBody::Chat(_) => None,
            NewBody::Gif(gif) => gif.hash,
            NewBody::Again(again) => {
                let earlier = gifs::in_room(connection, room, again.name, &hidden, LOOKS);
                facts.earlier_gif = earlier.map_err(failure)?;
                facts.earlier_gif.as_ref().and_then(|gif: &GifBody| gif.hash)
            }
        };
        if let Some(hash) = hash {
            facts.blocked = blocked::is_blocked(connection, hash).map_err(failure)?;
            let forbidden = gifs::is_forbidden(connection, room, hash)
                .and_then(|known| Ok(known || cleanup::is_being_forbidden(connection, &hidden.clearings, hash)?));
            facts.forbidden = forbidden.map_err(failure)?;
        }
        Ok(facts)
    }
}

/// The place of the first message that a room may keep, and when it was said. It walks over those that are to go.
fn first_kept(connection: &Connection, room: RoomId, kept: Kept) -> rusqlite::Result<Option<(Seq, Option<Moment>)>> {
    let sql =
        "SELECT seq, created_at FROM messages WHERE room = ?1 AND seq > ?2 AND created_at > ?3 ORDER BY seq LIMIT 1";
    let after = kept.after.map_or(i64::MIN, Moment::millis);
    let first = |row: &Row<'_>| Ok((row.get(0)?, Some(Moment::from_millis(row.get(1)?))));
    let mut statement = connection.prepare_cached(sql)?;
    statement
        .query_row((room.to_bytes(), kept.behind, after), first)
        .optional()
}

/// The author of a message that readers see.
fn author_of(
    connection: &Connection,
    room: RoomId,
    message: MessageId,
    hidden: &Hidden,
) -> rusqlite::Result<Option<Visitor>> {
    let sql = format!(
        "SELECT visitor, color, seq FROM messages INDEXED BY messages_id WHERE room = ?1 AND id = ?2 AND {SAYS}"
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row((room.to_bytes(), message.to_bytes()), |row| {
            Ok((visitor(row, 0, 1)?, row.get::<_, Seq>(2)?))
        })
        .optional()?;
    let shown = found.filter(|(author, seq)| !hidden.hides(author.id, *seq));
    Ok(shown.map(|(author, _)| author))
}

/// How often a message of the visitor was edited.
fn edits_of(connection: &Connection, room: RoomId, edit: &Edit) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM messages INDEXED BY messages_line
               WHERE room = ?1 AND visitor = ?2 AND line = 'edited' AND target = ?3";
    let key = (room.to_bytes(), edit.by.id.to_string(), edit.message.to_bytes());
    connection.prepare_cached(sql)?.query_row(key, |row| row.get(0))
}

/// Where a visitor came from when they joined.
fn addresses_of(
    connection: &Connection,
    room: RoomId,
    visitor: VisitorId,
    forgotten: Seq,
) -> rusqlite::Result<Vec<AddressHash>> {
    let sql = format!(
        "SELECT DISTINCT address FROM messages
         WHERE room = ?1 AND visitor = ?2 AND seq > ?3 AND line = 'joined' AND address IS NOT NULL LIMIT {ADDRESSES}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let marks = statement.query_map((room.to_bytes(), visitor.to_string(), forgotten), |row| {
        Ok(AddressHash::from_bytes(row.get(0)?))
    })?;
    marks.collect()
}
