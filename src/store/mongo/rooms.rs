//! Rooms, their list and who may enter them.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use mongodb::{
    bson::{Bson, Document, doc, serialize_to_document},
    options::{ReadConcern, ReturnDocument},
};

use super::{
    client::{ANSWER, Tables, within},
    documents::{AdmissionDoc, GrantDoc, RoomDoc, hex, signed},
};
use crate::{
    domain::{Access, AddressKey, GifName, Guest, Moment, Refusal, Room, RoomId, Visitor, VisitorId},
    rules::{GRANTS, NewRoom, PasswordVersion, RoomChange},
    store::{RoomCursor, RoomPage, RoomRecord, StoreError},
};

/// What refuses a room that is not there.
pub const fn not_found() -> StoreError {
    StoreError::Refused(Refusal::RoomNotFound)
}

impl Tables {
    /// Makes a room, unless `limit` are open.
    pub async fn create_room(&self, new: NewRoom, limit: usize) -> Result<Room, StoreError> {
        // Servers that make rooms at the same moment may exceed it by a few.
        let open = within(self.rooms.estimated_document_count()).await?;
        if usize::try_from(open).unwrap_or(usize::MAX) >= limit {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let room = RoomDoc {
            id: RoomId::random().to_string(),
            title: new.title.as_str().to_owned(),
            max: new.max.get().into(),
            password: new.password_hash,
            lock: 0,
            invites: Vec::new(),
            withdrawn: 0,
            owner: new.owner.id.to_string(),
            color: new.owner.color.to_string(),
            created: Moment::now().millis(),
            members: Vec::new(),
            lines: Vec::new(),
            closed: false,
            slow: 0,
            bans: Vec::new(),
            away: None,
            key: hex(&AddressKey::random().to_bytes()),
            empty: None,
            joined: false,
            floor: 0,
            version: 1,
        };
        let literal = doc! { "$literal": serialize_to_document(&room).map_err(StoreError::failed)? };
        // Its grace begins by the clock of the database, which is the same for all servers.
        let whole = doc! { "$replaceWith": { "$mergeObjects": [literal, { "empty": "$$NOW", "away": "$$NOW" }] } };
        let made = self.rooms.update_one(doc! { "_id": &room.id }, vec![whole]);
        within(made.upsert(true)).await?;
        Ok(room.room()?)
    }

    /// Finds a room as its document.
    pub async fn room_doc(&self, id: RoomId) -> Result<Option<RoomDoc>, StoreError> {
        within(self.rooms.find_one(by_id(id))).await
    }

    /// Which of these visitors sit in a room; `None` when there is no room. Its other members stay where they are: a full
    /// room has hundreds.
    pub async fn admission(&self, id: RoomId, visitors: HashSet<String>) -> Result<Option<AdmissionDoc>, StoreError> {
        let visitors: Vec<_> = visitors.into_iter().collect();
        let seated = doc! { "$setIntersection": ["$members.visitor", visitors] };
        let found = self.rooms.clone_with_type::<AdmissionDoc>();
        let found = found
            .find_one(by_id(id))
            .projection(doc! { "_id": 0, "owner": 1, "slow": 1, "floor": 1, "lines": 1, "seated": seated });
        within(found).await
    }

    /// Finds a room with the place of its last message, at least as new as what the change stream has delivered.
    pub async fn room(&self, id: RoomId) -> Result<Option<RoomRecord>, StoreError> {
        let mut session = self.up_to_date().await?;
        let room = self
            .rooms
            .find_one(by_id(id))
            .read_concern(ReadConcern::majority())
            .max_time(ANSWER)
            .session(&mut session);
        let (room, last) = tokio::try_join!(within(room), self.last_seq(id))?;
        Ok(room.map(|room| room.record(last)).transpose()?)
    }

    /// A page of the list, newest first.
    pub async fn list(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        let behind = match after {
            None => doc! {},
            Some(RoomCursor { created_at, room }) => doc! { "$or": [
                { "created": { "$lt": created_at.millis() } },
                { "created": created_at.millis(), "_id": { "$lt": room.to_string() } },
            ] },
        };
        let page = async {
            let found = self
                .rooms
                .find(behind)
                .sort(doc! { "created": -1, "_id": -1 })
                .limit(signed(limit + 1))
                .await?;
            found.try_collect::<Vec<_>>().await
        };
        let (mut page, total) = tokio::try_join!(within(page), within(self.rooms.estimated_document_count()))?;
        let more = page.len() > limit;
        page.truncate(limit);
        let rooms = page.iter().map(RoomDoc::room).collect::<Result<Vec<_>, _>>()?;
        let next = if more { rooms.last().map(RoomCursor::of) } else { None };
        // After a crash of a mongod its number may be a few off; where all are on one page it is not asked for.
        let total = match (after, next) {
            (None, None) => rooms.len(),
            _ => usize::try_from(total).unwrap_or(usize::MAX),
        };
        Ok(RoomPage { rooms, next, total })
    }

    /// Changes a room.
    pub async fn update_room(&self, id: RoomId, by: Option<VisitorId>, change: RoomChange) -> Result<Room, StoreError> {
        let (mut set, mut add) = (Document::new(), doc! { "version": 1_i64 });
        if let Some(title) = change.title {
            set.insert("title", title.as_str());
        }
        if let Some(max) = change.max {
            set.insert("max", i64::from(max.get()));
        }
        if let Some(closed) = change.closed {
            set.insert("closed", closed);
        }
        if let Some(slow) = change.slow {
            set.insert("slow", i64::from(slow));
        }
        if let Some(hash) = change.password_hash {
            set.insert("password", hash.map(|hash| hash.to_string()));
            add.insert("lock", 1_i64);
        }
        let new_lock = add.contains_key("lock");
        let mut update = doc! { "$inc": add };
        if new_lock {
            update.insert("$unset", doc! { "invites": "" });
        }
        if !set.is_empty() {
            update.insert("$set", set);
        }
        let mut owned = by_id(id);
        if let Some(by) = by {
            owned.insert("owner", by.to_string());
        }
        let updated = self
            .rooms
            .find_one_and_update(owned, update)
            .return_document(ReturnDocument::After);
        match within(updated).await? {
            Some(room) => Ok(room.room()?),
            None if self.room_doc(id).await?.is_some() => Err(StoreError::Refused(Refusal::NotTheOwner)),
            None => Err(not_found()),
        }
    }

    /// Removes a room; the GIFs that go with it. Of several servers that try, one succeeds.
    pub async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        let removed = within(self.rooms.find_one_and_delete(by_id(id)));
        let removed = self.breaker.guard(removed).await.map_err(StoreError::of_write)?;
        removed.ok_or_else(not_found)?;
        Ok(self.clear_away(id).await)
    }

