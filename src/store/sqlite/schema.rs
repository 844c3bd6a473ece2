//! The tables, and how a connection is set up.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

/// Written to `user_version`; a file of another version is refused rather than guessed at.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE rooms (
    id            BLOB PRIMARY KEY,
    title         TEXT NOT NULL,
    max           INTEGER NOT NULL,
    password_hash TEXT,
    owner         TEXT NOT NULL,
    owner_color   TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_seq      INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE grants (
    room    BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    visitor TEXT NOT NULL,
    PRIMARY KEY (room, visitor)
) WITHOUT ROWID;
CREATE TABLE messages (
    room       BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    id         BLOB NOT NULL,
    visitor    TEXT NOT NULL,
    color      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    nonce      TEXT,
    chat       TEXT,
    gif        TEXT,
    width      INTEGER,
    height     INTEGER,
    frames     INTEGER,
    duration   INTEGER,
    bytes      INTEGER,
    alt        TEXT,
    PRIMARY KEY (room, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX messages_nonce ON messages (room, visitor, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX messages_gif ON messages (gif) WHERE gif IS NOT NULL;
";

/// Opens the writing connection: journal, durability, tables.
///
/// WAL with `synchronous=FULL` syncs the log on every commit, so that a commit survives a power cut
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
pub fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    migrate(&connection)?;
    Ok(connection)
}

/// Opens a reading connection.
pub fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        VERSION => Ok(()),
        0 => connection.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")),
        other => {
            let why = format!("the file is of version {other}, this gifchat reads version {VERSION}");
            Err(rusqlite::Error::ToSqlConversionFailure(why.into()))
        }
    }
}
