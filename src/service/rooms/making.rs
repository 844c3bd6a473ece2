//! New rooms. When there may be no more of them, those that have slept longest give way.

use super::Rooms;
use crate::{
    domain::{Guest, Maker, Max, Password, Refusal, Room, Title},
    rules::{Command, Due, Graces, NewRoom},
    store::StoreError,
};

/// Tries to make a room while others make theirs in the places that become free.
const TRIES: usize = 8;

impl Rooms {
    /// Makes a room that `owner` owns.
    ///
    /// # Errors
    /// Too many new rooms, too many that are open, too many passwords are being hashed, or the store fails.
    pub async fn create(
        &self,
        owner: Guest,
        title: Title,
        max: Max,
        password: Option<Password>,
    ) -> Result<Room, Refusal> {
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
