//! The state of a room: what its events have made of it so far.

use std::{collections::HashMap, sync::Arc};

use super::{Now, OpenRooms, PasswordVersion, Reactions, Seat, last_posts::LastPosts};
use crate::domain::{
    Access, AddressHash, AddressKey, Ban, Guest, InviteHash, Maker, Max, MessageId, Moment, ReportId, Room, RoomId,
    Seq, Title, Visitor, VisitorId, moderation::kept_out,
};

/// A room to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRoom {
    /// Its title.
    pub title: Title,
    /// Its seats.
    pub max: Max,
    /// The hash of its password, in PHC form.
    pub password_hash: Option<String>,
    /// Who makes it.
    pub owner: Visitor,
    /// The same, as bounds of the site count it.
    pub maker: Maker,
    /// How many rooms may be open with it.
    pub most: OpenRooms,
}

/// Why a visitor may enter a locked room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The visitor gave the password.
    Password,
    /// The visitor came by an invite. It ends when the invites are withdrawn.
    Invite,
}

/// Since when a room has been without a socket, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// A socket is connected.
    No,
    /// The last person left on purpose.
    Left(Moment),
    /// The last connection was lost, or nobody has come yet.
    Lost(Moment),
}

/// Who ever came to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// Nobody yet.
    Nobody,
    /// Only its maker.
    Maker,
    /// Somebody else.
    Others,
}

/// A report that waits for the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// Its id.
    pub id: ReportId,
    /// The message it is about.
    pub message: MessageId,
    /// Its place; 0 if an earlier version did not note it.
    pub seq: Seq,
    /// Who wrote that message.
    pub author: VisitorId,
    /// Who reported it.
    pub by: VisitorId,
}

/// A room as its events have made it. Cloning is cheap: lists are shared until one side changes them.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomState {
    /// What everyone may see.
    pub room: Room,
    /// The hash of its password, in PHC form.
    pub password_hash: Option<Arc<str>>,
    /// Which password that is.
    pub password_version: PasswordVersion,
    /// What marks of addresses are made with.
    pub address_key: AddressKey,
    /// Who made it, as bounds of the site count it.
    pub maker: Arc<Maker>,
    /// The `seq` of its last message, 0 if there is none.
    pub seq: Seq,
    /// The `seq` of the last message that the room does not keep any more, 0 if it keeps all.
    pub forgotten: Seq,
    /// When the first message that it keeps was said, or some time before; `None` if it keeps none.
    pub oldest: Option<Moment>,
    /// Whether it is gone.
    pub ended: bool,
    /// Who is kept out, bans that are over included.
    pub bans: Arc<Vec<Ban>>,
    /// In the order of arrival.
    pub seats: Arc<Vec<Seat>>,
    /// Who may enter without the password, and why.
    pub grants: Arc<HashMap<VisitorId, Grant>>,
    /// Those that are good, the oldest first.
    pub invites: Arc<Vec<InviteHash>>,
    /// Who wrote when, while slow mode is on.
    pub last_posts: Arc<LastPosts>,
    /// Reports that wait for the owner, the oldest first.
    pub reports: Arc<Vec<OpenReport>>,
    /// What people reacted with to messages.
    pub reactions: Arc<Reactions>,
    /// Whether a socket is connected.
    pub empty: Empty,
    /// Whether anybody but its maker ever came.
    pub visited: bool,
    /// Since when the owner has had no socket in the room.
    pub owner_absent_since: Option<Moment>,
}

impl RoomState {
    /// A room that was just made.
    pub fn new(id: RoomId, new: NewRoom, address_key: AddressKey, now: Now) -> Self {
        let room = Room {
            id,
            title: new.title,
            max: new.max,
            count: 0,
            away: 0,
            owner: new.owner,
            locked: new.password_hash.is_some(),
            closed: false,
            slow: 0,
            crowd: false,
            created_at: now.date,
            asleep: false,
        };
        Self {
            maker: Arc::new(new.maker),
            ..Self::restored(room, new.password_hash.map(Into::into), address_key, now)
        }
    }

