//! Documents of the version before rooms were logs: rooms with their members, messages, and grants.

use std::collections::HashMap;

use mongodb::bson::Binary;
use serde::Deserialize;

use super::{
    Damaged, Entry, EntryDoc, GifDoc, Record, Shown, bytes,
    entry::{read_invite, read_mark},
    number, said, text, visitor,
};
use crate::{
    domain::{
        AddressKey, Ban, Chat, InviteHash, LineKind, Max, Moment, Nonce, Room, RoomId, Said, Seq, Title, Visitor,
        VisitorId,
    },
    rules::{Event, Grant, Hold, NewRoom, ServerId},
    store::mongo::folded::{Deletion, Hidden},
};

/// A room.
#[derive(Debug, Deserialize)]
pub struct OldRoom {
    #[serde(rename = "_id")]
    pub id: String,
    title: String,
    max: i64,
    pub password: Option<String>,
    pub lock: i64,
    #[serde(default)]
    invites: Vec<Binary>,
    #[serde(default)]
    withdrawn: i64,
    owner: String,
    color: String,
    created: i64,
    members: Vec<OldMember>,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    slow: i64,
    #[serde(default)]
    bans: Vec<OldBan>,
    /// System messages that are not among the messages yet, and clears that are not carried out yet.
    #[serde(default)]
    pub lines: Vec<OldMessage>,
    #[serde(default)]
    key: String,
    /// The last `seq` that was given to a message which had to go.
    pub floor: i64,
}

#[derive(Debug, Deserialize)]
struct OldMember {
    visitor: String,
    color: String,
}

#[derive(Debug, Deserialize)]
struct OldBan {
    visitor: String,
    color: String,
    until: Option<i64>,
    addresses: Vec<String>,
}

/// A message, or a system message on its way to the messages.
#[derive(Debug, Deserialize)]
pub struct OldMessage {
    #[serde(rename = "_id")]
    id: String,
    /// None while it is on its way.
    pub seq: Option<i64>,
    visitor: String,
    color: String,
    at: i64,
    nonce: Option<String>,
    chat: Option<String>,
    gif: Option<GifDoc>,
    line: Option<String>,
    count: Option<i64>,
    message: Option<String>,
    address: Option<String>,
    #[serde(default)]
    forbid: bool,
    /// The `seq` that it has got, if it is a clear that is not carried out yet.
    pub place: Option<i64>,
}

/// A grant: worth something for one password, and until invites are withdrawn if it came of one.
#[derive(Debug, Deserialize)]
pub struct OldGrant {
    visitor: String,
    lock: i64,
    invited: Option<i64>,
}

impl OldRoom {
    pub fn room(&self) -> Result<Room, Damaged> {
        Ok(Room {
            id: text(&self.id, "_id")?,
            title: Title::from_store(&self.title),
            max: Max::from_store(number(self.max, "max")?),
            count: number(self.members.len().try_into().unwrap_or(i64::MAX), "members")?,
            owner: visitor(&self.owner, &self.color)?,
            locked: self.password.is_some(),
            closed: self.closed,
            slow: number(self.slow, "slow")?,
            crowd: false,
            created_at: Moment::from_millis(self.created),
            asleep: false,
            away: 0,
        })
    }

    pub fn key(&self) -> AddressKey {
        // A room of an earlier version may have none.
        bytes(&self.key).map_or_else(AddressKey::random, AddressKey::from_bytes)
    }

    pub fn first_record(&self) -> Result<Record, Damaged> {
        let room = self.room()?;
        let new = NewRoom {
            title: room.title,
            max: room.max,
            password_hash: self.password.clone(),
            owner: room.owner,
            maker: Default::default(),
            most: Default::default(),
        };
        Ok(Record::Created(new, self.key()))
    }

    pub fn members(&self) -> Result<Vec<Visitor>, Damaged> {
        let member = |member: &OldMember| visitor(&member.visitor, &member.color);
        self.members.iter().map(member).collect()
    }

