//! A turn of a server that appends to a room for which several compete. It is heard in the change stream, and of no use later.

use mongodb::bson::DateTime;
use serde::{Deserialize, Serialize};

use super::{Damaged, text};
use crate::domain::RoomId;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TurnDoc {
    room: String,
    pub by: String,
    at: DateTime,
}

impl TurnDoc {
    pub fn new(room: RoomId, by: &str) -> Self {
        Self {
            room: room.to_string(),
            by: by.to_owned(),
            at: DateTime::now(),
        }
    }

    pub fn room(&self) -> Result<RoomId, Damaged> {
        text(&self.room, "room")
    }
}