    /// A room as a store kept it over a restart, before its seats, grants, invites and bans are added. Its graces begin now.
    pub fn restored(room: Room, password_hash: Option<Arc<str>>, address_key: AddressKey, now: Now) -> Self {
        Self {
            room,
            password_hash,
            password_version: 0,
            address_key,
            maker: Arc::default(),
            seq: 0,
            forgotten: 0,
            oldest: None,
            ended: false,
            bans: Arc::default(),
            seats: Arc::default(),
            grants: Arc::default(),
            invites: Arc::default(),
            last_posts: Arc::default(),
            reports: Arc::default(),
            reactions: Arc::default(),
            empty: Empty::Lost(now.steady),
            visited: false,
            owner_absent_since: Some(now.steady),
        }
    }

    /// Adds what a store kept of who may enter. Part of [`Self::restored`].
    #[must_use]
    pub fn with_grants(mut self, grants: HashMap<VisitorId, Grant>, invites: Vec<InviteHash>) -> Self {
        self.grants = Arc::new(grants);
        self.invites = Arc::new(invites);
        self
    }

    /// Adds the seats of an earlier run, the longest held first, each with where its visitor came from, and who ever came.
    /// Each seat waits for its visitor from now on. Part of [`Self::restored`].
    #[must_use]
    pub fn with_seats(
        mut self,
        visitors: impl IntoIterator<Item = (Visitor, Option<AddressHash>)>,
        came: Came,
        now: Now,
    ) -> Self {
        let waiting = |(visitor, mark)| Seat {
            visitor,
            mark,
            holds: Vec::new(),
            disconnected_at: Some(now.steady),
            closed_at: None,
        };
        self.seats = Arc::new(visitors.into_iter().map(waiting).collect());
        self.visited = came == Came::Others;
        self.room.asleep = came != Came::Nobody;
        self.recount();
        self
    }

    /// Since when no socket has been connected, if none is.
    pub fn empty_since(&self) -> Option<Moment> {
        match self.empty {
            Empty::No => None,
            Empty::Left(since) | Empty::Lost(since) => Some(since),
        }
    }

    pub(super) fn recount(&mut self) {
        let count = |seats: usize| u32::try_from(seats).unwrap_or(u32::MAX);
        self.room.count = count(self.seats.len());
        self.room.away = count(self.seats.iter().filter(|seat| seat.holds.is_empty()).count());
    }

    /// What a guest is to the room.
    pub fn access(&self, guest: Guest, date: Moment) -> Access {
        let visitor = guest.visitor.id;
        let owner = self.room.owner.id == visitor;
        let member = self.member(visitor).is_some();
        let mark = || guest.source.marked().map(|address| self.address_key.mark(address));
        Access {
            owner,
            granted: owner || !self.room.locked || self.grants.contains_key(&visitor),
            member,
            banned: kept_out(&self.bans, guest, mark, owner || member, date),
            closed: self.room.closed,
        }
    }

    /// A visitor who holds a seat.
    pub fn member(&self, visitor: VisitorId) -> Option<Visitor> {
        self.seat(visitor).map(|seat| seat.visitor)
    }

    /// Who holds a seat, the longest first.
    pub fn members(&self) -> Vec<Visitor> {
        self.seats.iter().map(|seat| seat.visitor).collect()
    }

    /// How many invites are good.
    pub fn invites(&self) -> usize {
        self.invites.len()
    }

    /// Whether an invite is good.
    pub fn is_good(&self, invite: InviteHash) -> bool {
        self.invites.contains(&invite)
    }

    /// Whether there is a ban of a visitor, be it over or not.
    pub fn is_noted_as_banned(&self, visitor: VisitorId) -> bool {
        self.bans.iter().any(|ban| ban.visitor.id == visitor)
    }

    /// Whose seats no socket holds.
    pub fn away(&self) -> Vec<VisitorId> {
        let away = self.seats.iter().filter(|seat| seat.holds.is_empty());
        away.map(|seat| seat.visitor.id).collect()
    }

    /// Whether no socket holds a visitor's seat; `None` if there is no such seat.
    pub fn is_away(&self, visitor: VisitorId) -> Option<bool> {
        self.seat(visitor).map(|seat| seat.holds.is_empty())
    }

    /// A visitor whose seat that many sockets hold.
    pub fn held_by(&self, visitor: VisitorId, sockets: usize) -> Option<Visitor> {
        let seat = self.seat(visitor).filter(|seat| seat.holds.len() == sockets);
        seat.map(|seat| seat.visitor)
    }

    pub(super) fn seat(&self, visitor: VisitorId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.visitor.id == visitor)
    }
}
