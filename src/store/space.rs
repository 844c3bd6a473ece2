//! Who holds how much of the space for GIFs.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    domain::{GifName, Space},
    rules::{GifOwner, Held, Quotas},
};

/// Counts the space of GIFs for the room, the visitor and the address they are of, and for the site.
///
/// Space is taken when a file is whole, before anything names it, so that uploads side by side never hold more than they may;
/// and it is given back when the file is deleted.
#[async_trait]
pub trait GifSpace: Send + Sync + 'static {
    /// What is held by those that a GIF would count for. What is far from a quota may be what was held a moment ago.
    async fn held(&self, owner: &GifOwner, quotas: &Quotas) -> Result<Held, StoreError>;

    /// Takes space for a file of so many bytes. `QuotaReached` if there is none.
    async fn take_space(&self, name: GifName, bytes: u64, owner: &GifOwner, quotas: &Quotas) -> Result<(), StoreError>;

    /// Gives back the space of files that this server has deleted. A store that keeps GIFs itself knows when they are gone.
    fn give_back(&self, _names: &[GifName]) {}

    /// Says which files there are at the start, with their bytes: space of others is given back.
    fn recount(&self, _files: &[(GifName, u64)]) {}

    /// What the site holds, as this server last knew it.
    fn held_by_site(&self) -> Space;
}
