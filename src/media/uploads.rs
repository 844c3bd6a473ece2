//! GIFs on disk: streamed in, checked, made durable, found again, deleted. On a store that keeps GIFs itself the files
//! are copies.

mod cache;
mod disk;
mod folder;
mod space;
mod sweep;
mod turns;
mod upload;

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::spawn_blocking;
use tracing::warn;

pub use self::upload::{StoredGif, Upload};
use self::{
    cache::GifCache,
    disk::disk,
    folder::Folder,
    space::UploadSpace,
    sweep::{Swept, sweep},
    turns::Turns,
};
use crate::{
    domain::{Budget, GifName, Guest, Refusal, RoomId, Space, gif::GifLimits},
    limits::keyed_slots::{GuestSlot, GuestSlots},
    metrics::UploadMetrics,
    private_files,
    rules::Quotas,
    store::{Blobs, Store, StoreError},
};

/// Ends the name of a file that is not complete yet.
const PART: &str = "part";

/// Folder of the copies in the folder of the GIFs: what lies beside it is not theirs to delete.
const COPIES: &str = "cache";

/// Times an evicted copy is fetched again before a GIF is called missing.
const FETCHES: usize = 3;

/// Time in which another upload may be done.
const SOON: Duration = Duration::from_secs(2);

/// Too many uploads of all visitors run already.
const BUSY: Refusal = Refusal::RateLimited {
    budget: Budget::Load,
    retry_after: SOON,
};

/// Which file of a GIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The whole.
    Gif,
    /// Its first frame.
    Still,
}

/// What names a GIF: the room, and who may fetch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedIn {
    /// A message of that room: all who may read it.
    Message(RoomId),
    /// Whispers in that room: the two of each.
    Whisper(RoomId),
}

impl NamedIn {
    /// The room.
    pub const fn room(self) -> RoomId {
        match self {
            Self::Message(room) | Self::Whisper(room) => room,
        }
    }
}

/// How many uploads may run side by side.
#[derive(Clone, Copy, Debug)]
pub struct AtOnce {
    /// Of all visitors together: those of which at least `upload::FIRST` bytes have come.
    pub all: usize,
    /// Of one visitor, and of one address, from the request on.
    pub each: usize,
    /// Bytes a second that each has to bring. The reader of the request sees to that; here it says which are slow.
    pub rate: u64,
}

/// One of the uploads of a visitor and of an address.
pub struct UploadSlot {
    guest: Guest,
    /// Bytes that it is said to have.
    announced: u64,
    _held: GuestSlot,
}

/// The folder of the GIFs.
#[derive(Clone)]
pub struct Uploads {
    folder: Folder,
    metrics: UploadMetrics,
    cache: Option<Arc<GifCache>>,
    limits: GifLimits,
    turns: Arc<Turns>,
    each: Arc<GuestSlots>,
    /// How many of these there are.
    most_each: usize,
    /// None while nobody has said how much space there is.
    space: Option<Arc<UploadSpace>>,
}

