//! Backups of a SQLite store and its folder of GIFs.
//!
//! A backup is itself a store and a folder: a server can be started on a copy of it.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    agreement::{self, Found},
    files::{self, Unfinished},
};
use crate::{
    domain::GifName,
    private_files,
    store::{self, SqliteMoment, StoreError, sessions_file},
};

/// Names in a backup.
const ROOMS: &str = "gifchat.db";
const UPLOADS: &str = "uploads";

/// Ends the name of a copy that is not checked yet.
const UNCHECKED: &str = ".restoring";

/// What SQLite and a server put beside a file.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// GIFs that may be taken while nothing can be committed.
const FEW: usize = 32;

/// How often the folder is gone through before that.
const PASSES: usize = 8;

/// What a site on SQLite consists of.
pub struct Site {
    rooms: PathBuf,
    sessions: PathBuf,
    uploads: PathBuf,
}

impl Site {
    /// A site with that file and folder.
    pub fn new(rooms: &Path, uploads: &Path) -> Self {
        Self {
            rooms: rooms.to_owned(),
            sessions: sessions_file(rooms),
            uploads: uploads.to_owned(),
        }
    }

    /// That in a backup.
    fn kept_in(folder: &Path) -> Self {
        Self::new(&folder.join(ROOMS), &folder.join(UPLOADS))
    }

    fn moment(&self) -> Result<SqliteMoment, StoreError> {
        SqliteMoment::now(&self.rooms, &self.sessions)
    }

    /// Writes a backup while a server may be at work; what it holds.
    ///
    /// # Errors
    /// A sentence; then there is no such folder.
    pub fn back_up(&self, to: &Path) -> Result<String, String> {
        let unfinished = Unfinished::begin(to)?;
        let backup = Self::kept_in(unfinished.path());
        private_files::make_folder(&backup.uploads).map_err(|error| said(&backup.uploads, error))?;
        self.take(&backup).map_err(|error| error.to_string())?;
        let holds = backup.checked("the backup is not whole")?;
        let finish = || {
            files::sync(&backup.uploads)?;
            unfinished.finish()
        };
        finish().map_err(|error| said(to, error))?;
        Ok(format!("{} holds {holds}", to.display()))
    }

    /// Puts both files of one moment into a backup, and the GIFs that they name.
    ///
    /// GIFs that lie in the folder are linked first, which takes long. Then commits are held up for as long as it takes to link
    /// the few that came meanwhile: a file is there before the commit of the message that names it, and is deleted after the
    /// commit that deletes the last such message, so that all that are named at that moment are there.
    fn take(&self, backup: &Self) -> Result<(), StoreError> {
        let mut there = HashSet::new();
        for _ in 0..PASSES {
            if self.take_all_there(backup, &mut there).map_err(StoreError::failed)? < FEW {
                break;
            }
        }
        let mut moment = SqliteMoment::hold(&self.rooms, &self.sessions)?;
        let named: HashSet<_> = moment.gifs()?.iter().map(|gif| gif.name).collect();
        let last = self.take_named(backup, &named, &there);
        moment.go_on();
        for (taken, to) in last.map_err(StoreError::failed)? {
            taken.settle(&to).map_err(StoreError::failed)?;
        }
        moment.copy_to(&backup.rooms, &backup.sessions)?;
        backup.drop_others(&named).map_err(StoreError::failed)
    }

    /// Takes what lies in the folder and is not `there`, in the backup; how much that is.
    fn take_all_there(&self, backup: &Self, there: &mut HashSet<PathBuf>) -> io::Result<usize> {
        let mut taken = 0;
        for from in files::gifs_in(&self.uploads)? {
            let to = backup.uploads.join(from.file_name().unwrap_or_default());
            if there.contains(&to) {
                continue;
            }
            match files::take(&from, &to) {
                // It was deleted meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?.settle(&to)?,
            }
            there.insert(to);
            taken += 1;
        }
        Ok(taken)
    }

