//! What goes into a store and what comes out of it.

use std::{str::FromStr, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    domain::{
        Body, GifName, Message, MessageId, Moment, Nonce, Reason, Report, Room, RoomId, Seq, Visitor, VisitorId,
        Whisper,
    },
    metrics::StoreMetrics,
    rules::{NewBody, RoomState},
};

/// What a store committed, in commit order. Bounded: a store waits for a follower that is behind.
pub type Changes = mpsc::Receiver<Change>;

/// One commit, as its followers see it.
#[derive(Clone, Debug)]
pub enum Change {
    /// A room was made.
    RoomCreated(Room),
    /// Title, seats, password, owner, or whether a room is closed or slow changed.
    RoomUpdated(Room),
    /// A room is gone, with its messages.
    RoomRemoved(RoomId),
    /// A visitor took a seat; the room with its new count. The line about it follows as [`Change::Posted`].
    Entered(Room, Visitor),
    /// A visitor's seat is free; the room with its new count. The line about it follows as [`Change::Posted`].
    Left(Room, Visitor),
    /// A visitor's last connection to a room was lost; the seat waits.
    Away(Room, Visitor),
    /// A visitor who was away is back.
    Back(Room, Visitor),
    /// A message was stored, or a line that nobody wrote.
    Posted(Arc<Message>),
    /// The reactions to a message changed; the version of those of the room since.
    Reacted(RoomId, MessageId, u64),
    /// A whisper was stored.
    Whispered(Arc<Whisper>),
    /// A message was reported.
    Reported(Report),
    /// A room keeps some of its oldest messages no more, nor their GIFs.
    Forgotten(RoomId),
    /// Changes got lost on their way here: followers read anew what they show. What comes behind this is whole again.
    Missed,
    /// The seats that this server's sockets held are gone, as it was away for too long: each has to enter again.
    SeatsLost,
}

impl Change {
    /// The room it is about; `None` when it is about all of them.
    pub fn room(&self) -> Option<RoomId> {
        match self {
            Self::RoomCreated(room) | Self::RoomUpdated(room) => Some(room.id),
            Self::Entered(room, _) | Self::Left(room, _) | Self::Away(room, _) | Self::Back(room, _) => Some(room.id),
            Self::RoomRemoved(id) | Self::Reacted(id, ..) | Self::Forgotten(id) => Some(*id),
            Self::Posted(message) => Some(message.room),
            Self::Whispered(whisper) => Some(whisper.room),
            Self::Reported(report) => Some(report.room),
            Self::Missed | Self::SeatsLost => None,
        }
    }

    /// Counts the message that was stored, if one was.
    pub(super) fn count_stored(&self, metrics: &StoreMetrics) {
        let messages = &metrics.messages;
        match self {
            Self::Posted(message) => match message.body {
                Body::Gif(_) => messages.gif.increment(),
                Body::Line(_) => messages.system.increment(),
                Body::Chat(_) | Body::Deleted => messages.text.increment(),
            },
            Self::Whispered(_) => messages.whisper.increment(),
            _ => (),
        }
    }

    /// What kind of change it is, for the log: what somebody said is never in there.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RoomCreated(_) => "room created",
            Self::RoomUpdated(_) => "room updated",
            Self::RoomRemoved(_) => "room removed",
            Self::Entered(..) => "entered",
            Self::Left(..) => "left",
            Self::Away(..) => "away",
            Self::Back(..) => "back",
            Self::Posted(_) => "posted",
            Self::Reacted(..) => "reacted",
            Self::Whispered(_) => "whispered",
            Self::Reported(_) => "reported",
            Self::Forgotten(_) => "forgotten",
            Self::Missed => "missed",
            Self::SeatsLost => "seats lost",
        }
    }
}

/// A page of the list of rooms, newest first.
#[derive(Clone, Debug, Default)]
pub struct RoomPage {
    /// The rooms.
    pub rooms: Vec<Room>,
    /// Where the next page begins, when there is one.
    pub next: Option<RoomCursor>,
    /// How many rooms there are on all pages.
    pub total: usize,
}

/// A place in the list of rooms, right behind the room it was made from. It stays valid when that room goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoomCursor {
    /// When that room was made.
    pub created_at: Moment,
    /// That room, which decides between two made in the same millisecond.
    pub room: RoomId,
}

impl RoomCursor {
    /// The place of a room.
    pub const fn of(room: &Room) -> Self {
        Self {
            created_at: room.created_at,
            room: room.id,
        }
    }
}

impl std::fmt::Display for RoomCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.created_at.millis(), self.room)
    }
}

impl FromStr for RoomCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (millis, room) = text.split_once('-').ok_or(())?;
        let created_at = Moment::from_millis(millis.parse().map_err(|_| ())?);
        Ok(Self {
            created_at,
            room: room.parse().map_err(|_| ())?,
        })
    }
}

/// What came of a command of the rule book.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The room after it.
    pub state: RoomState,
    /// The message that it left, if people see one.
    pub message: Option<Arc<Message>>,
    /// Whether nothing was stored, as the author had used the nonce before: `message` is the one of then.
    pub known: bool,
    /// Files that nothing names any more since, as far as [`GifIndex::unreferenced_gifs`](super::GifIndex) does not list them.
    pub unreferenced: Vec<GifName>,
}

/// What came of asking for a seat.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The room, with its count.
    pub room: Room,
    /// Who sits in it, the longest first.
    pub members: Vec<Visitor>,
    /// Those of them who have no connection at the moment.
    pub away: Vec<VisitorId>,
    /// The place of the line about it; without one, a place from which on every line about others will come. `members`
    /// is who sits there at that place.
    pub seq: Seq,
}

impl From<RoomState> for Entry {
    fn from(state: RoomState) -> Self {
        Self {
            members: state.members(),
            away: state.away(),
            seq: state.seq,
            room: state.room,
        }
    }
}

/// A whisper to be stored.
#[derive(Clone, Debug)]
pub struct NewWhisper {
    /// Its room.
    pub room: RoomId,
    /// Who says it.
    pub author: Visitor,
    /// To whom, in the same room.
    pub to: VisitorId,
    /// What it says.
    pub body: NewBody,
    /// What the author marked it with.
    pub nonce: Option<Nonce>,
}

/// What came of whispering.
#[derive(Clone, Debug)]
pub enum Whispered {
    /// It was stored. Older ones of the author may have had to go, and these files with them.
    New(Arc<Whisper>, Vec<GifName>),
    /// The author had whispered with this nonce before; that whisper.
    Known(Arc<Whisper>),
}

impl Whispered {
    /// The whisper, either way.
    pub fn whisper(&self) -> &Arc<Whisper> {
        match self {
            Self::New(whisper, _) | Self::Known(whisper) => whisper,
        }
    }
}

/// A report to be stored.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// The room.
    pub room: RoomId,
    /// Who reports.
    pub by: Visitor,
    /// The message.
    pub message: MessageId,
    /// Why.
    pub reason: Reason,
}

/// Which messages of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The newest.
    Newest,
    /// The oldest of those behind this place.
    After(Seq),
    /// The newest of those before this place.
    Before(Seq),
}

/// What was due.
#[derive(Debug, Default)]
pub struct Expired {
    /// Rooms that have ended, with the files that their messages named, as far as
    /// [`GifIndex::unreferenced_gifs`](super::GifIndex) does not list them.
    pub rooms: Vec<(RoomId, Vec<GifName>)>,
    /// Files that nothing names any more since other rooms have forgotten messages, as far as they are not listed.
    pub unreferenced: Vec<GifName>,
}
