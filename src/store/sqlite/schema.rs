//! The tables, and how a connection is set up.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

/// What made each version out of the one before. How many of them a file has seen is written to its `user_version`; a file
/// that has seen more is refused rather than guessed at.
const STEPS: &[&str] = &[TABLES, GIFS_AGAIN, INVITES, WHISPERS, REPORTS];

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

/// A stored file may be named by several messages, and a room may refuse its bytes.
const GIFS_AGAIN: &str = "
ALTER TABLE messages ADD COLUMN hash BLOB;
CREATE INDEX messages_gifs ON messages (room, seq) WHERE gif IS NOT NULL;
CREATE TABLE forbidden (
    id   INTEGER PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    UNIQUE (room, hash)
);
";

/// Links that let into a locked room, and who came by one.
const INVITES: &str = "
ALTER TABLE grants ADD COLUMN invited INTEGER NOT NULL DEFAULT 0;
CREATE TABLE invites (
    id   INTEGER PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE
);
CREATE INDEX invites_room ON invites (room);
";

/// What one visitor says to one other. A turn is never given out twice, so that a reader misses none.
const WHISPERS: &str = "
CREATE TABLE whispers (
    turn       INTEGER PRIMARY KEY AUTOINCREMENT,
    room       BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    id         BLOB NOT NULL UNIQUE,
    visitor    TEXT NOT NULL,
    color      TEXT NOT NULL,
    to_visitor TEXT NOT NULL,
    to_color   TEXT NOT NULL,
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
    hash       BLOB
);
CREATE UNIQUE INDEX whispers_nonce ON whispers (room, visitor, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX whispers_room ON whispers (room, turn);
CREATE INDEX whispers_author ON whispers (room, visitor, turn);
CREATE INDEX whispers_to ON whispers (room, to_visitor, turn);
CREATE INDEX whispers_gif ON whispers (gif) WHERE gif IS NOT NULL;
";

/// What visitors tell the owner about messages.
const REPORTS: &str = "
CREATE TABLE reports (
    n          INTEGER PRIMARY KEY,
    room       BLOB NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    id         BLOB NOT NULL UNIQUE,
    message    BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    visitor    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (room, message, visitor)
);
CREATE INDEX messages_id ON messages (room, id);
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
    let version: usize = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let Some(missing) = STEPS.get(version..) else {
        let newest = STEPS.len();
        let why = format!("the file is of version {version}, this gifchat reads versions up to {newest}");
        return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
    };
    if missing.is_empty() {
        return Ok(());
    }
    let newest = STEPS.len();
    connection.execute_batch(&format!(
        "BEGIN; {} PRAGMA user_version = {newest}; COMMIT;",
        missing.concat()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_first_version_is_brought_up_to_date() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(&format!("{TABLES} PRAGMA user_version = 1;"))
            .unwrap();
        connection
            .execute_batch(
                "INSERT INTO rooms VALUES (x'01', 'old', 5, NULL, 'a', '#000000', 1, 1);
                 INSERT INTO messages (room, seq, id, visitor, color, created_at, gif) VALUES (x'01', 1, x'02', 'a', '#000000', 1, 'g.gif');",
            )
            .unwrap();
        migrate(&connection).unwrap();
        migrate(&connection).unwrap();
        let columns = |table: &str| -> Vec<String> {
            let mut statement = connection
                .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
                .unwrap();
            let names = statement.query_map([], |row| row.get(0)).unwrap();
            names.collect::<rusqlite::Result<_>>().unwrap()
        };
        let fresh = Connection::open_in_memory().unwrap();
        migrate(&fresh).unwrap();
        assert!(columns("messages").contains(&"hash".to_owned()));
        let hash: Option<Vec<u8>> = connection
            .query_row("SELECT hash FROM messages", [], |row| row.get(0))
            .unwrap();
        assert_eq!(hash, None);
    }

    #[test]
    fn a_file_of_a_later_version_is_refused() {
        let connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", STEPS.len() + 1).unwrap();
        assert!(migrate(&connection).unwrap_err().to_string().contains("version"));
    }
}
