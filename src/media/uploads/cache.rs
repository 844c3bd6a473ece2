//! A bounded cache, in the folder of the GIFs, of files that the store keeps for all servers.
//!
//! It holds what this server received or was asked for, evicts the least recently used files, and drops those of rooms that are
//! gone. It starts empty, because files may have been deleted while the server was down.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use moka::{future::Cache, notification::RemovalCause, policy::EvictionPolicy};

use super::{
    Folder, NamedIn, PART,
    disk::{TempFile, delete_file, on_disk},
};
use crate::{
    domain::{GifName, Refusal, RoomId},
    private_files,
    store::{Blob, Blobs},
};

/// A GIF in the folder.
#[derive(Clone, Copy)]
struct Kept {
    named: NamedIn,
    kib: u32,
}

impl Kept {
    fn new(named: NamedIn, bytes: u64) -> Self {
        let kib = u32::try_from(bytes.div_ceil(1_024)).unwrap_or(u32::MAX);
        Self { named, kib }
    }
}

/// The GIFs of the store, and those of them that are in the folder.
pub struct GifCache {
    blobs: Arc<dyn Blobs>,
    folder: Folder,
    kept: Cache<GifName, Kept>,
    /// Counts how often GIFs were deleted elsewhere: a copy that was being fetched meanwhile may be one of them.
    deletions: AtomicU64,
}

impl GifCache {
    /// Empties the folder of GIFs; from now on it holds about that many bytes at most.
    pub fn new(folder: Folder, blobs: Arc<dyn Blobs>, bytes: u64) -> io::Result<Self> {
        empty(&folder)?;
        private_files::restrict(&folder)?;
        let of_evicted = folder.clone();
        let kept = Cache::builder()
            .max_capacity(bytes / 1_024)
            .weigher(|_, kept: &Kept| kept.kib)
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(move |name, _, cause| {
                if cause != RemovalCause::Replaced {
                    of_evicted.delete(*name);
                }
            })
            .build();
        Ok(Self {
            blobs,
            folder,
            kept,
            deletions: AtomicU64::new(0),
        })
    }

    /// Gives the store the files of a GIF that lies in the folder.
    pub async fn put(&self, name: GifName) -> Result<(), Refusal> {
        let folder = self.folder.clone();
        let read = move || -> io::Result<Blob> {
            Ok(Blob {
                gif: fs::read(folder.gif(name))?.into(),
                still: fs::read(folder.still(name))?.into(),
            })
        };
        let blob = on_disk(read).await?;
        Ok(self.blobs.put(name, blob).await?)
    }

    /// How often GIFs were deleted elsewhere so far.
    pub fn deletions(&self) -> u64 {
        self.deletions.load(Ordering::SeqCst)
    }

    /// Takes a GIF that lies in the folder into account. When some were deleted since there had been `before` deletions, it
    /// may be one of them, and its files go: it is fetched again when somebody asks for it.
    pub async fn keep(&self, name: GifName, named: NamedIn, bytes: u64, before: u64) {
        self.kept.insert(name, Kept::new(named, bytes)).await;
        if self.deletions() != before {
            self.forget(name).await;
        }
        self.kept.run_pending_tasks().await;
    }

    /// Sees to it that a GIF lies in the folder, unless some were deleted at that moment: then it is to be fetched again.
    /// Of several that ask for it at once, one fetches it.
    pub async fn fetch(&self, name: GifName, named: NamedIn) -> Result<(), Refusal> {
        let before = self.deletions();
        let fetch = async {
            let blob = self.blobs.get(name).await.map_err(Refusal::from)?;
            let blob = blob.ok_or(Refusal::NotFound)?;
            let bytes = blob.gif.len() + blob.still.len();
            let folder = self.folder.clone();
            on_disk(move || write(&folder, name, &blob)).await?;
            Ok::<_, Refusal>(Kept::new(named, bytes as u64))
        };
        let kept = self.kept.try_get_with(name, fetch).await;
        if self.deletions() != before {
            self.forget(name).await;
        }
        self.kept.run_pending_tasks().await;
        kept.map(drop).map_err(|refusal| Refusal::clone(&refusal))
    }

    /// The room of a GIF that lies in the folder and that a message names.
    pub async fn room_of(&self, name: GifName) -> Option<RoomId> {
        match self.kept.get(&name).await?.named {
            NamedIn::Message(room) => Some(room),
            NamedIn::Whisper(_) => None,
        }
    }

    /// Forgets what was said to lie in the folder and does not.
    pub async fn forget(&self, name: GifName) {
        self.kept.invalidate(&name).await;
    }

