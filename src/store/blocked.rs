//! Bytes of GIFs that no room takes.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::GifHash;

/// Hashes that are blocked at most; one more is refused as `storage_full`.
pub const BLOCKED: usize = 100_000;

/// Keeps bytes out of all rooms. Whoever asks whether a room refuses bytes hears of these, too.
#[async_trait]
pub trait BlockList: Send + Sync + 'static {
    /// Blocks bytes from now on, on all servers at once; how many of them were not blocked before. `StorageFull` if there would
    /// be more than [`BLOCKED`]: then none is.
    async fn block(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError>;

    /// Blocks them no more; how many of them were.
    async fn unblock(&self, hashes: Vec<GifHash>) -> Result<usize, StoreError>;

    /// Whether these bytes are.
    async fn is_blocked(&self, hash: GifHash) -> Result<bool, StoreError>;

    /// All that are blocked.
    async fn blocked(&self) -> Result<Vec<GifHash>, StoreError>;
}
