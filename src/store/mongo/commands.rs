//! What calls of the trait `Store` ask of the append queue, and what has to be looked up for that.

use std::sync::Arc;

use futures_util::future::join_all;
use mongodb::bson::doc;

use super::{
    MongoStore,
    append_queue::{Committed, Outcome, Request},
    client::within,
    documents::{Entry, EntryDoc, Record, binary},
    erasing::Work,
    folded::Folded,
    gifs::{leave_hidden_out, says},
};
use crate::{
    domain::{Action, AddressKey, AddressMark, Guest, InviteHash, Moment, Refusal, Room, RoomId, Visitor, VisitorId},
    rules::{self, ADDRESSES, Command, Due, Facts, Graces, NewRoom, Now, RoomState},
    store::{NewMessage, Posted, RoomRecord, StoreError, Tended},
};

/// How often what was looked up may be outdated before a command is refused.
const TRIES: usize = 8;

/// Commands of [`MongoStore::expire`] that wait in the queue at the same time.
const AT_ONCE: usize = 256;

impl MongoStore {
    /// Lets the queue decide and append a command that needs to know nothing but the room.
    pub(super) async fn submit(&self, room: RoomId, command: Command) -> Result<Committed, StoreError> {
        match self.append(Request::new(room, command)).await? {
            Outcome::Done(committed) => Ok(*committed),
            Outcome::Repeated | Outcome::Stale => Err(StoreError::Busy),
        }
    }

    async fn append(&self, request: Request) -> Result<Outcome, StoreError> {
        let breaker = &self.collections()?.breaker;
        // What the queue says is certain; that nothing was heard of it is not.
        let answer = breaker.wait(async { Ok(self.queue.append(request).await) });
        answer.await.map_err(StoreError::of_write)?
    }

    /// Makes a room: its first entry.
    pub(super) async fn create(&self, new: NewRoom) -> Result<Room, StoreError> {
        // Servers that make rooms at the same moment may exceed it by a few.
        if self.log.cache.len() >= self.limit {
            return Err(StoreError::Refused(Refusal::StorageFull));
        }
        let entry = Entry {
            room: RoomId::random(),
            position: 1,
            at: Moment::now(),
            record: Record::Created(new, AddressKey::random()),
            shown: None,
            nonce: None,
            blank: false,
            by: self.queue.appender(),
        };
        let made = self.log.collections.log.insert_one(EntryDoc::from(&entry));
        within(made).await?;
        self.log.cache.apply(std::slice::from_ref(&entry), true);
        let room = Folded::begin(&entry).ok_or(StoreError::Busy)?;
        Ok(room.state.room)
    }

    /// Does what an owner wants done.
    pub(super) async fn act(&self, id: RoomId, by: Visitor, action: Action) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let mut request = Request::new(id, Command::Moderate(by, action));
            if matches!(action, Action::Ban(..) | Action::Delete { .. } | Action::Clear { .. }) {
                let facts = async {
                    let room = self.log.open_room(id).await?;
                    // Before anything goes through the messages of the room for it.
                    room.state.must_be_owner(by.id).map_err(StoreError::Refused)?;
                    Ok((self.facts_of_action(&room, action).await?, room.deleted_at))
                };
                let (facts, at) = self.call(Box::pin(facts)).await?;
                (request.facts, request.facts_at) = (facts, Some(at));
            }
            if let Outcome::Done(_) = self.append(request).await? {
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }

