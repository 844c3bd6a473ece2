//! Who may enter a locked room: grants by the password, and by an invite.

use super::{Event, GRANTS, Grant, Now, PasswordVersion, RoomState};
use crate::domain::{Guest, InviteHash, Refusal, VisitorId};

impl RoomState {
    /// The owner may have changed the password while it was checked.
    pub(super) fn give_grant(&self, visitor: VisitorId, version: PasswordVersion) -> Result<Vec<Event>, Refusal> {
        if version != self.password_version {
            return Err(Refusal::WrongPassword);
        }
        match self.grants.get(&visitor) {
            Some(Grant::Password) => Ok(Vec::new()),
            // Who knows the password needs no invite any more.
            Some(Grant::Invite) => Ok(vec![Event::Granted(visitor)]),
            None if self.grants.len() >= GRANTS => Err(Refusal::StorageFull),
            None => Ok(vec![Event::Granted(visitor)]),
        }
    }

    pub(super) fn redeem(&self, guest: Guest, invite: InviteHash, now: Now) -> Result<Vec<Event>, Refusal> {
        let visitor = guest.visitor.id;
        if !self.is_good(invite) {
            Err(Refusal::InviteNotFound)
        } else if let Some(banned) = self.access(guest, now.date).ban() {
            Err(banned)
        } else if self.grants.contains_key(&visitor) {
            Ok(Vec::new())
        } else if self.grants.len() >= GRANTS {
            Err(Refusal::StorageFull)
        } else {
            Ok(vec![Event::Redeemed(visitor)])
        }
    }
}
