//! Documents to values and back. Ids are kept as the text that URLs show, so that a shell can be asked for them.

use std::{str::FromStr, sync::Arc};

use mongodb::bson::{Binary, DateTime, spec::BinarySubtype};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Access, AddressKey, AddressMark, Alt, Ban, Body, Chat, Color, GifBody, GifHash, Guest, Line, LineKind, Max,
        Message, Moment, Nonce, Room, RoomId, Said, Seq, Title, Visitor, VisitorId, moderation::kept_out,
    },
    store::{RoomRecord, SocketKey, StoreError},
};

/// Seats of a room at most: a document holds 16 MB, which is four times what so many seats take with four sockets each,
/// and every join writes it anew.
pub const SEATS: u32 = 10_000;

/// A room with who sits in it: the one document that decides about its seats.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomDoc {
    #[serde(rename = "_id")]
    pub id: String,
    pub title: String,
    pub max: i64,
    pub password: Option<String>,
    /// Counts the passwords; a grant is worth something only for the one it was given for.
    pub lock: i64,
    /// Hashes of the invites that are good, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invites: Vec<Binary>,
    /// Counts the withdrawals of invites; a grant that came of one is worth something only until the next.
    #[serde(default)]
    pub withdrawn: i64,
    pub owner: String,
    pub color: String,
    pub created: i64,
    /// The longest first.
    pub members: Vec<MemberDoc>,
    /// Whether it lets nobody in who is not in already.
    #[serde(default)]
    pub closed: bool,
    /// Seconds between two messages of one visitor.
    #[serde(default)]
    pub slow: i64,
    /// Who is kept out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bans: Vec<BanDoc>,
    /// Since when its owner has no socket in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<DateTime>,
    /// Lines that are not among the messages yet. They are written with what they tell about, and moved there by the
    /// queues of posts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineDoc>,
    /// What marks of addresses are made with, in hexadecimal.
    #[serde(default)]
    pub key: String,
    /// Since when no socket is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<DateTime>,
    /// Whether its emptiness counts as one that somebody left behind.
    pub joined: bool,
    /// The last place that was given to a message which had to go.
    pub floor: i64,
    /// Counts the updates.
    pub version: i64,
}

/// A seat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberDoc {
    pub visitor: String,
    pub color: String,
    /// The visitor's sockets in this room, on whatever server.
    pub holds: Vec<HoldDoc>,
    /// The id of the line that will tell of its end, so that whoever ends it writes the same line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// Since when no socket holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DateTime>,
}

/// A socket that holds a seat.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoldDoc {
    pub server: String,
    pub socket: i64,
}

/// Keeps somebody out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BanDoc {
    pub visitor: String,
    pub color: String,
    /// In milliseconds since the Unix epoch; without it, for the life of the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Marks, in hexadecimal.
    pub addresses: Vec<String>,
}

/// A line on its way to the messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LineDoc {
    #[serde(rename = "_id")]
    pub id: String,
    pub line: String,
    pub count: i64,
    pub visitor: String,
    pub color: String,
    pub at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether the room refuses the bytes of the GIFs that go with it from then on.
    #[serde(default)]
    pub forbid: bool,
}

/// Lets a visitor into a locked room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GrantDoc {
    pub room: String,
    pub visitor: String,
    pub lock: i64,
    /// How often invites had been withdrawn when it came of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited: Option<i64>,
}

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

/// A hash as a document keeps it.
pub fn binary(hash: [u8; 32]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.to_vec(),
    }
}

fn read_hash(hash: &Binary) -> Option<GifHash> {
    hash.bytes.as_slice().try_into().ok().map(GifHash::from_bytes)
}

