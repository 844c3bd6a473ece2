//! Files and folders of backups: linked where they can be, copied where not, and durable.

use std::{
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use crate::{domain::GifName, private_files};

/// What begins the name of a still.
const STILL: &str = "still-";

/// The files of a GIF in a folder: itself, and its still.
pub fn of(folder: &Path, name: GifName) -> [PathBuf; 2] {
    [folder.join(name.to_string()), folder.join(format!("{STILL}{name}"))]
}

/// The GIF that a file belongs to, by its name.
pub fn named(file: &Path) -> Option<GifName> {
    let text = file.file_name()?.to_str()?;
    text.strip_prefix(STILL).unwrap_or(text).parse().ok()
}

/// The files of GIFs in a folder.
pub fn gifs_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        found.extend(named(&path).map(|_| path));
    }
    Ok(found)
}

/// A file that is to be in a backup.
pub enum Taken {
    /// It is there, as a link.
    Linked,
    /// It can't be linked. It can be read from here, even if its name is deleted meanwhile.
    Open(File),
}

/// Links a file, or opens it.
pub fn take(from: &Path, to: &Path) -> io::Result<Taken> {
    // A link to a file elsewhere would be linked itself.
    if fs::symlink_metadata(from)?.is_file() && fs::hard_link(from, to).is_ok() {
        return Ok(Taken::Linked);
    }
    File::open(from).map(Taken::Open)
}

impl Taken {
    /// Copies what is not linked.
    pub fn settle(self, to: &Path) -> io::Result<()> {
        match self {
            Self::Linked => Ok(()),
            Self::Open(mut file) => write(&mut file, to),
        }
    }
}

/// Copies a file.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    write(&mut File::open(from)?, to)
}

fn write(from: &mut File, to: &Path) -> io::Result<()> {
    let mut target = private_files::create_new(to)?;
    io::copy(from, &mut target)?;
    target.sync_all()
}

/// Makes the names in a folder durable.
pub fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The folder that a file or folder is in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Deletes a file; none is no error.
pub fn delete(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A folder that gets its name when all that belongs in it is there.
pub struct Unfinished {
    path: PathBuf,
    name: PathBuf,
    finished: bool,
    /// Held for as long as somebody works on it.
    _lock: File,
}

impl Unfinished {
    /// Makes it, beside where it will be. What an interrupted run left is deleted.
    ///
    /// # Errors
    /// A sentence: there is such a folder already, another run works on it, or it can't be made.
    pub fn begin(name: &Path) -> Result<Self, String> {
        let said = |path: &Path, error: io::Error| format!("{}: {error}", path.display());
        if fs::symlink_metadata(name).is_ok() {
            return Err(format!("{} is there already; name a new folder", name.display()));
        }
        let last = name.file_name();
        let last = last.ok_or_else(|| format!("{} names no folder", name.display()))?;
        let path = private_files::beside(&parent(name).join(last), ".partial");
        private_files::make_folder(&path).map_err(|error| said(&path, error))?;
        private_files::restrict(&path).map_err(|error| said(&path, error))?;
        let lock = File::open(&path).map_err(|error| said(&path, error))?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(format!("another backup is being written to {}", path.display()));
        }
        empty(&path).map_err(|error| said(&path, error))?;
        Ok(Self {
            path,
            name: name.to_owned(),
            finished: false,
            _lock: lock,
        })
    }

    /// Where it is for now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its name.
    pub fn finish(mut self) -> io::Result<()> {
        sync(&self.path)?;
        // A folder that was made meanwhile is only replaced if it is empty.
        fs::rename(&self.path, &self.name)?;
        self.finished = true;
        sync(parent(&self.name))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What stays is deleted by the next run.
        if !self.finished && empty(&self.path).is_ok() {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interrupted_run_left_is_deleted_and_what_is_finished_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("a");
        let first = Unfinished::begin(&name).unwrap();
        fs::create_dir(first.path().join("uploads")).unwrap();
        fs::write(first.path().join("uploads/x"), "left").unwrap();
        assert!(Unfinished::begin(&name).err().unwrap().contains("another backup"));
        drop(first);
        assert!(!folder.path().join("a.partial").exists(), "it failed");
        fs::create_dir_all(folder.path().join("a.partial/uploads")).unwrap();
        let second = Unfinished::begin(&name).unwrap();
        assert_eq!(fs::read_dir(second.path()).unwrap().count(), 0);
        fs::write(second.path().join("b"), "whole").unwrap();
        second.finish().unwrap();
        assert_eq!(fs::read_to_string(name.join("b")).unwrap(), "whole");
        assert!(Unfinished::begin(&name).err().unwrap().contains("there already"));
    }

    #[test]
    fn a_symbolic_link_is_not_linked_but_what_it_leads_to_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, to] = ["file", "link", "to"].map(|name| folder.path().join(name));
        fs::write(&file, "bytes").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        take(&link, &to).unwrap().settle(&to).unwrap();
        assert!(fs::symlink_metadata(&to).unwrap().is_file());
        assert_eq!(fs::read_to_string(&to).unwrap(), "bytes");
    }
}
