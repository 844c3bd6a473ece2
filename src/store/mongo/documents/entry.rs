//! An entry of the log of a room, as a document and back.
//!
//! `_id` is the room and the position, so that the unique `_id` decides which server was first. What people see has a `seq`
//! and the id of its message besides: history is read from the same documents. Content that an owner deleted is taken out of
//! its document; that it was there stays.

use std::sync::Arc;

use mongodb::bson::Binary;
use serde::{Deserialize, Serialize};

use super::{
    Damaged, binary, bytes, hex,
    message::{GifDoc, said},
    number, signed, text, visitor,
};
use crate::{
    domain::{
        AddressKey, AddressMark, Ban, Body, Chat, InviteHash, Line, Max, Message, MessageId, Moment, Nonce, RoomId, Said,
        Seq, Title, Visitor,
    },
    rules::{Event, Hold, NewRoom, RoomChange, ServerId},
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
    /// What the author of a message marked it with.
    pub nonce: Option<Nonce>,
    /// Whether what a message said has been deleted.
    pub blank: bool,
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
    /// What the deletion with that `seq` says has been carried out.
    Erased(Seq),
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
    /// The message that a deletion is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forbid: Option<bool>,
    /// Whether a deletion has not been carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<i64>,
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
    /// What marks of addresses are made with, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Entry {
    /// The message, as people see it; none if there is none, or it had to go.
    pub fn message(&self) -> Option<Message> {
        let (Shown { seq, id, count }, Record::Event(event)) = (self.shown?, &self.record) else {
            return None;
        };
        let (author, body) = match event {
            Event::Posted(author, _) if self.blank => (*author, Body::Deleted),
            Event::Posted(author, said) => (*author, said.clone().into()),
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
        })
    }
}

impl From<&Entry> for EntryDoc {
    fn from(entry: &Entry) -> Self {
        let mut doc = Self {
            id: entry_id(entry.room, entry.position),
            room: entry.room.to_string(),
            at: entry.at.millis(),
            by: entry.by.to_string(),
            nonce: entry.nonce.as_ref().map(|nonce| nonce.as_str().to_owned()),
            ..Self::default()
        };
        if let Some(Shown { seq, id, count }) = entry.shown {
            (doc.seq, doc.message, doc.count) = (Some(signed(seq)), Some(id.to_string()), Some(count.into()));
        }
        match &entry.record {
            Record::Created(new, key) => doc.set_created(new, *key),
            Record::Event(event) => doc.set_event(event),
            Record::Erased(seq) => {
                doc.kind = "erased".to_owned();
                doc.erased = Some(signed(*seq));
            }
        }
        if entry.blank {
            (doc.chat, doc.gif) = (None, None);
        }
        doc
    }
}

impl EntryDoc {
    fn set_created(&mut self, new: &NewRoom, key: AddressKey) {
        self.set("created", Some(new.owner));
        self.edge = Some("created".to_owned());
        self.title = Some(new.title.as_str().to_owned());
        self.max = Some(new.max.get().into());
        self.password.clone_from(&new.password_hash);
        self.key = Some(hex(&key.to_bytes()));
    }

    fn set(&mut self, kind: &str, visitor: Option<Visitor>) {
        kind.clone_into(&mut self.kind);
        self.visitor = visitor.map(|visitor| visitor.id.to_string());
        self.color = visitor.map(|visitor| visitor.color.to_string());
    }

    fn set_id(&mut self, kind: &str, visitor: impl ToString) {
        kind.clone_into(&mut self.kind);
        self.visitor = Some(visitor.to_string());
    }

    fn set_hold(&mut self, hold: Hold) {
        self.server = Some(server_text(hold.server));
        self.socket = Some(signed(hold.socket));
    }

