//! The folder of the GIFs, and how many bytes lie in it.

use std::{
    fs, io,
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::disk::delete_file;
use crate::{domain::GifName, metrics::Gauge};

/// A folder that keeps count of the GIFs and stills in it. What is not complete yet does not count.
#[derive(Clone)]
pub struct Folder {
    path: Arc<Path>,
    bytes: Gauge,
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Folder {
    /// A folder with nothing in it, as far as is known.
    pub fn new(path: &Path, bytes: Gauge) -> Self {
        let path = path.into();
        Self { path, bytes }
    }

    /// The file of a GIF.
    pub fn gif(&self, name: GifName) -> PathBuf {
        self.join(name.to_string())
    }

    /// The file of its first frame.
    pub fn still(&self, name: GifName) -> PathBuf {
        self.join(format!("still-{name}"))
    }

    /// Gives a file that is complete its name, in place of what has it.
    pub fn take_in(&self, part: PathBuf, name: &Path) -> io::Result<()> {
        let before = size(name);
        let bytes = size(&part);
        fs::rename(part, name)?;
        self.bytes.add(bytes - before);
        Ok(())
    }

    /// Deletes a GIF with its still.
    pub fn delete(&self, name: GifName) {
        for path in [self.gif(name), self.still(name)] {
            let bytes = size(&path);
            if delete_file(&path) {
                self.bytes.add(-bytes);
            }
        }
    }

    /// Bytes of a GIF with its still.
    pub fn bytes_of(&self, name: GifName) -> u64 {
        (size(&self.gif(name)) + size(&self.still(name))).unsigned_abs()
    }

    /// Counts what lies in the folder, of which these are the whole GIFs; each with its bytes.
    pub fn count(&self, names: impl Iterator<Item = GifName>) -> Vec<(GifName, u64)> {
        let files: Vec<_> = names.map(|name| (name, self.bytes_of(name))).collect();
        self.bytes.set(files.iter().map(|(_, bytes)| *bytes).sum::<u64>());
        files
    }
}

/// Bytes of a file; 0 if there is none.
fn size(path: &Path) -> i64 {
    fs::metadata(path).map_or(0, |file| i64::try_from(file.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_files_that_have_their_names() {
        let (parent, bytes, name) = (tempfile::tempdir().unwrap(), Gauge::default(), GifName::random());
        let folder = Folder::new(parent.path(), bytes.clone());
        let add = |size: usize, path: PathBuf| {
            let part = parent.path().join("x.part");
            fs::write(&part, vec![0; size]).unwrap();
            folder.take_in(part, &path).unwrap();
            bytes.get()
        };
        assert_eq!((add(7, folder.gif(name)), add(2, folder.still(name))), (7, 9));
        assert_eq!(add(5, folder.gif(name)), 7, "it takes the place of the other one");
        let restarted = Folder::new(parent.path(), Gauge::default());
        assert_eq!(restarted.count([name].into_iter()), [(name, 7)]);
        assert_eq!(restarted.bytes.get(), 7);
        folder.delete(name);
        folder.delete(name);
        assert_eq!(bytes.get(), 0);
    }
}
