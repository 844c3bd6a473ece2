//! SQLite files written by the last version that kept no logs of rooms on MongoDB.

use std::{fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use rusqlite::{Connection, config::DbConfig};
use tempfile::TempDir;

use crate::support::upgrade::OldSite;

/// The file of the rooms and the one of the sessions.
const STORE: &str = "gifchat";
const SESSIONS: &str = "gifchat-sessions";

/// `auto_vacuum` of a file that hands its free pages back.
const INCREMENTAL: i64 = 2;

/// Makes the files of a dump.
fn load_dump(old: &OldSite, folder: &Path) {
    for name in [STORE, SESSIONS] {
        let dump = fs::read_to_string(old.path(&format!("{name}.sql"))).unwrap();
        let file = Connection::open(folder.join(name).with_extension("db")).unwrap();
        file.execute_batch(&dump).unwrap();
    }
}

/// Unpacks the files and their write-ahead logs.
fn unpack(old: &OldSite, folder: &Path) {
    for name in [STORE, SESSIONS] {
        for end in ["db", "db-wal"] {
            let packed = fs::File::open(old.path(&format!("{name}.{end}.gz"))).unwrap();
            let mut bytes = Vec::new();
            GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
            fs::write(folder.join(format!("{name}.{end}")), bytes).unwrap();
        }
    }
}

/// Starts servers on an old site that `load` puts into a folder.
async fn survives_two_starts(name: &str, load: fn(&OldSite, &Path)) {
    let (old, folder) = (OldSite::read(name), TempDir::new().unwrap());
    let (data, uploads) = (folder.path().join("data"), folder.path().join("uploads"));
    fs::create_dir(&data).unwrap();
    fs::create_dir(&uploads).unwrap();
    load(&old, &data);
    for (name, bytes) in old.files() {
        fs::write(uploads.join(name), bytes).unwrap();
    }
    prolong_sessions(&data.join(SESSIONS).with_extension("db"));
    let store = format!("sqlite:{}", data.join(STORE).with_extension("db").display());
    old.survives_two_starts(&store, &["--uploads", uploads.to_str().unwrap()])
        .await;
    for file in [STORE, SESSIONS] {
        let file = Connection::open(data.join(file).with_extension("db")).unwrap();
        let mode = file.pragma_query_value(None, "auto_vacuum", |row| row.get::<_, i64>(0));
        assert_eq!(
            mode.unwrap(),
            INCREMENTAL,
            "the file is rewritten once to hand free pages back"
        );
    }
}

/// A session lives for a week and the fixture for years: those that would have expired by now live for a week from now on.
fn prolong_sessions(file: &Path) {
    let sessions = Connection::open(file).unwrap();
    // The write-ahead log of a killed server is for the one that starts.
    let no_checkpoint = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    sessions.set_db_config(no_checkpoint, true).unwrap();
    let prolonged = sessions.execute("UPDATE sessions SET expires = unixepoch('now', '+7 days')", []);
    assert!(prolonged.unwrap() > 0);
}

#[tokio::test]
async fn a_site_that_the_version_before_left_goes_on_as_it_was() {
    survives_two_starts("sqlite-stopped", load_dump).await;
}

#[tokio::test]
async fn a_site_that_a_killed_server_of_the_version_before_left_goes_on_as_it_was() {
    survives_two_starts("sqlite-killed", unpack).await;
}
