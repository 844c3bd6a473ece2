//! Makes logs of the rooms of the version before: each room with its messages becomes the entries that they would have been,
//! and one more that says what the room is now.
//!
//! One server does that at a time, while no server of the version before runs. A room is done when its document is a
//! snapshot. A start that is interrupted goes on with the rest; entries have the same ids then.

use std::{sync::Arc, time::Duration};

use futures_util::TryStreamExt;
use mongodb::bson::{DateTime, Document, deserialize_from_document, doc};
use tracing::info;

use super::{
    client::{Collections, failure, insert_outcome, is_duplicate, within},
    documents::{Entry, EntryDoc, OldGrant, OldMessage, OldRoom, Record, StateDoc, number, signed},
    folded::Folded,
};
use crate::{
    domain::{Moment, RoomId, Seq},
    rules::{Came, Event, Now, RoomState},
    store::{StoreError, mongo::append_queue::Failure},
};

/// A server that has done no room for so long does not go on.
const TAKEN_FOR: Duration = Duration::from_secs(60);

/// Entries inserted together.
const ENTRIES_PER_INSERT: usize = 1_000;

impl Collections {
    /// Converts what the version before left, if it left something.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let rooms = self.rooms.clone_with_type::<Document>();
        let old = doc! { "members": { "$exists": true } };
        let names = within(self.db.list_collection_names()).await?;
        let left = ["messages", "grants", "spoke"].map(|name| names.iter().any(|other| other == name));
        if left == [false; 3] && within(rooms.find_one(old.clone())).await?.is_none() {
            return Ok(());
        }
        // Not the process id: servers in containers often have the same one.
        let by = format!("{:032x}", rand::random::<u128>());
        self.must_be_alone(&by).await?;
        let migrated = self.migrate_rooms(old, &by).await;
        // A start that failed does not keep the next one waiting.
        let released = within(self.migrations().delete_one(doc! { "_id": "log", "by": &by })).await;
        info!(rooms = migrated?, "the rooms of the version before are logs now");
        released.map(drop)
    }

    /// Converts the rooms that are not done; how many.
    async fn migrate_rooms(&self, old: Document, by: &str) -> Result<usize, StoreError> {
        let rooms = self.rooms.clone_with_type::<Document>();
        let (mut found, mut done) = (rooms.find(old).await.map_err(failure)?, 0);
        while let Some(room) = found.try_next().await.map_err(failure)? {
            self.take_migration(by).await?;
            let room: OldRoom = deserialize_from_document(room).map_err(StoreError::failed)?;
            self.migrate_room(&room).await?;
            done += 1;
        }
        for name in ["messages", "grants", "spoke"] {
            within(self.db.collection::<Document>(name).drop()).await?;
        }
        let _ = within(rooms.drop_indexes()).await;
        let no_images = doc! { "collMod": "rooms", "changeStreamPreAndPostImages": { "enabled": false } };
        let _ = within(self.db.run_command(no_images)).await;
        Ok(done)
    }

    fn migrations(&self) -> mongodb::Collection<Document> {
        self.db.collection("migrations")
    }

    /// Servers of the version before would go on with the documents that they know.
    async fn must_be_alone(&self, by: &str) -> Result<(), StoreError> {
        let alive = doc! { "$expr": { "$gt": ["$until", "$$NOW"] } };
        if within(self.servers.find_one(alive)).await?.is_some() {
            return Err(StoreError::failed(
                "this database was written by an earlier version of gifchat, and one of its servers is running, or was a \
                 moment ago; stop all of them and start again after the time of a lease (--lease, 15 s)",
            ));
        }
        self.take_migration(by).await
    }

    /// Notes that this server is at it, unless another one is.
    async fn take_migration(&self, by: &str) -> Result<(), StoreError> {
        let now = DateTime::now();
        let stale = DateTime::from_millis(now.timestamp_millis() - signed(TAKEN_FOR.as_millis()));
        let free = doc! { "_id": "log", "$or": [{ "by": by }, { "at": { "$lt": stale } }] };
        let take = doc! { "$set": { "by": by, "at": now } };
        match self.migrations().update_one(free, take).upsert(true).await {
            Ok(_) => Ok(()),
            Err(error) if is_duplicate(&error) => Err(StoreError::failed(
                "another server is converting this database from an earlier version of gifchat; start again when it is done",
            )),
            Err(error) => Err(failure(error)),
        }
    }

    async fn migrate_room(&self, old: &OldRoom) -> Result<(), StoreError> {
        let room = old.room()?;
        let first = Entry {
            room: room.id,
            position: 1,
            at: room.created_at,
            record: old.first_record()?,
            shown: None,
            nonce: None,
            blank: false,
            edited: None,
            by: "".into(),
        };
        let (mut entries, mut last, mut seq) = (vec![EntryDoc::from(&first)], 1, 0);
        let messages = self.db.collection::<OldMessage>("messages");
        let messages = messages.find(doc! { "room": &old.id }).sort(doc! { "seq": 1 });
        let mut messages = messages.await.map_err(failure)?;
        while let Some(message) = messages.try_next().await.map_err(failure)? {
            seq = number(message.seq.unwrap_or_default(), "seq")?;
            last += 1;
            entries.push(message.entry(room.id, last, seq)?);
            if entries.len() >= ENTRIES_PER_INSERT {
                self.insert_migrated(std::mem::take(&mut entries)).await?;
            }
        }
        seq = seq.max(number::<Seq>(old.floor, "floor")?);
        let mut deletions = Vec::new();
        for line in &old.lines {
            let placed = match line.place {
                Some(place) => number(place, "place")?,
                None => {
                    (seq, last) = (seq + 1, last + 1);
                    entries.push(line.entry(room.id, last, seq)?);
                    seq
                }
            };
            deletions.extend(line.deletion(placed)?);
        }
        for invite in old.invites()? {
            // An invite is looked for among the entries.
            last += 1;
            let invited = Entry {
                position: last,
                record: Record::Event(Event::Invited(invite)),
                ..first.clone()
            };
            entries.push(EntryDoc::from(&invited));
        }
        let folded = Folded {
            state: self.state_of(old, room.id, seq).await?,
            position: last + 1,
            deletions: deletions.into(),
            edits: Arc::default(),
            erased: 0,
        };
        let whole = Entry {
            position: last + 1,
            at: Moment::now(),
            record: Record::Migrated(Box::new(folded.clone())),
            ..first
        };
        entries.push(EntryDoc::from(&whole));
        self.insert_migrated(entries).await?;
        let snapshot = self.rooms.replace_one(doc! { "_id": &old.id }, StateDoc::from(&folded));
        within(snapshot).await.map(drop)
    }

    /// What a room is now. Its sockets are gone; graces begin again.
    async fn state_of(&self, old: &OldRoom, id: RoomId, seq: Seq) -> Result<RoomState, StoreError> {
        let grants = self.db.collection::<OldGrant>("grants");
        let grants = async { grants.find(doc! { "room": id.to_string() }).await?.try_collect().await };
        let grants: Vec<OldGrant> = grants.await.map_err(failure)?;
        let (now, password) = (Now::at(Moment::now()), old.password.as_deref().map(Into::into));
        let mut state = RoomState::restored(old.room()?, password, old.key(), now)
            .with_grants(old.grants(&grants)?, old.invites()?)
            .with_seats(
                old.members()?.into_iter().map(|member| (member, None)),
                Came::Others,
                now,
            );
        state.password_version = number(old.lock, "lock")?;
        state.bans = Arc::new(old.bans()?);
        state.seq = seq;
        Ok(state)
    }

    /// Those that an interrupted start has inserted already are there.
    async fn insert_migrated(&self, entries: Vec<EntryDoc>) -> Result<(), StoreError> {
        let inserted = self.log.insert_many(&entries).ordered(false).await;
        let outcomes = insert_outcome(inserted, entries.len(), false);
        let is_fine =
            |outcome: &Result<(), Failure>| matches!(outcome, Ok(()) | Err(Failure::Conflict | Failure::Repeated));
        if outcomes.iter().all(is_fine) {
            Ok(())
        } else {
            Err(StoreError::failed(
                "entries of a room of an earlier version could not be stored",
            ))
        }
    }
}
