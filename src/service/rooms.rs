//! The service of rooms: makes, lists, loads, enters, changes and removes them. What is allowed is for [`crate::rules`] to
//! say; here passwords are checked and commands are submitted.

use std::sync::Arc;

use crate::{
    domain::{
        Access, Action, Ban, Guest, InviteToken, Max, Moment, Password, Refusal, Room, RoomId, Title, Visitor,
        VisitorId,
    },
    limits::rates::RateLimit,
    rules::{Command, Due, Graces, Grant, Leave, NewRoom, Now, RoomChange, RoomState, SocketKey},
    service::{
        access::{Owner, Reader},
        deletions::Deletions,
        passwords::Passwords,
    },
    store::{Committed, Entry, RoomCursor, RoomPage, Store, StoreError},
};

/// What the owner of a room wants changed; `None` stays as it is.
#[derive(Debug, Default)]
pub struct RoomEdit {
    /// A new title.
    pub title: Option<Title>,
    /// A new number of seats.
    pub max: Option<Max>,
    /// A new password, or `Some(None)` to open the room.
    pub password: Option<Option<Password>>,
    /// Whether nobody new gets in.
    pub closed: Option<bool>,
    /// Seconds between two messages of one visitor.
    pub slow: Option<u32>,
}

/// A page of the list as it can be shown now.
#[derive(Debug)]
pub struct Look {
    /// The rooms.
    pub page: RoomPage,
    /// Whether it is what was last known, as the store fails.
    pub old: bool,
}

/// The service, and what it works with.
#[derive(Clone)]
pub struct Rooms {
    store: Arc<dyn Store>,
    deletions: Deletions,
    passwords: Passwords,
    graces: Graces,
    joins: RateLimit<VisitorId>,
}

impl Rooms {
    /// The service over this store.
    pub fn new(
        store: Arc<dyn Store>,
        deletions: Deletions,
        passwords: Passwords,
        graces: Graces,
        joins: RateLimit<VisitorId>,
    ) -> Self {
        Self {
            store,
            deletions,
            passwords,
            graces,
            joins,
        }
    }

    /// Makes a room that `owner` owns.
    ///
    /// # Errors
    /// Too many passwords are being hashed, or the store fails.
    pub async fn create(
        &self,
        owner: Guest,
        title: Title,
        max: Max,
        password: Option<Password>,
    ) -> Result<Room, Refusal> {
        let new = NewRoom {
            title,
            max,
            password_hash: self.hash(&owner, None, password).await?,
            owner: owner.visitor,
        };
        match self.store.create_room(new.clone()).await {
            Err(StoreError::Refused(Refusal::StorageFull)) if self.make_place().await? => {
                Ok(self.store.create_room(new).await?)
            }
            made => Ok(made?),
        }
    }

    /// Ends the room that has slept longest, as there may be no more of them; whether there was one.
    async fn make_place(&self) -> Result<bool, Refusal> {
        let Some(room) = self.store.longest_empty() else {
            return Ok(false);
        };
        let ended = self
            .deletions
            .submit(room, Command::Expire(Due::Room, Graces::SHORTEST));
        match ended.await {
            // Somebody may come back to it before: then it stays. Or it has ended for somebody else meanwhile.
            Ok(()) | Err(Refusal::RoomNotFound) => Ok(true),
            Err(refusal) => Err(refusal),
        }
    }

    async fn hash(
        &self,
        guest: &Guest,
        room: Option<RoomId>,
        password: Option<Password>,
    ) -> Result<Option<String>, Refusal> {
        match password {
            Some(password) => self.passwords.hash(guest, room, password).await.map(Some),
            None => Ok(None),
        }
    }

