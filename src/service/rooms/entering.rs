//! How people get into rooms and leave them.

use super::Rooms;
use crate::{
    domain::{Guest, InviteToken, Password, Refusal, RoomId, Source, Visitor},
    rules::{Command, Due, Graces, Grant, Leave, SocketKey},
    service::access::Owner,
    store::{Entry, StoreError},
};

/// Tries to get in while others take the seats that become free. With each try of all who wait at least one of them gets in, so
/// as many as a room may have seats are enough ([`crate::domain::Limits::max`]).
const TRIES: usize = 200;

impl Rooms {
    /// Lets a guest into a locked room when the password is right.
    ///
    /// # Errors
    /// There is no such room, it is closed or the guest banned, the password is wrong, too many are or were tried, or the
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
        let belongs = access.member || room.grants.contains_key(&guest.visitor.id);
        let attempt = self.budgets.password(&guest, id, belongs)?;
        if !self.passwords.verify(&guest, id, password, hash).await? {
            attempt.wrong();
            return Err(Refusal::WrongPassword);
        }
        attempt.right();
        // The owner may have changed it while it was checked.
        self.submit(id, Command::Grant(guest.visitor.id, version))
            .await
            .map(drop)
    }

    /// Makes a link that lets into a room; `None` where everybody may enter anyway.
    ///
    /// # Errors
    /// Too many invites, the room is gone or somebody else's by now, or the store fails.
    pub async fn invite(&self, owner: &Owner, source: Source) -> Result<Option<InviteToken>, Refusal> {
        if !owner.room().room.locked {
            return Ok(None);
        }
        let visitor = owner.visitor();
        self.budgets.invite(&Guest { visitor, source })?;
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
        self.budgets.join(&guest)?;
        for _ in 1..TRIES {
            match self.store.enter(id, guest, socket).await {
                Err(StoreError::Refused(Refusal::RoomFull)) if self.free_a_seat(id).await? => (),
                entered => return Ok(entered?),
            }
        }
        Ok(self.store.enter(id, guest, socket).await?)
    }

    /// Frees the seat of who has been away longest, as somebody waits at the door; whether there may be one now.
    async fn free_a_seat(&self, id: RoomId) -> Result<bool, Refusal> {
        let state = self.load(id).await?;
        if !state.room.is_full() {
            // Another who waits has just freed one.
            return Ok(true);
        }
        let Some(away) = state.longest_away(self.store.now()) else {
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
}
