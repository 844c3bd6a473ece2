//! What clients and the database were seen to do: the input of the checker.

mod attempts;
mod whispers;

pub use self::{
    attempts::{Answer, Attempt, Deed},
    whispers::{StoredWhisper, Whisper, WhisperOutcome, WhisperPage, WhisperPost},
};

use std::collections::BTreeMap;

use mongodb::bson::Document;
use serde_json::Value;

/// Microseconds since the beginning of the run.
pub type Time = u64;

/// The id of a room.
pub type RoomId = String;

/// The id of a message or whisper.
pub type MessageId = String;

/// The id of a visitor.
pub type VisitorId = String;

/// A message as readers see it, without its date and colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub seq: u64,
    pub id: String,
    pub visitor: VisitorId,
    /// `posted`, or the kind of the system message.
    pub kind: String,
    pub nonce: Option<String>,
    /// The text, or the name of the GIF.
    pub said: Option<String>,
    /// Seats taken right after a system message.
    pub count: Option<u64>,
    /// Whether only its place is left.
    pub deleted: bool,
}

impl Message {
    /// Reads a message as it goes over the wire.
    pub fn of_wire(message: &Value) -> Option<Self> {
        let text = |field: &str| message[field].as_str().map(String::from);
        let line = text("line");
        Some(Self {
            seq: message["seq"].as_u64()?,
            id: text("_id")?,
            visitor: text("visitor")?,
            nonce: text("nonce"),
            said: match &line {
                Some(_) => None,
                None => text("chat").or_else(|| text("gif")),
            },
            // A line says so of the message that it is about.
            deleted: line.is_none() && message["deleted"] == true,
            kind: line.unwrap_or_else(|| "posted".to_owned()),
            count: message["count"].as_u64(),
        })
    }

    /// Whether readers may see `seen` for this message: all of it, edited, or its place alone. `check::deletions` and
    /// `check::edits` say when.
    pub fn appears_as(&self, seen: &Self) -> bool {
        let place = Self {
            said: None,
            deleted: true,
            ..self.clone()
        };
        let edited = Self {
            said: seen.said.clone(),
            ..self.clone()
        };
        let said = seen.said.as_deref().unwrap_or_default();
        let is_edit = self
            .nonce
            .as_deref()
            .is_some_and(|nonce| said.starts_with(&edit_of(nonce, "")));
        seen == self || (self.kind == "posted" && (*seen == place || (is_edit && *seen == edited)))
    }
}

/// What clients let the message with that nonce say instead: each time something else.
pub fn edit_of(nonce: &str, name: &str) -> String {
    format!("{nonce}~{name}")
}

/// An entry of the log of a room.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "some fields are only shown with a violation")]
pub struct Entry {
    pub position: u64,
    pub kind: String,
    pub visitor: Option<VisitorId>,
    /// The number of seats that a first entry or a change sets.
    pub max: Option<u64>,
    /// The title that a first entry or a change sets; clients name each password by one.
    pub title: Option<String>,
    /// Whether a first entry or a change sets a password or removes it.
    pub locked: Option<bool>,
    /// The hash of an invite, in hexadecimal.
    pub invite: Option<String>,
    /// The message that a deletion or an edit is about.
    pub about: Option<MessageId>,
    /// What an edit says.
    pub edit: Option<String>,
    /// The socket of a hold.
    pub hold: Option<String>,
    pub message: Option<Message>,
    pub gif: Option<String>,
    /// When it was appended, in milliseconds since 1970.
    pub at: i64,
}

impl Entry {
    /// Reads a document of the collection `log`; its room, too.
    pub fn of_document(document: &Document) -> Option<(RoomId, Self)> {
        let text = |field: &str| document.get_str(field).ok().map(String::from);
        let number = |field: &str| document.get_i64(field).ok().and_then(|number| number.try_into().ok());
        let (room, position) = document.get_str("_id").ok()?.split_once(':')?;
        let kind = text("kind")?;
        let gif = document.get_document("gif").ok();
        let gif = gif.and_then(|gif| gif.get_str("name").ok()).map(String::from);
        let message = number("seq").map(|seq| Message {
            seq,
            id: text("message").unwrap_or_default(),
            visitor: text("visitor").unwrap_or_default(),
            nonce: text("nonce"),
            said: text("chat").or_else(|| gif.clone()).filter(|_| kind == "posted"),
            count: number("count").filter(|_| kind != "posted"),
            kind: told(document).map_or_else(|| kind.clone(), str::to_owned),
            deleted: false,
        });
        let unlocked = document.get_bool("unlocked").ok().map(|unlocked| !unlocked);
        let invite = document.get_binary_generic("invite").ok();
        let hold = text("server").zip(number("socket"));
        let entry = Self {
            position: position.parse().ok()?,
            visitor: text("visitor"),
            max: number("max"),
            title: text("title"),
            locked: text("password").map(|_| true).or(unlocked),
            invite: invite.map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect()),
            about: text("about"),
            edit: text("chat").filter(|_| kind == "edited"),
            hold: hold.map(|(server, socket): (_, u64)| format!("{server}/{socket}")),
            at: document.get_i64("at").unwrap_or_default(),
            kind,
            message,
            gif,
        };
        Some((room.to_owned(), entry))
    }
}

