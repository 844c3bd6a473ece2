//! What a decision needs to know beside the state of its room.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::{
    cleanup::{self, Clearing, SAYS, is_hidden},
    command::failure,
    gifs, reports,
    room_cache::CachedRoom,
    rows::{self, visitor},
    writer::Writer,
};
use crate::{
    domain::{Action, AddressMark, GifBody, Message, MessageId, RoomId, Seq, Visitor, VisitorId},
    rules::{ADDRESSES, AgainGif, Command, Edit, Facts, NewBody},
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
                let reported = reports::reported(connection, room, new.message, &cached.clearings);
                facts.reported = reported.map_err(failure)?;
            }
            Command::Moderate(_, Action::Ban(visitor, _)) => {
                facts.addresses = addresses_of(connection, room, *visitor).map_err(failure)?;
            }
            Command::Moderate(_, Action::Delete { message, .. }) => {
                let author = author_of(connection, room, *message, &cached.clearings);
                facts.author = author.map_err(failure)?;
            }
            Command::Moderate(_, Action::Clear { visitor, .. }) => {
                let since = cleared_until(&cached.clearings, *visitor);
                facts.author = cleanup::author(connection, room, *visitor, since).map_err(failure)?;
            }
            _ => (),
        }
        Ok(facts)
    }

    /// A message that somebody wrote, also if it is deleted.
    fn written(&self, cached: &CachedRoom, id: MessageId) -> Result<Option<Arc<Message>>, StoreError> {
        let found = rows::by_id(&self.connection, cached.state.room.id, id, &cached.clearings);
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
        let (connection, room, clearings) = (&self.connection, cached.state.room.id, &cached.clearings);
        let mut facts = Facts::default();
        let hash = match body {
            NewBody::Chat(_) => None,
            NewBody::Gif(gif) => gif.hash,
            NewBody::Again(again) => {
                let earlier = gifs::in_room(connection, room, again.name, clearings, LOOKS);
                facts.earlier_gif = earlier.map_err(failure)?;
                facts.earlier_gif.as_ref().and_then(|gif: &GifBody| gif.hash)
            }
        };
        if let Some(hash) = hash {
            let forbidden = gifs::is_forbidden(connection, room, hash)
                .and_then(|known| Ok(known || cleanup::is_being_forbidden(connection, clearings, hash)?));
            facts.forbidden = forbidden.map_err(failure)?;
        }
        Ok(facts)
    }
}

/// The `seq` up to which messages of a visitor are hidden.
pub fn cleared_until(clearings: &[Clearing], visitor: VisitorId) -> Seq {
    let of_visitor = clearings.iter().filter(|clearing| clearing.visitor == visitor);
    of_visitor.map(|clearing| clearing.until).max().unwrap_or(0)
}

/// The author of a message that readers see.
fn author_of(
    connection: &Connection,
    room: RoomId,
    message: MessageId,
    clearings: &[Clearing],
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
    let shown = found.filter(|(author, seq)| !is_hidden(clearings, author.id, *seq));
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
fn addresses_of(connection: &Connection, room: RoomId, visitor: VisitorId) -> rusqlite::Result<Vec<AddressMark>> {
    let sql = format!(
        "SELECT DISTINCT address FROM messages
         WHERE room = ?1 AND visitor = ?2 AND line = 'joined' AND address IS NOT NULL LIMIT {ADDRESSES}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let marks = statement.query_map((room.to_bytes(), visitor.to_string()), |row| {
        Ok(AddressMark::from_bytes(row.get(0)?))
    })?;
    marks.collect()
}
