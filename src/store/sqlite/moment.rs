//! The rooms and the sessions of a site at one moment, read beside the server that has them open: for backups and checks.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, Row,
    backup::{Backup, StepResult},
};

use super::{command::failure, gifs, rows::text, schema};
use crate::{
    domain::{GifHash, GifName, RoomId},
    private_files,
    store::StoreError,
};

/// How long one try to hold the commits up may wait: the first of the two files is held already while the second is waited for,
/// and the server gives up a commit after [`schema::BUSY_TIMEOUT`].
const ONE_TRY: Duration = Duration::from_secs(1);

/// Time between two tries, in which the server commits: SQLite asks for a lock that is taken every 100 ms.
const PAUSE: Duration = Duration::from_millis(250);

/// How long it is tried.
const TRIES: Duration = Duration::from_secs(60);

/// What SQLite calls the file of the rooms, and here that of the sessions.
const ROOMS: &str = "main";
const SESSIONS: &str = "sessions";

/// Faults of a file that are listed.
const FAULTS: usize = 20;

/// A file that a message or a whisper names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedGif {
    /// Its name.
    pub name: GifName,
    /// The room.
    pub room: RoomId,
    /// Its size.
    pub bytes: u64,
    /// The hash of its bytes; not known of files that an older gifchat took in.
    pub hash: Option<GifHash>,
}

/// How much there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Rooms.
    pub rooms: u64,
    /// Messages and system messages.
    pub messages: u64,
    /// Sessions.
    pub sessions: u64,
}

/// Both files of a site as they were at one moment.
pub struct SqliteMoment {
    reader: Connection,
    /// What holds the commits up.
    lock: Option<Connection>,
}

impl SqliteMoment {
    /// The present.
    ///
    /// # Errors
    /// A file is missing, can't be read, or is of another version.
    pub fn now(rooms: &Path, sessions: &Path) -> Result<Self, StoreError> {
        let reader = open(rooms, sessions)?;
        schema::must_be_current(&reader).map_err(failure)?;
        // A read transaction begins in each file with the first read.
        let begin =
            format!("BEGIN; SELECT count(*) FROM {ROOMS}.sqlite_schema; SELECT count(*) FROM {SESSIONS}.sqlite_schema");
        reader.execute_batch(&begin).map_err(failure)?;
        Ok(Self { reader, lock: None })
    }

    /// The same, and the server commits nothing until [`Self::go_on`]: what is named now is still there, and both files are of
    /// the very same moment.
    ///
    /// # Errors
    /// As of [`Self::now`]; or others write all the time.
    pub fn hold(rooms: &Path, sessions: &Path) -> Result<Self, StoreError> {
        let lock = open(rooms, sessions)?;
        lock.busy_timeout(ONE_TRY).map_err(failure)?;
        let since = Instant::now();
        // Takes the right to write in both files.
        while let Err(error) = lock.execute_batch("BEGIN IMMEDIATE") {
            if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) || since.elapsed() > TRIES {
                return Err(failure(error));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(Self {
            lock: Some(lock),
            ..Self::now(rooms, sessions)?
        })
    }

    /// Lets the server commit again. This stays the moment that it is.
    pub fn go_on(&mut self) {
        // Nothing was written: closing ends the transaction.
        self.lock = None;
    }

    /// Every file that messages and whispers name.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn gifs(&self) -> Result<Vec<NamedGif>, StoreError> {
        let sql = "SELECT gif, room, bytes, hash FROM messages WHERE gif IS NOT NULL
                   UNION SELECT gif, room, bytes, hash FROM whispers WHERE gif IS NOT NULL ORDER BY gif";
        let read = || {
            let mut statement = self.reader.prepare(sql)?;
            let rows = statement.query_map([], named)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut gifs = read().map_err(failure)?;
        gifs.dedup_by_key(|gif| gif.name);
        Ok(gifs)
    }

    /// The files among these that nothing names.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn unnamed(&self, names: Vec<GifName>) -> Result<Vec<GifName>, StoreError> {
        gifs::unnamed(&self.reader, names).map_err(failure)
    }