    fn set_event(&mut self, event: &Event) {
        match event {
            Event::Joined { visitor, hold, mark } => {
                self.set("joined", Some(*visitor));
                self.set_hold(*hold);
                self.address = mark.map(mark_text);
            }
            Event::Held(visitor, hold) => {
                self.set_id("held", visitor);
                self.set_hold(*hold);
            }
            Event::Released(visitor, hold) => {
                self.set_id("released", visitor);
                self.set_hold(*hold);
            }
            Event::Left(visitor) => self.set("left", Some(*visitor)),
            Event::Kicked(visitor) => self.set("kicked", Some(*visitor)),
            Event::Banned(ban) => {
                self.set("banned", Some(ban.visitor));
                self.until = ban.until.map(Moment::millis);
                self.addresses = Some(ban.addresses.iter().copied().map(mark_text).collect());
            }
            Event::Unbanned(visitor) => self.set_id("unbanned", visitor),
            Event::OwnerChanged(visitor) => self.set("owner", Some(*visitor)),
            Event::Posted(author, said) => {
                self.set("posted", Some(*author));
                match said {
                    Said::Chat(chat) => self.chat = Some(chat.as_str().to_owned()),
                    Said::Gif(gif) => self.gif = Some(GifDoc::of(gif)),
                }
            }
            Event::Deleted {
                message,
                author,
                forbid,
            } => {
                self.set("deleted", Some(*author));
                self.about = Some(message.to_string());
                (self.forbid, self.pending) = (Some(*forbid), Some(true));
            }
            Event::Cleared { author, forbid } => {
                self.set("cleared", Some(*author));
                (self.forbid, self.pending) = (Some(*forbid), Some(true));
            }
            Event::Granted(visitor) => self.set_id("granted", visitor),
            Event::Redeemed(visitor) => self.set_id("redeemed", visitor),
            Event::Invited(invite) => {
                self.set("invited", None);
                self.invite = Some(binary(invite.to_bytes()));
            }
            Event::InvitesWithdrawn => self.set("withdrawn", None),
            Event::Changed(change) => self.set_change(change),
            Event::Restarted => self.set("restarted", None),
            Event::Ended => {
                self.set("ended", None);
                self.edge = Some("ended".to_owned());
            }
        }
    }

    fn set_change(&mut self, change: &RoomChange) {
        self.set("changed", None);
        self.title = change.title.as_ref().map(|title| title.as_str().to_owned());
        self.max = change.max.map(|max| max.get().into());
        match &change.password_hash {
            Some(Some(hash)) => self.password = Some(hash.to_string()),
            Some(None) => self.unlocked = Some(true),
            None => (),
        }
        self.closed = change.closed;
        self.slow = change.slow.map(i64::from);
    }

    /// The entry of this document.
    pub fn entry(&self) -> Result<Entry, Damaged> {
        let position = self.id.rsplit_once(':').map_or("", |(_, position)| position);
        let shown = match (self.seq, &self.message) {
            (Some(seq), Some(id)) => Some(Shown {
                seq: number(seq, "seq")?,
                id: text(id, "message")?,
                count: number(self.count.unwrap_or_default(), "count")?,
            }),
            _ => None,
        };
        let record = match self.kind.as_str() {
            "created" => self.created()?,
            "erased" => Record::Erased(number(self.erased.unwrap_or_default(), "erased")?),
            _ => Record::Event(self.event()?),
        };
        Ok(Entry {
            room: text(&self.room, "room")?,
            position: text(position, "_id")?,
            at: Moment::from_millis(self.at),
            by: self.by.as_str().into(),
            blank: self.kind == "posted" && self.chat.is_none() && self.gif.is_none(),
            nonce: self.nonce.as_deref().and_then(|nonce| Nonce::parse(nonce).ok()),
            record,
            shown,
        })
    }

    fn created(&self) -> Result<Record, Damaged> {
        let new = NewRoom {
            title: Title::from_store(self.title.as_deref().ok_or(Damaged("title"))?),
            max: self.max()?.ok_or(Damaged("max"))?,
            password_hash: self.password.clone(),
            owner: self.visitor()?,
        };
        let key = self.key.as_deref().and_then(bytes).ok_or(Damaged("key"))?;
        Ok(Record::Created(new, AddressKey::from_bytes(key)))
    }

