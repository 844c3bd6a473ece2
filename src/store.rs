//! Where rooms, seats and messages are kept. [`Store`] is what the rules see; no driver's type crosses it.
//!
//! A store commits in one order and tells what it committed, in that order, through [`RoomLog::changes`].

mod blocked;
mod changes;
mod clock;
mod error;
#[cfg(feature = "mongodb")]
pub mod mongo;
mod sessions;
mod site;
mod space;
mod sqlite;
mod traces;
mod url;
mod values;
mod whispers;

pub use crate::rules::{REPORTS, REPORTS_EACH};
pub use blocked::{BLOCKED, BlockList};
pub use error::StoreError;
pub use sessions::{PurgingStore, Sessions, UNCONFIRMED, hash_of, open_sqlite_sessions, sessions_file};
pub use site::SiteStore;
pub use space::{GifSpace, NewFile};
pub use sqlite::{Counted, NamedGif, SqliteMoment, SqliteStore, begin_epoch, lock};
pub use traces::{Trace, Traces};
pub use url::{MongoUrl, StoreUrl};
pub use values::{
    Change, Changes, Committed, Entry, Expired, NewReport, NewWhisper, RoomCursor, RoomPage, Whispered, Window,
};
pub use whispers::{WHISPERS, WHISPERS_LIFE, WHISPERS_PAIR, WHISPERS_SAFE};

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    domain::{
        AddressKey, Epoch, GifBody, GifName, Guest, InviteHash, Message, MessageId, Nonce, Report, Reported, Room,
        RoomId, Visitor, VisitorId, Whisper, WhisperId,
    },
    metrics::StoreMetrics,
    rules::{Command, Graces, Leave, NewRoom, Now, RoomState, SocketKey},
};

/// GIFs whose bytes a room refuses; beyond these it forgets those that were forbidden first.
pub const FORBIDDEN: usize = 1_000;

/// Messages with GIFs that [`History::lately_sent`] looks through: somebody who sends one GIF over and over does not make it
/// read the whole room.
const LATELY: usize = 240;

/// A GIF with its still, as bytes.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The file.
    pub gif: Bytes,
    /// Its first frame.
    pub still: Bytes,
}

/// How much there is now, as this server last knew it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Open rooms.
    pub rooms: usize,
    /// Seats taken in them.
    pub seats: usize,
}

impl Occupancy {
    /// That of these rooms.
    fn of<'a>(rooms: impl Iterator<Item = &'a Room>) -> Self {
        rooms.fold(Self::default(), |Self { rooms, seats }, room| Self {
            rooms: rooms + 1,
            seats: seats + room.count as usize,
        })
    }
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

/// The logs of rooms: commands go in, and what they did comes out. Everything is committed when a call returns.
#[async_trait]
pub trait RoomLog: Send + Sync + 'static {
    /// What is committed from now on. `None` if somebody follows already.
    fn changes(&self) -> Option<Changes>;

    /// Makes a room. `StorageFull` if as many are open as may be.
    async fn create_room(&self, new: NewRoom) -> Result<Room, StoreError>;

    /// Decides a command by the [rules](crate::rules::decide) and commits what happens. A message whose nonce its author used
    /// before is not stored again: the first one is returned. Every command but those that have a call of their own:
    /// [`Command::Enter`] and [`Command::Leave`], which name the server of a socket, [`Command::Redeem`], whose room has to be
    /// found first, [`Command::Whisper`] and [`Command::Report`], which leave something else than a message.
    async fn submit(&self, room: RoomId, command: Command, nonce: Option<Nonce>) -> Result<Committed, StoreError>;

    /// Lets a guest into the room of an invite from now on. `InviteNotFound` if no room has it.
    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError>;

    /// Takes a seat for a socket of this server, or adds the socket to the visitor's seat.
    async fn enter(&self, room: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError>;

    /// Takes a socket from its visitor's seat.
    async fn leave(&self, room: RoomId, visitor: Visitor, socket: SocketKey, how: Leave) -> Result<(), StoreError>;

    /// Does what time gives rise to: frees seats, gives rooms new owners, and ends rooms.
    async fn expire(&self, graces: Graces) -> Result<Expired, StoreError>;
}

