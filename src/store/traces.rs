//! Where things are in the whole site, for operators who look for them.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{GifHash, GifName, MessageId, Moment, RoomId, Seq, VisitorId};

/// A message, wherever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Its room.
    pub room: RoomId,
    /// Its id.
    pub message: MessageId,
    /// Its place there.
    pub seq: Seq,
    /// When it was said.
    pub at: Moment,
}

impl Trace {
    /// Of these the latest first, at most so many.
    pub fn latest(mut all: Vec<Self>, limit: usize) -> Vec<Self> {
        all.sort_unstable_by_key(|trace| std::cmp::Reverse((trace.at, trace.seq)));
        all.truncate(limit);
        all
    }
}

/// Finds what bytes and visitors left behind. What a room is just deleting may be among it: its history says whether it is still
/// shown.
#[async_trait]
pub trait Traces: Send + Sync + 'static {
    /// The messages that hold such bytes.
    async fn messages_with(&self, hashes: Vec<GifHash>) -> Result<Vec<Trace>, StoreError>;

    /// The files of such bytes that whispers name.
    async fn whispered_with(&self, hashes: Vec<GifHash>) -> Result<Vec<GifName>, StoreError>;

    /// The hash of the bytes of a file that a message or a whisper names, if it is known.
    async fn hash_of_gif(&self, name: GifName) -> Result<Option<GifHash>, StoreError>;

    /// What a visitor wrote in these rooms, the latest first, at most `limit`.
    async fn messages_by(&self, visitor: VisitorId, rooms: Vec<RoomId>, limit: usize)
    -> Result<Vec<Trace>, StoreError>;
}