    /// The files that are about to be deleted.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn unreferenced(&self) -> Result<Vec<GifName>, StoreError> {
        super::cleanup::unreferenced(&self.reader, usize::MAX).map_err(failure)
    }

    /// How much there is.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn count(&self) -> Result<Counted, StoreError> {
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            self.reader.query_row(&sql, [], |row| row.get(0)).map_err(failure)
        };
        Ok(Counted {
            rooms: count("rooms")?,
            messages: count("messages")?,
            sessions: count("sessions.sessions")?,
        })
    }

    /// What is wrong with the files themselves, the first faults of each; nothing is the answer of sound ones.
    ///
    /// # Errors
    /// A file can't be read at all.
    pub fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        for (file, what) in [(ROOMS, "rooms"), (SESSIONS, "sessions")] {
            let sql = format!("PRAGMA {file}.integrity_check({FAULTS})");
            let read = || {
                let mut statement = self.reader.prepare(&sql)?;
                let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
                rows.collect::<rusqlite::Result<Vec<_>>>()
            };
            let found = read().map_err(failure)?;
            let found = found.into_iter().filter(|line| line != "ok");
            faults.extend(found.map(|line| format!("the file of the {what} is damaged: {line}")));
        }
        Ok(faults)
    }

    /// Writes both files, durably. There must be none of these names.
    ///
    /// # Errors
    /// They can't be read or written.
    pub fn copy_to(&self, rooms: &Path, sessions: &Path) -> Result<(), StoreError> {
        self.copy(ROOMS, rooms)?;
        self.copy(SESSIONS, sessions)
    }

    fn copy(&self, which: &str, to: &Path) -> Result<(), StoreError> {
        private_files::create_new(to).map_err(StoreError::failed)?;
        let copied = || {
            let mut target = Connection::open(to)?;
            // It reads in the open transaction, so all pages are of the same moment.
            let done = Backup::new_with_names(&self.reader, which, &mut target, ROOMS)?.step(-1)?;
            // Nothing has to lie beside the copy.
            target.pragma_update(None, "journal_mode", "DELETE")?;
            target.close().map_err(|(_, error)| error)?;
            Ok(done == StepResult::Done)
        };
        if !copied().map_err(failure)? {
            return Err(StoreError::failed(format!("{} can't be written now", to.display())));
        }
        let synced = File::open(to).and_then(|file| file.sync_all());
        synced.map_err(StoreError::failed)
    }
}

/// Brings a copy of the file of the rooms to this version, and begins another epoch.
///
/// # Errors
/// It can't be read or written, or is of a later version.
pub fn begin_epoch(rooms: &Path) -> Result<(), StoreError> {
    let renew = || {
        let connection = schema::open_writer(rooms)?;
        schema::renew_epoch(&connection)?;
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        connection.close().map_err(|(_, error)| error)
    };
    renew().map_err(failure)
}

/// Opens both files, which have to be there.
fn open(rooms: &Path, sessions: &Path) -> Result<Connection, StoreError> {
    for path in [rooms, sessions] {
        if let Err(error) = std::fs::metadata(path) {
            return Err(StoreError::failed(format!("{}: {error}", path.display())));
        }
    }
    let name = sessions.to_str();
    let name = name.ok_or_else(|| StoreError::failed(format!("{} is no text", sessions.display())))?;
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(rooms, flags)?;
        connection.busy_timeout(schema::BUSY_TIMEOUT)?;
        connection.execute(&format!("ATTACH DATABASE ?1 AS {SESSIONS}"), [name])?;
        Ok(connection)
    };
    open().map_err(failure)
}

fn named(row: &Row<'_>) -> rusqlite::Result<NamedGif> {
    Ok(NamedGif {
        name: text(row, 0)?,
        room: RoomId::from_bytes(row.get(1)?),
        bytes: row.get(2)?,
        hash: row.get::<_, Option<[u8; 32]>>(3)?.map(GifHash::from_bytes),
    })
}
