//! Invites: links that are good, and who came by one.

use mongodb::bson::doc;

use super::{
    client::{Tables, within},
    documents::{binary, signed, text},
    rooms::{by_id, is_worth, not_found},
};
use crate::{
    domain::{Guest, InviteHash, Refusal, RoomId},
    rules::INVITES,
    store::StoreError,
};

impl Tables {
    /// Makes an invite to a room good.
    pub async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError> {
        let hash = binary(invite.to_bytes());
        let push = doc! { "$push": { "invites": { "$each": [hash], "$slice": -signed(INVITES) } } };
        let added = within(self.rooms.update_one(by_id(id), push)).await?;
        if added.matched_count == 0 {
            Err(not_found())
        } else {
            Ok(())
        }
    }

    /// Withdraws all invites to a room, and the grants that came of them.
    pub async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError> {
        let withdraw = doc! { "$unset": { "invites": "" }, "$inc": { "withdrawn": 1_i64 } };
        let withdrawn = within(self.rooms.update_one(by_id(id), withdraw)).await?;
        if withdrawn.matched_count == 0 {
            Err(not_found())
        } else {
            Ok(())
        }
    }

    /// Lets a guest into the room of an invite. One state of the room's document decides: it had the invite and did not keep
    /// the guest out. Were the invite withdrawn meanwhile, the grant is worth nothing.
    pub async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError> {
        let visitor = guest.visitor;
        let found = self.rooms.find_one(doc! { "invites": binary(invite.to_bytes()) });
        let not_good = || StoreError::Refused(Refusal::InviteNotFound);
        let room = within(found).await?.ok_or_else(not_good)?;
        let id: RoomId = text(&room.id, "_id")?;
        let grant = self.grant_of(id, visitor).await?;
        let worth = is_worth(&room, grant.as_ref());
        if let Some(banned) = room.access(guest, worth)?.ban() {
            return Err(StoreError::Refused(banned));
        }
        if !worth {
            self.must_have_grants_left(&room).await?;
            self.give(&room, visitor, Some(room.withdrawn)).await?;
        }
        Ok(id)
    }
}
