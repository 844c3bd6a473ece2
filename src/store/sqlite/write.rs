//! The rows of each command, written in the open transaction.

use std::{sync::Arc, time::Instant};

use rusqlite::params;

use super::{
    cleanup::{self, hide},
    command::failure,
    directory::OpenRoom,
    gifs, rows, schema,
    writer::Writer,
};
use crate::{
    domain::{
        AddressKey, AddressMark, Body, GifName, Message, MessageId, Moment, Nonce, Refusal, Room, RoomId, Said, Seq,
        Visitor,
    },
    store::{Change, GRANTS, NewBody, NewMessage, NewRoom, PasswordVersion, Posted, RoomChange, StoreError},
};

/// Rows of a removed room that go by the commit that removes it. Most rooms have less, and several may end by one commit.
const AT_ONCE: usize = 64;

/// Messages at which it is looked for one that names a GIF to be sent again and is not deleted for readers. Only where one
/// author sent the same GIF more often, and was cleared a moment ago, the GIF can't be sent again before that is done.
const LOOKS: usize = 1_000;

impl Writer {
    /// After a write that failed, it is tried whether one succeeds.
    pub(super) fn ping(&self) -> Result<(), StoreError> {
        if self.trouble.is_some() {
            return schema::probe(&self.connection).map_err(failure);
        }
        self.connection.query_row("SELECT 1", [], |_| Ok(())).map_err(failure)
    }

