//! GIFs on disk: streamed in, checked, made durable, found again, deleted. On a store that keeps GIFs itself the files
//! are copies.

mod shared;

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};
use tracing::{error, info, warn};

use self::shared::Shared;
use crate::{
    domain::{
        Alt, GifBody, GifHash, GifName, Refusal, RoomId,
        gif::{GifFacts, GifLimits, GifWalk, check_first_frame, write_still},
    },
    store::{Blobs, Store, StoreError},
};

/// Checked bytes held back before they are written to disk. Bounds the memory of one upload, together with one chunk
/// of the request.
const BUFFER: usize = 256 << 10;

/// Ends the name of a file that is not complete yet.
const PART: &str = "part";

/// Folder of the copies in the folder of the GIFs: what lies beside it is not theirs to delete.
const COPIES: &str = "cache";

/// Times an evicted copy is fetched again before a GIF is called missing.
const FETCHES: usize = 3;

/// Which file of a GIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The whole.
    Gif,
    /// Its first frame.
    Still,
}

/// The folder of the GIFs.
#[derive(Clone)]
pub struct Uploads {
    folder: Arc<Path>,
    shared: Option<Arc<Shared>>,
    limits: GifLimits,
    turns: Arc<Semaphore>,
}

impl Uploads {
    /// Opens the folder, makes it when it is missing. `at_once` uploads may run side by side.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn open(folder: &Path, limits: GifLimits, at_once: usize) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.into(),
            shared: None,
            limits,
            turns: Arc::new(Semaphore::new(at_once)),
        })
    }

    /// Opens a folder in that folder for copies of what the store keeps, `bytes` at most.
    ///
    /// # Errors
    /// The folder can't be made or emptied.
    pub fn open_cache(
        folder: &Path,
        limits: GifLimits,
        at_once: usize,
        blobs: Arc<dyn Blobs>,
        bytes: u64,
    ) -> io::Result<Self> {
        let mut uploads = Self::open(&folder.join(COPIES), limits, at_once)?;
        let shared = Shared::new(Arc::clone(&uploads.folder), blobs, bytes)?;
        uploads.shared = Some(Arc::new(shared));
        Ok(uploads)
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// Too many run already, or the disk fails.
    pub async fn begin(&self) -> Result<Upload, Refusal> {
        let busy = Refusal::RateLimited {
            retry_after: Duration::from_secs(2),
        };
        let turn = Arc::clone(&self.turns).try_acquire_owned().map_err(|_| busy)?;
        let name = GifName::random();
        let part = Scratch(self.folder.join(format!("{name}.{PART}")));
        // The file and what deletes it stay together: who gives up meanwhile drops both, whichever thread has them.
        let (file, part) = on_disk(move || File::create_new(&part.0).map(|file| (file, part))).await?;
        let walk = GifWalk::new(self.limits);
        let (folder, limits) = (Arc::clone(&self.folder), self.limits);
        Ok(Upload {
            folder,
            shared: self.shared.clone(),
            limits,
            name,
            part,
            file: Some(file),
            walk,
            kept: Vec::new(),
            hasher: Sha256::new(),
            _turn: turn,
        })
    }

    /// Opens a file of a GIF that a message in that room names.
    ///
    /// # Errors
    /// There is none, or the store that keeps it fails.
    pub async fn picture(
        &self,
        name: GifName,
        (room, public): (RoomId, bool),
        picture: Picture,
    ) -> Result<tokio::fs::File, Refusal> {
        let path = match picture {
            Picture::Gif => gif_path(&self.folder, name),
            Picture::Still => still_path(&self.folder, name),
        };
        let Some(shared) = &self.shared else {
            return tokio::fs::File::open(path).await.map_err(|_| Refusal::NotFound);
        };
        for _ in 0..FETCHES {
            shared.fetch(name, room, public).await?;
            if let Ok(file) = tokio::fs::File::open(&path).await {
                return Ok(file);
            }
            // It was evicted between the two.
            shared.forget(name).await;
        }
        Err(Refusal::NotFound)
    }

    /// The room of a GIF that lies in the folder as a copy: the store need not be asked.
    pub async fn room_of(&self, name: GifName) -> Option<RoomId> {
        self.shared.as_ref()?.room_of(name).await
    }

    /// Deletes the copies of the GIFs of a room that is gone, or of which some are.
    pub async fn forget_room(&self, room: RoomId) {
        if let Some(shared) = &self.shared {
            shared.forget_room(room).await;
        }
    }

    /// Deletes all copies, when it was missed which GIFs were deleted.
    pub async fn forget_all(&self) {
        if let Some(shared) = &self.shared {
            shared.forget_all().await;
        }
    }

    /// Deletes GIFs with their stills. What can't be deleted is logged; the sweep at the next start tries again.
    pub async fn delete(&self, names: Vec<GifName>) {
        if let Some(shared) = &self.shared {
            return shared.delete(&names).await;
        }
        let folder = Arc::clone(&self.folder);
        let _ = spawn_blocking(move || names.into_iter().for_each(|name| delete_files(&folder, name))).await;
    }

    /// Deletes the files that no message names, and forgets the messages whose file is missing.
    ///
    /// # Errors
    /// The store or the disk failed.
    pub async fn sweep(&self, store: &dyn Store) -> Result<(), StoreError> {
        if self.shared.is_some() {
            // Missing copies are no loss, and the store sweeps for itself.
            return Ok(());
        }
        let named = store.gif_names().await?;
        let folder = Arc::clone(&self.folder);
        let missing = spawn_blocking(move || sweep(&folder, named))
            .await
            .map_err(StoreError::failed)?;
        let missing = missing.map_err(StoreError::failed)?;
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

fn gif_path(folder: &Path, name: GifName) -> PathBuf {
    folder.join(name.to_string())
}

fn still_path(folder: &Path, name: GifName) -> PathBuf {
    folder.join(format!("still-{name}"))
}

fn delete_files(folder: &Path, name: GifName) {
    for path in [gif_path(folder, name), still_path(folder, name)] {
        delete_file(&path);
    }
}

fn delete_file(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            error!(%error, path = %path.display(), "a file can't be deleted");
        }
        _ => (),
    }
}

