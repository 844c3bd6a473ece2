//! What was seen of whispers.

use mongodb::bson::Document;
use serde_json::Value;

use super::{MessageId, RoomId, Time, VisitorId};

/// A whisper, without its date and colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whisper {
    pub id: MessageId,
    pub author: VisitorId,
    pub to: VisitorId,
    pub nonce: Option<String>,
    pub said: Option<String>,
}

impl Whisper {
    /// Reads a whisper as it goes over the wire.
    pub fn of_wire(whisper: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(String::from);
        Some(Self {
            id: text(&whisper["_id"])?,
            author: text(&whisper["visitor"])?,
            to: text(&whisper["to"]["id"])?,
            nonce: text(&whisper["nonce"]),
            said: text(&whisper["chat"]),
        })
    }

    /// Whether a visitor may see it.
    pub fn concerns(&self, visitor: &str) -> bool {
        self.author == visitor || self.to == visitor
    }
}

/// A whisper as the database has it.
#[derive(Clone, Debug)]
pub struct StoredWhisper {
    /// Its position in the log of its room.
    pub turn: u64,
    pub whisper: Whisper,
}

impl StoredWhisper {
    /// Reads a document of the collection `log`; its room, too.
    pub fn of_document(document: &Document) -> Option<(RoomId, Self)> {
        let text = |field: &str| document.get_str(field).ok().map(String::from);
        let whisper = Whisper {
            id: text("item")?,
            author: text("visitor")?,
            to: text("to")?,
            nonce: text("secret"),
            said: text("chat"),
        };
        let turn = text("_id")?.split_once(':')?.1.parse().ok()?;
        Some((text("room")?, Self { turn, whisper }))
    }
}

/// A whisper that a client tried to post, again with the same nonce as long as the outcome was unknown.
#[derive(Clone, Debug)]
pub struct WhisperPost {
    pub room: RoomId,
    pub author: VisitorId,
    pub to: VisitorId,
    pub nonce: String,
    pub begun: Time,
    pub ended: Time,
    pub outcome: WhisperOutcome,
}

/// What a client knows of its whisper.
#[derive(Clone, Debug)]
pub enum WhisperOutcome {
    Stored(Whisper),
    /// No try was without an answer, and all were refused.
    Refused,
    Unknown,
}

/// All whispers of a room that a visitor could read, while the room was open.
#[derive(Clone, Debug)]
pub struct WhisperPage {
    pub room: RoomId,
    pub visitor: VisitorId,
    pub begun: Time,
    pub whispers: Vec<Whisper>,
}