/// What people read of a change of a room: the one thing that changed, or that several did.
fn told(document: &Document) -> Option<&'static str> {
    if document.get_str("kind").ok() != Some("changed") {
        return None;
    }
    let told: Vec<_> = [
        ("title", "renamed"),
        ("password", "locked"),
        ("unlocked", "unlocked"),
        ("slow", "slowed"),
        (
            "closed",
            if document.get_bool("closed").unwrap_or_default() {
                "closed"
            } else {
                "opened"
            },
        ),
    ]
    .into_iter()
    .filter_map(|(field, kind)| document.contains_key(field).then_some(kind))
    .collect();
    match told[..] {
        [kind] => Some(kind),
        _ => Some("changed"),
    }
}

/// A message that a client tried to post, again with the same nonce as long as the outcome was unknown.
#[derive(Clone, Debug)]
pub struct Post {
    pub room: RoomId,
    pub visitor: VisitorId,
    pub nonce: String,
    pub begun: Time,
    pub ended: Time,
    pub outcome: Outcome,
}

/// What a client knows of its post.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "the code of a refusal is only shown with a violation")]
pub enum Outcome {
    /// A server acknowledged it.
    Stored(Message),
    /// No try was without an answer, and all were refused.
    Refused(String),
    /// It may be stored or not.
    Unknown,
}

/// Something else that a server acknowledged.
#[derive(Clone, Debug)]
pub struct Act {
    pub room: RoomId,
    /// The kind of its entry.
    pub kind: &'static str,
    /// Whom it was done to.
    pub visitor: Option<VisitorId>,
    pub ended: Time,
}

/// Messages that a client read from the history of a room.
#[derive(Clone, Debug)]
pub struct Read {
    pub room: RoomId,
    pub begun: Time,
    pub ended: Time,
    pub messages: Vec<Message>,
}

/// What one client heard of one room, in order.
#[derive(Clone, Debug)]
pub struct Reader {
    pub room: RoomId,
    pub visitor: VisitorId,
    pub items: Vec<Item>,
}

/// Something that a reader heard.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "some fields are only shown with a violation")]
pub enum Item {
    /// A new connection to a server joined: all messages after `seq` will come over it.
    Joined { seq: u64, server: usize },
    /// A page of the history, of messages after the last one that is known.
    Page(Vec<Message>),
    /// An event of the connection.
    Heard(Message),
    /// A whisper that came over the connection.
    Whispered(Whisper),
    /// The server told the connection that it has no seat any more, and why.
    SentOut(String),
    /// The server told the connection that the room is gone.
    Removed,
    /// The connection ended.
    Ended,
    /// The reader had time to hear everything up to this `seq`.
    Settled(u64),
}

/// The history of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What the database stored of each room.
    pub logs: BTreeMap<RoomId, Vec<Entry>>,
    /// The messages of rooms that were open at the end, as each server has them.
    pub pages: Vec<(RoomId, Vec<Message>)>,
    pub posts: Vec<Post>,
    pub acts: Vec<Act>,
    /// Deletions, and what lets people into locked rooms.
    pub attempts: Vec<Attempt>,
    /// Everything that was read from histories, `pages` included.
    pub reads: Vec<Read>,
    pub readers: Vec<Reader>,
    /// What the database stored of whispers, in order.
    pub whispers: BTreeMap<RoomId, Vec<StoredWhisper>>,
    pub whisper_posts: Vec<WhisperPost>,
    pub whisper_pages: Vec<WhisperPage>,
    /// What was left after everybody had left.
    pub left: Vec<String>,
}
