//! One GIF on its way in: checked while it streams, then made durable under its name.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    sync::Arc,
};

use sha2::{Digest, Sha256};
use tokio::{task::spawn_blocking, time::Instant};
use tracing::debug;

use super::{
    BUSY, Folder, NamedIn, PART, UploadSlot,
    cache::GifCache,
    disk::{TempFile, disk, on_disk},
    space::UploadSpace,
    turns::{Turn, Turns},
};
use crate::{
    domain::{
        GifBody, GifHash, GifName, GifWords, Look, Refusal,
        gif::{GifError, GifLimits},
    },
    media::gif::{GifFacts, GifWalk, check_first_frame, write_still},
    metrics::Counter,
    private_files,
    rules::GifOwner,
    store::NewFile,
};

/// Bytes that have to come before an upload takes one of the turns of all and makes a file. A smaller one does when it is
/// whole. So who opens uploads and sends next to nothing keeps nobody out.
pub const FIRST: usize = 1 << 10;

/// Checked bytes held back before they are written to disk. Bounds the memory of one upload, together with one chunk
/// of the request.
const BUFFER: usize = 256 << 10;

/// Where space is taken, and whose it is.
type Counted = (Arc<UploadSpace>, GifOwner);

/// A GIF on its way in. Dropped before [`Upload::finish`], it leaves nothing behind.
pub struct Upload {
    folder: Folder,
    cache: Option<Arc<GifCache>>,
    space: Option<Counted>,
    limits: GifLimits,
    name: GifName,
    turns: Arc<Turns>,
    came: usize,
    /// Those of all uploads.
    bytes: Counter,
    /// Its file and its turn, since the first kilobyte.
    begun: Option<Begun>,
    file: Option<File>,
    walk: GifWalk,
    kept: Vec<u8>,
    /// Of what is stored, not of what came: the same picture is the same whatever was hidden in its file.
    hasher: Sha256,
    /// Of what came: operators may know no more of a GIF than its file.
    original: Sha256,
    slot: UploadSlot,
}

/// What an upload has since it has begun for good.
struct Begun {
    part: TempFile,
    turn: Turn,
}

impl Upload {
    /// An upload of which nothing has come.
    pub(super) fn new(
        (folder, cache): (Folder, Option<Arc<GifCache>>),
        space: Option<Counted>,
        limits: GifLimits,
        (turns, slot): (Arc<Turns>, UploadSlot),
        bytes: Counter,
    ) -> Self {
        Self {
            folder,
            cache,
            space,
            limits,
            name: GifName::random(),
            turns,
            came: 0,
            bytes,
            begun: None,
            file: None,
            walk: GifWalk::new(limits),
            kept: Vec::new(),
            hasher: Sha256::new(),
            original: Sha256::new(),
            slot,
        }
    }

    /// Takes a turn and makes its file in the folder, if it has not yet.
    async fn begin(&mut self) -> Result<(), Refusal> {
        if self.begun.is_some() {
            return Ok(());
        }
        let turn = self
            .turns
            .take(&self.slot.guest, self.came, Instant::now())
            .ok_or(BUSY)?;
        let part = TempFile(self.folder.join(format!("{}.{PART}", self.name)));
        // The file and what deletes it stay together: who gives up meanwhile drops both, whichever thread has them.
        let (file, part) = on_disk(move || private_files::create_new(&part.0).map(|file| (file, part))).await?;
        self.file = Some(file);
        self.begun = Some(Begun { part, turn });
        Ok(())
    }