impl Uploads {
    /// Opens the folder, makes it when it is missing.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn open(folder: &Path, limits: GifLimits, at_once: AtOnce) -> io::Result<Self> {
        private_files::make_folder(folder)?;
        let metrics = UploadMetrics::default();
        Ok(Self {
            folder: Folder::new(folder, metrics.on_disk.clone()),
            metrics,
            cache: None,
            limits,
            turns: Arc::new(Turns::new(at_once)),
            each: Arc::new(GuestSlots::new(at_once.each, at_once.each)),
            most_each: at_once.each,
            space: None,
        })
    }

    /// Opens a folder in that folder for copies of what the store keeps, `bytes` at most.
    ///
    /// # Errors
    /// The folder can't be made or emptied.
    pub fn open_cache(
        folder: &Path,
        limits: GifLimits,
        at_once: AtOnce,
        blobs: Arc<dyn Blobs>,
        bytes: u64,
    ) -> io::Result<Self> {
        let mut uploads = Self::open(&folder.join(COPIES), limits, at_once)?;
        let cache = GifCache::new(uploads.folder.clone(), blobs, bytes)?;
        uploads.cache = Some(Arc::new(cache));
        Ok(uploads)
    }

    /// The same with so much space, which is counted by the store.
    #[must_use]
    pub fn with_space(mut self, store: Arc<dyn Store>, quotas: Quotas) -> Self {
        self.space = Some(Arc::new(UploadSpace::new(store, quotas)));
        self
    }

    /// The most that the GIFs of the site may hold.
    pub fn space_of_site(&self) -> Space {
        let space = self.space.as_ref();
        space.map_or(Space::UNLIMITED, |space| space.of_site())
    }

    /// The space that the GIFs of a room take.
    ///
    /// # Errors
    /// The store fails.
    pub async fn space_of_room(&self, room: RoomId) -> Result<Space, StoreError> {
        match &self.space {
            Some(space) => space.of_room(room).await,
            None => Ok(Space::default()),
        }
    }

    /// What is counted of uploads.
    pub const fn metrics(&self) -> &UploadMetrics {
        &self.metrics
    }

    /// Takes one of the uploads of a visitor and of an address. Until its first kilobyte has come, an upload has nothing
    /// but this: so what waits for that is bounded by visitor and address, by the time that the first bytes may take, and
    /// over all by the connections. It is said to have so many bytes; 0 if that is not known.
    ///
    /// # Errors
    /// All of them run already.
    pub fn slot(&self, guest: &Guest, announced: u64) -> Result<UploadSlot, Refusal> {
        Ok(UploadSlot {
            guest: *guest,
            announced,
            _held: self.each.take(guest).ok_or(Refusal::RateLimited {
                budget: Budget::UploadsAtOnce { each: self.most_each },
                retry_after: SOON,
            })?,
        })
    }

    /// Begins an upload to a room.
    ///
    /// # Errors
    /// There is no space for it, or the store fails.
    pub async fn begin(&self, slot: UploadSlot, room: RoomId) -> Result<Upload, Refusal> {
        let space = match &self.space {
            Some(space) => {
                let owner = space.owner(room, &slot.guest);
                space.check(&owner, slot.announced).await?;
                Some((Arc::clone(space), owner))
            }
            None => None,
        };
        Ok(Upload::new(
            (self.folder.clone(), self.cache.clone()),
            space,
            self.limits,
            (Arc::clone(&self.turns), slot),
            self.metrics.bytes.clone(),
        ))
    }

    /// Opens a file of a GIF that a message in that room names.
    ///
    /// # Errors
    /// There is none, or the store that keeps it fails.
    pub async fn picture(&self, name: GifName, named: NamedIn, picture: Picture) -> Result<tokio::fs::File, Refusal> {
        let path = match picture {
            Picture::Gif => self.folder.gif(name),
            Picture::Still => self.folder.still(name),
        };
        let Some(cache) = &self.cache else {
            return tokio::fs::File::open(path).await.map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Refusal::NotFound,
                _ => disk(error),
            });
        };
        for _ in 0..FETCHES {
            cache.fetch(name, named).await?;
            if let Ok(file) = tokio::fs::File::open(&path).await {
                return Ok(file);
            }
            // It was evicted between the two.
            cache.forget(name).await;
        }
        Err(Refusal::NotFound)
    }

    /// The room of a GIF that lies in the folder as a copy: the store need not be asked.
    pub async fn room_of(&self, name: GifName) -> Option<RoomId> {
        self.cache.as_ref()?.room_of(name).await
    }

    /// Deletes the copies of the GIFs of a room that is gone, or of which some are.
    pub async fn forget_room(&self, room: RoomId) {
        if let Some(cache) = &self.cache {
            cache.forget_room(room).await;
        }
    }

    /// Deletes all copies, when it was missed which GIFs were deleted.
    pub async fn forget_all(&self) {
        if let Some(cache) = &self.cache {
            cache.forget_all().await;
        }
    }

    /// Deletes GIFs with their stills. What can't be deleted is logged; the sweep at the next start tries again.
    pub async fn delete(&self, names: Vec<GifName>) {
        if let Some(cache) = &self.cache {
            return cache.delete(&names).await;
        }
        for name in names {
            let folder = self.folder.clone();
            let begun = Instant::now();
            let _ = spawn_blocking(move || folder.delete(name)).await;
            if let Some(space) = &self.space {
                space.give_back(&[name]);
            }
            // A large file keeps the journal of the file system busy, and each commit of the store waits for that.
            tokio::time::sleep(begun.elapsed()).await;
        }
    }

    /// Deletes the files that no message names, and forgets the messages whose file is missing.
    ///
    /// # Errors
    /// The store or the disk failed.
    pub async fn sweep(&self, store: &dyn Store) -> Result<(), StoreError> {
        if self.cache.is_some() {
            // Missing copies are no loss, and the store sweeps for itself.
            return Ok(());
        }
        let named = store.gif_names().await?;
        let folder = self.folder.clone();
        let swept = spawn_blocking(move || sweep(&folder, named))
            .await
            .map_err(StoreError::failed)?;
        let Swept { missing, whole } = swept.map_err(StoreError::failed)?;
        store.recount(&whole);
        if !missing.is_empty() {
            warn!(
                count = missing.len(),
                "messages name GIFs that are missing; they are removed"
            );
            store.forget_gifs(missing).await?;
        }
        Ok(())
    }
}
