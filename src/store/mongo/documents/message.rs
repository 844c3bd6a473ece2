//! Messages, and lines on their way to them.

use mongodb::bson::Binary;
use serde::{Deserialize, Serialize};

use super::{Damaged, binary, number, room::LineDoc, signed, text, visitor};
use crate::domain::{
    Alt, Body, Chat, GifBody, GifHash, Line, LineKind, Message, Moment, Nonce, RoomId, Said, Seq, Visitor,
};

/// A message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MessageDoc {
    #[serde(rename = "_id")]
    pub id: String,
    pub room: String,
    pub seq: i64,
    pub visitor: String,
    pub color: String,
    pub at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gif: Option<GifDoc>,
    /// The kind of a line that nobody wrote. A message without text, GIF and line is one that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// The message that a line is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where the visitor of a line came from, as a mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The GIF of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GifDoc {
    pub name: String,
    pub width: i64,
    pub height: i64,
    pub frames: i64,
    pub duration: i64,
    pub bytes: i64,
    pub alt: String,
    /// Hash of the file; unknown of those of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Binary>,
}

fn read_hash(hash: &Binary) -> Option<GifHash> {
    hash.bytes.as_slice().try_into().ok().map(GifHash::from_bytes)
}

impl LineDoc {
    /// Whether it takes from messages what they say.
    pub fn is_about_messages(&self) -> bool {
        self.clears() || self.message.is_some()
    }

    /// Whether it clears all that a visitor said.
    pub fn clears(&self) -> bool {
        self.line == LineKind::Cleared.name()
    }

    /// The line at its place among the messages.
    pub fn placed(&self, room: &str, seq: Seq) -> MessageDoc {
        let line = self.clone();
        MessageDoc {
            id: line.id,
            room: room.to_owned(),
            seq: signed(seq),
            visitor: line.visitor,
            color: line.color,
            at: line.at,
            nonce: None,
            chat: None,
            gif: None,
            line: Some(line.line),
            count: Some(line.count),
            message: line.message,
            address: line.address,
        }
    }
}

/// What a document says by its fields.
pub fn said(chat: Option<&str>, gif: Option<&GifDoc>) -> Result<Said, Damaged> {
    match (chat, gif) {
        (Some(chat), None) => Ok(Said::Chat(Chat::from_store(chat))),
        (None, Some(gif)) => Ok(Said::Gif(gif.body()?)),
        _ => Err(Damaged("chat")),
    }
}

impl MessageDoc {
    /// A message that somebody posted.
    pub fn of(message: &Message) -> Self {
        let (chat, gif) = match &message.body {
            Body::Chat(chat) => (Some(chat.as_str().to_owned()), None),
            Body::Gif(gif) => (None, Some(GifDoc::of(gif))),
            Body::Line(_) | Body::Deleted => (None, None),
        };
        Self {
            id: message.id.to_string(),
            room: message.room.to_string(),
            seq: signed(message.seq),
            visitor: message.author.id.to_string(),
            color: message.author.color.to_string(),
            at: message.created_at.millis(),
            nonce: message.nonce.as_ref().map(|nonce| nonce.as_str().to_owned()),
            chat,
            gif,
            line: None,
            count: None,
            message: None,
            address: None,
        }
    }

    pub fn message(&self) -> Result<Message, Damaged> {
        let body = match &self.line {
            Some(line) if self.chat.is_none() && self.gif.is_none() => Body::Line(self.line(line)?),
            None if self.chat.is_none() && self.gif.is_none() => Body::Deleted,
            None => said(self.chat.as_deref(), self.gif.as_ref())?.into(),
            Some(_) => return Err(Damaged("line")),
        };
        Ok(Message {
            id: text(&self.id, "_id")?,
            room: text::<RoomId>(&self.room, "room")?,
            seq: number(self.seq, "seq")?,
            author: visitor(&self.visitor, &self.color)?,
            created_at: Moment::from_millis(self.at),
            body,
            nonce: self.nonce.as_deref().and_then(|nonce| Nonce::parse(nonce).ok()),
        })
    }

    /// Whose it is.
    pub fn author(&self) -> Result<Visitor, Damaged> {
        visitor(&self.visitor, &self.color)
    }

    fn line(&self, kind: &str) -> Result<Line, Damaged> {
        let message = self.message.as_deref().map(|id| text(id, "message")).transpose()?;
        Ok(Line {
            kind: LineKind::from_store(kind, message).ok_or(Damaged("line"))?,
            count: number(self.count.unwrap_or_default(), "count")?,
        })
    }
}

impl GifDoc {
    pub fn of(gif: &GifBody) -> Self {
        Self {
            name: gif.name.to_string(),
            width: gif.width.into(),
            height: gif.height.into(),
            frames: gif.frames.into(),
            duration: signed(gif.duration),
            bytes: signed(gif.bytes),
            alt: gif.alt.as_str().to_owned(),
            hash: gif.hash.map(|hash| binary(hash.to_bytes())),
        }
    }

    pub fn body(&self) -> Result<GifBody, Damaged> {
        Ok(GifBody {
            name: text(&self.name, "gif.name")?,
            width: number(self.width, "gif.width")?,
            height: number(self.height, "gif.height")?,
            frames: number(self.frames, "gif.frames")?,
            duration: number(self.duration, "gif.duration")?,
            bytes: number(self.bytes, "gif.bytes")?,
            alt: Alt::from_store(&self.alt),
            hash: self.hash.as_ref().and_then(read_hash),
        })
    }
}