/// Deletes what is not `named`; returns what is named and not there whole, with its still.
fn sweep(folder: &Path, named: Vec<GifName>) -> io::Result<Vec<GifName>> {
    let (mut gifs, mut stills, mut parts) = (HashSet::new(), HashSet::new(), Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let Some(text) = file.to_str() else { continue };
        // Files that are none of ours, such as .gitkeep, stay.
        if let Ok(name) = text.parse::<GifName>() {
            gifs.insert(name);
        } else if let Some(Ok(name)) = text.strip_prefix("still-").map(str::parse::<GifName>) {
            stills.insert(name);
        } else if Path::new(text).extension().is_some_and(|end| end == PART) {
            parts.push(entry.path());
        }
    }
    let named: HashSet<_> = named.into_iter().collect();
    let is_whole = |name: &GifName| named.contains(name) && gifs.contains(name) && stills.contains(name);
    let orphans: HashSet<_> = gifs.union(&stills).filter(|name| !is_whole(name)).collect();
    parts.iter().for_each(|path| delete_file(path));
    orphans.iter().for_each(|name| delete_files(folder, **name));
    let deleted = orphans.len() + parts.len();
    if deleted > 0 {
        info!(deleted, "GIFs and parts that no message names are swept away");
    }
    Ok(named.iter().filter(|name| !is_whole(name)).copied().collect())
}

/// A file that goes away unless it is renamed.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            delete_file(&self.0);
        }
    }
}

/// A GIF on its way in. Dropped before [`Upload::finish`], it leaves nothing behind.
pub struct Upload {
    folder: Arc<Path>,
    shared: Option<Arc<Shared>>,
    limits: GifLimits,
    name: GifName,
    part: Scratch,
    file: Option<File>,
    walk: GifWalk,
    kept: Vec<u8>,
    /// Of what is stored, not of what came: the same picture is the same whatever was hidden in its file.
    hasher: Sha256,
    _turn: OwnedSemaphorePermit,
}

