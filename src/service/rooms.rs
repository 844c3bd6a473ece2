//! The service of rooms: lists, loads, changes and removes them. What is allowed is for [`crate::rules`] to say; here passwords
//! are checked and commands are submitted.
//!
//! - `making`: new rooms, for which others may have to give way
//! - `entering`: how people get in, by password or invite, and leave

mod entering;
mod making;

use std::sync::Arc;

pub use self::making::{Makers, MayMake};

use crate::{
    domain::{Access, Action, Ban, Guest, Max, Moment, Password, Refusal, Room, RoomId, Title, Visitor},
    limits::budgets::Budgets,
    rules::{Command, Graces, OpenRooms, RoomChange, RoomState},
    service::{
        access::{Owner, Reader},
        deletions::Deletions,
        passwords::Passwords,
    },
    store::{Committed, RoomCursor, RoomPage, Store},
};

/// Rooms that somebody chooses from who is in more of them.
const CHOICE: usize = 24;

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
    /// Whether people of one address may take all seats.
    pub crowd: Option<bool>,
}

/// A page of the list as it can be shown now.
#[derive(Debug)]
pub struct Look {
    /// The rooms.
    pub page: RoomPage,
    /// Whether it is what was last known, as the store fails.
    pub old: bool,
}

/// What the operator decided of all rooms.
pub struct SiteRules {
    /// Whether everybody may learn which rooms there are.
    pub listed: bool,
    /// Who makes rooms.
    pub makers: Makers,
}

/// The service, and what it works with.
#[derive(Clone)]
pub struct Rooms {
    store: Arc<dyn Store>,
    deletions: Deletions,
    passwords: Passwords,
    graces: Graces,
    budgets: Arc<Budgets>,
    most: OpenRooms,
    site: Arc<SiteRules>,
}

impl Rooms {
    /// The service over this store, with what the operator decided of rooms.
    pub fn new(
        store: Arc<dyn Store>,
        deletions: Deletions,
        passwords: Passwords,
        graces: Graces,
        budgets: Arc<Budgets>,
        most: OpenRooms,
        site: SiteRules,
    ) -> Self {
        Self {
            store,
            deletions,
            passwords,
            graces,
            budgets,
            most,
            site: Arc::new(site),
        }
    }

    /// Whether everybody may learn which rooms there are.
    pub fn are_listed(&self) -> bool {
        self.site.listed
    }

    /// A page of the list, newest first; an empty one where rooms are not listed.
    ///
    /// # Errors
    /// The store fails.
    pub async fn list(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, Refusal> {
        if !self.site.listed {
            return Ok(RoomPage::default());
        }
        Ok(self.store.rooms(after, limit).await?)
    }

    /// The same for a page that can say so when it is old: what was last known when the store fails.
    ///
    /// # Errors
    /// The store fails, and nothing is known.
    pub async fn look(&self, after: Option<RoomCursor>, limit: usize) -> Result<Look, Refusal> {
        let error = match self.list(after, limit).await {
            Ok(page) => return Ok(Look { page, old: false }),
            Err(refusal) => refusal,
        };
        let known = self.store.last_known_rooms(after, limit);
        known.map(|page| Look { page, old: true }).ok_or(error)
    }

    /// The rooms in which a visitor has a seat, newest first: as many as one may choose from.
    ///
    /// # Errors
    /// The store fails.
    pub async fn of(&self, visitor: Visitor) -> Result<Vec<Room>, Refusal> {
        Ok(self.store.rooms_of(visitor.id, CHOICE).await?)
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

    /// Whether there is no seat in a room for one more visitor.
    pub fn is_full(&self, room: &RoomState) -> bool {
        room.is_full(self.store.now())
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

    /// How many passwords wait for being hashed or checked.
    pub fn passwords_waiting(&self) -> usize {
        self.passwords.waiting()
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

    async fn submit(&self, id: RoomId, command: Command) -> Result<Committed, Refusal> {
        Ok(self.store.submit(id, command, None).await?)
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
            crowd: edit.crowd,
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
