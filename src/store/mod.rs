//! Where rooms, seats and messages are kept. [`Store`] is what the rules see; no driver's type crosses it.
//!
//! A store commits in one order and tells what it committed, in that order, through [`Store::changes`].

#[cfg(feature = "mongodb")]
pub mod mongo;
mod sessions;
mod sqlite;
mod url;

pub use sessions::{PurgingStore, Sessions, open_sqlite_sessions};
pub use sqlite::SqliteStore;
pub use url::{MongoUrl, StoreUrl};

use std::{str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{
    domain::{
        Access, Action, Alt, Ban, Chat, GifBody, GifHash, GifName, Guest, InviteHash, Max, Message, MessageId, Moment,
        Nonce, Reason, Refusal, Report, ReportId, Reported, Room, RoomId, Seq, Title, Visitor, VisitorId, Whisper,
        WhisperId,
    },
    seldom::Seldom,
};

/// Whispers of one author that a room keeps.
pub const WHISPERS_EACH: usize = 200;

/// Whispers that a room keeps.
pub const WHISPERS: usize = 10_000;

/// Reports that may wait for the owner of a room, and how many of them may be of one visitor.
pub const REPORTS: usize = 200;
/// See [`REPORTS`].
pub const REPORTS_EACH: usize = 10;

/// What a report beyond those is told: the owner may get to them.
const TOO_MANY_REPORTS: StoreError = StoreError::Refused(Refusal::RateLimited {
    retry_after: Duration::from_secs(60),
});

/// Invites to one room that may be good at once.
pub const INVITES: usize = 20;

/// Hashes of GIFs that a room remembers as forbidden; beyond these it forgets the oldest.
const FORBIDDEN: usize = 1_000;

/// Messages with GIFs that [`Store::lately_sent`] looks through: somebody who sends one GIF over and over does not make it
/// read the whole room.
const LATELY: usize = 240;

/// What a store committed, in commit order. Bounded: a store waits for a follower that is behind.
pub type Changes = mpsc::Receiver<Change>;

/// One commit, as its followers see it.
#[derive(Clone, Debug)]
pub enum Change {
    /// A room was made.
    RoomCreated(Room),
    /// Title, seats or password of a room changed.
    RoomUpdated(Room),
    /// A room is gone, with its messages.
    RoomRemoved(RoomId),
    /// A visitor took a seat; the room with its new count. The line about it follows as [`Change::Posted`].
    Entered(Room, Visitor),
    /// A visitor's seat is free; the room with its new count. The line about it follows as [`Change::Posted`].
    Left(Room, Visitor),
    /// A message was stored, or a line that nobody wrote.
    Posted(Arc<Message>),
    /// A whisper was stored.
    Whispered(Arc<Whisper>),
    /// A message was reported.
    Reported(Report),
    /// Changes got lost on their way here: followers read anew what they show. What comes behind this is whole again.
    Missed,
    /// The seats that this server's sockets held are gone, as it was away for too long: each has to enter again.
    SeatsLost,
}

impl Change {
    /// The room it is about; `None` when it is about all of them.
    pub fn room(&self) -> Option<RoomId> {
        match self {
            Self::RoomCreated(room) | Self::RoomUpdated(room) | Self::Entered(room, _) | Self::Left(room, _) => {
                Some(room.id)
            }
            Self::RoomRemoved(id) => Some(*id),
            Self::Posted(message) => Some(message.room),
            Self::Whispered(whisper) => Some(whisper.room),
            Self::Reported(report) => Some(report.room),
            Self::Missed | Self::SeatsLost => None,
        }
    }
}

impl Change {
    /// What kind of change it is, for the log: what somebody said is never in there.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RoomCreated(_) => "room created",
            Self::RoomUpdated(_) => "room updated",
            Self::RoomRemoved(_) => "room removed",
            Self::Entered(..) => "entered",
            Self::Left(..) => "left",
            Self::Posted(_) => "posted",
            Self::Whispered(_) => "whispered",
            Self::Reported(_) => "reported",
            Self::Missed => "missed",
            Self::SeatsLost => "seats lost",
        }
    }
}

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its title.
    pub title: Title,
    /// Its seats.
    pub max: Max,
    /// The hash of its password, in PHC form.
    pub password_hash: Option<String>,
    /// Who makes it.
    pub owner: Visitor,
}

/// What changes in a room; `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct RoomChange {
    /// A new title.
    pub title: Option<Title>,
    /// A new number of seats. Who sits stays seated when it shrinks.
    pub max: Option<Max>,
    /// A new password hash, or `Some(None)` to open the room. Either takes all grants and invites back.
    pub password_hash: Option<Option<String>>,
    /// Whether it lets nobody in from now on who is not in already.
    pub closed: Option<bool>,
    /// Seconds between two messages of one visitor.
    pub slow: Option<u32>,
}

