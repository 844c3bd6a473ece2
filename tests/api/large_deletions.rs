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

/// Messages of the large room. Deleted by one statement they take a second and more in a debug build.
const MESSAGES: i64 = 60_000;

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
        let graces = ["--seat-grace", "1h", "--room-grace", "1h", "--new-room-grace", "1h"];
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

    /// How long it takes here to do this by one statement: on a copy, by the same SQLite.
    fn by_one_statement(&self, sql: &str) -> Duration {
        let copy = self.0.path().join("copy.db");
        self.open()
            .execute("VACUUM INTO ?1", [copy.display().to_string()])
            .unwrap();
        let connection = Connection::open(copy).unwrap();
        let begun = Instant::now();
        connection.execute(sql, []).unwrap();
        begun.elapsed()
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

/// Posts until that is over; the longest wait for an answer.
async fn posts_until(owner: &Visitor, room: &str, what: &str, over: impl Fn() -> bool) -> Duration {
    let (mut longest, begun) = (Duration::ZERO, Instant::now());
    while !over() {
        assert!(begun.elapsed() < Duration::from_secs(180), "not in time: {what}");
        let asked = Instant::now();
        owner.post_chat(room, "그동안").await.ok();
        longest = longest.max(asked.elapsed());
    }
    longest
}

#[tokio::test]
async fn a_large_clear_holds_nobody_up() {
    let (files, _server, owner, large, other) = stage(0).await;
    let at_once = "UPDATE messages SET chat = NULL WHERE visitor = '0123456789abcdef' AND chat IS NOT NULL";
    let at_once = files.by_one_statement(at_once);
    let asked = Instant::now();
    let deed = json!({ "action": "clear", "visitor": FLOODER });
    owner.post_json(&format!("/room/{large}/moderate"), deed).await.ok();
    let answered = asked.elapsed();
    let history = owner.get_json(&format!("/room/{large}/messages")).await.ok().json();
    let history = history["data"].as_array().unwrap();
    let (cleared, shown) = history.split_last().unwrap();
    assert_eq!(cleared["line"], "cleared");
    assert!(shown.iter().all(|message| message["deleted"] == true), "{shown:?}");
    assert!(files.count("clearings") > 0, "it is deleted in slices");
    let longest = posts_until(&owner, &other, "all is blank", || files.count("clearings") == 0).await;
    assert_eq!(files.count("messages WHERE chat LIKE '홍수%'"), 0);
    // By one statement it took more than 800 ms in this build.
    assert!(
        answered.max(longest) < at_once / 2,
        "{answered:?} {longest:?} {at_once:?}"
    );
}

#[tokio::test]
async fn a_large_room_goes_without_holding_anybody_up_whoever_is_killed_and_its_file_gets_smaller() {
    let (files, server, owner, large, other) = stage(500).await;
    let at_once = files.by_one_statement("DELETE FROM messages WHERE seq >= 100");
    let (size, asked) = (files.bytes(), Instant::now());
    owner.delete(&large).await.ok();
    let answered = asked.elapsed();
    assert_eq!(owner.room(&large).await.status, 404);
    let first = format!("/gif/{:032x}.gif", 1);
    assert_eq!(owner.get(&first).await.status, 404);
    let left = || files.count("messages");
    let halfway = || left() < MESSAGES * 3 / 4;
    let longest = posts_until(&owner, &other, "a part of it is gone", halfway).await;
    server.kill();
    drop(server);
    assert!(
        files.count("removed_rooms") == 1 && left() > 1_000,
        "killed in the midst of it"
    );
    let server = files.serve().await;
    let owner = server.meets(&owner);
    let done = || files.count("removed_rooms") + files.count("unreferenced_files") == 0;
    let longest = longest.max(posts_until(&owner, &other, "all of it is gone", done).await);
    assert_eq!(files.count("messages WHERE chat LIKE '홍수%'"), 0);
    // The GIF of the other room, with its still.
    eventually("its files are gone", async || (files.gifs() == 2).then_some(())).await;
    eventually("the file is smaller", async || {
        owner.post_chat(&other, "그동안").await.ok();
        (files.bytes() < size / 2).then_some(())
    })
    .await;
    let log = std::fs::metadata(files.database().with_extension("db-wal")).map_or(0, |log| log.len());
    assert!(log < 40 << 20, "{log}");
    assert!(
        answered.max(longest) < at_once / 2,
        "{answered:?} {longest:?} {at_once:?}"
    );
}
