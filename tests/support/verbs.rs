//! What tests ask of a store, one verb each: the commands of the rules, and what a room says of itself.

use std::sync::Arc;

use gifchat::{
    domain::{
        Access, Action, Ban, GifName, Guest, InviteHash, Message, Moment, Nonce, ReportId, Room, RoomId, Visitor,
        VisitorId,
    },
    rules::{Command, NewBody, PasswordVersion, RoomChange},
    store::{Committed, Store, StoreError},
};

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub room: RoomId,
    pub author: Visitor,
    pub body: NewBody,
    pub nonce: Option<Nonce>,
}

/// What came of posting.
#[derive(Clone, Debug)]
pub enum Posted {
    New(Arc<Message>),
    /// The author had used the nonce before.
    Known(Arc<Message>),
}

impl Posted {
    pub fn message(&self) -> &Arc<Message> {
        match self {
            Self::New(message) | Self::Known(message) => message,
        }
    }
}

pub trait Verbs: Store {
    /// The owner of a room; somebody else if there is no such room.
    async fn owner(&self, id: RoomId) -> Result<VisitorId, StoreError> {
        Ok(self
            .room(id)
            .await?
            .map_or_else(VisitorId::random, |room| room.room.owner.id))
    }

    async fn act(&self, room: RoomId, command: Command) -> Result<Committed, StoreError> {
        self.submit(room, command, None).await
    }

    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError> {
        let posted = self
            .submit(new.room, Command::Post(new.author, new.body.into()), new.nonce)
            .await?;
        let message = posted.message.unwrap();
        Ok(if posted.known {
            Posted::Known(message)
        } else {
            Posted::New(message)
        })
    }

    async fn update_room(&self, id: RoomId, by: Option<VisitorId>, change: RoomChange) -> Result<Room, StoreError> {
        let by = match by {
            Some(by) => by,
            None => self.owner(id).await?,
        };
        Ok(self.act(id, Command::Change(by, change)).await?.state.room)
    }

    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError> {
        let owner = self.owner(id).await?;
        Ok(self.act(id, Command::Remove(owner)).await?.unreferenced)
    }

    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError> {
        Ok(self.act(id, Command::Moderate(by, action)).await?.unreferenced)
    }

    async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError> {
        self.act(id, Command::Grant(visitor.id, password)).await.map(drop)
    }

    async fn dismiss_report(&self, id: RoomId, report: ReportId) -> Result<(), StoreError> {
        let owner = self.owner(id).await?;
        self.act(id, Command::Dismiss(owner, report)).await.map(drop)
    }

    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        let owner = self.owner(id).await?;
        self.act(id, Command::Invite(owner, invite)).await.map(drop)
    }

    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError> {
        let owner = self.owner(id).await?;
        self.act(id, Command::WithdrawInvites(owner)).await.map(drop)
    }

    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError> {
        Ok(self.room(id).await?.map_or_else(Vec::new, |room| room.bans.to_vec()))
    }

    async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError> {
        Ok(self.room(id).await?.map(|room| room.access(guest, Moment::now())))
    }

    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError> {
        Ok(self.room(id).await?.map_or_else(Vec::new, |room| room.members()))
    }
}

impl<S: Store + ?Sized> Verbs for S {}
