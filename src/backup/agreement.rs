//! Whether a store and the files of its GIFs agree.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufReader, Read},
    path::Path,
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};

use super::files;
use crate::{
    domain::{GifHash, GifName},
    store::{NamedGif, SqliteMoment, StoreError},
};

/// How long the message that names a file may be on its way.
const GRACE: Duration = Duration::from_secs(600);

/// Bytes of a file that are read at once.
const CHUNK: usize = 64 << 10;

/// What a check found.
pub struct Found {
    /// One line each.
    pub faults: Vec<String>,
    /// GIFs that something names.
    pub gifs: usize,
}

/// Compares what messages and whispers name at a moment with what is in a folder. What is missing there is asked for again at
/// a moment after that: somebody may have deleted it meanwhile.
pub fn check(
    moment: &SqliteMoment,
    uploads: &Path,
    later: impl FnOnce() -> Result<SqliteMoment, StoreError>,
) -> Result<Found, StoreError> {
    let mut faults = moment.faults()?;
    let named = moment.gifs()?;
    let bad: Vec<_> = named
        .iter()
        .filter_map(|gif| fault(uploads, gif).map(|fault| (gif, fault)))
        .collect();
    if !bad.is_empty() {
        let gone: HashSet<_> = later()?
            .unnamed(bad.iter().map(|(gif, _)| gif.name).collect())?
            .into_iter()
            .collect();
        let left = bad.into_iter().filter(|(gif, _)| !gone.contains(&gif.name));
        faults.extend(left.map(|(gif, fault)| format!("{} of room {}: {fault}", gif.name, gif.room)));
    }
    let mut known: HashSet<GifName> = named.iter().map(|gif| gif.name).collect();
    known.extend(moment.unreferenced()?);
    faults.extend(unnamed(uploads, &known).map_err(StoreError::failed)?);
    Ok(Found {
        faults,
        gifs: named.len(),
    })
}

/// What is wrong with the files of a GIF.
fn fault(uploads: &Path, gif: &NamedGif) -> Option<String> {
    let [whole, still] = files::of(uploads, gif.name);
    let read = || -> io::Result<Option<String>> {
        let size = fs::metadata(&whole)?.len();
        if size != gif.bytes {
            return Ok(Some(format!(
                "the file has {size} bytes, the message says {}",
                gif.bytes
            )));
        }
        if let Some(hash) = gif.hash
            && hash_of(&whole)? != hash
        {
            return Ok(Some("the file holds other bytes than were posted".to_owned()));
        }
        let empty = fs::metadata(&still)?.len() == 0;
        Ok(empty.then(|| "its still is empty".to_owned()))
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let which = if whole.exists() { "its still" } else { "the file" };
            Some(format!("{which} is missing"))
        }
        Err(error) => Some(format!("the file can't be read: {error}")),
        Ok(fault) => fault,
    }
}

fn hash_of(path: &Path) -> io::Result<GifHash> {
    let mut file = BufReader::with_capacity(CHUNK, File::open(path)?);
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(GifHash::from_bytes(hasher.finalize().into())),
            read => hasher.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}

/// The files that nothing names, but for those that are new.
fn unnamed(uploads: &Path, known: &HashSet<GifName>) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    for path in files::gifs_in(uploads)? {
        let Some(name) = files::named(&path).filter(|name| !known.contains(name)) else {
            continue;
        };
        // One that is deleted meanwhile is none.
        let Ok(changed) = fs::metadata(&path).and_then(|file| file.modified()) else {
            continue;
        };
        let age = SystemTime::now().duration_since(changed).unwrap_or_default();
        if age > GRACE {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            lines.push(format!(
                "{file}: no message names {name}; the next start of a server deletes it"
            ));
        }
    }
    lines.sort_unstable();
    Ok(lines)
}