    fn event(&self) -> Result<Event, Damaged> {
        let id = || text(self.visitor.as_deref().unwrap_or_default(), "visitor");
        let forbid = self.forbid.unwrap_or_default();
        Ok(match self.kind.as_str() {
            "joined" => Event::Joined {
                visitor: self.visitor()?,
                hold: self.hold()?,
                mark: self.address.as_deref().map(read_mark).transpose()?,
            },
            "held" => Event::Held(id()?, self.hold()?),
            "released" => Event::Released(id()?, self.hold()?),
            "left" => Event::Left(self.visitor()?),
            "kicked" => Event::Kicked(self.visitor()?),
            "banned" => Event::Banned(self.ban()?),
            "unbanned" => Event::Unbanned(id()?),
            "owner" => Event::OwnerChanged(self.visitor()?),
            "posted" => Event::Posted(self.visitor()?, self.said()?),
            "deleted" => Event::Deleted {
                message: text(self.about.as_deref().unwrap_or_default(), "about")?,
                author: self.visitor()?,
                forbid,
            },
            "cleared" => Event::Cleared {
                author: self.visitor()?,
                forbid,
            },
            "granted" => Event::Granted(id()?),
            "redeemed" => Event::Redeemed(id()?),
            "invited" => Event::Invited(read_invite(self.invite.as_ref().ok_or(Damaged("invite"))?)?),
            "withdrawn" => Event::InvitesWithdrawn,
            "changed" => Event::Changed(self.change()?),
            "restarted" => Event::Restarted,
            "ended" => Event::Ended,
            _ => return Err(Damaged("kind")),
        })
    }

    fn visitor(&self) -> Result<Visitor, Damaged> {
        let (id, color) = (self.visitor.as_deref(), self.color.as_deref());
        visitor(id.unwrap_or_default(), color.unwrap_or_default())
    }

    fn hold(&self) -> Result<Hold, Damaged> {
        Ok(Hold {
            server: read_server(self.server.as_deref().unwrap_or_default())?,
            socket: number(self.socket.unwrap_or_default(), "socket")?,
        })
    }

    fn max(&self) -> Result<Option<Max>, Damaged> {
        let max = |max| number(max, "max").map(Max::from_store);
        self.max.map(max).transpose()
    }

    fn ban(&self) -> Result<Ban, Damaged> {
        let marks = self.addresses.iter().flatten().map(|mark| read_mark(mark));
        Ok(Ban {
            visitor: self.visitor()?,
            until: self.until.map(Moment::from_millis),
            addresses: marks.collect::<Result<_, _>>()?,
        })
    }

    fn said(&self) -> Result<Said, Damaged> {
        if self.chat.is_none() && self.gif.is_none() {
            // It was deleted; no reader is shown this.
            return Ok(Said::Chat(Chat::from_store("")));
        }
        said(self.chat.as_deref(), self.gif.as_ref())
    }

    fn change(&self) -> Result<RoomChange, Damaged> {
        let slow = |slow| number(slow, "slow");
        Ok(RoomChange {
            title: self.title.as_deref().map(Title::from_store),
            max: self.max()?,
            password_hash: match &self.password {
                Some(hash) => Some(Some(hash.as_str().into())),
                None => self.unlocked.unwrap_or_default().then_some(None),
            },
            closed: self.closed,
            slow: self.slow.map(slow).transpose()?,
        })
    }
}

/// A mark of an address as documents keep it.
pub fn mark_text(mark: AddressMark) -> String {
    hex(&mark.to_bytes())
}

pub fn read_mark(mark: &str) -> Result<AddressMark, Damaged> {
    bytes(mark).map(AddressMark::from_bytes).ok_or(Damaged("address"))
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
