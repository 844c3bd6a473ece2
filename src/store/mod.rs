//! Where rooms, seats and messages are kept. [`Store`] is what the rules see; no driver's type crosses it.
//!
//! A store commits in one order and tells what it committed, in that order, through [`Store::changes`].

mod changes;
mod error;
#[cfg(feature = "mongodb")]
pub mod mongo;
mod private_files;
mod sessions;
mod sqlite;
mod url;
mod values;
mod whispers;

pub use error::StoreError;
pub use sessions::{PurgingStore, Sessions, hash_of, open_sqlite_sessions};
pub use sqlite::SqliteStore;
pub use url::{MongoUrl, StoreUrl};
pub use values::{
    AgainGif, Change, Changes, Departure, Entry, Graces, NewBody, NewMessage, NewReport, NewRoom, NewWhisper,
    PasswordVersion, Posted, RoomChange, RoomCursor, RoomPage, RoomRecord, SocketKey, Tended, Whispered, Window,
};
pub use whispers::{WHISPERS, WHISPERS_LIFE, WHISPERS_PAIR, WHISPERS_SAFE};

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{
    Access, Action, Ban, GifBody, GifName, Guest, InviteHash, Message, Refusal, Report, ReportId, Reported, Room,
    RoomId, Visitor, VisitorId, Whisper, WhisperId,
};

/// Sockets by which one visitor may be in one room: so many tabs, on all devices and servers together.
pub const SOCKETS_EACH: usize = 32;

/// Reports that may wait for the owner of a room, and how many of them may be of one visitor.
pub const REPORTS: usize = 200;
/// See [`REPORTS`].
pub const REPORTS_EACH: usize = 10;

/// What a report beyond those is told: the owner may get to them.
const TOO_MANY_REPORTS: StoreError = StoreError::Refused(Refusal::RateLimited {
    retry_after: Duration::from_secs(60),
});

/// Visitors who may hold a grant of one room; a locked room with more than these is not locked any more.
pub const GRANTS: usize = 10_000;

/// Bans of one room at most; one more is refused as `storage_full`.
pub const BANS: usize = 256;

/// Invites to one room that may be good at once.
pub const INVITES: usize = 20;

/// GIFs whose bytes a room refuses; beyond these it forgets those that were forbidden first.
pub const FORBIDDEN: usize = 1_000;

/// Messages with GIFs that [`Store::lately_sent`] looks through: somebody who sends one GIF over and over does not make it
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

    /// Whether the disk is full and only deletions may use what space there is.
    fn is_full(&self) -> bool {
        false
    }

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

    /// Changes a room. `RoomNotFound` when there is none, `NotTheOwner` when it is not of who wants that.
    async fn update_room(&self, id: RoomId, change: RoomChange) -> Result<Room, StoreError>;

    /// Removes a room with its messages and grants: at once for readers, and from the disk at once or soon. Returns the files
    /// that nothing names any more, as far as [`Store::unreferenced_gifs`] does not list them. `RoomNotFound` when there is
    /// none.
    async fn remove_room(&self, id: RoomId) -> Result<Vec<GifName>, StoreError>;

    /// Does what `by` wants done in a room, with a line in it about that; returns files as [`Store::remove_room`] does. GIFs
    /// that are to be refused from then on are so by the same commit that deletes them.
    /// `NotTheOwner` when it is not theirs at that moment, `Invalid` when the person or the message is not there,
    /// `StorageFull` beyond [`BANS`].
    async fn moderate(&self, id: RoomId, by: Visitor, action: Action) -> Result<Vec<GifName>, StoreError>;

    /// Who is kept out of a room.
    async fn bans(&self, id: RoomId) -> Result<Vec<Ban>, StoreError>;

    /// Lets a visitor into a locked room from now on, who gave the password of that version. `WrongPassword` when the
    /// room has another one by now, `StorageFull` beyond [`GRANTS`].
    async fn grant(&self, id: RoomId, visitor: Visitor, password: PasswordVersion) -> Result<(), StoreError>;

    /// Makes an invite to a room good; beyond [`INVITES`] the oldest is good no more.
    async fn add_invite(&self, id: RoomId, invite: InviteHash) -> Result<(), StoreError>;

    /// Withdraws all invites to a room, and the grants that came of them. Who sits there stays seated.
    async fn withdraw_invites(&self, id: RoomId) -> Result<(), StoreError>;

    /// Lets a guest into the room of an invite from now on. `InviteNotFound` when it is good no more, `Banned` by the
    /// owner's will at that moment, `StorageFull` beyond [`GRANTS`].
    async fn redeem(&self, invite: InviteHash, guest: Guest) -> Result<RoomId, StoreError>;

    /// What a guest is to a room; `None` when there is no room.
    async fn access(&self, id: RoomId, guest: Guest) -> Result<Option<Access>, StoreError>;

    /// Who sits in a room, the longest first; nobody when there is no room.
    async fn members(&self, id: RoomId) -> Result<Vec<Visitor>, StoreError>;

    /// Takes a seat for a socket, with a line in the room about it, or adds the socket to the visitor's seat. `RoomFull`
    /// when there is none left, `WrongPassword` without a grant, `Banned` or `RoomClosed` by the owner's will,
    /// `TooManySockets` beyond [`SOCKETS_EACH`].
    async fn enter(&self, id: RoomId, guest: Guest, socket: SocketKey) -> Result<Entry, StoreError>;

    /// Takes a socket from its visitor's seat. A seat that is free by it leaves a line in the room.
    async fn leave(&self, id: RoomId, visitor: Visitor, socket: SocketKey, how: Departure) -> Result<(), StoreError>;

    /// Stores a message of a member. `NotAMember` when the author has no seat, `SlowMode` when it comes too soon behind
    /// the last one, `NotFound` when a GIF to be sent again is named by no message of the room, `ForbiddenGif` when the
    /// room does not take these bytes.
    async fn post(&self, new: NewMessage) -> Result<Posted, StoreError>;

    /// Stores a whisper of a member to another. `NotAMember` when the author has no seat, `VisitorNotFound` when the other
    /// has none, `TooManyWhispers` when the room holds [`WHISPERS`] and can't delete one for it, and what [`Store::post`]
    /// refuses of a GIF. A room keeps the newest [`WHISPERS_PAIR`] from one to one other.
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

    /// The room whose message names a file.
    async fn room_of_gif(&self, name: GifName) -> Result<Option<RoomId>, StoreError>;

    /// The files among these that no message and no whisper names any more: they can go. The one place that says so.
    async fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError>;

    /// Every file that a message or a whisper names.
    async fn gif_names(&self) -> Result<Vec<GifName>, StoreError>;

    /// Removes the messages and whispers that name these files, which are missing.
    async fn forget_gifs(&self, missing: Vec<GifName>) -> Result<(), StoreError>;

    /// Files that nothing names any more and that are to be deleted, at most so many: of deletions that return none, as their
    /// rows go in slices. They are listed until [`Store::forget_unreferenced`].
    async fn unreferenced_gifs(&self, _most: usize) -> Result<Vec<GifName>, StoreError> {
        Ok(Vec::new())
    }

    /// Takes files that were deleted from the list of [`Store::unreferenced_gifs`].
    async fn forget_unreferenced(&self, _names: Vec<GifName>) -> Result<(), StoreError> {
        Ok(())
    }

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