    /// Deletes GIFs here and in the store.
    pub async fn delete(&self, names: &[GifName]) {
        for name in names {
            self.forget(*name).await;
        }
        if let Err(error) = self.blobs.delete(names).await {
            tracing::warn!(%error, "GIFs can't be deleted from the store now; they are swept later");
        }
    }

    /// Deletes the copies of a room's GIFs.
    pub async fn forget_room(&self, room: RoomId) {
        self.forget_those(|kept| kept.named.room() == room).await;
    }

    /// Deletes all copies.
    pub async fn forget_all(&self) {
        self.forget_those(|_| true).await;
    }

    async fn forget_those(&self, which: impl Fn(&Kept) -> bool) {
        self.deletions.fetch_add(1, Ordering::SeqCst);
        let names: Vec<GifName> = self
            .kept
            .iter()
            .filter(|(_, kept)| which(kept))
            .map(|(name, _)| *name)
            .collect();
        for name in names {
            self.forget(name).await;
        }
    }
}

/// Writes both files; they have their names only when they are whole.
fn write(folder: &Folder, name: GifName, blob: &Blob) -> io::Result<()> {
    for (path, bytes) in [(folder.still(name), &blob.still), (folder.gif(name), &blob.gif)] {
        let mut part = TempFile(path.with_extension(PART));
        let mut file = private_files::open(&part.0)?;
        file.set_len(0)?;
        file.write_all(bytes)?;
        folder.take_in(std::mem::take(&mut part.0), &path)?;
    }
    Ok(())
}

/// Deletes what looks like a GIF of ours.
fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let Some(text) = file.to_str() else { continue };
        let name = text.strip_prefix("still-").unwrap_or(text);
        if name.parse::<GifName>().is_ok() || text.ends_with(&format!(".{PART}")) {
            delete_file(&entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::sync::Notify;

    use super::*;
    use crate::{metrics::Gauge, store::StoreError};

    /// A store that answers when it is told to.
    #[derive(Default)]
    struct Slow {
        asked: Notify,
        go_on: Notify,
    }

    #[async_trait::async_trait]
    impl Blobs for Slow {
        async fn put(&self, _: GifName, _: Blob) -> Result<(), StoreError> {
            Ok(())
        }

        async fn get(&self, _: GifName) -> Result<Option<Blob>, StoreError> {
            self.asked.notify_one();
            self.go_on.notified().await;
            let (gif, still) = (b"gif".as_slice().into(), b"still".as_slice().into());
            Ok(Some(Blob { gif, still }))
        }

        async fn delete(&self, _: &[GifName]) -> Result<(), StoreError> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_copy_that_was_on_its_way_while_gifs_were_deleted_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Folder::new(folder.path(), Gauge::default());
        let (slow, name, room) = (Arc::new(Slow::default()), GifName::random(), RoomId::random());
        let cache = GifCache::new(copies.clone(), Arc::clone(&slow) as _, 1 << 20).unwrap();
        for deleted_meanwhile in [true, false] {
            let fetched = cache.fetch(name, NamedIn::Message(room));
            let meanwhile = async {
                slow.asked.notified().await;
                if deleted_meanwhile {
                    cache.forget_room(room).await;
                }
                slow.go_on.notify_one();
            };
            let (fetched, ()) = tokio::join!(fetched, meanwhile);
            fetched.unwrap();
            let there = copies.gif(name).exists();
            assert_eq!(there, !deleted_meanwhile);
            assert_eq!(cache.room_of(name).await.is_some(), there);
        }
        cache.forget_all().await;
        assert!(!copies.gif(name).exists());
    }

    #[tokio::test]
    async fn an_upload_whose_answer_came_after_a_deletion_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Folder::new(folder.path(), Gauge::default());
        let (name, room) = (GifName::random(), RoomId::random());
        let cache = GifCache::new(copies.clone(), Arc::new(Slow::default()), 1 << 20).unwrap();
        for deleted_meanwhile in [true, false] {
            let blob = Blob {
                gif: b"gif".as_slice().into(),
                still: b"still".as_slice().into(),
            };
            write(&copies, name, &blob).unwrap();
            let before = cache.deletions();
            if deleted_meanwhile {
                cache.forget_room(room).await;
            }
            cache.keep(name, NamedIn::Message(room), 8, before).await;
            let there = copies.gif(name).exists();
            assert_eq!(there, !deleted_meanwhile);
            assert_eq!(cache.room_of(name).await.is_some(), there);
        }
    }
}