    /// A page of the list, newest first.
    ///
    /// # Errors
    /// The store fails.
    pub async fn list(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, Refusal> {
        Ok(self.store.rooms(after, limit).await?)
    }

    /// The same for a page that can say so when it is old: what was last known when the store fails.
    ///
    /// # Errors
    /// The store fails, and nothing is known.
    pub async fn look(&self, after: Option<RoomCursor>, limit: usize) -> Result<Look, Refusal> {
        let error = match self.store.rooms(after, limit).await {
            Ok(page) => return Ok(Look { page, old: false }),
            Err(error) => Refusal::from(error),
        };
        let known = self.store.last_known_rooms(after, limit);
        known.map(|page| Look { page, old: true }).ok_or(error)
    }

    /// A room.
    ///
    /// # Errors
    /// There is none, or the store fails.
    pub async fn load(&self, id: RoomId) -> Result<RoomState, Refusal> {
        self.store.room(id).await?.ok_or(Refusal::RoomNotFound)
    }

    /// A room, and what a guest is to it.
    ///
    /// # Errors
    /// There is none, or the store fails.
    pub async fn find(&self, id: RoomId, guest: Guest) -> Result<(RoomState, Access), Refusal> {
        let room = self.load(id).await?;
        let access = room.access(guest, Moment::now());
        Ok((room, access))
    }

    /// Whether anybody at all may read a room, so that who asks need not be known.
    ///
    /// # Errors
    /// There is no such room, or the store fails.
    pub async fn is_public(&self, id: RoomId) -> Result<bool, Refusal> {
        let state = self.load(id).await?;
        Ok(!(state.room.locked || state.room.closed) && state.bans.is_empty())
    }

    /// A guest who may read a room.
    ///
    /// # Errors
    /// No such room, banned, closed, no grant, or the store fails.
    pub async fn reader(&self, id: RoomId, guest: Guest) -> Result<Reader, Refusal> {
        let (room, access) = self.find(id, guest).await?;
        Reader::new(room, guest, access)
    }

    /// The owner of a room.
    ///
    /// # Errors
    /// No such room, not the owner, or the store fails.
    pub async fn owner(&self, id: RoomId, visitor: Visitor) -> Result<Owner, Refusal> {
        Owner::new(self.load(id).await?, visitor)
    }

    async fn submit(&self, id: RoomId, command: Command) -> Result<Committed, Refusal> {
        Ok(self.store.submit(id, command, None).await?)
    }

    /// Lets a guest into a locked room when the password is right.
    ///
    /// # Errors
    /// There is no such room, it is closed or the guest banned, the password is wrong, too many are being tried, or the
    /// store fails.
    pub async fn unlock(&self, id: RoomId, guest: Guest, password: Option<Password>) -> Result<(), Refusal> {
        let (room, access) = self.find(id, guest).await?;
        match access.refusal() {
            None | Some(Refusal::WrongPassword) => (),
            // The right password would not help.
            Some(refusal) => return Err(refusal),
        }
        // A seat alone is no grant: who has one and gives the password may come back later.
        let version = room.password_version;
        let needs_none = access.owner || room.grants.get(&guest.visitor.id) == Some(&Grant::Password);
        // Who came by an invite and knows the password does not depend on the invite any more.
        let Some(hash) = room.password_hash.filter(|_| !needs_none) else {
            return Ok(());
        };
        let password = password.ok_or(Refusal::WrongPassword)?;
        if !self.passwords.verify(&guest, id, password, hash).await? {
            return Err(Refusal::WrongPassword);
        }
        // The owner may have changed it while it was checked.
        self.submit(id, Command::Grant(guest.visitor.id, version))
            .await
            .map(drop)
    }

    /// Makes a link that lets into a room; `None` where everybody may enter anyway.
    ///
    /// # Errors
    /// The room is gone or somebody else's by now, or the store fails.
    pub async fn invite(&self, owner: &Owner) -> Result<Option<InviteToken>, Refusal> {
        if !owner.room().room.locked {
            return Ok(None);
        }
        let token = InviteToken::random();
        let invite = Command::Invite(owner.visitor().id, token.hash());
        self.submit(owner.id(), invite).await?;
        Ok(Some(token))
    }

    /// Withdraws all links that let into a room, for its owner. Who came by one and sits there stays until it leaves.
    ///
    /// # Errors
    /// No such room, not the owner, or the store fails.
    pub async fn withdraw_invites(&self, id: RoomId, visitor: Visitor) -> Result<(), Refusal> {
        self.submit(id, Command::WithdrawInvites(visitor.id)).await.map(drop)
    }

    /// Lets a guest in who has such a link; the room.
    ///
    /// # Errors
    /// The link is good no more, the guest is banned, or the store fails.
    pub async fn redeem(&self, token: InviteToken, guest: Guest) -> Result<RoomId, Refusal> {
        Ok(self.store.redeem(token.hash(), guest).await?)
    }

    /// Takes a seat for one of the visitor's sockets.
    ///
    /// # Errors
    /// Too many joins, no such room, no grant, no seat, or the store fails.
    pub async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, Refusal> {
        // Before the store is asked: a join writes the whole room, and every server reads what was written.
        self.joins.take(guest.visitor.id)?;
        match self.store.enter(id, guest, socket).await {
            Err(StoreError::Refused(Refusal::RoomFull)) if self.free_a_seat(id).await? => {
                Ok(self.store.enter(id, guest, socket).await?)
            }
            entered => Ok(entered?),
        }
    }

    /// Frees the seat of who has been away longest, as somebody waits at the door; whether there was one.
    async fn free_a_seat(&self, id: RoomId) -> Result<bool, Refusal> {
        let Some(away) = self.load(id).await?.longest_away(Now::at(Moment::now())) else {
            return Ok(false);
        };
        // Who is back meanwhile keeps it.
        let due = Command::Expire(Due::Seat(away), Graces::SHORTEST);
        self.submit(id, due).await.map(|_| true)
    }

    /// Takes a socket from the visitor's seat.
    ///
    /// # Errors
    /// The store fails.
    pub async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), Refusal> {
        Ok(self.store.leave(id, visitor, socket, how).await?)
    }

