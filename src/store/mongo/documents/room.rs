//! Rooms, with who sits in them and who may enter.

use std::sync::Arc;

use mongodb::bson::{Binary, DateTime};
use serde::{Deserialize, Serialize};

use super::{Damaged, bytes, number, text, visitor};
use crate::{
    domain::{
        Access, AddressKey, AddressMark, Ban, Guest, Max, Moment, Room, RoomId, Seq, Title, Visitor, VisitorId,
        moderation::kept_out,
    },
    rules::SocketKey,
    store::RoomRecord,
};

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
    /// Its place among the messages, while what it clears of them is being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
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
            password_version: number(self.lock, "lock")?,
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
        let banned = kept_out(
            &self.bans()?,
            guest,
            || self.mark(guest),
            owner || member,
            Moment::now(),
        );
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