impl Upload {
    /// Checks the next bytes and writes what is kept of them.
    ///
    /// # Errors
    /// They are not part of a GIF within the limits, or the disk fails.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        self.walk.push(chunk, &mut self.kept)?;
        if self.kept.len() >= BUFFER {
            self.flush().await
        } else {
            Ok(())
        }
    }

    async fn flush(&mut self) -> Result<(), Refusal> {
        let Some(mut file) = self.file.take() else {
            return Err(Refusal::Unavailable);
        };
        let (kept, mut hasher) = (std::mem::take(&mut self.kept), std::mem::take(&mut self.hasher));
        let write = move || {
            hasher.update(&kept);
            file.write_all(&kept).map(|()| (file, kept, hasher))
        };
        let (file, mut kept, hasher) = on_disk(write).await?;
        kept.clear();
        (self.file, self.kept, self.hasher) = (Some(file), kept, hasher);
        Ok(())
    }

    /// Checks the end and the first frame, makes the still, syncs both files and gives them their names.
    ///
    /// # Errors
    /// It is not a whole GIF, or the disk fails.
    pub async fn finish(mut self) -> Result<StoredGif, Refusal> {
        self.flush().await?;
        let facts = self.walk.finish()?;
        let Some(file) = self.file else {
            return Err(Refusal::Unavailable);
        };
        let (folder, name, part, limits) = (self.folder, self.name, self.part, self.limits);
        let settled =
            spawn_blocking(move || settle(&folder, name, part, &file, &facts, limits).map(|()| (folder, facts)));
        let (folder, facts) = settled.await.map_err(|_| Refusal::Unavailable)??;
        let stored = StoredGif {
            folder,
            shared: self.shared,
            name,
            facts,
            hash: GifHash::from_bytes(self.hasher.finalize().into()),
            keep: false,
        };
        if let Some(shared) = &stored.shared {
            shared.put(name).await?;
        }
        Ok(stored)
    }
}

/// Checks, syncs and renames. The file has its final name only when its bytes are durable.
fn settle(
    folder: &Path,
    name: GifName,
    mut part: Scratch,
    file: &File,
    facts: &GifFacts,
    limits: GifLimits,
) -> Result<(), Refusal> {
    check_first_frame(BufReader::new(File::open(&part.0).map_err(disk)?), &limits)?;
    let mut still = Scratch(folder.join(format!("still-{name}.{PART}")));
    let mut write = || -> io::Result<()> {
        let mut out = BufWriter::new(File::create_new(&still.0)?);
        write_still(&mut File::open(&part.0)?, &facts.still, &mut out)?;
        out.into_inner()?.sync_all()?;
        file.sync_all()?;
        fs::rename(std::mem::take(&mut still.0), still_path(folder, name))?;
        fs::rename(std::mem::take(&mut part.0), gif_path(folder, name))?;
        // The names are durable only once the folder is.
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| {
        delete_files(folder, name);
        disk(error)
    })
}

/// A durable GIF that no message names yet. Dropped before [`StoredGif::keep`], its files are deleted.
pub struct StoredGif {
    folder: Arc<Path>,
    shared: Option<Arc<Shared>>,
    name: GifName,
    facts: GifFacts,
    hash: GifHash,
    keep: bool,
}

impl StoredGif {
    /// What a message that names it says.
    pub fn body(&self, alt: Alt) -> GifBody {
        GifBody {
            name: self.name,
            width: self.facts.width,
            height: self.facts.height,
            frames: self.facts.frames,
            duration: self.facts.duration,
            bytes: self.facts.bytes,
            alt,
            hash: Some(self.hash),
        }
    }

    /// A message in that room names it now, or a whisper, which is not `public`.
    pub async fn keep(mut self, room: RoomId, public: bool) {
        self.keep = true;
        if let Some(shared) = &self.shared {
            // A still is a part of its GIF.
            shared.keep(self.name, room, public, 2 * self.facts.bytes).await;
        }
    }

    /// No message will name it.
    pub async fn discard(self) {
        if let Some(shared) = &self.shared {
            shared.delete(&[self.name]).await;
        }
    }
}

impl Drop for StoredGif {
    fn drop(&mut self) {
        if !self.keep {
            delete_files(&self.folder, self.name);
        }
    }
}

/// Runs disk work off the async threads.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    spawn_blocking(work)
        .await
        .map_err(|_| Refusal::Unavailable)?
        .map_err(disk)
}

/// Logs a fault of the disk and says what the visitor may know of it.
fn disk(error: io::Error) -> Refusal {
    error!(%error, "the disk of the uploads failed");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refusal::StorageFull,
        _ => Refusal::Unavailable,
    }
}
