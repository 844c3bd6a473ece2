//! An entry of the log of a room, as a document and back.
//!
//! `_id` is the room and the position, so that the unique `_id` decides which server was first. What people see has a `seq`
//! and the id of its message besides: history is read from the same documents. Content that an owner deleted is taken out of
//! its document; that it was there stays.

mod read;
mod write;

use std::sync::Arc;

use mongodb::bson::{Binary, Document, doc};
use serde::{Deserialize, Serialize};

use super::{Damaged, GifDoc, StateDoc, bytes, hex, text};
use crate::{
    domain::{
        AddressHash, AddressKey, Body, InviteHash, Line, Maker, Message, MessageId, Moment, Nonce, Report, RoomId,
        Said, Seq, Whisper,
    },
    metrics::StoreMetrics,
    rules::{Event, NewRoom, ServerId},
    store::{
        changes::{reference_of, report_of, whisper_of},
        mongo::folded::Folded,
    },
};

/// The place of an entry in the log of its room: 1, 2, 3 … without a gap.
pub type Position = u64;

/// An entry of the log of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub room: RoomId,
    pub position: Position,
    pub at: Moment,
    pub record: Record,
    /// The message, if people see one.
    pub shown: Option<Shown>,
    /// What the author of a message or whisper marked it with.
    pub nonce: Option<Nonce>,
    /// Whether what a message said has been deleted.
    pub blank: bool,
    /// When the author last changed what a message says, and the `seq` of the line that says so.
    pub edited: Option<(Moment, Seq)>,
    /// The server that appended it.
    pub by: Arc<str>,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The first entry: the room was made.
    Created(NewRoom, AddressKey),
    /// Something happened by the rules.
    Event(Event),
    /// There was a whisper or a report, of which nothing is left.
    Pruned,
    /// What the deletion with that `seq` says has been carried out.
    Erased(Seq),
    /// What came before was made of the documents of an earlier version; so the room is now.
    Migrated(Box<Folded>),
}

impl Record {
    /// Counts what people see of it, now that it is stored.
    pub fn count_stored(&self, metrics: &StoreMetrics) {
        let messages = &metrics.messages;
        match self {
            Self::Event(Event::Posted { said: Said::Gif(_), .. }) => messages.gif.increment(),
            Self::Event(Event::Posted { .. }) => messages.text.increment(),
            Self::Event(Event::Whispered { .. }) => messages.whisper.increment(),
            Self::Event(event) if event.is_visible() => messages.system.increment(),
            _ => (),
        }
    }
}

/// A message that people see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub seq: Seq,
    pub id: MessageId,
    /// Members of the room right after it.
    pub count: u32,
}

/// The `_id` of an entry. Ids of one room sort by position.
pub fn entry_id(room: RoomId, position: Position) -> String {
    format!("{room}:{position:012}")
}

/// An entry as it is kept. Which fields it has follows from `kind`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryDoc {
    #[serde(rename = "_id")]
    pub id: String,
    pub room: String,
    pub at: i64,
    pub by: String,
    pub kind: String,
    /// The first and the last entry of a room, for an index over these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gif: Option<GifDoc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<i64>,
    /// Where a visitor came from, as a mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<String>>,
    /// The id of a whisper or report. It stays when all else of these has to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// To whom a whisper is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_color: Option<String>,
    /// The nonce of a whisper: messages have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What somebody reacts with, and whether it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reaction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
    /// The place and the author of the message that a report or reaction is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The message that one answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// When what a message says was last changed, and by which entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_by: Option<i64>,
    /// The message that an edit, a reaction, a deletion, a report or a dismissal is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forbid: Option<bool>,
    /// Whether a deletion or an edit has not been carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<i64>,
    /// The last `seq` that a room does not keep any more, and when what follows was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgotten: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite: Option<Binary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether the password was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlocked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crowd: Option<bool>,
    /// What marks of addresses are made with, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whom bounds of the site count a room for, and marks of their networks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Box<StateDoc>>,
}

impl Entry {
    /// The message, as people see it; none if there is none, or it had to go.
    pub fn message(&self) -> Option<Message> {
        let (Shown { seq, id, count }, Record::Event(event)) = (self.shown?, &self.record) else {
            return None;
        };
        let (author, body) = match event {
            Event::Posted { author, .. } if self.blank => (*author, Body::Deleted),
            Event::Posted { author, said, .. } => (*author, said.clone().into()),
            event => {
                let (visitor, kind) = event.system_message()?;
                (visitor, Body::Line(Line { kind, count }))
            }
        };
        Some(Message {
            id,
            room: self.room,
            seq,
            author,
            created_at: self.at,
            body,
            nonce: self.nonce.clone(),
            edited: self.edited.map(|(at, _)| at).filter(|_| !self.blank),
            refers: reference_of(event, None, self.at).filter(|_| !self.blank),
            reactions: Vec::new(),
        })
    }
}

impl Entry {
    /// The whisper that it stored, if there still is one.
    pub fn whisper(&self) -> Option<Whisper> {
        whisper_of(self.event()?, self.room, self.at, self.nonce.clone())
    }

    /// The report that it stored, if there still is one.
    pub fn report(&self) -> Option<Report> {
        report_of(self.event()?, self.room, self.at)
    }

    const fn event(&self) -> Option<&Event> {
        match &self.record {
            Record::Event(event) => Some(event),
            _ => None,
        }
    }
}

/// Takes all from a whisper or report but its id and its place.
pub fn pruned() -> Document {
    let gone = [
        "visitor", "color", "to", "to_color", "secret", "chat", "gif", "reason", "place", "author", "about",
    ];
    let gone: Document = gone.iter().map(|field| ((*field).to_owned(), "".into())).collect();
    doc! { "$set": { "kind": "pruned" }, "$unset": gone }
}

/// A mark of an address as documents keep it.
pub fn mark_text(mark: AddressHash) -> String {
    hex(&mark.to_bytes())
}

pub fn read_mark(mark: &str) -> Result<AddressHash, Damaged> {
    bytes(mark).map(AddressHash::from_bytes).ok_or(Damaged("address"))
}

/// Marks of networks as documents keep them.
pub fn mark_texts(maker: &Maker) -> Vec<String> {
    maker.networks.iter().copied().map(mark_text).collect()
}

/// Who made something, as documents keep it.
pub fn read_maker(visitor: Option<&str>, networks: &[String]) -> Result<Maker, Damaged> {
    let networks = networks.iter().map(|mark| read_mark(mark));
    Ok(Maker {
        visitor: visitor.map(|visitor| text(visitor, "maker")).transpose()?,
        networks: networks.collect::<Result<_, _>>()?,
    })
}

/// A server as documents keep it.
pub fn server_text(server: ServerId) -> String {
    format!("{:016x}", server.0)
}

pub fn read_server(server: &str) -> Result<ServerId, Damaged> {
    u64::from_str_radix(server, 16)
        .map(ServerId)
        .map_err(|_| Damaged("server"))
}

pub fn read_invite(invite: &Binary) -> Result<InviteHash, Damaged> {
    let hash = invite.bytes.as_slice().try_into().map_err(|_| Damaged("invite"))?;
    Ok(InviteHash::from_bytes(hash))
}

#[cfg(test)]
mod tests;
