//! What the writer is asked to do, and how it answers.

use rusqlite::ErrorCode;
use tokio::sync::oneshot;
use tracing::error;

use super::notes::GifNote;
use crate::{
    domain::{GifHash, GifName, Guest, InviteHash, Nonce, Report, Room, RoomId},
    log_throttle::LogThrottle,
    rules::{self, Graces, NewRoom},
    store::{Committed, Expired, NewReport, NewWhisper, StoreError, Whispered},
};

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do, and where the answer goes.
pub enum Command {
    Create(NewRoom, Reply<Room>),
    /// A command of the rule book. A message may have a nonce.
    Submit(RoomId, rules::Command, Option<Nonce>, Reply<Committed>),
    Redeem(InviteHash, Guest, Reply<RoomId>),
    Whisper(NewWhisper, Reply<Whispered>),
    Report(NewReport, Reply<Report>),
    ForgetGifs(Vec<GifName>, Reply<()>),
    ForgetUnreferenced(Vec<GifName>, Reply<()>),
    Expire(Graces, Reply<Expired>),
    /// Whose a file is, or that it is gone: kept until a commit succeeds that writes it; nobody waits for it.
    Note(GifNote),
    /// What operators decided, as text.
    Decide(String, Reply<()>),
    /// Blocks bytes in all rooms, or does so no more.
    Block(Vec<GifHash>, bool, Reply<usize>),
    Ping(Reply<()>),
    Close(oneshot::Sender<()>),
}

/// The answer to a command whose rows are written; it is given once they are committed.
pub enum Answer {
    Room(Room, Reply<Room>),
    Committed(Box<Committed>, Reply<Committed>),
    Redeemed(RoomId, Reply<RoomId>),
    Whispered(Whispered, Reply<Whispered>),
    Report(Report, Reply<Report>),
    Expired(Expired, Reply<Expired>),
    Counted(usize, Reply<usize>),
    Done((), Reply<()>),
}

impl Command {
    /// Whether it may write rows, so that its batch needs a transaction. One that writes none costs no sync.
    pub const fn writes(&self) -> bool {
        match self {
            Self::Create(..) | Self::Submit(..) | Self::Redeem(..) => true,
            Self::Whisper(..) | Self::Report(..) => true,
            Self::ForgetGifs(..) | Self::ForgetUnreferenced(..) | Self::Decide(..) | Self::Block(..) => true,
            Self::Note(_) | Self::Expire(..) | Self::Ping(..) | Self::Close(..) => false,
        }
    }

    /// What answers it when its batch fails.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Create(_, reply) => failing(reply),
            Self::Submit(.., reply) => failing(reply),
            Self::ForgetGifs(_, reply) | Self::ForgetUnreferenced(_, reply) | Self::Ping(reply) => failing(reply),
            Self::Decide(_, reply) => failing(reply),
            Self::Block(_, _, reply) => failing(reply),
            Self::Redeem(_, _, reply) => failing(reply),
            Self::Whisper(_, reply) => failing(reply),
            Self::Report(_, reply) => failing(reply),
            Self::Expire(_, reply) => failing(reply),
            Self::Note(_) | Self::Close(_) => Box::new(|_| ()),
        }
    }
}

impl Answer {
    /// Gives it. Who no longer waits misses nothing.
    pub fn give(self) {
        match self {
            Self::Room(room, reply) => drop(reply.send(Ok(room))),
            Self::Committed(committed, reply) => drop(reply.send(Ok(*committed))),
            Self::Redeemed(room, reply) => drop(reply.send(Ok(room))),
            Self::Whispered(whispered, reply) => drop(reply.send(Ok(whispered))),
            Self::Report(report, reply) => drop(reply.send(Ok(report))),
            Self::Expired(tended, reply) => drop(reply.send(Ok(tended))),
            Self::Counted(count, reply) => drop(reply.send(Ok(count))),
            Self::Done((), reply) => drop(reply.send(Ok(()))),
        }
    }

    /// What answers the command when its batch fails.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Room(_, reply) => failing(reply),
            Self::Committed(_, reply) => failing(reply),
            Self::Redeemed(_, reply) => failing(reply),
            Self::Whispered(_, reply) => failing(reply),
            Self::Report(_, reply) => failing(reply),
            Self::Expired(_, reply) => failing(reply),
            Self::Counted(_, reply) => failing(reply),
            Self::Done(_, reply) => failing(reply),
        }
    }
}

/// Answers a command that failed.
pub type Failure = Box<dyn FnOnce(StoreError)>;

fn failing<T: 'static>(reply: Reply<T>) -> Failure {
    Box::new(move |error| {
        let _ = reply.send(Err(error));
    })
}

/// Why the file takes no writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Full,
    Failed,
}

impl Trouble {
    fn of(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::Full => Some(Self::Full),
            StoreError::Failed(_) => Some(Self::Failed),
            _ => None,
        }
    }

    pub fn of_statement(error: &rusqlite::Error) -> Self {
        if is_full(error) { Self::Full } else { Self::Failed }
    }
}

/// Logs why a batch failed, and answers all its commands.
pub fn fail_all(failures: impl Iterator<Item = Failure>, trouble: Trouble, error: &rusqlite::Error) {
    static LINE: LogThrottle = LogThrottle::new();
    if let Some(suppressed) = LINE.permit() {
        error!(%error, ?trouble, suppressed, "a batch could not be committed");
    }
    for fail in failures {
        fail(match trouble {
            Trouble::Full => StoreError::Full,
            Trouble::Failed => StoreError::failed(error.to_string()),
        });
    }
}

/// The answer to a command whose rows are written. One that failed is answered at once; then it is the trouble, if it was
/// not refused.
pub fn answer<T>(
    reply: Reply<T>,
    written: Result<T, StoreError>,
    then: impl FnOnce(T, Reply<T>) -> Answer,
) -> Result<Answer, Option<Trouble>> {
    match written {
        Ok(value) => Ok(then(value, reply)),
        Err(error) => {
            let trouble = Trouble::of(&error);
            let _ = reply.send(Err(error));
            Err(trouble)
        }
    }
}

/// Whether a statement failed because the disk is full. SQLite reports missing space for the `-shm` file as an I/O error.
fn is_full(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(error, _) => {
            error.code == ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        }
        _ => false,
    }
}

/// A failed statement as the store tells it.
pub fn failure(error: rusqlite::Error) -> StoreError {
    if is_full(&error) {
        StoreError::Full
    } else {
        StoreError::failed(error)
    }
}
