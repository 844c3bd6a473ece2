//! `gifchat backup`, `restore` and `check`, as the real binary does them beside a server that is at work.

use std::{
    collections::HashSet,
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    fixtures::animated,
    support::{
        Server,
        backups::{BUSY, Posts, Tasks},
        eventually,
    },
};

/// A SQLite store and its folder of GIFs, which outlive the servers on it.
struct Site {
    folder: PathBuf,
}

impl Site {
    fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.rooms().display())
    }

    fn rooms(&self) -> PathBuf {
        self.folder.join("gifchat.db")
    }

    fn uploads(&self) -> PathBuf {
        self.folder.join("uploads")
    }

    async fn serve(&self) -> Server {
        let uploads = self.uploads().display().to_string();
        Server::start(&self.store(), &[&["--uploads", &uploads][..], &BUSY].concat()).await
    }

    fn tasks(&self) -> Tasks {
        Tasks {
            store: self.store(),
            uploads: self.uploads(),
        }
    }

    async fn does(&self, task: &[&str]) -> String {
        self.tasks().does(task).await
    }

    async fn refuses(&self, task: &[&str]) -> String {
        self.tasks().refuses(task).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_posts_holds_one_moment_and_can_be_restored() {
    let folder = TempDir::new().unwrap();
    let site = Site::new(folder.path().join("site"));
    let server = site.serve().await;
    let mut posts = Posts::during_backups(&server, &site.tasks(), folder.path()).await;
    for n in 0..posts.backups.len() {
        let restored = Site::new(folder.path().join(format!("restored-{n}")));
        restored
            .does(&["restore", posts.backups[n].folder.to_str().unwrap()])
            .await;
        restored.does(&["check"]).await;
        posts.are_as_at_one_moment(n, &restored.serve().await).await;
    }
}

/// A site with a room, three GIFs and some texts.
async fn small_site(folder: &Path) -> (Site, Server, Vec<String>) {
    let site = Site::new(folder.join("site"));
    let server = site.serve().await;
    let visitor = server.visitor().await;
    let room = visitor.create_room("small").await;
    let mut socket = visitor.join(&room).await;
    let mut names = Vec::new();
    for n in 0..3 {
        socket.post("text").await;
        let gif = visitor.upload(&room, animated(8 + n, 8, 2)).await.json();
        names.push(gif["gif"].as_str().unwrap().to_owned());
    }
    (site, server, names)
}

#[tokio::test]
async fn an_interrupted_backup_leaves_no_folder_of_that_name() {
    let folder = TempDir::new().unwrap();
    let (site, _server, _) = small_site(folder.path()).await;
    let (to, partial) = (folder.path().join("backup"), folder.path().join("backup.partial"));
    let backup = ["backup", to.to_str().unwrap()];
    // It waits for the right to hold commits up.
    let writer = Connection::open(site.rooms()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut child = site.tasks().command(&backup).spawn().unwrap();
    let linked = partial.join("uploads");
    eventually("it has begun", async || {
        let files = fs::read_dir(&linked).map_or(0, Iterator::count);
        (files == 6).then_some(())
    })
    .await;
    assert!(!to.exists());
    assert!(site.refuses(&backup).await.contains("another backup"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!to.exists() && partial.exists());
    drop(writer);
    site.does(&backup).await;
    assert!(to.join("gifchat.db").exists() && !partial.exists());
    assert!(site.refuses(&backup).await.contains("there already"));
}

#[tokio::test]
async fn a_backup_holds_the_gifs_that_come_and_go_after_it_linked_those_that_lay_there() {
    let folder = TempDir::new().unwrap();
    let (site, server, names) = small_site(folder.path()).await;
    let visitor = server.visitor().await;
    let room = visitor.create_room("meanwhile").await;
    let _socket = visitor.join(&room).await;
    let to = folder.path().join("backup");
    // It waits for the second of both files, and lets go of the first one each time.
    let sessions = Connection::open(site.folder.join("gifchat-sessions.db")).unwrap();
    sessions.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut child = site.tasks().command(&["backup", to.to_str().unwrap()]).spawn().unwrap();
    let linked = folder.path().join("backup.partial/uploads");
    eventually("it has linked those", async || {
        let files = fs::read_dir(&linked).map_or(0, Iterator::count);
        (files == 2 * names.len()).then_some(())
    })
    .await;
    let came = visitor.upload(&room, animated(30, 8, 2)).await.ok().json();
    let went = visitor.upload(&room, animated(40, 8, 2)).await.ok().json();
    let delete = json!({ "action": "delete", "message": went["_id"] });
    visitor.post_json(&format!("/room/{room}/moderate"), delete).await.ok();
    assert!(child.try_wait().unwrap().is_none(), "it still waits");
    drop(sessions);
    let done = eventually("it is done", async || child.try_wait().unwrap()).await;
    assert!(done.success());
    let has = |gif: &Value| to.join("uploads").join(gif["gif"].as_str().unwrap()).exists();
    assert_eq!((has(&came), has(&went)), (true, false));
    Site::new(to).does(&["check"]).await;
}

#[tokio::test]
async fn a_backup_is_readable_by_its_owner_alone_and_holds_nothing_else() {
    let folder = TempDir::new().unwrap();
    let (site, _server, names) = small_site(folder.path()).await;
    let to = folder.path().join("deep/backup");
    let holds = site.does(&["backup", to.to_str().unwrap()]).await;
    assert!(
        holds.contains("1 rooms, ") && holds.contains(", 3 GIFs, 1 sessions"),
        "{holds}"
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&to), mode(&to.join("uploads"))), (0o700, 0o700));
    let listed = |folder: &Path| -> HashSet<String> {
        let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let files = entries.inspect(|entry| {
            assert!(
                entry.path().is_dir() || mode(&entry.path()) == 0o600,
                "{:?}",
                entry.path()
            );
        });
        files.map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    let expected = ["gifchat.db", "gifchat-sessions.db", "uploads"].map(String::from);
    assert_eq!(listed(&to), HashSet::from(expected));
    let stills = names.iter().map(|name| format!("still-{name}"));
    assert_eq!(
        listed(&to.join("uploads")),
        names.iter().cloned().chain(stills).collect()
    );
}

#[tokio::test]
async fn a_restore_takes_nothing_damaged_and_nobodys_place() {
    let folder = TempDir::new().unwrap();
    let (site, server, names) = small_site(folder.path()).await;
    let to = folder.path().join("backup");
    site.does(&["backup", to.to_str().unwrap()]).await;
    let restore = ["restore", to.to_str().unwrap()];
    assert!(site.refuses(&restore).await.contains("another server"));
    server.kill();
    eventually("it is gone", async || (!server.lives()).then_some(())).await;
    assert!(site.refuses(&restore).await.contains("there already"));

    let other = Site::new(folder.path().join("other"));
    let nothing = folder.path().join("nothing");
    assert!(
        other
            .refuses(&["restore", nothing.to_str().unwrap()])
            .await
            .contains("no backup")
    );
    let gif = to.join("uploads").join(&names[0]);
    let whole = fs::read(&gif).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    // Its inode may be that of the site.
    fs::remove_file(&gif).unwrap();
    assert!(other.refuses(&restore).await.contains("missing"));
    fs::write(&gif, damaged).unwrap();
    assert!(other.refuses(&restore).await.contains("other bytes"));
    assert!(!other.rooms().exists(), "nothing of it is taken");
    fs::write(&gif, whole).unwrap();
    other.does(&restore).await;
    other.does(&["check"]).await;
    assert!(other.refuses(&restore).await.contains("there already"));
}

#[tokio::test]
async fn a_restore_that_was_killed_is_begun_again_and_deletes_nothing_of_others() {
    let folder = TempDir::new().unwrap();
    let (site, _server, names) = small_site(folder.path()).await;
    let to = folder.path().join("backup");
    site.does(&["backup", to.to_str().unwrap()]).await;
    let restore = ["restore", to.to_str().unwrap()];
    let other = Site::new(folder.path().join("other"));
    other.does(&restore).await;
    let unchecked = |file: &Path| PathBuf::from(format!("{}.restoring", file.display()));
    let sessions = other.rooms().with_file_name("gifchat-sessions.db");
    // As it is before the last of its steps.
    fs::rename(other.rooms(), unchecked(&other.rooms())).unwrap();
    other.does(&restore).await;
    // As it is while a GIF is being copied.
    fs::rename(other.rooms(), unchecked(&other.rooms())).unwrap();
    fs::rename(&sessions, unchecked(&sessions)).unwrap();
    fs::remove_file(other.uploads().join(&names[0])).unwrap();
    fs::write(other.uploads().join(&names[1]), "a part").unwrap();
    let foreign = other.uploads().join("0123456789abcdef0123456789abcdef.gif");
    fs::write(&foreign, "of somebody").unwrap();
    assert!(other.refuses(&restore).await.contains("holds GIFs already"));
    fs::remove_file(foreign).unwrap();
    other.does(&restore).await;
    other.does(&["check"]).await;
    assert!(!unchecked(&other.rooms()).exists() && !unchecked(&sessions).exists());
}

#[tokio::test]
async fn a_backup_that_a_server_was_killed_on_is_not_restored_until_all_is_in_its_files() {
    let folder = TempDir::new().unwrap();
    let (site, _server, _) = small_site(folder.path()).await;
    let to = folder.path().join("backup");
    site.does(&["backup", to.to_str().unwrap()]).await;
    let rooms = Connection::open(to.join("gifchat.db")).unwrap();
    rooms
        .execute_batch("PRAGMA journal_mode = WAL; UPDATE rooms SET title = 'later'")
        .unwrap();
    let restore = ["restore", to.to_str().unwrap()];
    let other = Site::new(folder.path().join("other"));
    let refused = other.refuses(&restore).await;
    assert!(
        refused.contains("gifchat.db-wal is there: a server runs on this backup"),
        "{refused}"
    );
    rooms.close().unwrap();
    other.does(&restore).await;
    let title = "SELECT title FROM rooms";
    let restored = Connection::open(other.rooms()).unwrap();
    let title: String = restored.query_row(title, [], |row| row.get(0)).unwrap();
    assert_eq!(title, "later");
}

#[tokio::test]
async fn a_check_says_what_does_not_agree() {
    let folder = TempDir::new().unwrap();
    let (site, server, names) = small_site(folder.path()).await;
    assert!(site.does(&["check"]).await.contains("store and files agree: 1 rooms"));
    let left = "0123456789abcdef0123456789abcdef.gif";
    let file = File::create(site.uploads().join(left)).unwrap();
    site.does(&["check"]).await;
    file.set_modified(SystemTime::now() - Duration::from_secs(3_600))
        .unwrap();
    let lines = site.refuses(&["check"]).await;
    assert!(lines.contains(&format!("{left}: no message names")), "{lines}");
    fs::remove_file(site.uploads().join(left)).unwrap();
    fs::remove_file(site.uploads().join(&names[0])).unwrap();
    fs::remove_file(site.uploads().join(format!("still-{}", names[1]))).unwrap();
    let lines = site.refuses(&["check"]).await;
    assert!(
        lines.contains(&names[0]) && lines.contains("the file is missing"),
        "{lines}"
    );
    assert!(
        lines.contains(&names[1]) && lines.contains("its still is missing"),
        "{lines}"
    );
    assert!(!lines.contains(&names[2]), "{lines}");
    let backup = folder.path().join("backup");
    assert!(
        site.refuses(&["backup", backup.to_str().unwrap()])
            .await
            .contains("not whole")
    );
    assert!(!backup.exists());

    server.kill();
    eventually("it is gone", async || (!server.lives()).then_some(())).await;
    let connection = Connection::open(site.rooms()).unwrap();
    // An index that does not know what its table holds.
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'WHERE gif IS NOT NULL', 'WHERE chat IS NOT NULL')
                WHERE name = 'messages_gif'",
        )
        .unwrap();
    drop(connection);
    let lines = site.refuses(&["check"]).await;
    assert!(lines.contains("the file of the rooms is damaged"), "{lines}");
}