/// A document holds what this gifchat can't have written.
#[derive(Debug, thiserror::Error)]
#[error("a document is damaged at {0}")]
pub struct Damaged(&'static str);

impl From<Damaged> for StoreError {
    fn from(damaged: Damaged) -> Self {
        Self::failed(damaged)
    }
}

/// Reads a field kept as text.
pub fn text<T: FromStr>(text: &str, field: &'static str) -> Result<T, Damaged> {
    text.parse().map_err(|_| Damaged(field))
}

pub fn number<T: TryFrom<i64>>(number: i64, field: &'static str) -> Result<T, Damaged> {
    number.try_into().map_err(|_| Damaged(field))
}

pub fn visitor(id: &str, color: &str) -> Result<Visitor, Damaged> {
    Ok(Visitor::from_store(
        text::<VisitorId>(id, "visitor")?,
        text::<Color>(color, "color")?,
    ))
}

/// Bytes as a document keeps them, in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same back.
pub fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if hex.len() != 2 * N {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// A number that a document keeps; the numbers of a document have a sign.
pub fn signed(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

impl RoomDoc {
    /// What everyone may see of it.
    pub fn room(&self) -> Result<Room, Damaged> {
        Ok(Room {
            id: text(&self.id, "_id")?,
            title: Title::from_store(&self.title),
            max: Max::from_store(number(self.max, "max")?),
            count: u32::try_from(self.members.len()).unwrap_or(u32::MAX),
            owner: visitor(&self.owner, &self.color)?,
            locked: self.password.is_some(),
            closed: self.closed,
            slow: number(self.slow, "slow")?,
            created_at: Moment::from_millis(self.created),
        })
    }

    /// What the rules may see of it.
    pub fn record(&self, last_message: Seq) -> Result<RoomRecord, Damaged> {
        Ok(RoomRecord {
            room: self.room()?,
            password_hash: self.password.as_deref().map(Arc::from),
            last_seq: last_message.max(number(self.floor, "floor")?),
            invites: self.invites.len(),
            bans: !self.bans.is_empty(),
        })
    }

    /// Who is kept out.
    pub fn bans(&self) -> Result<Vec<Ban>, Damaged> {
        let ban = |ban: &BanDoc| {
            let marks = ban.addresses.iter().filter_map(|mark| bytes(mark));
            Ok(Ban {
                visitor: visitor(&ban.visitor, &ban.color)?,
                until: ban.until.map(Moment::from_millis),
                addresses: marks.map(AddressMark::from_bytes).collect(),
            })
        };
        self.bans.iter().map(ban).collect()
    }

    /// What a guest is to it; `granted` says whether the visitor's grant is worth something.
    pub fn access(&self, guest: Guest, granted: bool) -> Result<Access, Damaged> {
        let id = guest.visitor.id;
        let (owner, member) = (self.owner == id.to_string(), self.seats(id));
        let banned = kept_out(&self.bans()?, guest, || self.mark(guest), owner || member);
        Ok(Access {
            owner,
            granted: owner || granted || self.password.is_none(),
            member,
            banned,
            closed: self.closed,
        })
    }

    /// The mark of where a guest comes from. A room of an older gifchat has no key, and so no marks.
    pub fn mark(&self, guest: Guest) -> Option<AddressMark> {
        let key = AddressKey::from_bytes(bytes(&self.key)?);
        guest.address.map(|address| key.mark(address))
    }

    /// Who sits in it.
    pub fn visitors(&self) -> Result<Vec<Visitor>, Damaged> {
        self.members
            .iter()
            .map(|member| visitor(&member.visitor, &member.color))
            .collect()
    }

    /// Whether a visitor sits in it.
    pub fn seats(&self, visitor: VisitorId) -> bool {
        let visitor = visitor.to_string();
        self.members.iter().any(|member| member.visitor == visitor)
    }
}

impl RoomDoc {
    /// The sockets of a server that hold seats in it. What can't be read is none of ours.
    pub fn holds_of(&self, server: &str) -> Vec<(RoomId, VisitorId, SocketKey)> {
        let Ok(id) = text::<RoomId>(&self.id, "_id") else {
            return Vec::new();
        };
        let of_member = |member: &MemberDoc| {
            let visitor = text::<VisitorId>(&member.visitor, "visitor").ok()?;
            let mine = member.holds.iter().filter(|hold| hold.server == server);
            let sockets = mine.filter_map(|hold| SocketKey::try_from(hold.socket).ok());
            Some(sockets.map(|socket| (id, visitor, socket)).collect::<Vec<_>>())
        };
        self.members.iter().filter_map(of_member).flatten().collect()
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

/// What a room's document says about who wants to post.
#[derive(Clone, Debug, Deserialize)]
pub struct AdmissionDoc {
    pub owner: String,
    #[serde(default)]
    pub slow: i64,
    pub floor: i64,
    #[serde(default)]
    pub lines: Vec<LineDoc>,
    /// Those of the authors who sit in it.
    pub seated: Vec<String>,
}

impl AdmissionDoc {
    /// Whether a visitor sits in it.
    pub fn seats(&self, visitor: VisitorId) -> bool {
        let visitor = visitor.to_string();
        self.seated.contains(&visitor)
    }
}

impl LineDoc {
    /// Whether it takes from messages what they say.
    pub fn is_about_messages(&self) -> bool {
        self.line == LineKind::Cleared.name() || self.message.is_some()
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
