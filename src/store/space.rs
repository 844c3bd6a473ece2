//! Who holds how much of the space for GIFs.

use async_trait::async_trait;

use super::StoreError;
use crate::{
    domain::{GifName, Look, Space},
    rules::{GifOwner, Held, Quotas},
};

/// A file that is whole, as its space is taken.
#[derive(Clone, Copy, Debug)]
pub struct NewFile {
    /// Its name.
    pub name: GifName,
    /// Its bytes, with those of its still.
    pub bytes: u64,
    /// What its first frame looks like, unless that is too plain.
    pub look: Option<Look>,
}

/// Of the files that look like that one, the nearest first.
pub fn nearest(name: GifName, looks: impl Iterator<Item = (GifName, Look)> + Clone) -> Vec<(GifName, u32)> {
    let Some((_, own)) = looks.clone().find(|(other, _)| *other == name) else {
        return Vec::new();
    };
    let others = looks.filter(|(other, _)| *other != name);
    let near = others.map(|(other, look)| (other, own.distance(look)));
    let mut near: Vec<_> = near.filter(|(_, distance)| *distance <= Look::NEAR).collect();
    near.sort_unstable_by_key(|(name, distance)| (*distance, *name));
    near
}

/// Counts the space of GIFs for the room, the visitor and the address they are of, and for the site.
///
/// Space is taken when a file is whole, before anything names it, so that uploads side by side never hold more than they may;
/// and it is given back when the file is deleted.
#[async_trait]
pub trait GifSpace: Send + Sync + 'static {
    /// What is held by those that a GIF would count for. What is far from a quota may be what was held a moment ago.
    async fn held(&self, owner: &GifOwner, quotas: &Quotas) -> Result<Held, StoreError>;

    /// Takes space for a file. `QuotaReached` if there is none.
    async fn take_space(&self, file: NewFile, owner: &GifOwner, quotas: &Quotas) -> Result<(), StoreError>;

    /// Files whose first frames differ from that of a file in at most [`Look::NEAR`] bits, with in how many; not the file itself. Of
    /// files that an earlier version took in it is not known what they look like, and plain frames look like nothing.
    async fn near_copies(&self, name: GifName) -> Result<Vec<(GifName, u32)>, StoreError>;

    /// Gives back the space of files that this server has deleted. A store that keeps GIFs itself knows when they are gone.
    fn give_back(&self, _names: &[GifName]) {}

    /// Says which files there are at the start, with their bytes: space of others is given back.
    fn recount(&self, _files: &[(GifName, u64)]) {}

    /// What the site holds, as this server last knew it.
    fn held_by_site(&self) -> Space;
}
