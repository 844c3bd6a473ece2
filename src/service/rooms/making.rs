//! New rooms. When there may be no more of them, those that have slept longest give way.

use super::Rooms;
use crate::{
    domain::{Field, Guest, Invalid, Maker, Max, Password, Problem, Refusal, Room, Title},
    rules::{Command, Due, Graces, NewRoom},
    service::secrets::Secrets,
    store::StoreError,
};

/// Tries to make a room while others make theirs in the places that become free.
const TRIES: usize = 8;

/// Who makes rooms.
pub enum Makers {
    /// Everybody.
    Anyone,
    /// No visitor.
    Nobody,
    /// Whoever has one of these keys.
    WithKey(Secrets),
}

/// Proof that somebody may make a room, which [`Rooms::create`] takes: there is no way around the rule. An operator's console
/// will have a proof of its own.
pub struct MayMake(Guest);

impl Rooms {
    /// Whether a visitor may make a room at all.
    ///
    /// # Errors
    /// None may.
    pub fn take_makers(&self) -> Result<(), Refusal> {
        match self.site.makers {
            Makers::Nobody => Err(Refusal::RoomsClosed),
            Makers::Anyone | Makers::WithKey(_) => Ok(()),
        }
    }

    /// A guest who may make a room, with the key that they give if it takes one.
    ///
    /// # Errors
    /// No visitor may, the key is missing or wrong, or too many were.
    pub fn may_make(&self, guest: Guest, key: &str) -> Result<MayMake, Refusal> {
        self.take_makers()?;
        if let Makers::WithKey(keys) = &self.site.makers {
            if key.is_empty() {
                return Err(Invalid::new(Field::Key, Problem::Empty).into());
            }
            keys.admit(&self.budgets, &guest, key, Refusal::WrongKey)?;
        }
        Ok(MayMake(guest))
    }

    /// Makes a room that `owner` owns.
    ///
    /// # Errors
    /// Too many new rooms, too many that are open, too many passwords are being hashed, or the store fails.
    pub async fn create(
        &self,
        MayMake(owner): MayMake,
        title: Title,
        max: Max,
        password: Option<Password>,
    ) -> Result<Room, Refusal> {
        self.store.site().may_make_rooms()?;
        self.budgets.room(&owner)?;
        let new = NewRoom {
            title,
            max,
            password_hash: self.hash(&owner, None, password).await?,
            owner: owner.visitor,
            maker: Maker::of(&owner, self.store.site_key()),
            most: self.most,
        };
        for _ in 1..TRIES {
            match self.store.create_room(new.clone()).await {
                Err(StoreError::Refused(Refusal::StorageFull)) if self.make_place().await? => (),
                made => return Ok(made?),
            }
        }
        Ok(self.store.create_room(new).await?)
    }

    /// Ends the rooms that have slept longest, as there may be no more of them; whether there are enough of them.
    async fn make_place(&self) -> Result<bool, Refusal> {
        let Some(rooms) = self.store.give_way() else {
            return Ok(false);
        };
        for room in rooms {
            let end = Command::Expire(Due::Room, Graces::SHORTEST);
            match self.deletions.submit(room, end).await {
                // Somebody may come back to it before: then it stays. Or it has ended for somebody else meanwhile.
                Ok(()) | Err(Refusal::RoomNotFound) => (),
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(true)
    }
}