    pub(super) fn create(&mut self, new: NewRoom) -> Result<Room, StoreError> {
        if self.directory.read().len() + self.created >= self.limit {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let (password_hash, key) = (new.password_hash.map(Arc::<str>::from), AddressKey::random());
        let room = Room {
            id: RoomId::random(),
            title: new.title,
            max: new.max,
            count: 0,
            owner: new.owner,
            locked: password_hash.is_some(),
            closed: false,
            slow: 0,
            created_at: Moment::now(),
        };
        let sql = "INSERT INTO rooms (id, title, max, password_hash, owner, owner_color, created_at, address_key)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let row = params![
            room.id.to_bytes(),
            room.title.as_str(),
            room.max.get(),
            password_hash,
            room.owner.id.to_string(),
            room.owner.color.to_string(),
            room.created_at.millis(),
            key.to_bytes(),
        ];
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(row))
            .map_err(failure)?;
        self.created += 1;
        let open = OpenRoom::new(room.clone(), password_hash, key, 0, Instant::now());
        self.drafts.insert(room.id, Some(open));
        self.told.push(Change::RoomCreated(room.clone()));
        Ok(room)
    }

    pub(super) fn update(&mut self, id: RoomId, change: RoomChange) -> Result<Room, StoreError> {
        let owner = self.look(id, |open| open.room.owner.id)?;
        if change.by.is_some_and(|by| by != owner) {
            return Err(StoreError::Refused(Refusal::NotTheOwner));
        }
        self.update_rows(id, &change)?;
        let open = self.draft(id)?;
        if let Some(title) = change.title {
            open.room.title = title;
        }
        if let Some(max) = change.max {
            open.room.max = max;
        }
        if let Some(hash) = change.password_hash {
            open.grants = Arc::default();
            open.invited = Arc::default();
            open.invites = 0;
            open.room.locked = hash.is_some();
            open.password_hash = hash.map(Into::into);
            open.password_version += 1;
        }
        open.room.closed = change.closed.unwrap_or(open.room.closed);
        if let Some(slow) = change.slow {
            open.room.slow = slow;
            open.spoken = Arc::default();
        }
        let room = open.room.clone();
        self.told.push(Change::RoomUpdated(room.clone()));
        Ok(room)
    }

    fn update_rows(&self, id: RoomId, change: &RoomChange) -> Result<(), StoreError> {
        let room = id.to_bytes();
        self.whole(|| {
            if let Some(title) = &change.title {
                self.connection
                    .execute("UPDATE rooms SET title = ?2 WHERE id = ?1", (room, title.as_str()))?;
            }
            if let Some(max) = change.max {
                self.connection
                    .execute("UPDATE rooms SET max = ?2 WHERE id = ?1", (room, max.get()))?;
            }
            if let Some(closed) = change.closed {
                self.connection
                    .execute("UPDATE rooms SET closed = ?2 WHERE id = ?1", (room, closed))?;
            }
            if let Some(slow) = change.slow {
                self.connection
                    .execute("UPDATE rooms SET slow = ?2 WHERE id = ?1", (room, slow))?;
            }
            if let Some(hash) = &change.password_hash {
                self.connection
                    .execute("UPDATE rooms SET password_hash = ?2 WHERE id = ?1", (room, hash))?;
                self.connection.execute("DELETE FROM grants WHERE room = ?1", [room])?;
                self.connection.execute("DELETE FROM invites WHERE room = ?1", [room])?;
            }
            Ok(())
        })
    }

    pub(super) fn remove(&mut self, id: RoomId) -> Result<(), StoreError> {
        self.look(id, |_| ())?;
        self.whole(|| {
            cleanup::begin_removal(&self.connection, id)?;
            cleanup::remove_slice(&self.connection, id, AT_ONCE)
        })?;
        self.slices.wake();
        self.drafts.insert(id, None);
        self.told.push(Change::RoomRemoved(id));
        Ok(())
    }

    pub(super) fn grant(&mut self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        let (current, granted) = self.look(id, |open| (open.password_version, open.granted()))?;
        if current != password {
            return Err(StoreError::Refused(Refusal::WrongPassword));
        }
        if granted >= GRANTS {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        // Who knows the password needs no invite any more.
        let sql = "INSERT INTO grants (room, visitor) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET invited = FALSE";
        self.connection
            .execute(sql, (id.to_bytes(), visitor.id.to_string()))
            .map_err(failure)?;
        let open = self.draft(id)?;
        Arc::make_mut(&mut open.invited).remove(&visitor.id);
        Arc::make_mut(&mut open.grants).insert(visitor.id);
        Ok(())
    }

    pub(super) fn post(&mut self, new: NewMessage) -> Result<Posted, StoreError> {
        let (member, slow) = self.look(new.room, |open| {
            let bound = open.room.slow > 0 && open.room.owner.id != new.author.id;
            (
                open.seated(new.author.id).is_some(),
                if bound { open.room.slow } else { 0 },
            )
        })?;
        if let Some(mut known) = rows::by_nonce(&self.connection, &new).map_err(failure)? {
            self.look(new.room, |open| hide(&open.clearings, &mut known))?;
            return Ok(Posted::Known(Arc::new(known)));
        }
        if !member {
            return Err(StoreError::Refused(Refusal::NotAMember));
        }
        let NewMessage {
            room,
            author,
            body,
            nonce,
        } = new;
        // A refused one costs no pause.
        let body = self.said(room, body)?.into();
        if slow > 0 {
            self.must_have_paused(room, author.id, slow)?;
        }
        let message = self.place(room, author, body, nonce)?;
        let message = self.append(message, None)?;
        if slow > 0 {
            self.spoken.insert((room, author.id), Instant::now());
        }
        self.told.push(Change::Posted(Arc::clone(&message)));
        Ok(Posted::New(message))
    }

    /// What a message or whisper to be stored says, if its room takes it.
    pub(super) fn said(&self, room: RoomId, new: NewBody) -> Result<Said, StoreError> {
        let clearings = self.look(room, |open| Arc::clone(&open.clearings))?;
        let gif = match new {
            NewBody::Chat(chat) => return Ok(Said::Chat(chat)),
            NewBody::Gif(gif) => gif,
            NewBody::Again(again) => {
                let earlier = gifs::in_room(&self.connection, room, again.name, &clearings, LOOKS);
                let earlier = earlier.map_err(failure)?;
                again.body(earlier.ok_or(StoreError::Refused(Refusal::NotFound))?)
            }
        };
        let forbidden = |hash| -> rusqlite::Result<bool> {
            Ok(gifs::is_forbidden(&self.connection, room, hash)?
                || cleanup::is_being_forbidden(&self.connection, &clearings, hash)?)
        };
        match gif.hash.map(forbidden).transpose().map_err(failure)? {
            Some(true) => Err(StoreError::Refused(Refusal::ForbiddenGif)),
            _ => Ok(Said::Gif(gif)),
        }
    }

    /// The place of a room's last message.
    pub(super) fn last_seq(&self, id: RoomId) -> Result<Seq, StoreError> {
        match self.seqs.get(&id) {
            Some(seq) => Ok(*seq),
            None => self.look(id, |open| open.last_seq),
        }
    }

    /// A message at the next place of its room.
    pub(super) fn place(
        &self,
        room: RoomId,
        author: Visitor,
        body: Body,
        nonce: Option<Nonce>,
    ) -> Result<Message, StoreError> {
        Ok(Message {
            id: MessageId::random(),
            room,
            seq: self.last_seq(room)? + 1,
            author,
            created_at: Moment::now(),
            body,
            nonce,
        })
    }

    /// Stores a message at its place.
    pub(super) fn append(
        &mut self,
        message: Message,
        address: Option<AddressMark>,
    ) -> Result<Arc<Message>, StoreError> {
        rows::insert_message(&self.connection, &message, address).map_err(failure)?;
        self.seqs.insert(message.room, message.seq);
        Ok(Arc::new(message))
    }

    pub(super) fn forget_unreferenced(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.whole(|| cleanup::forget_unreferenced(&self.connection, names))
    }

    pub(super) fn forget_gifs(&self, names: &[GifName]) -> Result<(), StoreError> {
        self.whole(|| {
            for name in names {
                let name = name.to_string();
                let about =
                    "DELETE FROM reports WHERE (room, message) IN (SELECT room, id FROM messages WHERE gif = ?1)";
                self.connection.execute(about, [&name])?;
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

    /// Runs several statements so that all or none of them count.
    pub(super) fn whole<T>(&self, run: impl FnOnce() -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.begin_whole()?;
        self.end_whole(run().map_err(failure))
    }

    /// The same for what changes drafts as well. They are not taken back, so a draft changes, and a change is told, behind
    /// the last statement that may fail.
    pub(super) fn all_or_none<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin_whole()?;
        let result = run(self);
        self.end_whole(result)
    }

    fn begin_whole(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("SAVEPOINT whole").map_err(failure)
    }

    fn end_whole<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let end = match result {
            Ok(_) => "RELEASE whole",
            Err(_) => "ROLLBACK TO whole; RELEASE whole",
        };
        let ended = self.connection.execute_batch(end).map_err(failure);
        // What failed may have ended the transaction, and with it this part of it.
        result.and_then(|value| ended.map(|()| value))
    }
}