    /// Takes what is named and not `there`, in the backup. Nothing can be committed meanwhile, so no file is asked for that is
    /// there. What is missing here, too, the check says.
    fn take_named(
        &self,
        backup: &Self,
        named: &HashSet<GifName>,
        there: &HashSet<PathBuf>,
    ) -> io::Result<Vec<(files::Taken, PathBuf)>> {
        let mut taken = Vec::new();
        for name in named {
            let pairs = files::of(&self.uploads, *name)
                .into_iter()
                .zip(files::of(&backup.uploads, *name));
            for (from, to) in pairs {
                if there.contains(&to) {
                    continue;
                }
                match files::take(&from, &to) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                    found => taken.push((found?, to)),
                }
            }
        }
        Ok(taken)
    }

    /// Deletes the GIFs that are not named.
    fn drop_others(&self, named: &HashSet<GifName>) -> io::Result<()> {
        for path in files::gifs_in(&self.uploads)? {
            if files::named(&path).is_none_or(|name| !named.contains(&name)) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Checks a site; what it holds, and what is wrong.
    ///
    /// # Errors
    /// A sentence: it can't be read.
    pub fn check(&self) -> Result<(String, Vec<String>), String> {
        let check = || {
            let moment = self.moment()?;
            let found = agreement::check(&moment, &self.uploads, || self.moment())?;
            Ok::<_, StoreError>((describe(&moment, &found)?, found.faults))
        };
        check().map_err(|error| error.to_string())
    }

    /// What a site holds; that it is not `whole`, and why.
    fn checked(&self, not_whole: &str) -> Result<String, String> {
        let (holds, faults) = self.check()?;
        super::must_agree(&faults, not_whole)?;
        Ok(holds)
    }

    /// Puts a backup in the place of this site, which has to be empty; what it holds.
    ///
    /// # Errors
    /// A sentence; then the site stays without a store.
    pub fn restore(&self, from: &Path) -> Result<String, String> {
        let backup = Self::kept_in(from);
        if !backup.rooms.is_file() {
            return Err(format!("{} is no backup: it has no {ROOMS}", from.display()));
        }
        private_files::make_folder(files::parent(&self.rooms)).map_err(|error| said(&self.rooms, error))?;
        let _lock = store::lock(&self.rooms).map_err(|error| error.to_string())?;
        backup.must_be_stopped()?;
        let copy = Self {
            rooms: private_files::beside(&self.rooms, UNCHECKED),
            sessions: private_files::beside(&self.sessions, UNCHECKED),
            uploads: backup.uploads.clone(),
        };
        if copy.rooms.exists() {
            // Another restore was interrupted: it begins with this file, in a place that is empty, and ends with its name.
            self.undo(&copy).map_err(|error| said(&self.uploads, error))?;
        }
        self.must_be_empty()?;
        copy.delete_files().map_err(|error| said(&copy.rooms, error))?;
        let restored = backup.copy_files(&copy).and_then(|()| {
            let holds = copy.checked("the backup is damaged")?;
            let moved = self.move_in(&copy);
            moved.map(|()| holds).map_err(|error| said(&self.rooms, error))
        });
        if restored.is_err() {
            self.undo(&copy).map_err(|error| said(&self.uploads, error))?;
            copy.delete_files().map_err(|error| said(&copy.rooms, error))?;
        }
        restored
    }

    /// Deletes what a restore that did not end put here: the GIFs that its backup has, too, and the sessions if they are no
    /// longer beside. Before, nothing was.
    fn undo(&self, copy: &Self) -> io::Result<()> {
        if self.rooms.exists() {
            return Ok(());
        }
        if !copy.sessions.exists() {
            files::delete(&self.sessions)?;
        }
        for from in files::gifs_in(&copy.uploads)? {
            files::delete(&self.uploads.join(from.file_name().unwrap_or_default()))?;
        }
        Ok(())
    }

    /// What a server wrote to a backup and did not put into its files yet would be left out.
    fn must_be_stopped(&self) -> Result<(), String> {
        for file in [&self.rooms, &self.sessions] {
            for log in ["-wal", "-journal"].map(|end| private_files::beside(file, end)) {
                if fs::metadata(&log).is_ok_and(|file| file.len() > 0) {
                    return Err(format!(
                        "{} is there: a server runs on this backup or was killed; start one on it and stop it, or restore \
                         another backup",
                        log.display()
                    ));
                }
            }
        }
        Ok(())
    }

    fn must_be_empty(&self) -> Result<(), String> {
        let files = [&self.rooms, &self.sessions];
        let beside = files.into_iter().flat_map(|file| {
            let beside = BESIDE.map(|end| private_files::beside(file, end));
            beside.into_iter().chain([file.clone()])
        });
        for path in beside {
            if fs::symlink_metadata(&path).is_ok() {
                let path = path.display();
                return Err(format!(
                    "{path} is there already; stop the server and move it away first"
                ));
            }
        }
        private_files::make_folder(&self.uploads).map_err(|error| said(&self.uploads, error))?;
        let gifs = files::gifs_in(&self.uploads).map_err(|error| said(&self.uploads, error))?;
        match gifs.len() {
            0 => Ok(()),
            _ => Err(format!(
                "{} holds GIFs already; move it away first",
                self.uploads.display()
            )),
        }
    }

    /// Copies the two files of this backup, by another moment and version of the tables, and under another epoch.
    fn copy_files(&self, copy: &Self) -> Result<(), String> {
        let copied = || -> io::Result<()> {
            files::copy(&self.rooms, &copy.rooms)?;
            files::copy(&self.sessions, &copy.sessions)?;
            files::sync(files::parent(&copy.rooms))
        };
        copied().map_err(|error| said(&self.rooms, error))?;
        store::begin_epoch(&copy.rooms).map_err(|error| error.to_string())
    }

    /// Copies the GIFs, then gives the files their names: with that of the rooms all is there.
    fn move_in(&self, copy: &Self) -> io::Result<()> {
        for from in files::gifs_in(&copy.uploads)? {
            files::copy(&from, &self.uploads.join(from.file_name().unwrap_or_default()))?;
        }
        files::sync(&self.uploads)?;
        fs::rename(&copy.sessions, &self.sessions)?;
        fs::rename(&copy.rooms, &self.rooms)?;
        files::sync(files::parent(&self.rooms))
    }

    fn delete_files(&self) -> io::Result<()> {
        for file in [&self.rooms, &self.sessions] {
            files::delete(file)?;
            for end in BESIDE {
                files::delete(&private_files::beside(file, end))?;
            }
        }
        Ok(())
    }
}

fn describe(moment: &SqliteMoment, found: &Found) -> Result<String, StoreError> {
    let counted = moment.count()?;
    Ok(format!(
        "{} rooms, {} messages, {} GIFs, {} sessions",
        counted.rooms, counted.messages, found.gifs, counted.sessions
    ))
}

fn said(path: &Path, error: io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests;