/// Rooms as they are now.
#[async_trait]
pub trait RoomIndex: Send + Sync + 'static {
    /// A room with all that is committed; `None` if there is no such room, or it has ended.
    async fn room(&self, id: RoomId) -> Result<Option<RoomState>, StoreError>;

    /// The same as this server last knew it, without asking the database: at least with all that followers were told of.
    fn last_known_room(&self, id: RoomId) -> Option<RoomState>;

    /// A page of all rooms, newest first.
    async fn rooms(&self, after: Option<RoomCursor>, limit: usize) -> Result<RoomPage, StoreError>;

    /// The rooms in which a visitor has a seat, newest first, at most `limit`.
    async fn rooms_of(&self, visitor: VisitorId, limit: usize) -> Result<Vec<Room>, StoreError>;

    /// What the site marks addresses with, for as long as its store lives.
    fn site_key(&self) -> AddressKey;

    /// The present, by the clocks that rules go by here.
    fn now(&self) -> Now;

    /// The rooms that have to give way so that there may be one more; `None` if that is not enough.
    fn give_way(&self) -> Option<Vec<RoomId>>;

    /// How much there is in the whole site.
    fn occupancy(&self) -> Occupancy;

    /// The same page as this server last knew it, for when the store is [`StoreError::Away`].
    fn last_known_rooms(&self, _after: Option<RoomCursor>, _limit: usize) -> Option<RoomPage> {
        None
    }
}

/// What was said in rooms.
#[async_trait]
pub trait History: Send + Sync + 'static {
    /// Messages of a room, oldest first, at most `limit`.
    async fn history(&self, id: RoomId, window: Window, limit: usize) -> Result<Vec<Message>, StoreError>;

    /// A message of a room that says something.
    async fn message(&self, id: RoomId, message: MessageId) -> Result<Option<Message>, StoreError>;

    /// The GIFs that the latest messages of a room name, each once, the newest first, at most `limit`.
    async fn lately_sent(&self, id: RoomId, limit: usize) -> Result<Vec<GifBody>, StoreError>;

    /// The room whose message names a file.
    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError>;
}

/// Whispers: from one member to one other.
#[async_trait]
pub trait WhisperStore: Send + Sync + 'static {
    /// Stores a whisper of a member to another. `NotAMember` if the author has no seat, `VisitorNotFound` if the other
    /// has none, `TooManyWhispers` if the room holds [`WHISPERS`] and can't delete one for it, and what the rules
    /// refuse of a GIF. A room keeps the newest [`WHISPERS_PAIR`] from one to one other.
    async fn whisper(&self, new: NewWhisper) -> Result<Whispered, StoreError>;

    /// Whispers from and to a visitor in a room after another one, oldest first, at most `limit`. That one need not be kept
    /// any more. All that are kept if there is no other, or the room never had it.
    async fn whispers(
        &self,
        id: RoomId,
        visitor: VisitorId,
        after: Option<WhisperId>,
        limit: usize,
    ) -> Result<Vec<Whisper>, StoreError>;

    /// The room in which a whisper from or to a visitor names a file.
    async fn room_of_whispered(&self, name: GifName, visitor: VisitorId) -> Result<Option<RoomId>, StoreError>;
}

/// Reports: what members tell the owner of a room about messages.
#[async_trait]
pub trait ReportStore: Send + Sync + 'static {
    /// Stores a report of a member. If the same member reports the same message again, it is the first one.
    /// `MessageNotFound` if there is nothing to report, `RateLimited` beyond [`REPORTS`] or [`REPORTS_EACH`].
    async fn report(&self, new: NewReport) -> Result<Report, StoreError>;

    /// The reports in a room about messages that are still there, oldest first.
    async fn reports(&self, id: RoomId) -> Result<Vec<Reported>, StoreError>;
}

/// Which files messages and whispers name.
#[async_trait]
pub trait GifIndex: Send + Sync + 'static {
    /// The files among these that no message and no whisper names any more: they can go. The one place that says so.
    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError>;

    /// Every file that a message or a whisper names.
    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError>;

    /// Removes the messages and whispers that name these files, which are missing.
    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError>;

    /// Files that nothing names any more and that are to be deleted, at most so many: of deletions that return none, as their
    /// rows go in slices. They are listed until [`GifIndex::forget_unreferenced`].
    async fn unreferenced_gifs(&self, _most: usize) -> Result<Vec<GifName>, StoreError> {
        Ok(Vec::new())
    }

    /// Takes files that were deleted from the list of [`GifIndex::unreferenced_gifs`].
    async fn forget_unreferenced(&self, _names: Vec<GifName>) -> Result<(), StoreError> {
        Ok(())
    }

    /// Where GIFs are kept when not on this machine's disk alone.
    fn blobs(&self) -> Option<Arc<dyn Blobs>> {
        None
    }
}

/// A store: what it keeps, and its life.
#[async_trait]
pub trait Store:
    RoomLog + RoomIndex + History + WhisperStore + ReportStore + GifIndex + GifSpace + SiteStore + BlockList + Traces
{
    /// Whether the store answers.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Whether the disk is full and only deletions may use what space there is.
    fn is_full(&self) -> bool {
        false
    }

    /// What this server has counted of its calls.
    fn metrics(&self) -> &StoreMetrics;

    /// The epoch of all rooms: another one after a backup was restored.
    fn epoch(&self) -> Epoch;

    /// Commands that wait for being committed.
    fn waiting(&self) -> usize;

    /// Commits what is waiting and stops. Later calls fail with [`StoreError::Stopped`].
    async fn close(&self);
}