    /// Deletes what belonged to a room that is gone; its GIFs. What fails here is left to the sweep.
    pub async fn clear_away(&self, id: RoomId) -> Vec<GifName> {
        match self.try_clear_away(id).await {
            Ok(gifs) => gifs,
            Err(error) => {
                tracing::warn!(%error, room = %id, "what a removed room left behind is swept later");
                Vec::new()
            }
        }
    }

    async fn try_clear_away(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        let gifs = self.gifs_of(id).await?;
        self.delete_blobs(&gifs).await?;
        for of_rooms in self.of_rooms() {
            within(of_rooms.delete_many(doc! { "room": id.to_string() })).await?;
        }
        Ok(gifs)
    }

    /// Lets a visitor into a room for as long as it keeps the password that was checked. A grant for another one is worth
    /// nothing, so the room need not be held while it is written.
    pub async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        let room = self.must_have_password(id, password).await?;
        self.must_have_grants_left(&room).await?;
        self.give(&room, visitor, None).await?;
        // The answer is right, too: the password that let the visitor in still stood after the grant was committed.
        self.must_have_password(id, password).await.map(drop)
    }

    async fn must_have_password(&self, id: RoomId, password: PasswordVersion) -> Result<RoomDoc, StoreError> {
        let room = self.room_doc(id).await?.ok_or_else(not_found)?;
        if room.lock == signed(password) {
            Ok(room)
        } else {
            Err(StoreError::Refused(Refusal::WrongPassword))
        }
    }

    /// Writes a grant for the password that `room` had when it was read, unless the visitor has a better one: for a later
    /// password, or for the same one without an invite. `invited` says how often invites had been withdrawn when it came
    /// of one; whoever knows the password needs none.
    pub async fn give(&self, room: &RoomDoc, visitor: Visitor, invited: Option<i64>) -> Result<(), StoreError> {
        let key = doc! { "room": &room.id, "visitor": visitor.id.to_string() };
        let better = match invited {
            None => doc! { "$gt": ["$lock", room.lock] },
            Some(_) => doc! { "$or": [
                { "$gt": ["$lock", room.lock] },
                { "$and": [{ "$eq": ["$lock", room.lock] }, { "$eq": [{ "$type": "$invited" }, "missing"] }] },
            ] },
        };
        let invited = invited.map_or(Bson::from("$$REMOVE"), Bson::from);
        let given = doc! { "$set": {
            "lock": { "$cond": [&better, "$lock", room.lock] },
            "invited": { "$cond": [better, "$invited", invited] },
        } };
        within(self.grants.update_one(key, vec![given]).upsert(true))
            .await
            .map(drop)
    }

    pub async fn must_have_grants_left(&self, room: &RoomDoc) -> Result<(), StoreError> {
        let worth_something = doc! { "room": &room.id, "lock": room.lock };
        let given = self.grants.count_documents(worth_something).limit(GRANTS as u64);
        if within(given).await? >= GRANTS as u64 {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        Ok(())
    }

    /// What a guest is to a room.
    pub async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError> {
        let (room, grant) = tokio::try_join!(self.room_doc(id), self.grant_of(id, guest.visitor))?;
        let access = |room: RoomDoc| room.access(guest, is_worth(&room, grant.as_ref()));
        Ok(room.map(access).transpose()?)
    }

    /// The grant a visitor has got for a room, be it worth something or not.
    pub async fn grant_of(&self, id: RoomId, visitor: Visitor) -> Result<Option<GrantDoc>, StoreError> {
        let key = doc! { "room": id.to_string(), "visitor": visitor.id.to_string() };
        within(self.grants.find_one(key)).await
    }
}

/// Whether a grant is worth something.
pub fn is_worth(room: &RoomDoc, grant: Option<&GrantDoc>) -> bool {
    grant.is_some_and(|grant| {
        grant.lock == room.lock && grant.invited.is_none_or(|withdrawn| withdrawn == room.withdrawn)
    })
}

/// Names a room's document.
pub fn by_id(id: RoomId) -> Document {
    doc! { "_id": id.to_string() }
}
