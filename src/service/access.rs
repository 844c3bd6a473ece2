//! Proofs of what somebody may do in a room. Calls that are for readers or for the owner take one, so that a route that
//! forgets the check does not compile. They are made by [`Rooms`](crate::service::rooms::Rooms), and by extractors in `web`.

use crate::{
    domain::{Access, Guest, Refusal, RoomId, Visitor},
    rules::RoomState,
};

/// A guest who may enter a room, and so may read it.
#[derive(Debug)]
pub struct Reader {
    room: RoomState,
    guest: Guest,
}

impl Reader {
    /// # Errors
    /// Banned, closed, or no grant.
    pub fn new(room: RoomState, guest: Guest, access: Access) -> Result<Self, Refusal> {
        access.refusal().map_or(Ok(Self { room, guest }), Err)
    }

    /// The room.
    pub const fn room(&self) -> &RoomState {
        &self.room
    }

    /// Its id.
    pub const fn id(&self) -> RoomId {
        self.room.room.id
    }

    /// Who reads.
    pub const fn visitor(&self) -> Visitor {
        self.guest.visitor
    }
}

/// The owner of a room.
#[derive(Debug)]
pub struct Owner(RoomState);

impl Owner {
    /// # Errors
    /// `NotTheOwner`.
    pub fn new(room: RoomState, visitor: Visitor) -> Result<Self, Refusal> {
        room.must_be_owner(visitor.id)?;
        Ok(Self(room))
    }

    /// The room.
    pub const fn room(&self) -> &RoomState {
        &self.0
    }

    /// Its id.
    pub const fn id(&self) -> RoomId {
        self.0.room.id
    }

    /// Who owns it.
    pub const fn visitor(&self) -> Visitor {
        self.0.room.owner
    }
}
