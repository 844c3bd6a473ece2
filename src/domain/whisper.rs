//! A whisper: what one visitor says to one other in a room. It has no place in the history.

use serde::{Serialize, Serializer};

use super::{Color, Moment, Name, Nonce, RoomId, Said, Visitor, VisitorId, id::hex_id};

hex_id!(
    /// Names a whisper: 96 random bits.
    WhisperId,
    24
);

/// A whisper as it was stored. Only the two may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whisper {
    /// Its id.
    pub id: WhisperId,
    /// Its room.
    pub room: RoomId,
    /// Who said it.
    pub author: Visitor,
    /// To whom.
    pub to: Visitor,
    /// When it was stored.
    pub created_at: Moment,
    /// What it says.
    pub said: Said,
    /// What the author marked it with.
    pub nonce: Option<Nonce>,
}

impl Serialize for Whisper {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            #[serde(rename = "_id")]
            id: WhisperId,
            room: RoomId,
            user: Color,
            hue: Option<u8>,
            visitor: VisitorId,
            name: Name,
            to: Visitor,
            created_at: Moment,
            #[serde(flatten)]
            said: &'a Said,
            #[serde(skip_serializing_if = "Option::is_none")]
            nonce: Option<&'a str>,
        }
        Wire {
            id: self.id,
            room: self.room,
            user: self.author.color,
            hue: self.author.hue,
            visitor: self.author.id,
            name: self.author.name(),
            to: self.to,
            created_at: self.created_at,
            said: &self.said,
            nonce: self.nonce.as_ref().map(Nonce::as_str),
        }
        .serialize(serializer)
    }
}
