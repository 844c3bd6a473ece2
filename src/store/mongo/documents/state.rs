//! The snapshot of a room: what the entries of its log up to a position have made of it.

use std::{collections::HashMap, sync::Arc};

use mongodb::bson::Binary;
use serde::{Deserialize, Serialize};

use super::{
    Damaged, Position, binary, bytes,
    entry::{mark_text, read_invite, read_mark, read_server, server_text},
    hex, number, signed, text, visitor,
};
use crate::{
    domain::{AddressKey, Ban, Max, Moment, Room, Title, Visitor, VisitorId},
    rules::{Empty, Grant, Hold, LastPosts, RoomState, Seat},
    store::mongo::folded::{Deletion, Folded, Hidden},
};

/// A room as the list shows it, and the rest of its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StateDoc {
    #[serde(rename = "_id")]
    pub id: String,
    /// The entry after which the room is so.
    pub position: i64,
    title: String,
    max: i64,
    count: i64,
    owner: WhoDoc,
    locked: bool,
    closed: bool,
    slow: i64,
    created: i64,
    seq: i64,
    password: Option<String>,
    password_version: i64,
    key: String,
    bans: Vec<BanDoc>,
    seats: Vec<SeatDoc>,
    /// Those who gave the password, and those who came by an invite.
    granted: Vec<String>,
    redeemed: Vec<String>,
    invites: Vec<Binary>,
    last_posts: Vec<PostDoc>,
    empty: Option<i64>,
    never_joined: bool,
    owner_absent: Option<i64>,
    deletions: Vec<DeletionDoc>,
    #[serde(default)]
    erased: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct WhoDoc {
    visitor: String,
    color: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct BanDoc {
    who: WhoDoc,
    until: Option<i64>,
    addresses: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SeatDoc {
    who: WhoDoc,
    holds: Vec<HoldDoc>,
    disconnected: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct HoldDoc {
    server: String,
    socket: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct PostDoc {
    visitor: String,
    at: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct DeletionDoc {
    seq: i64,
    at: i64,
    message: Option<String>,
    visitor: Option<String>,
    forbid: bool,
}

impl WhoDoc {
    fn of(visitor: Visitor) -> Self {
        Self {
            visitor: visitor.id.to_string(),
            color: visitor.color.to_string(),
        }
    }

    fn who(&self) -> Result<Visitor, Damaged> {
        visitor(&self.visitor, &self.color)
    }
}

impl From<&Ban> for BanDoc {
    fn from(ban: &Ban) -> Self {
        Self {
            who: WhoDoc::of(ban.visitor),
            until: ban.until.map(Moment::millis),
            addresses: ban.addresses.iter().copied().map(mark_text).collect(),
        }
    }
}

impl BanDoc {
    fn ban(&self) -> Result<Ban, Damaged> {
        Ok(Ban {
            visitor: self.who.who()?,
            until: self.until.map(Moment::from_millis),
            addresses: self
                .addresses
                .iter()
                .map(|mark| read_mark(mark))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl From<&Seat> for SeatDoc {
    fn from(seat: &Seat) -> Self {
        let hold = |hold: &Hold| HoldDoc {
            server: server_text(hold.server),
            socket: signed(hold.socket),
        };
        Self {
            who: WhoDoc::of(seat.visitor),
            holds: seat.holds.iter().map(hold).collect(),
            disconnected: seat.disconnected_at.map(Moment::millis),
        }
    }
}

impl SeatDoc {
    fn seat(&self) -> Result<Seat, Damaged> {
        let hold = |hold: &HoldDoc| {
            Ok(Hold {
                server: read_server(&hold.server)?,
                socket: number(hold.socket, "socket")?,
            })
        };
        Ok(Seat {
            visitor: self.who.who()?,
            holds: self.holds.iter().map(hold).collect::<Result<_, Damaged>>()?,
            disconnected_at: self.disconnected.map(Moment::from_millis),
        })
    }
}

impl From<&Deletion> for DeletionDoc {
    fn from(deletion: &Deletion) -> Self {
        let (message, visitor) = match deletion.hidden {
            Hidden::Message(message) => (Some(message.to_string()), None),
            Hidden::Author(visitor) => (None, Some(visitor.to_string())),
        };
        Self {
            seq: signed(deletion.seq),
            at: deletion.at.millis(),
            message,
            visitor,
            forbid: deletion.forbid,
        }
    }
}

impl DeletionDoc {
    fn deletion(&self) -> Result<Deletion, Damaged> {
        let hidden = match (&self.message, &self.visitor) {
            (Some(message), _) => Hidden::Message(text(message, "message")?),
            (None, visitor) => Hidden::Author(text(visitor.as_deref().unwrap_or_default(), "visitor")?),
        };
        Ok(Deletion {
            seq: number(self.seq, "seq")?,
            at: Moment::from_millis(self.at),
            hidden,
            forbid: self.forbid,
        })
    }
}

impl From<&Folded> for StateDoc {
    fn from(folded: &Folded) -> Self {
        let state = &folded.state;
        let granted = |wanted: Grant| {
            let all = state.grants.iter().filter(move |(_, grant)| **grant == wanted);
            all.map(|(visitor, _)| visitor.to_string()).collect()
        };
        let (empty, never_joined) = match state.empty {
            Empty::No => (None, false),
            Empty::NeverJoined(since) => (Some(since.millis()), true),
            Empty::Since(since) => (Some(since.millis()), false),
        };
        let post = |(visitor, at): (VisitorId, Moment)| PostDoc {
            visitor: visitor.to_string(),
            at: at.millis(),
        };
        Self {
            id: state.room.id.to_string(),
            position: signed(folded.position),
            title: state.room.title.as_str().to_owned(),
            max: state.room.max.get().into(),
            count: state.room.count.into(),
            owner: WhoDoc::of(state.room.owner),
            locked: state.room.locked,
            closed: state.room.closed,
            slow: state.room.slow.into(),
            created: state.room.created_at.millis(),
            seq: signed(state.seq),
            password: state.password_hash.as_deref().map(str::to_owned),
            password_version: signed(state.password_version),
            key: hex(&state.address_key.to_bytes()),
            bans: state.bans.iter().map(BanDoc::from).collect(),
            seats: state.seats.iter().map(SeatDoc::from).collect(),
            granted: granted(Grant::Password),
            redeemed: granted(Grant::Invite),
            invites: state.invites.iter().map(|invite| binary(invite.to_bytes())).collect(),
            last_posts: state.last_posts.all().map(post).collect(),
            empty,
            never_joined,
            owner_absent: state.owner_absent_since.map(Moment::millis),
            deletions: folded.deletions.iter().map(DeletionDoc::from).collect(),
            erased: signed(folded.erased),
        }
    }
}

impl StateDoc {
    fn room(&self) -> Result<Room, Damaged> {
        Ok(Room {
            id: text(&self.id, "_id")?,
            title: Title::from_store(&self.title),
            max: Max::from_store(number(self.max, "max")?),
            count: number(self.count, "count")?,
            owner: self.owner.who()?,
            locked: self.locked,
            closed: self.closed,
            slow: number(self.slow, "slow")?,
            created_at: Moment::from_millis(self.created),
        })
    }

    /// The state of this document.
    pub fn folded(&self) -> Result<Folded, Damaged> {
        let grant = |visitor: &String, grant| Ok((text(visitor, "granted")?, grant));
        let granted = self.granted.iter().map(|visitor| grant(visitor, Grant::Password));
        let redeemed = self.redeemed.iter().map(|visitor| grant(visitor, Grant::Invite));
        let grants: HashMap<VisitorId, Grant> = granted.chain(redeemed).collect::<Result<_, Damaged>>()?;
        let post = |post: &PostDoc| Ok((text(&post.visitor, "visitor")?, Moment::from_millis(post.at)));
        let posts = self.last_posts.iter().map(post).collect::<Result<Vec<_>, Damaged>>()?;
        let bans = self.bans.iter().map(BanDoc::ban).collect::<Result<Vec<_>, _>>()?;
        let seats = self.seats.iter().map(SeatDoc::seat).collect::<Result<Vec<_>, _>>()?;
        let invites = self.invites.iter().map(read_invite).collect::<Result<Vec<_>, _>>()?;
        let state = RoomState {
            room: self.room()?,
            password_hash: self.password.as_deref().map(Into::into),
            password_version: number(self.password_version, "password_version")?,
            address_key: AddressKey::from_bytes(bytes(&self.key).ok_or(Damaged("key"))?),
            seq: number(self.seq, "seq")?,
            ended: false,
            bans: Arc::new(bans),
            seats: Arc::new(seats),
            grants: Arc::new(grants),
            invites: Arc::new(invites),
            last_posts: Arc::new(LastPosts::of_all(posts)),
            empty: match self.empty.map(Moment::from_millis) {
                None => Empty::No,
                Some(since) if self.never_joined => Empty::NeverJoined(since),
                Some(since) => Empty::Since(since),
            },
            owner_absent_since: self.owner_absent.map(Moment::from_millis),
        };
        let deletions = self.deletions.iter().map(DeletionDoc::deletion);
        Ok(Folded {
            state,
            position: number::<Position>(self.position, "position")?,
            deletions: deletions.collect::<Result<Vec<_>, _>>()?.into(),
            erased: number(self.erased, "erased")?,
        })
    }
}