    pub fn bans(&self) -> Result<Vec<Ban>, Damaged> {
        let ban = |ban: &OldBan| {
            let marks = ban.addresses.iter().map(|mark| read_mark(mark));
            Ok(Ban {
                visitor: visitor(&ban.visitor, &ban.color)?,
                until: ban.until.map(Moment::from_millis),
                addresses: marks.collect::<Result<_, _>>()?,
            })
        };
        self.bans.iter().map(ban).collect()
    }

    pub fn invites(&self) -> Result<Vec<InviteHash>, Damaged> {
        self.invites.iter().map(read_invite).collect()
    }

    /// Those of the grants that are worth something.
    pub fn grants(&self, all: &[OldGrant]) -> Result<HashMap<VisitorId, Grant>, Damaged> {
        let worth = all.iter().filter(|grant| {
            grant.lock == self.lock && grant.invited.is_none_or(|withdrawn| withdrawn == self.withdrawn)
        });
        let given = worth.map(|grant| {
            let how = grant.invited.map_or(Grant::Password, |_| Grant::Invite);
            Ok((text(&grant.visitor, "visitor")?, how))
        });
        given.collect()
    }
}

impl OldMessage {
    /// The entry of this message.
    pub fn entry(&self, room: RoomId, position: u64, seq: Seq) -> Result<EntryDoc, Damaged> {
        let author = visitor(&self.visitor, &self.color)?;
        let blank = self.line.is_none() && self.chat.is_none() && self.gif.is_none();
        let event = match &self.line {
            Some(kind) => self.line(kind, author)?,
            None => Event::Posted {
                author,
                said: match blank {
                    true => Said::Chat(Chat::from_store("")),
                    false => said(self.chat.as_deref(), self.gif.as_ref())?,
                },
                reply: None,
            },
        };
        let entry = Entry {
            room,
            position,
            at: Moment::from_millis(self.at),
            record: Record::Event(event),
            shown: Some(Shown {
                seq,
                id: text(&self.id, "_id")?,
                count: number(self.count.unwrap_or_default(), "count")?,
            }),
            nonce: self.nonce.as_deref().and_then(|nonce| Nonce::parse(nonce).ok()),
            blank,
            edited: None,
            by: "".into(),
        };
        // Whether a deletion has been carried out says the state at the end.
        Ok(EntryDoc {
            pending: None,
            ..EntryDoc::from(&entry)
        })
    }

    fn line(&self, kind: &str, visitor: Visitor) -> Result<Event, Damaged> {
        let message = self.message.as_deref().map(|id| text(id, "message")).transpose()?;
        Ok(match LineKind::from_store(kind, message).ok_or(Damaged("line"))? {
            LineKind::Joined => Event::Joined {
                visitor,
                hold: Hold {
                    server: ServerId::ONLY,
                    socket: 0,
                },
                mark: self.address.as_deref().map(read_mark).transpose()?,
            },
            LineKind::Left => Event::Left(visitor),
            LineKind::Kicked => Event::Kicked(visitor),
            LineKind::Owner => Event::OwnerChanged(visitor),
            LineKind::Banned => Event::Banned(Ban {
                visitor,
                until: None,
                addresses: Vec::new(),
            }),
            LineKind::Deleted(message) => Event::Deleted {
                message,
                author: visitor,
                forbid: self.forbid,
            },
            // Older than edits and messages about settings.
            LineKind::Edited(_)
            | LineKind::Renamed
            | LineKind::Locked
            | LineKind::Unlocked
            | LineKind::Slowed
            | LineKind::Closed
            | LineKind::Opened
            | LineKind::Changed => return Err(Damaged("line")),
            LineKind::Cleared => Event::Cleared {
                author: visitor,
                forbid: self.forbid,
            },
        })
    }

    /// The deletion that is to be carried out, if it is one.
    pub fn deletion(&self, seq: Seq) -> Result<Option<Deletion>, Damaged> {
        let hidden = match (self.line.as_deref(), &self.message) {
            (Some("cleared"), _) => Hidden::Author(text(&self.visitor, "visitor")?),
            (Some("deleted"), Some(message)) => Hidden::Message(text(message, "message")?),
            _ => return Ok(None),
        };
        Ok(Some(Deletion {
            seq,
            at: Moment::from_millis(self.at),
            hidden,
            forbid: self.forbid,
        }))
    }
}