    /// Checks the next bytes and writes what is kept of them.
    ///
    /// # Errors
    /// They are not part of a GIF within the limits, too many uploads run already, or the disk fails.
    pub async fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        self.bytes.add(chunk.len() as u64);
        self.walk.push(chunk, &mut self.kept).map_err(refused)?;
        self.original.update(chunk);
        self.came = self.came.saturating_add(chunk.len());
        match &self.begun {
            Some(begun) => begun.turn.came(chunk.len()),
            None if self.came >= FIRST => self.begin().await?,
            None => (),
        }
        if self.kept.len() >= BUFFER {
            self.flush().await
        } else {
            Ok(())
        }
    }

    /// Waits until another upload has taken the turn of this one. One whose bytes are all there may still be finished.
    pub async fn ended(&self) -> Refusal {
        match &self.begun {
            Some(begun) => begun.turn.ended().await,
            None => std::future::pending().await,
        }
        BUSY
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
    /// It is not a whole GIF, too many uploads run already, there is no space for it, or the disk fails.
    pub async fn finish(mut self) -> Result<StoredGif, Refusal> {
        self.begin().await?;
        self.flush().await?;
        let facts = self.walk.finish().map_err(refused)?;
        let (Some(file), Some(begun)) = (self.file, self.begun) else {
            return Err(Refusal::Unavailable);
        };
        let (folder, name, limits) = (self.folder, self.name, self.limits);
        let Begun { part, turn } = begun;
        let settled = spawn_blocking(move || {
            settle(&folder, name, part, &file, &facts, limits).map(|look| (folder, facts, look))
        });
        let (folder, facts, look) = settled.await.map_err(|_| Refusal::Unavailable)??;
        let mut stored = StoredGif {
            folder,
            space: None,
            deletions: self.cache.as_ref().map_or(0, |cache| cache.deletions()),
            cache: self.cache,
            name,
            facts,
            hash: GifHash::from_bytes(self.hasher.finalize().into()),
            original: GifHash::from_bytes(self.original.finalize().into()),
            keep: false,
        };
        if let Some((space, owner)) = self.space {
            let bytes = stored.folder.bytes_of(name);
            space.take(NewFile { name, bytes, look }, &owner).await?;
            stored.space = Some(space);
        }
        if let Some(cache) = &stored.cache {
            cache.put(name).await?;
        }
        drop(turn);
        Ok(stored)
    }
}

/// Logs what exactly is wrong with a GIF: the visitor only reads what to do about it.
fn refused(error: GifError) -> Refusal {
    debug!(reason = error.key(), %error, "refused a GIF");
    error.into()
}

/// Checks, syncs and renames; what the first frame looks like. The file has its final name only when its bytes are durable.
fn settle(
    folder: &Folder,
    name: GifName,
    mut part: TempFile,
    file: &File,
    facts: &GifFacts,
    limits: GifLimits,
) -> Result<Option<Look>, Refusal> {
    let look = check_first_frame(BufReader::new(File::open(&part.0).map_err(disk)?), &limits).map_err(refused)?;
    let mut still = TempFile(folder.join(format!("still-{name}.{PART}")));
    let mut write = || -> io::Result<()> {
        let mut out = BufWriter::new(private_files::create_new(&still.0)?);
        write_still(&mut File::open(&part.0)?, &facts.still, &mut out)?;
        out.into_inner()?.sync_all()?;
        file.sync_all()?;
        folder.take_in(std::mem::take(&mut still.0), &folder.still(name))?;
        folder.take_in(std::mem::take(&mut part.0), &folder.gif(name))?;
        // The names are durable only once the folder is.
        File::open(&**folder)?.sync_all()
    };
    write().map(|()| look).map_err(|error| {
        folder.delete(name);
        disk(error)
    })
}

/// A durable GIF that no message names yet. Dropped before [`StoredGif::keep`], its files are deleted.
pub struct StoredGif {
    folder: Folder,
    cache: Option<Arc<GifCache>>,
    /// Where its space was taken.
    space: Option<Arc<UploadSpace>>,
    /// Deletions of GIFs before any message could name this one.
    deletions: u64,
    name: GifName,
    facts: GifFacts,
    hash: GifHash,
    original: GifHash,
    keep: bool,
}

impl StoredGif {
    /// What a message that names it says.
    pub fn body(&self, words: GifWords) -> GifBody {
        GifBody {
            name: self.name,
            width: self.facts.width,
            height: self.facts.height,
            frames: self.facts.frames,
            duration: self.facts.duration,
            bytes: self.facts.bytes,
            alt: words.alt,
            caption: words.caption,
            hash: Some(self.hash),
        }
    }

    /// The hash of the file as it came, where something was left out of it.
    pub fn original(&self) -> Option<GifHash> {
        (self.original != self.hash).then_some(self.original)
    }

    /// A message or a whisper names it now.
    pub async fn keep(mut self, named: NamedIn) {
        self.keep = true;
        if let Some(cache) = &self.cache {
            // A still is a part of its GIF.
            let bytes = 2 * self.facts.bytes;
            cache.keep(self.name, named, bytes, self.deletions).await;
        }
    }

    /// No message will name it.
    pub async fn discard(self) {
        if let Some(cache) = &self.cache {
            cache.delete(&[self.name]).await;
        }
    }
}

impl Drop for StoredGif {
    fn drop(&mut self) {
        if !self.keep {
            self.folder.delete(self.name);
            if let Some(space) = &self.space {
                space.give_back(&[self.name]);
            }
        }
    }
}
