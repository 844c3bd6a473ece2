//! The calls of the store: how long each waits, and which part does it.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use futures_util::StreamExt;
use mongodb::bson::doc;
use tokio::time::timeout;
use tracing::warn;

use super::{
    MongoStore,
    client::{ANSWER, within},
    posts,
};
use crate::{
    domain::{
        Access, Action, Ban, Body, GifBody, GifName, Guest, InviteHash, Message, Report, ReportId, Reported, Room,
        RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    rules::{Graces, Leave, NewBody, NewRoom, PasswordVersion, RoomChange, SocketKey},
    store::{
        Blobs, Changes, Entry, NewMessage, NewReport, NewWhisper, Posted, RoomCursor, RoomPage, RoomRecord, Store,
        StoreError, Tended, Whispered, Window,
    },
};

/// Rooms whose lines are moved to the messages side by side.
const ROOMS_AT_ONCE: usize = 16;

#[async_trait]
impl Store for MongoStore {
    fn changes(&self) -> Option<Changes> {
        self.changes.lock().take()
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // Of the primary, which is the one that takes writes.
        let ping = within(self.tables.db.run_command(doc! { "ping": 1 }));
        self.call(ping).await?;
        // What is posted without it is stored, but nobody here hears it.
        self.tables.pulse.check()
    }

    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError> {
        self.write(self.tables.create_room(new, self.limit)).await
    }

    async fn room(&self, id: RoomId) -> Result<Option<RoomRecord>, StoreError> {
        self.call(Box::pin(self.tables.room(id))).await
    }

    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError> {
        self.call(self.tables.list(after, limit)).await
    }

    fn last_known_rooms(&self, after: Option<RoomCursor>, limit: usize) -> Option<RoomPage> {
        Some(self.known.lock().page(after, limit))
    }

    async fn update_room(&self, id: RoomId, by: Option<VisitorId>, change: RoomChange) -> Result<Room, StoreError> {
        self.write(self.tables.update_room(id, by, change)).await
    }

    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        self.tables()?.remove_room(id).await
    }

    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError> {
        // Before anything goes through the messages of the room for it.
        self.call(self.tables.must_own(id, by)).await?;
        let gifs = self.call(self.tables.at_stake(id, action)).await?;
        self.write(self.tables.moderate(id, by, action)).await?;
        // It is committed. What the line says of messages and their GIFs is done with it, by another server if need be.
        let done = async {
            self.wait(self.posts.move_lines(id)).await?;
            match action {
                Action::Clear { .. } => Ok(self.clearing.promptly(id).await),
                _ => self.call(self.tables.unnamed(gifs)).await,
            }
        };
        Ok(done.await.unwrap_or_else(|error| {
            warn!(%error, room = %id, "what an owner did is stored and will be carried out later");
            Vec::new()
        }))
    }

    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError> {
        self.call(self.tables.bans(id)).await
    }

    async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        self.write(self.tables.grant(id, visitor, password)).await
    }

    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        self.write(self.tables.add_invite(id, invite)).await
    }

    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError> {
        self.write(self.tables.withdraw_invites(id)).await
    }

    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        self.write(self.tables.redeem(invite, guest)).await
    }

    async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError> {
        self.call(self.tables.access(id, guest)).await
    }

    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError> {
        let room = self.call(self.tables.room_doc(id)).await?;
        Ok(room.map(|room| room.visitors()).transpose()?.unwrap_or_default())
    }

    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError> {
        self.wait(Box::pin(self.take_seat(id, guest, socket))).await
    }

    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped);
        }
        // It has to know of it also while the database does not answer.
        if self.seating.leave(id, visitor.id, socket, how).await? {
            self.wait(self.posts.move_lines(id)).await?;
        }
        Ok(())
    }

    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError> {
        let tables = self.tables()?;
        // Most messages are texts and need no look at the database here.
        let body = match &new.body {
            NewBody::Chat(chat) => Ok(Body::Chat(chat.clone())),
            body => self
                .call(tables.admit_body(new.room, body.clone()))
                .await
                .map(Body::from),
        };
        match body {
            Ok(body) => {
                let breaker = &self.tables()?.breaker;
                // What the queue says of it is certain; that nothing was heard of it is not.
                let posted = breaker.wait(async { Ok(self.posts.post(new, body).await) });
                posted.await.map_err(StoreError::of_write)?
            }
            // Who asks again for what was posted before still gets it.
            Err(StoreError::Refused(refusal)) => match self.call(posts::known(tables, &new)).await? {
                Some(message) => Ok(Posted::Known(message)),
                None => Err(StoreError::Refused(refusal)),
            },
            Err(error) => Err(error),
        }
    }

    async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError> {
        self.write(Box::pin(self.whispers.whisper(new))).await
    }

    async fn whispers(
        &self,
        id: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError> {
        self.call(self.tables.whispers_of(id, visitor, after, limit)).await
    }

    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError> {
        self.call(self.tables.room_of_whispered(name, visitor)).await
    }

    async fn report(&self, new: NewReport) -> Result<Report, StoreError> {
        self.write(self.tables.report(new)).await
    }

    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError> {
        self.call(self.tables.reports_of(id)).await
    }

    async fn dismiss_report(&self, id: RoomId, report: ReportId) -> Result<(), StoreError> {
        self.write(self.tables.dismiss_report(id, report)).await
    }

    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError> {
        self.call(self.tables.history(id, window, limit)).await
    }

    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError> {
        self.call(self.tables.lately_sent(id, limit)).await
    }

    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError> {
        self.call(self.tables.room_of_gif(name)).await
    }

    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        self.call(self.tables.unnamed(names)).await
    }

    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError> {
        self.tables()?.all_gifs().await
    }

    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError> {
        self.tables()?.forget_gifs(missing).await
    }

    fn blobs(&self) -> Option<Arc<dyn Blobs>> {
        Some(Arc::new(self.tables.clone()))
    }

    async fn tend(&self, graces: Graces) -> Result<Tended, StoreError> {
        let (tended, lines) = self.tables()?.tend(graces).await?;
        let moved = lines.into_iter().map(async |room| {
            let moved = self.posts.move_lines(room).await;
            if moved.is_ok()
                && self
                    .tables
                    .cleared_now(room)
                    .await
                    .is_ok_and(|cleared| cleared.is_placed())
            {
                self.clearing.begin(room);
            }
        });
        // A room whose lines can't be moved has its turn the next time, or is gone.
        futures_util::stream::iter(moved)
            .buffer_unordered(ROOMS_AT_ONCE)
            .for_each(async |_| ())
            .await;
        Ok(tended)
    }

    async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        if timeout(ANSWER, self.posts.settled()).await.is_err() {
            warn!("some messages are not stored yet");
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        if let Err(error) = self.seating.end().await {
            warn!(%error, "the seats of this server stay until its lease is over");
        }
    }
}