    /// Notes that a visitor closed the page of a room, or loads it again. Who has no seat there has nothing to lose.
    ///
    /// # Errors
    /// The store fails.
    pub async fn close_page(&self, id: RoomId, visitor: Visitor) -> Result<(), Refusal> {
        match self.submit(id, Command::ClosePage(visitor.id)).await {
            Ok(_) | Err(Refusal::RoomNotFound) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    /// Changes a room for its owner.
    ///
    /// # Errors
    /// No such room, not the owner, or the store fails.
    pub async fn update(&self, id: RoomId, guest: Guest, edit: RoomEdit) -> Result<Room, Refusal> {
        let visitor = guest.visitor;
        // Before a password is hashed for somebody else.
        self.owner(id, visitor).await?;
        let password_hash = match edit.password {
            Some(password) => Some(self.hash(&guest, Some(id), password).await?),
            None => None,
        };
        let change = RoomChange {
            title: edit.title,
            max: edit.max,
            password_hash: password_hash.map(|hash| hash.map(Into::into)),
            closed: edit.closed,
            slow: edit.slow,
        };
        let changed = self.submit(id, Command::Change(visitor.id, change)).await?;
        Ok(changed.state.room)
    }

    /// Removes a room with its messages and files for its owner.
    ///
    /// # Errors
    /// No such room, not the owner, or the store fails.
    pub async fn remove(&self, id: RoomId, visitor: Visitor) -> Result<(), Refusal> {
        self.deletions.submit(id, Command::Remove(visitor.id)).await
    }

    /// Does what the owner of a room wants done in it. Files that no message names any more go with it.
    ///
    /// # Errors
    /// No such room, not the owner, nobody and nothing there to do it to, or the store fails.
    pub async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<(), Refusal> {
        self.deletions.submit(id, Command::Moderate(by, action)).await
    }

    /// Who is kept out of a room.
    pub fn bans(owner: &Owner) -> Vec<Ban> {
        let now = Moment::now();
        let bans = owner.room().bans.iter();
        bans.filter(|ban| ban.holds(now)).cloned().collect()
    }

    /// Frees the seats and removes the rooms whose grace is over, with their files.
    ///
    /// # Errors
    /// The store fails.
    pub async fn expire(&self) -> Result<(), Refusal> {
        self.deletions.expire(self.graces).await
    }
}