/// A room with what only the rules may see.
#[derive(Clone, Debug)]
pub struct RoomRecord {
    /// What everyone may see.
    pub room: Room,
    /// The hash of its password, in PHC form.
    pub password_hash: Option<Arc<str>>,
    /// The place of its last message, 0 when there is none.
    pub last_seq: Seq,
    /// How many invites to it are good.
    pub invites: usize,
}

/// A page of the list of rooms, newest first.
#[derive(Clone, Debug)]
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

/// A socket, as far as seats are concerned: unique within one server's life.
pub type SocketKey = u64;

/// What came of asking for a seat.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The room, with its count.
    pub room: Room,
    /// Who sits in it, the longest first.
    pub members: Vec<Visitor>,
    /// The place of the line about it; without one, a place from which on every line about others will come. `members`
    /// is who sits there at that place.
    pub seq: Seq,
}

/// How a socket left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The visitor said so: the seat is free at once.
    Left,
    /// The connection broke: the seat waits for [`Graces::seat`], as a reload must not cost it.
    Dropped,
}

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its room.
    pub room: RoomId,
    /// Its author.
    pub author: Visitor,
    /// What it says.
    pub body: NewBody,
    /// What the author marked it with.
    pub nonce: Option<Nonce>,
}

/// What a message to be stored says.
#[derive(Clone, Debug)]
pub enum NewBody {
    /// Text.
    Chat(Chat),
    /// A GIF whose file was just stored.
    Gif(GifBody),
    /// The GIF of an earlier message of the same room, with its file.
    Again(AgainGif),
}

/// A GIF to be sent again.
#[derive(Clone, Debug)]
pub struct AgainGif {
    /// Its file, which a message of the room has to name.
    pub name: GifName,
    /// What it shows, in words; `None` leaves the words of the latest message that names it.
    pub alt: Option<Alt>,
}

impl AgainGif {
    /// What the new message says, by what the earlier one said.
    pub fn body(&self, earlier: GifBody) -> GifBody {
        let alt = self.alt.clone().unwrap_or(earlier.alt);
        GifBody { alt, ..earlier }
    }
}

/// What came of posting.
#[derive(Clone, Debug)]
pub enum Posted {
    /// It was stored.
    New(Arc<Message>),
    /// The author had posted with this nonce before; that message.
    Known(Arc<Message>),
}

impl Posted {
    /// The message, either way.
    pub fn message(&self) -> &Arc<Message> {
        match self {
            Self::New(message) | Self::Known(message) => message,
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

/// How long things wait.
#[derive(Clone, Copy, Debug)]
pub struct Graces {
    /// A seat whose last connection broke.
    pub seat: Duration,
    /// A room that has become empty.
    pub room: Duration,
    /// A room that nobody has joined yet, and any room after a restart.
    pub new_room: Duration,
    /// A room whose owner has no socket in it, before somebody else who is there becomes the owner.
    pub owner: Duration,
}

/// What tending found to do.
#[derive(Debug, Default)]
pub struct Tended {
    /// Rooms that are gone, with the files their messages named.
    pub removed: Vec<(RoomId, Vec<GifName>)>,
}

/// Why a store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The rules of the store say no; nothing is wrong with the store.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// There is no space left.
    #[error("the disk is full")]
    Full,
    /// More is waiting than the store's queue holds.
    #[error("the queue of the store is full")]
    Busy,
    /// The store has stopped.
    #[error("the store has stopped")]
    Stopped,
    /// Whatever keeps it does not answer. The store has said so in the log.
    #[error("the database does not answer")]
    Away,
    /// It broke.
    #[error("the store failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Wraps a driver's error.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

/// A GIF with its still, as bytes.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The file.
    pub gif: Bytes,
    /// Its first frame.
    pub still: Bytes,
}

/// GIFs kept in the store itself, so that every server has them; files are no more than copies then.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Keeps a GIF; it is durable when this returns. A message has to name it soon, or it is swept away.
    async fn put(&self, name: GifName, blob: Blob) -> Result<(), StoreError>;

    /// Finds a GIF.
    async fn get(&self, name: GifName) -> Result<Option<Blob>, StoreError>;

    /// Deletes GIFs; those that are gone already are no error.
    async fn delete(&self, names: &[GifName]) -> Result<(), StoreError>;
}

/// What the rules need from a store. Everything is committed when a call returns.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// What is committed from now on. `None` when somebody follows already.
    fn changes(&self) -> Option<Changes>;

    /// Whether the store answers.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Makes a room.
    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError>;

    /// Finds a room.
    async fn room(&self, id: RoomId) -> Result<Option<RoomRecord>, StoreError>;

    /// A page of all rooms, newest first.
    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError>;

    /// The same page as this server last knew it, for when the store is [`StoreError::Away`].
    fn last_known_rooms(&self, _after: Option<RoomCursor>, _limit: usize) -> Option<RoomPage> {
        None
    }

