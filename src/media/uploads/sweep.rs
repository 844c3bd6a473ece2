//! What the folder of the GIFs is put in order by at the start.

use std::{collections::HashSet, fs, io, path::Path};

use tracing::info;

use super::{COPIES, Folder, PART, disk::delete_file};
use crate::{domain::GifName, private_files};

/// What the start found of the GIFs that something names.
pub struct Swept {
    /// Those that are not there whole, with their stills.
    pub missing: Vec<GifName>,
    /// Those that are, with their bytes.
    pub whole: Vec<(GifName, u64)>,
}

/// Deletes what is not `named`. Files of an earlier version that
/// others may read are theirs no longer, and neither is the folder, unless something else lies in it.
pub fn sweep(folder: &Folder, named: Vec<GifName>) -> io::Result<Swept> {
    let (mut gifs, mut stills, mut parts) = (HashSet::new(), HashSet::new(), Vec::new());
    let mut ours_alone = true;
    for entry in fs::read_dir(&**folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let Some(text) = file.to_str() else {
            ours_alone = false;
            continue;
        };
        // Files that are none of ours, such as .gitkeep, stay.
        if let Ok(name) = text.parse::<GifName>() {
            gifs.insert(name);
        } else if let Some(Ok(name)) = text.strip_prefix("still-").map(str::parse::<GifName>) {
            stills.insert(name);
        } else if Path::new(text).extension().is_some_and(|end| end == PART) {
            parts.push(entry.path());
            continue;
        } else {
            ours_alone &= text == COPIES || text == ".gitkeep";
            continue;
        }
        // A link is somebody's decision, and what it leads to is theirs.
        if entry.file_type()?.is_file() {
            match private_files::restrict(&entry.path()) {
                // Another server still deleted it.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => (),
            }
        }
    }
    if ours_alone {
        private_files::restrict(folder)?;
    }
    let named: HashSet<_> = named.into_iter().collect();
    let is_whole = |name: &GifName| named.contains(name) && gifs.contains(name) && stills.contains(name);
    let orphans: HashSet<_> = gifs.union(&stills).filter(|name| !is_whole(name)).collect();
    for path in &parts {
        delete_file(path);
    }
    orphans.iter().for_each(|name| folder.delete(**name));
    let whole = folder.count(gifs.iter().copied().filter(|name| is_whole(name)));
    let deleted = orphans.len() + parts.len();
    if deleted > 0 {
        info!(deleted, "GIFs and parts that no message names are swept away");
    }
    let missing = named.iter().filter(|name| !is_whole(name)).copied().collect();
    Ok(Swept { missing, whole })
}
