//! Deletions of what is too much for one commit, on the real binary over SQLite: nobody waits for them, a crash does not
//! stop them, and the file gets smaller.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use rusqlite::{Connection, params};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    fixtures::animated,
    support::{Server, Visitor, eventually},
};

/// Messages of the large room.
const MESSAGES: i64 = 60_000;

/// Messages that may go while somebody waits for the answer to one post: many slices, on a machine that stands still for a
/// while. Deleted by one statement all go at once.
const WHILE_ONE_WAITS: i64 = MESSAGES / 4;

/// A visitor whom nobody has seen: only rows name it.
const FLOODER: &str = "0123456789abcdef";

/// Files that outlive the server.
struct Files(TempDir);

impl Files {
    fn database(&self) -> PathBuf {
        self.0.path().join("data/gifchat.db")
    }

    fn uploads(&self) -> PathBuf {
        self.0.path().join("uploads")
    }

    async fn serve(&self) -> Server {
        let uploads = self.uploads().display().to_string();
        let graces = [
            "--seat-grace",
            "1h",
            "--room-grace",
            "1h",
            "--lost-grace",
            "1h",
            "--first-grace",
            "1h",
        ];
        let flags = [&["--uploads", &uploads], &graces[..]].concat();
        Server::start(&format!("sqlite:{}", self.database().display()), &flags).await
    }

    fn open(&self) -> Connection {
        let connection = Connection::open(self.database()).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection
    }

    fn count(&self, what: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {what}");
        self.open().query_row(&sql, [], |row| row.get(0)).unwrap()
    }

    fn bytes(&self) -> u64 {
        std::fs::metadata(self.database()).unwrap().len()
    }

    fn gifs(&self) -> usize {
        std::fs::read_dir(self.uploads()).unwrap().count()
    }

    /// Writes what a flooder would have written into a room, and files for some of it.
    fn flood(&self, room: &str, files: i64) {
        let mut connection = self.open();
        let transaction = connection.transaction().unwrap();
        let sql = "INSERT INTO messages (room, seq, id, visitor, color, created_at, nonce, chat, gif, width, height,
                       frames, duration, bytes, alt)
                   VALUES (unhex(?1), ?2, randomblob(16), ?3, '#123456', 0, hex(randomblob(8)), ?4, ?5, 1, 1, 1, 1, 1, '')";
        let mut insert = transaction.prepare(sql).unwrap();
        for n in 0..MESSAGES {
            let name = (n < files).then(|| format!("{:032x}.gif", n + 1));
            for file in name.iter().flat_map(|name| [name.clone(), format!("still-{name}")]) {
                std::fs::write(self.uploads().join(file), "GIF89a").unwrap();
            }
            let chat = name.is_none().then(|| "홍수 ".repeat(20));
            insert.execute(params![room, n + 100, FLOODER, chat, name]).unwrap();
        }
        drop(insert);
        transaction.commit().unwrap();
    }
}

/// Two rooms of an owner who sits in both: one that is flooded, and one to post to.
async fn stage(files: i64) -> (Files, Server, Visitor, String, String) {
    let folder = Files(tempfile::tempdir().unwrap());
    let server = folder.serve().await;
    let owner = server.visitor().await;
    let (large, other) = (owner.create_room("큰 방").await, owner.create_room("딴 방").await);
    let seats = (owner.join(&large).await, owner.join(&other).await);
    owner.upload(&other, animated(16, 16, 2)).await.ok();
    server.kill();
    drop((seats, server));
    folder.flood(&large, files);
    let server = folder.serve().await;
    let owner = server.meets(&owner);
    (folder, server, owner, large, other)
}

/// Posts until nothing or `rest` is left; the most that went while one post waited.
async fn posts_until(owner: &Visitor, room: &str, rest: i64, left: impl Fn() -> i64) -> i64 {
    let (mut most, mut before, begun) = (0, left(), Instant::now());
    while before > rest {
        assert!(begun.elapsed() < Duration::from_secs(180), "not in time: {before} left");
        owner.post_chat(room, "그동안").await.ok();
        let now = left();
        most = most.max(before - now);
        before = now;
    }
    most
}

#[tokio::test]
async fn a_large_clear_holds_nobody_up() {
    let (files, _server, owner, large, other) = stage(0).await;
    let deed = json!({ "action": "clear", "visitor": FLOODER });
    owner.post_json(&format!("/room/{large}/moderate"), deed).await.ok();
    let left = || files.count("messages WHERE chat LIKE '홍수%'");
    let answered = MESSAGES - left();
    let history = owner.get_json(&format!("/room/{large}/messages")).await.ok().json();
    let history = history["data"].as_array().unwrap();
    let (cleared, shown) = history.split_last().unwrap();
    assert_eq!(cleared["line"], "cleared");
    assert!(shown.iter().all(|message| message["deleted"] == true), "{shown:?}");
    assert!(files.count("clearings") > 0, "it is deleted in slices");
    let most = posts_until(&owner, &other, 0, left).await;
    assert!(answered.max(most) < WHILE_ONE_WAITS, "{answered} {most}");
    eventually("it is done", async || (files.count("clearings") == 0).then_some(())).await;
}

#[tokio::test]
async fn a_large_room_goes_without_holding_anybody_up_whoever_is_killed_and_its_file_gets_smaller() {
    let (files, server, owner, large, other) = stage(500).await;
    let left = || files.count(&format!("messages WHERE visitor = '{FLOODER}'"));
    let size = files.bytes();
    owner.delete(&large).await.ok();
    let answered = MESSAGES - left();
    assert_eq!(owner.room(&large).await.status, 404);
    let first = format!("/gif/{:032x}.gif", 1);
    assert_eq!(owner.get(&first).await.status, 404);
    let most = posts_until(&owner, &other, MESSAGES * 3 / 4, left).await;
    server.kill();
    drop(server);
    assert!(
        files.count("removed_rooms") == 1 && left() > 1_000,
        "killed in the midst of it"
    );
    let server = files.serve().await;
    let owner = server.meets(&owner);
    let rest = || left() + files.count("removed_rooms") + files.count("unreferenced_files");
    let most = most.max(posts_until(&owner, &other, 0, rest).await);
    assert!(answered.max(most) < WHILE_ONE_WAITS, "{answered} {most}");
    // The GIF of the other room, with its still.
    eventually("its files are gone", async || (files.gifs() == 2).then_some(())).await;
    eventually("the file is smaller", async || {
        owner.post_chat(&other, "그동안").await.ok();
        (files.bytes() < size / 2).then_some(())
    })
    .await;
    let log = std::fs::metadata(files.database().with_extension("db-wal")).map_or(0, |log| log.len());
    assert!(log < 40 << 20, "{log}");
}
