//! What the writer is asked to do, and how it answers.

use rusqlite::ErrorCode;
use tokio::sync::oneshot;
use tracing::error;

use super::directory::OpenRoom;
use crate::{
    domain::{GifHash, GifName, InviteHash, Report, ReportId, Room, RoomId, Visitor},
    store::{
        Departure, Entry, Graces, NewMessage, NewReport, NewRoom, NewWhisper, Posted, RoomChange, SocketKey,
        StoreError, Tended, Whispered,
    },
};

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do, and where the answer goes.
pub enum Command {
    Create(NewRoom, Reply<Room>),
    Update(RoomId, RoomChange, Reply<Room>),
    Remove(RoomId, Reply<Vec<GifName>>),
    Grant(RoomId, Visitor, Reply<()>),
    AddInvite(RoomId, InviteHash, Reply<()>),
    WithdrawInvites(RoomId, Reply<()>),
    Redeem(InviteHash, Visitor, Reply<RoomId>),
    Enter(RoomId, Visitor, SocketKey, Reply<Entry>),
    Leave(RoomId, Visitor, SocketKey, Departure, Reply<()>),
    Post(NewMessage, Reply<Posted>),
    Whisper(NewWhisper, Reply<Whispered>),
    Report(NewReport, Reply<Report>),
    DismissReport(RoomId, ReportId, Reply<()>),
    ForgetGifs(Vec<GifName>, Reply<()>),
    ForbidGif(RoomId, GifHash, Reply<()>),
    Tend(Graces, Reply<Tended>),
    Ping(Reply<()>),
    Close(oneshot::Sender<()>),
}

/// What is left to do for a command once its rows are committed.
pub enum AfterCommit {
    Create(OpenRoom, Reply<Room>),
    Update(RoomId, RoomChange, Reply<Room>),
    Remove(RoomId, Vec<GifName>, Reply<Vec<GifName>>),
    Grant(RoomId, Visitor, Reply<()>),
    AddInvite(RoomId, usize, Reply<()>),
    WithdrawInvites(RoomId, Reply<()>),
    Redeem(RoomId, Visitor, Reply<RoomId>),
    Enter(RoomId, Visitor, SocketKey, Reply<Entry>),
    Leave(RoomId, Visitor, SocketKey, Departure, Reply<()>),
    Post(Posted, Reply<Posted>),
    Whisper(Whispered, Reply<Whispered>),
    /// And whether it is a new one.
    Report(Report, bool, Reply<Report>),
    Tend {
        freed: Graces,
        removed: Vec<(RoomId, Vec<GifName>)>,
        reply: Reply<Tended>,
    },
    Done(Reply<()>),
}

impl Command {
    /// Whether it writes rows, so that its batch needs a transaction.
    pub const fn writes(&self) -> bool {
        match self {
            Self::Create(..) | Self::Update(..) | Self::Remove(..) | Self::Grant(..) => true,
            Self::AddInvite(..) | Self::WithdrawInvites(..) | Self::Redeem(..) => true,
            Self::Whisper(..) | Self::Report(..) | Self::DismissReport(..) => true,
            Self::Post(..) | Self::ForgetGifs(..) | Self::ForbidGif(..) => true,
            Self::Enter(..) | Self::Leave(..) | Self::Tend(..) | Self::Ping(..) | Self::Close(..) => false,
        }
    }

    /// What answers it when its batch fails.
    pub fn into_failure(self) -> Box<dyn FnOnce(StoreError)> {
        match self {
            Self::Create(_, reply) | Self::Update(_, _, reply) => failing(reply),
            Self::Remove(_, reply) => failing(reply),
            Self::Grant(_, _, reply) | Self::Leave(.., reply) | Self::ForgetGifs(_, reply) | Self::Ping(reply) => {
                failing(reply)
            }
            Self::ForbidGif(_, _, reply) | Self::AddInvite(_, _, reply) | Self::WithdrawInvites(_, reply) => {
                failing(reply)
            }
            Self::Redeem(_, _, reply) => failing(reply),
            Self::Enter(.., reply) => failing(reply),
            Self::Post(_, reply) => failing(reply),
            Self::Whisper(_, reply) => failing(reply),
            Self::Report(_, reply) => failing(reply),
            Self::DismissReport(_, _, reply) => failing(reply),
            Self::Tend(_, reply) => failing(reply),
            Self::Close(_) => Box::new(|_| ()),
        }
    }
}

impl AfterCommit {
    /// What answers it when its batch fails.
    pub fn into_failure(self) -> Box<dyn FnOnce(StoreError)> {
        match self {
            Self::Create(_, reply) | Self::Update(_, _, reply) => failing(reply),
            Self::Remove(_, _, reply) => failing(reply),
            Self::Grant(_, _, reply) | Self::Leave(.., reply) | Self::Done(reply) => failing(reply),
            Self::AddInvite(_, _, reply) | Self::WithdrawInvites(_, reply) => failing(reply),
            Self::Redeem(_, _, reply) => failing(reply),
            Self::Enter(.., reply) => failing(reply),
            Self::Post(_, reply) => failing(reply),
            Self::Whisper(_, reply) => failing(reply),
            Self::Report(_, _, reply) => failing(reply),
            Self::Tend { reply, .. } => failing(reply),
        }
    }
}

fn failing<T: 'static>(reply: Reply<T>) -> Box<dyn FnOnce(StoreError)> {
    Box::new(move |error| {
        let _ = reply.send(Err(error));
    })
}

/// Logs why a batch failed, once, and answers all its commands.
pub fn fail_all(failures: impl Iterator<Item = Box<dyn FnOnce(StoreError)>>, error: &rusqlite::Error) {
    error!(%error, "a batch could not be committed");
    for fail in failures {
        fail(match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            _ => StoreError::failed(error.to_string()),
        });
    }
}

/// Goes on with a command whose rows are written, or answers that it failed.
pub fn answer<T, R>(
    reply: Reply<R>,
    written: Result<T, StoreError>,
    then: impl FnOnce(T, Reply<R>) -> AfterCommit,
) -> Option<AfterCommit> {
    match written {
        Ok(value) => Some(then(value, reply)),
        Err(error) => {
            let _ = reply.send(Err(error));
            None
        }
    }
}

/// A failed statement as the store tells it.
pub fn failure(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full,
        _ => StoreError::failed(error),
    }
}
