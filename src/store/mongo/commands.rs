//! What calls of the trait `Store` ask of the append queue, and what has to be looked up for that.

use std::sync::Arc;

use futures_util::future::join_all;
use mongodb::bson::doc;

use super::{
    MongoStore,
    append_queue::{Committed, Outcome, Request},
    client::within,
    documents::{Entry, EntryDoc, Record, binary, read_mark, signed},
    erasing::Work,
    folded::Folded,
    gifs::{leave_hidden_out, says},
};
use crate::{
    domain::{
        Action, AddressHash, AddressKey, GifName, Guest, InviteHash, Message, Moment, Nonce, Refusal, Room, RoomId,
        Seq, VisitorId,
    },
    rules::{self, ADDRESSES, Command, Due, Facts, Graces, NewBody, NewRoom, Now, RoomState, TakeDown},
    store::{Expired, StoreError},
};

/// How often what was looked up may be outdated before a command is refused.
const TRIES: usize = 8;

/// Commands of [`MongoStore::expire_due`] that wait in the queue at the same time.
const AT_ONCE: usize = 256;

impl MongoStore {
    /// Looks up what a command needs to know, and lets the queue decide and append it.
    pub(super) async fn decide(
        &self,
        room: RoomId,
        command: &Command,
        nonce: Option<&Nonce>,
    ) -> Result<Decided, StoreError> {
        for _ in 0..TRIES {
            let mut request = Request::new(room, command.clone());
            request.nonce = nonce.cloned();
            if needs_facts(command) {
                let (facts, at) = self.call(Box::pin(self.facts(room, command))).await?;
                (request.facts, request.facts_at) = (facts, Some(at));
            }
            let known = match self.append(request).await {
                Ok(Outcome::Done(committed)) => return Ok(Decided::New(committed)),
                Ok(Outcome::Stale) => continue,
                Ok(Outcome::Repeated) => self.known(room, command, nonce).await?,
                // Who asks again for what was said before still gets it.
                Err(StoreError::Refused(refusal)) if refusal != Refusal::RoomNotFound => {
                    let known = self.known(room, command, nonce).await?;
                    Some(known.ok_or(StoreError::Refused(refusal))?)
                }
                Err(error) => return Err(error),
            };
            if let Some(known) = known {
                return Ok(Decided::Known(known));
            }
        }
        Err(StoreError::Busy)
    }

    /// The message of an entry that has just been appended, with the one that it refers to, or without if that can't be
    /// read now.
    pub(super) async fn said(&self, room: &Folded, entry: Option<&Entry>) -> Option<Arc<Message>> {
        let mut message = room.show(entry?)?;
        let page = std::slice::from_mut(&mut message);
        if let Err(error) = self.call(Box::pin(self.log.resolve(room, page))).await {
            tracing::warn!(%error, "what a message answers is not in the answer to its author");
        }
        Some(Arc::new(message))
    }

    async fn append(&self, request: Request) -> Result<Outcome, StoreError> {
        let breaker = &self.collections().inspect_err(|error| self.count(error))?.breaker;
        // What the queue says is certain; that nothing was heard of it is not.
        let answer = breaker.wait(async { Ok(self.queue.append(request).await) });
        let answer = answer.await.map_err(StoreError::of_write).flatten();
        answer.inspect_err(|error| self.count(error))
    }

