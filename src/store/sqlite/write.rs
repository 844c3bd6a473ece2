//! The rows of each command, written in the open transaction.

use std::{sync::Arc, time::Instant};

use rusqlite::params;

use super::{command::failure, directory::OpenRoom, gifs, rows, writer::Writer};
use crate::{
    domain::{GifHash, GifName, Message, MessageId, Moment, Refusal, Room, RoomId, Said, Visitor},
    store::{Graces, NewBody, NewMessage, NewRoom, Posted, RoomChange, StoreError},
};

/// Visitors who may hold a grant of one room; a locked room with more than these is not locked any more.
pub(super) const GRANTS: usize = 10_000;

impl Writer {
    pub(super) fn ping(&self) -> Result<(), StoreError> {
        self.connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failure)
    }

    pub(super) fn create(&mut self, new: NewRoom) -> Result<OpenRoom, StoreError> {
        if self.directory.read().len() + self.created >= self.limit {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let password_hash: Option<Arc<str>> = new.password_hash.map(Into::into);
        let room = Room {
            id: RoomId::random(),
            title: new.title,
            max: new.max,
            count: 0,
            owner: new.owner,
            locked: password_hash.is_some(),
            created_at: Moment::now(),
        };
        let sql = "INSERT INTO rooms (id, title, max, password_hash, owner, owner_color, created_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let row = params![
            room.id.to_bytes(),
            room.title.as_str(),
            room.max.get(),
            password_hash,
            room.owner.id.to_string(),
            room.owner.color.to_string(),
            room.created_at.millis(),
        ];
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(row))
            .map_err(failure)?;
        self.created += 1;
        Ok(OpenRoom::new(room, password_hash, 0, Instant::now()))
    }

    pub(super) fn must_exist(&self, id: RoomId) -> Result<(), StoreError> {
        if self.removed.contains(&id) || self.directory.read().get(id).is_none() {
            return Err(StoreError::Refused(Refusal::RoomNotFound));
        }
        Ok(())
    }

    pub(super) fn update(&self, id: RoomId, change: &RoomChange) -> Result<(), StoreError> {
        self.must_exist(id)?;
        let room = id.to_bytes();
        let run = || -> rusqlite::Result<()> {
            if let Some(title) = &change.title {
                self.connection
                    .execute("UPDATE rooms SET title = ?2 WHERE id = ?1", (room, title.as_str()))?;
            }
            if let Some(max) = change.max {
                self.connection
                    .execute("UPDATE rooms SET max = ?2 WHERE id = ?1", (room, max.get()))?;
            }
            if let Some(hash) = &change.password_hash {
                self.connection
                    .execute("UPDATE rooms SET password_hash = ?2 WHERE id = ?1", (room, hash))?;
                self.connection.execute("DELETE FROM grants WHERE room = ?1", [room])?;
                self.connection.execute("DELETE FROM invites WHERE room = ?1", [room])?;
            }
            Ok(())
        };
        self.whole(run)
    }

    pub(super) fn remove(&mut self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.must_exist(id)?;
        let gifs = gifs::of_room(&self.connection, id).map_err(failure)?;
        let sql = "DELETE FROM rooms WHERE id = ?1";
        self.connection.execute(sql, [id.to_bytes()]).map_err(failure)?;
        self.removed.push(id);
        Ok(gifs)
    }

    pub(super) fn grant(&self, id: RoomId, visitor: Visitor) -> Result<(), StoreError> {
        self.must_exist(id)?;
        if self
            .directory
            .read()
            .get(id)
            .is_some_and(|open| open.grants.len() + open.invited.len() >= GRANTS)
        {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        // Who knows the password needs no invite any more.
        let sql = "INSERT INTO grants (room, visitor) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET invited = FALSE";
        self.connection
            .execute(sql, (id.to_bytes(), visitor.id.to_string()))
            .map_err(failure)?;
        Ok(())
    }

    pub(super) fn post(&mut self, new: NewMessage) -> Result<Posted, StoreError> {
        self.must_exist(new.room)?;
        if let Some(known) = rows::by_nonce(&self.connection, &new).map_err(failure)? {
            return Ok(Posted::Known(Arc::new(known)));
        }
        let last = {
            let directory = self.directory.read();
            let open = directory.get(new.room).filter(|open| open.access(new.author.id).member);
            let open = open.ok_or(StoreError::Refused(Refusal::NotAMember))?;
            self.seqs.get(&new.room).copied().unwrap_or(open.last_seq)
        };
        let body = self.said(new.room, new.body)?.into();
        let message = Message {
            id: MessageId::random(),
            room: new.room,
            seq: last + 1,
            author: new.author,
            created_at: Moment::now(),
            body,
            nonce: new.nonce,
        };
        rows::insert_message(&self.connection, &message).map_err(failure)?;
        self.seqs.insert(message.room, message.seq);
        Ok(Posted::New(Arc::new(message)))
    }

    /// What a message or whisper to be stored says, if its room takes it.
    pub(super) fn said(&self, room: RoomId, new: NewBody) -> Result<Said, StoreError> {
        let gif = match new {
            NewBody::Chat(chat) => return Ok(Said::Chat(chat)),
            NewBody::Gif(gif) => gif,
            NewBody::Again(again) => {
                let earlier = gifs::in_room(&self.connection, room, again.name).map_err(failure)?;
                again.body(earlier.ok_or(StoreError::Refused(Refusal::NotFound))?)
            }
        };
        let forbidden = |hash| gifs::is_forbidden(&self.connection, room, hash).map_err(failure);
        match gif.hash.map(forbidden).transpose()? {
            Some(true) => Err(StoreError::Refused(Refusal::ForbiddenGif)),
            _ => Ok(Said::Gif(gif)),
        }
    }

    pub(super) fn forbid(&self, room: RoomId, hash: GifHash) -> Result<(), StoreError> {
        self.must_exist(room)?;
        self.whole(|| gifs::forbid(&self.connection, room, hash))
    }

    pub(super) fn forget_gifs(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.whole(|| {
            for name in names {
                let name = name.to_string();
                // A place is never given out twice, even when its message had to go.
                let keep =
                    "UPDATE rooms SET last_seq = max(last_seq, (SELECT max(seq) FROM messages WHERE room = rooms.id))
                            WHERE id IN (SELECT room FROM messages WHERE gif = ?1)";
                self.connection.execute(keep, [&name])?;
                self.connection
                    .execute("DELETE FROM messages WHERE gif = ?1", [&name])?;
                self.connection
                    .execute("DELETE FROM whispers WHERE gif = ?1", [&name])?;
            }
            Ok(())
        })
    }

    pub(super) fn remove_over(&mut self, graces: Graces) -> Result<Vec<(RoomId, Vec<GifName>)>, StoreError> {
        self.rooms_over(graces)
            .into_iter()
            .map(|id| Ok((id, self.remove(id)?)))
            .collect()
    }

    /// Runs several statements so that all or none of them count.
    pub(super) fn whole<T>(&self, run: impl FnOnce() -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.connection.execute_batch("SAVEPOINT whole").map_err(failure)?;
        let result = run();
        let end = if result.is_ok() {
            "RELEASE whole"
        } else {
            "ROLLBACK TO whole; RELEASE whole"
        };
        self.connection.execute_batch(end).map_err(failure)?;
        result.map_err(failure)
    }
}