    async fn facts_of_action(&self, room: &Folded, action: Action) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        let mut said = says(room.state.room.id);
        match action {
            Action::Ban(visitor, _) => {
                facts.addresses = self.addresses_of(room.state.room.id, visitor).await?;
                return Ok(facts);
            }
            Action::Delete { message, .. } => said.insert("message", message.to_string()),
            Action::Clear { visitor, .. } => {
                said.insert("seq", doc! { "$gt": 0_i64 });
                said.insert("visitor", visitor.to_string())
            }
            Action::Kick(_) | Action::Unban(_) | Action::HandOver(_) => return Ok(facts),
        };
        let said = self.log.collections.messages(leave_hidden_out(said, room), -1, 1);
        facts.author = said.await?.first().map(|message| message.author);
        Ok(facts)
    }

    /// Where a visitor came from.
    async fn addresses_of(&self, room: RoomId, visitor: VisitorId) -> Result<Vec<AddressMark>, StoreError> {
        let came = doc! {
            "room": room.to_string(), "visitor": visitor.to_string(), "address": { "$exists": true },
        };
        let found = within(self.log.collections.log.distinct("address", came)).await?;
        let mark = |mark: &mongodb::bson::Bson| super::documents::read_mark(mark.as_str()?).ok();
        Ok(found.iter().filter_map(mark).take(ADDRESSES).collect())
    }

    /// Stores a message.
    pub(super) async fn post_message(&self, new: NewMessage) -> Result<Posted, StoreError> {
        let body = new.body.clone();
        for _ in 0..TRIES {
            let mut request = Request::new(new.room, Command::Post(new.author, body.clone()));
            request.nonce.clone_from(&new.nonce);
            // Most messages are texts and need no look at the database here.
            if !matches!(body, rules::NewBody::Chat(_)) {
                let facts = async {
                    let room = self.log.open_room(new.room).await?;
                    Ok((self.log.facts_of(&room, &body).await?, room.deleted_at))
                };
                let (facts, at) = self.call(Box::pin(facts)).await?;
                (request.facts, request.facts_at) = (facts, Some(at));
            }
            match self.append(request).await {
                Ok(Outcome::Done(committed)) => {
                    let message = committed.message.ok_or(StoreError::Busy)?;
                    return Ok(Posted::New(message));
                }
                Ok(Outcome::Stale) => (),
                Ok(Outcome::Repeated) => {
                    if let Some(known) = self.known(&new).await? {
                        return Ok(known);
                    }
                }
                // Who asks again for what was posted before still gets it.
                Err(StoreError::Refused(refusal)) if refusal != Refusal::RoomNotFound => {
                    return self.known(&new).await?.ok_or(StoreError::Refused(refusal));
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy)
    }

    /// The message that was posted with the nonce of this one.
    async fn known(&self, new: &NewMessage) -> Result<Option<Posted>, StoreError> {
        let Some(nonce) = &new.nonce else { return Ok(None) };
        let known = self.call(Box::pin(self.log.by_nonce(new.room, new.author.id, nonce)));
        Ok(known.await?.map(|message| Posted::Known(Arc::new(message))))
    }

    /// Lets a guest into the room of an invite.
    pub(super) async fn redeem_invite(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        let invited = doc! { "invite": binary(invite.to_bytes()) };
        let rooms = self.call(self.log.collections.rooms_of(invited)).await?;
        let room = *rooms.first().ok_or(StoreError::Refused(Refusal::InviteNotFound))?;
        self.submit(room, Command::Redeem(guest, invite)).await?;
        Ok(room)
    }

    /// Does what time gives rise to.
    pub(super) async fn expire(&self, graces: Graces) -> Result<Tended, StoreError> {
        let due = self.log.cache.due(graces, Now::at(Moment::now()));
        let mut tended = Tended::default();
        for some in due.chunks(AT_ONCE) {
            let expiring = some.iter().map(async |(room, due)| {
                let expired = self.submit(*room, Command::Expire(*due, graces)).await;
                (*room, *due, expired)
            });
            for (room, due, expired) in join_all(expiring).await {
                match expired {
                    // Whoever appends the end has removed the room; the others find it ended.
                    Ok(Committed { appended: true, .. }) if due == Due::Room => {
                        tended
                            .removed
                            .push((room, self.eraser.promptly(Work::Room(room)).await));
                    }
                    Ok(_) | Err(StoreError::Refused(_)) => (),
                    Err(error) if tended.removed.is_empty() => return Err(error),
                    // The rooms are gone all the same, and who asked has to delete their files.
                    Err(error) => tracing::warn!(%error, %room, "what is due can't be done now"),
                }
            }
        }
        Ok(tended)
    }
}

/// A room as the service sees it.
pub fn record(state: &RoomState) -> RoomRecord {
    RoomRecord {
        room: state.room.clone(),
        password_hash: state.password_hash.clone(),
        password_version: state.password_version,
        last_seq: state.seq,
        invites: state.invites(),
        bans: !state.bans.is_empty(),
    }
}

/// An outcome that nobody knows, of what is taken back if nobody asks again.
pub fn not_unknown(error: StoreError) -> StoreError {
    match error {
        StoreError::Unknown(cause) => StoreError::Failed(cause),
        known => known,
    }
}