    /// Carries out what a command deletes or changes of messages; the files that nothing names any more.
    pub(super) async fn carry_out(&self, room: &RoomState, command: &Command) -> Vec<GifName> {
        let (room, ended) = (room.room.id, room.ended);
        match command {
            Command::Remove(_) | Command::TakeDown(TakeDown::Room) | Command::Expire(Due::Room, _) if ended => {
                self.eraser.promptly(Work::Room(room)).await
            }
            Command::Edit(_)
            | Command::TakeDown(TakeDown::Message(_))
            | Command::Moderate(_, Action::Delete { .. } | Action::Clear { .. }) => {
                self.eraser.promptly(Work::Messages(room)).await
            }
            // Who becomes the owner is part of no report any more.
            Command::Dismiss(..) | Command::Moderate(_, Action::HandOver(_)) => {
                let forgotten = self.call(Box::pin(self.log.forget_reports(room)));
                if let Err(error) = forgotten.await {
                    tracing::warn!(%error, "what was dismissed is deleted with what is deleted next");
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// What a command has to know beside the room, and the `seq` of the room then.
    async fn facts(&self, id: RoomId, command: &Command) -> Result<(Facts, Seq), StoreError> {
        let room = self.log.open_room(id).await?;
        // Before anything is looked for, or kept from being deleted, for somebody who is refused.
        let (state, now) = (&room.state, Now::at(Moment::now()));
        let allowed = match command {
            Command::Post(author, _) => state.must_be_inside(author.id, now),
            Command::Edit(edit) => state.must_be_inside(edit.by.id, now),
            Command::React(new) => state.must_be_inside(new.by.id, now),
            Command::Whisper(new) => state.must_be_inside(new.author.id, now),
            Command::Report(new) => state.must_be_inside(new.by, now),
            Command::Moderate(by, action) => state.may_moderate(by.id, *action, now),
            _ => Ok(()),
        };
        allowed.map_err(StoreError::Refused)?;
        let facts = match command {
            Command::Post(_, new) => Facts {
                message: match new.reply {
                    Some(reply) => self.log.written(&room, reply).await?,
                    None => None,
                },
                ..self.log.facts_of(&room, &new.body).await?
            },
            Command::React(new) => Facts {
                message: self.log.said(&room, new.message).await?,
                ..self.log.facts_of_reaction(&room, new.gif()).await?
            },
            Command::Edit(edit) => self.log.facts_of_edit(&room, edit).await?,
            Command::Whisper(new) => self.log.facts_of(&room, &new.body).await?,
            Command::Report(new) => self.log.facts_of_report(&room, new.message).await?,
            Command::Moderate(_, action) => self.facts_of_action(&room, *action).await?,
            Command::TakeDown(TakeDown::Message(message)) => {
                let delete = Action::Delete {
                    message: *message,
                    forbid: true,
                };
                self.facts_of_action(&room, delete).await?
            }
            Command::Expire(Due::Messages, graces) => {
                let kept = state.kept(graces.retention, now);
                self.log.facts_of_forgetting(&room, kept).await?
            }
            _ => Facts::default(),
        };
        Ok((facts, room.state.seq))
    }

    /// Refuses a command that would be refused now, before something else is done for it.
    pub(super) async fn must_be_allowed(&self, id: RoomId, command: &Command) -> Result<(), StoreError> {
        let (facts, _) = self.facts(id, command).await?;
        let room = self.log.open_room(id).await?;
        let decided = rules::decide(&room.state, command, &facts, Now::at(Moment::now()));
        decided.map(drop).map_err(StoreError::Refused)
    }

    /// Makes a room: its first entry.
    pub(super) async fn create(&self, new: NewRoom) -> Result<Room, StoreError> {
        // Servers that make rooms at the same moment may exceed it by a few.
        let _place = self.log.cache.place(self.limit, &new).map_err(StoreError::Refused)?;
        let room = RoomId::random();
        let making = self.log.cache.reading(room);
        let entry = Entry {
            room,
            position: 1,
            at: Moment::now(),
            record: Record::Created(new, AddressKey::random()),
            shown: None,
            nonce: None,
            blank: false,
            edited: None,
            by: self.queue.appender(),
        };
        let made = self.log.collections.log.insert_one(EntryDoc::from(&entry));
        within(made).await?;
        making.apply(std::slice::from_ref(&entry), true);
        let room = Folded::begin(&entry).ok_or(StoreError::Busy)?;
        Ok(room.state.room)
    }

    async fn facts_of_action(&self, room: &Folded, action: Action) -> Result<Facts, StoreError> {
        let mut facts = Facts::default();
        let mut said = says(room.state.room.id);
        match action {
            Action::Ban(visitor, _) => {
                facts.addresses = self.addresses_of(room, visitor).await?;
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

    /// Where a visitor came from, as far as the room still knows it.
    async fn addresses_of(&self, room: &Folded, visitor: VisitorId) -> Result<Vec<AddressHash>, StoreError> {
        let came = doc! {
            "room": room.state.room.id.to_string(), "visitor": visitor.to_string(), "address": { "$exists": true },
            "seq": { "$gt": signed(room.state.forgotten) },
        };
        let found = within(self.log.collections.log.distinct("address", came)).await?;
        let mark = |mark: &mongodb::bson::Bson| read_mark(mark.as_str()?).ok();
        Ok(found.iter().filter_map(mark).take(ADDRESSES).collect())
    }

    /// The entry of the message or whisper that its author marked with that nonce before.
    pub(super) async fn known(
        &self,
        room: RoomId,
        command: &Command,
        nonce: Option<&Nonce>,
    ) -> Result<Option<Box<Entry>>, StoreError> {
        let (author, field) = match command {
            Command::Post(author, _) => (author, "nonce"),
            Command::Whisper(new) => (&new.author, "secret"),
            _ => return Ok(None),
        };
        let Some(nonce) = nonce else { return Ok(None) };
        let known = self.call(Box::pin(self.log.by_nonce(room, author.id, field, nonce)));
        Ok(known.await?.map(Box::new))
    }

    /// Lets a guest into the room of an invite.
    pub(super) async fn redeem_invite(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        let invited = doc! { "invite": binary(invite.to_bytes()) };
        let rooms = self.call(self.log.collections.rooms_of(invited)).await?;
        let room = *rooms.first().ok_or(StoreError::Refused(Refusal::InviteNotFound))?;
        self.decide(room, &Command::Redeem(guest, invite), None).await?;
        Ok(room)
    }

    /// Does what time gives rise to.
    pub(super) async fn expire_due(&self, graces: Graces) -> Result<Expired, StoreError> {
        let due = self.log.cache.due(graces, Now::at(Moment::now()));
        let (mut done, mut failed, mut forgetting) = (Expired::default(), None, Vec::new());
        for some in due.chunks(AT_ONCE) {
            let expiring = some.iter().map(async |(room, due)| {
                let expired = self.decide(*room, &Command::Expire(*due, graces), None).await;
                (*room, *due, expired)
            });
            for (room, due, expired) in join_all(expiring).await {
                match expired {
                    // Whoever appends the end has removed the room; the others find it ended.
                    Ok(Decided::New(committed)) if committed.entry.is_some() && due == Due::Room => {
                        done.rooms.push((room, self.eraser.promptly(Work::Room(room)).await));
                    }
                    Ok(Decided::New(committed)) if committed.entry.is_some() && due == Due::Messages => {
                        forgetting.push(self.eraser.promptly(Work::Messages(room)));
                    }
                    Ok(_) | Err(StoreError::Refused(_)) => (),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
        }
        done.unreferenced = join_all(forgetting).await.concat();
        match failed {
            Some(error) if done.rooms.is_empty() && done.unreferenced.is_empty() => Err(error),
            // The rooms are gone all the same, and who asked has to delete their files.
            Some(error) => {
                tracing::warn!(%error, "not all that is due can be done now");
                Ok(done)
            }
            None => Ok(done),
        }
    }
}

/// What came of a command.
pub enum Decided {
    /// It is appended, or there was nothing to append.
    New(Box<Committed>),
    /// Its author said this with the same nonce before.
    Known(Box<Entry>),
}

/// Whether a command has to know more than the room. Most messages are texts, and need no look at the database.
const fn needs_facts(command: &Command) -> bool {
    match command {
        Command::Post(_, new) => new.reply.is_some() || !matches!(new.body, NewBody::Chat(_)),
        Command::Whisper(new) => !matches!(new.body, NewBody::Chat(_)),
        Command::Edit(_) | Command::React(_) | Command::Report(_) | Command::Expire(Due::Messages, _) => true,
        Command::TakeDown(what) => matches!(what, TakeDown::Message(_)),
        Command::Moderate(_, action) => {
            matches!(action, Action::Ban(..) | Action::Delete { .. } | Action::Clear { .. })
        }
        _ => false,
    }
}

/// An outcome that nobody knows, of what is taken back if nobody asks again.
pub fn not_unknown(error: StoreError) -> StoreError {
    match error {
        StoreError::Unknown(cause) => StoreError::Failed(cause),
        known => known,
    }
}
