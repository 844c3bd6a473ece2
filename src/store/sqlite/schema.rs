//! How a connection is set up, and how a file of an older version is taken over.

mod versions;

use std::{fs, path::Path, time::Duration};

use rusqlite::Connection;
use tracing::{info, warn};

use self::versions::VERSIONS;
use super::rows::text;
use crate::domain::Epoch;

/// How long a statement waits for a lock.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// `auto_vacuum` of a file that hands its free pages back when it is told to.
pub const INCREMENTAL: i64 = 2;

/// The largest file that is rewritten at the start so that it can hand its free pages back. That takes a few seconds, and as
/// much space again.
const REWRITTEN: u64 = 256 << 20;

/// The log is cut to this when it begins again. It grows past that while a reader holds a checkpoint up.
const LOG_LIMIT: i64 = 16 << 20;

/// Opens the writing connection: journal, durability, tables.
///
/// WAL with `synchronous=FULL` syncs the log on every commit, so that a commit survives a power cut
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>). Foreign keys are not enforced: a removed room keeps its rows
/// for a while (see `cleanup`).
pub fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // Only in a file without pages: one that has some would have to be rewritten, and the statement alone writes to the log,
    // for which a full disk has no space.
    if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
        connection.pragma_update(None, "auto_vacuum", INCREMENTAL)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    // What is deleted is overwritten, and not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    // Nor does a copy lie in a temporary file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "journal_size_limit", LOG_LIMIT)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&connection)?;
    let bytes = fs::metadata(path).map_or(0, |file| file.len());
    rewrite(&connection, bytes);
    Ok(connection)
}

/// Lets a file of an earlier version hand its free pages back from now on, if it is small enough.
fn rewrite(connection: &Connection, bytes: u64) {
    let mode = connection.pragma_query_value(None, "auto_vacuum", |row| row.get::<_, i64>(0));
    if mode.is_ok_and(|mode| mode == INCREMENTAL) {
        return;
    }
    if bytes > REWRITTEN {
        warn!(
            bytes,
            "the file of the store is too large to be rewritten at the start: it keeps its size until \
               `PRAGMA auto_vacuum=INCREMENTAL; VACUUM` is run while the server is stopped"
        );
        return;
    }
    let vacuum = format!("PRAGMA auto_vacuum = {INCREMENTAL}; VACUUM");
    match connection.execute_batch(&vacuum) {
        Ok(()) => info!(
            bytes,
            "the file of the store is rewritten: it hands free pages back from now on"
        ),
        // It works all the same.
        Err(error) => warn!(%error, "the file of the store can't be rewritten: it keeps its size"),
    }
}

/// Refuses a file of another version: what it holds is not known.
pub fn must_be_current(connection: &Connection) -> rusqlite::Result<()> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == VERSIONS.len() {
        return Ok(());
    }
    let known = VERSIONS.len();
    let why =
        format!("the file is of version {version}, this gifchat is for version {known}; a server converts older ones");
    Err(rusqlite::Error::ToSqlConversionFailure(why.into()))
}

/// The epoch of all rooms.
pub fn epoch(connection: &Connection) -> rusqlite::Result<Epoch> {
    connection.query_row("SELECT epoch FROM epoch", [], |row| text(row, 0))
}

/// Begins another epoch.
pub fn renew_epoch(connection: &Connection) -> rusqlite::Result<()> {
    let epoch = Epoch::random().to_string();
    connection.execute("UPDATE epoch SET epoch = ?1", [epoch]).map(drop)
}

/// Opens a reading connection.
pub fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// Writes what is there already: the version of the file.
pub fn probe(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "user_version", VERSIONS.len())
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Some(missing) = VERSIONS.get(version..) else {
        let known = VERSIONS.len();
        let why = format!("the file is of version {version}, this gifchat reads versions up to {known}");
        return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
    };
    for (step, version) in missing.iter().zip(version + 1..) {
        connection.execute_batch(&format!("BEGIN; {step} PRAGMA user_version = {version}; COMMIT;"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{versions::FIRST, *};

    #[test]
    fn a_file_of_the_first_version_is_taken_over_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(&format!("{FIRST} PRAGMA user_version = 1;")).unwrap();
        old.execute_batch(
            "INSERT INTO rooms VALUES (x'00000000000000000000000000000001', 'a', 2, NULL, 'o', 'c', 7, 0);
             INSERT INTO messages (room, seq, id, visitor, color, created_at, chat)
                VALUES (x'00000000000000000000000000000001', 1, x'02', 'v', 'c', 8, 'hi');",
        )
        .unwrap();
        drop(old);
        for _ in 0..2 {
            let connection = open_writer(&path).unwrap();
            let row = connection.query_row(
                "SELECT title, closed, slow, length(address_key), chat, line FROM rooms JOIN messages ON room = rooms.id",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
            );
            let expected: (String, i64, i64, i64, String, Option<String>) = ("a".into(), 0, 0, 32, "hi".into(), None);
            assert_eq!(row.unwrap(), expected);
        }
    }

    #[test]
    fn a_file_of_a_later_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        drop(open_writer(&path).unwrap());
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", VERSIONS.len() + 1)
            .unwrap();
        assert!(open_writer(&path).unwrap_err().to_string().contains("version"));
    }
}
