//! What is still to be written of whose the GIFs are. It goes with the next commit, and waits while the file takes no writes.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::writer::Writer;
use crate::{
    domain::{GifName, Look},
    rules::GifOwner,
    store::NewFile,
};

/// Rows that wait for a commit at most; then they get one of their own.
const MANY: usize = 256;

/// Rows that wait while commits fail. At this bound no space is taken for further files, so that only those that are in the
/// queue of the writer already are added; and the row of a file that is deleted stays until the next start.
const MOST: usize = 1_024;

/// What is to be written of a file.
pub enum GifNote {
    Taken(NewFile, GifOwner),
    Gone(GifName),
}

/// How many rows wait, for those who would add another.
#[derive(Clone, Default)]
pub struct Unwritten(Arc<AtomicUsize>);

impl Unwritten {
    /// Whether commits fail for so long that no file may be taken in.
    pub fn are_too_many(&self) -> bool {
        self.0.load(Ordering::SeqCst) >= MOST
    }
}

/// What waits, in order. Not more than [`MOST`], and what the queue of the writer holds beyond.
#[derive(Default)]
pub struct Notes {
    waiting: Vec<GifNote>,
    unwritten: Unwritten,
}

impl Notes {
    /// How many wait, now and later.
    pub fn unwritten(&self) -> Unwritten {
        self.unwritten.clone()
    }

    /// Adds one. A file that is gone before its row was written needs none: names are never given twice.
    pub fn add(&mut self, note: GifNote) {
        if let GifNote::Gone(gone) = note {
            let before = self.waiting.len();
            self.waiting
                .retain(|note| !matches!(note, GifNote::Taken(file, _) if file.name == gone));
            if self.waiting.len() == before && before < MOST {
                self.waiting.push(note);
            }
        } else {
            self.waiting.push(note);
        }
        self.count();
    }

    /// Whether a transaction is begun for them: many wait, or a file is gone.
    pub fn are_due(&self) -> bool {
        self.waiting.len() >= MANY || self.waiting.iter().any(|note| matches!(note, GifNote::Gone(_)))
    }

    /// Forgets those that are committed.
    pub fn committed(&mut self, which: Which) {
        self.waiting.retain(|note| !which.has(note));
        self.count();
    }

    fn count(&self) {
        self.unwritten.0.store(self.waiting.len(), Ordering::SeqCst);
    }
}

/// Which of the rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// On the reserve, whose space is for what deletes.
    Gone,
}

impl Which {
    const fn has(self, note: &GifNote) -> bool {
        matches!(self, Self::All) || matches!(note, GifNote::Gone(_))
    }
}

impl Writer {
    /// Writes what waits, within the open transaction.
    pub(super) fn write_notes(&self, which: Which) -> rusqlite::Result<()> {
        for note in self.notes.waiting.iter().filter(|note| which.has(note)) {
            match note {
                GifNote::Gone(name) => {
                    let mut delete = self.connection.prepare_cached("DELETE FROM gifs WHERE name = ?1")?;
                    delete.execute([name.to_string()])?;
                }
                GifNote::Taken(file, owner) => self.write_taken(file, owner)?,
            }
        }
        Ok(())
    }

    fn write_taken(&self, file: &NewFile, owner: &GifOwner) -> rusqlite::Result<()> {
        let Some(room) = owner.room else { return Ok(()) };
        let sql = "INSERT OR REPLACE INTO gifs (name, room, visitor, networks, bytes, look)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let visitor = owner.maker.visitor.map(|visitor| visitor.to_string());
        let row = (
            file.name.to_string(),
            room.to_bytes(),
            visitor,
            owner.maker.network_bytes(),
            file.bytes,
            file.look.map(Look::bits),
        );
        self.connection.prepare_cached(sql)?.execute(row).map(drop)
    }

    /// Writes what waits before the file is closed. What can't be written now is found out at the next start.
    pub(super) fn write_last_notes(&mut self) {
        if self.notes.waiting.is_empty() || self.connection.execute_batch("BEGIN IMMEDIATE").is_err() {
            return;
        }
        let written = self
            .write_notes(Which::All)
            .and_then(|()| self.connection.execute_batch("COMMIT"));
        if let Err(error) = written {
            tracing::warn!(%error, "whose GIFs are could not be written at the end");
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.notes.committed(Which::All);
    }
}