    /// Changes a room. `RoomNotFound` when there is none.
    async fn update_room(&self, id: RoomId, change: RoomChange) -> Result<Room, StoreError>;

    /// Removes a room with its messages and grants; the files its messages named. `RoomNotFound` when there is none.
    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError>;

    /// Does what `by` wants done in a room, with a line in it about that; the files that no message names any more.
    /// `NotTheOwner` when it is not theirs at that moment, `Invalid` when the person or the message is not there.
    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError>;

    /// Who is kept out of a room.
    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError>;

    /// Lets a visitor into a locked room from now on.
    async fn grant(&self, id: RoomId, visitor: Visitor) -> Result<(), StoreError>;

    /// Makes an invite to a room good; beyond [`INVITES`] the oldest is good no more.
    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError>;

    /// Withdraws all invites to a room, and the grants that came of them. Who sits there stays seated.
    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError>;

    /// Lets a visitor into the room of an invite from now on. `InviteNotFound` when it is good no more.
    async fn redeem(&self, invite: InviteHash, visitor: Visitor) -> Result<RoomId, StoreError>;

    /// What a visitor is to a room; `None` when there is no room.
    async fn access(&self, id: RoomId, visitor: Visitor) -> Result<Option<Access>, StoreError>;

    /// Who sits in a room, the longest first; nobody when there is no room.
    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError>;

    /// Takes a seat for a socket, with a line in the room about it, or adds the socket to the visitor's seat. `RoomFull`
    /// when there is none left, `WrongPassword` without a grant, `Banned` or `RoomClosed` by the owner's will.
    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError>;

    /// Takes a socket from its visitor's seat. A seat that is free by it leaves a line in the room.
    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Departure) -> Result<(), StoreError>;

    /// Stores a message of a member. `NotAMember` when the author has no seat, `SlowMode` when it comes too soon behind
    /// the last one, `NotFound` when a GIF to be sent again is named by no message of the room, `ForbiddenGif` when the
    /// room does not take these bytes.
    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError>;

    /// Stores a whisper of a member to another. `NotAMember` when the author has no seat, `VisitorNotFound` when the other
    /// has none, and what [`Store::post`] refuses of a GIF. A room keeps the newest [`WHISPERS_EACH`] of each author, and
    /// [`WHISPERS`] in all.
    async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError>;

    /// Whispers from and to a visitor in a room behind another one, oldest first, at most `limit`. All that are kept when
    /// there is no other, or it is kept no more.
    async fn whispers(
        &self,
        id: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError>;

    /// The room in which a whisper from or to a visitor names a file.
    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError>;

    /// Stores a report of a member; again, when the same member reports the same message again, it is the first one.
    /// `MessageNotFound` when there is nothing to report, `RateLimited` beyond [`REPORTS`] or [`REPORTS_EACH`].
    async fn report(&self, new: NewReport) -> Result<Report, StoreError>;

    /// The reports in a room about messages that are still there, oldest first.
    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError>;

    /// Removes all reports about the message of a report. `ReportNotFound` when there is none.
    async fn dismiss_report(&self, id: RoomId, report: ReportId) -> Result<(), StoreError>;

    /// Messages of a room, oldest first, at most `limit`.
    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// The GIFs that the latest messages of a room name, each once, the newest first, at most `limit`.
    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError>;

    /// Makes a room refuse GIFs of these bytes from now on. `RoomNotFound` when there is none.
    async fn forbid_gif(&self, id: RoomId, hash: GifHash) -> Result<(), StoreError>;

    /// The room whose message names a file.
    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError>;

    /// The files among these that no message and no whisper names any more: they can go. The one place that says so.
    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError>;

    /// Every file that a message or a whisper names.
    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError>;

    /// Removes the messages and whispers that name these files, which are missing.
    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError>;

    /// Where GIFs are kept when not on this machine's disk alone.
    fn blobs(&self) -> Option<Arc<dyn Blobs>> {
        None
    }

    /// Frees the seats and removes the rooms whose grace is over, and gives rooms new owners: the one who sits there
    /// longest. A seat that is free leaves a line in its room.
    async fn tend(&self, graces: Graces) -> Result<Tended, StoreError>;

    /// Commits what is waiting and stops. Later calls fail with [`StoreError::Stopped`].
    async fn close(&self);
}

impl From<StoreError> for Refusal {
    /// What a visitor may know of it. The cause of a fault is logged here.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            StoreError::Full => Self::StorageFull,
            StoreError::Busy | StoreError::Stopped | StoreError::Away => Self::Unavailable,
            StoreError::Failed(cause) => {
                static LINE: Seldom = Seldom::new();
                if let Some(left_out) = LINE.turn() {
                    tracing::error!(%cause, left_out, "the store failed");
                }
                Self::Unavailable
            }
        }
    }
}
