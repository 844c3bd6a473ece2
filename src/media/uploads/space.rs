//! The space that uploads take, within the quotas of the site.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tracing::{info, warn};

use crate::{
    domain::{GifName, Guest, Maker, Refusal, RoomId, Space},
    rules::{GifOwner, Quotas},
    store::{NewFile, Store, StoreError},
};

/// Hundredths of the site's space from which on the log says how full it is.
const WATERMARK: u64 = 90;

/// What is taken from a store, and how much of it there is.
pub struct UploadSpace {
    store: Arc<dyn Store>,
    quotas: Quotas,
    is_high: AtomicBool,
}

impl UploadSpace {
    pub const fn new(store: Arc<dyn Store>, quotas: Quotas) -> Self {
        Self {
            store,
            quotas,
            is_high: AtomicBool::new(false),
        }
    }

    /// The most that the site may hold.
    pub const fn of_site(&self) -> Space {
        self.quotas.site
    }

    /// What a room holds.
    pub async fn of_room(&self, room: RoomId) -> Result<Space, StoreError> {
        let owner = GifOwner {
            room: Some(room),
            ..GifOwner::default()
        };
        Ok(self.store.held(&owner, &self.quotas).await?.room)
    }

    /// Whose an upload of a guest in a room is.
    pub fn owner(&self, room: RoomId, guest: &Guest) -> GifOwner {
        GifOwner {
            room: Some(room),
            maker: Maker::of(guest, self.store.site_key()),
        }
    }

    /// Refuses what is said to have so many bytes and would not fit, before they are read.
    pub async fn check(&self, owner: &GifOwner, bytes: u64) -> Result<(), Refusal> {
        self.quotas.check(&self.store.held(owner, &self.quotas).await?, bytes)
    }

    /// Takes space for a file that is whole.
    pub async fn take(&self, file: NewFile, owner: &GifOwner) -> Result<(), Refusal> {
        self.store.take_space(file, owner, &self.quotas).await?;
        self.watch();
        Ok(())
    }

    /// Gives back the space of files that are deleted.
    pub fn give_back(&self, names: &[GifName]) {
        self.store.give_back(names);
        self.watch();
    }

    /// Says once that the site is nearly full, and once that it is not any more.
    pub fn watch(&self) {
        let (held, most) = (self.store.held_by_site(), self.quotas.site);
        let is_high = held.times(100).bytes > most.bytes.saturating_mul(WATERMARK)
            || held.times(100).files > most.files.saturating_mul(WATERMARK);
        if self.is_high.swap(is_high, Ordering::Relaxed) == is_high {
            return;
        }
        let (bytes, files) = (held.bytes, held.files);
        if is_high {
            warn!(
                bytes,
                files,
                most_bytes = most.bytes,
                most_files = most.files,
                "the space for GIFs is nearly full: further ones will be refused (--quota-site)"
            );
        } else {
            info!(bytes, files, "there is space for GIFs again");
        }
    }
}
