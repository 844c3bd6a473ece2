//! A full disk, under the real binary: pages go on, and what deletes makes space. And who may read what is on the disk.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path, process::Command};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::{Server, TestApp, Visitor, eventually};

/// A file system of 4 MiB.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Nothing where file systems can't be mounted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "gifchat-test"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all space that is left.
    fn fill(&self) {
        use std::io::Write;

        let mut file = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path().join("filler"))
            .unwrap();
        for block in [64 << 10, 4 << 10] {
            while file.write_all(&vec![1; block]).is_ok() {}
        }
    }

    fn has_space_again(&self) {
        fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server may still be ending.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

async fn readiness(visitor: &Visitor) -> (u16, String) {
    let answer = visitor.get("/readyz").await;
    (answer.status, answer.text())
}

async fn count(visitor: &Visitor, room: &str) -> u64 {
    visitor.room(room).await.ok().json()["count"].as_u64().unwrap()
}

#[tokio::test]
async fn on_a_full_disk_pages_go_on_and_one_can_leave_and_delete() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("left out: no file system can be mounted here");
        return;
    };
    let database = disk.path().join("gifchat.db");
    let server = Server::start(&format!("sqlite:{}", database.display()), &["--seat-grace", "1h"]).await;
    let (owner, other, third) = (server.visitor().await, server.visitor().await, server.visitor().await);
    let (room, second) = (owner.create_room("방").await, owner.create_room("딴 방").await);
    let (_own, mut others, _thirds) = (
        owner.join(&room).await,
        other.join(&room).await,
        third.join(&room).await,
    );
    let message = owner.post_chat(&room, "지울 글").await.ok().json();
    disk.fill();
    let long = "가".repeat(1_000);
    eventually("the disk is full", async || {
        let answer = owner.post_chat(&room, &long).await;
        assert!(matches!(answer.status, 201 | 507), "{}", answer.text());
        (answer.status == 507).then(|| disk.fill())
    })
    .await;
    eventually("nothing fits any more", async || {
        (owner.post_chat(&room, &long).await.status == 507).then_some(())
    })
    .await;
    eventually("not a page fits, and it says so", async || {
        owner.post_chat(&room, &long).await;
        disk.fill();
        (readiness(&owner).await == (503, "the disk of the store is full".into())).then_some(())
    })
    .await;
    for _ in 0..3 {
        let page = server.stranger().get("/").await;
        assert_eq!(page.status, 200, "{}", page.text());
    }
    // Somebody whose session is not on the disk is still the same person with the next request.
    let new = server.visitor().await;
    assert_eq!(new.look_in_the_mirror().await.0, new.id);

    let path = format!("/room/{room}/moderate");
    let delete = serde_json::json!({ "action": "delete", "message": message["_id"] });
    owner.post_json(&path, delete).await.ok();
    let kick = serde_json::json!({ "action": "kick", "visitor": third.id });
    owner.post_json(&path, kick).await.ok();
    others.emit("leave", serde_json::json!({})).await;
    eventually("who leaves is gone", async || {
        (count(&owner, &room).await == 1).then_some(())
    })
    .await;
    owner.post_chat(&room, &long).await.refused(507, "storage_full");
    owner.delete(&room).await.ok();
    owner.delete(&second).await.ok();
    assert_eq!(owner.room(&room).await.status, 404);

    disk.has_space_again();
    eventually("the store takes writes", async || {
        (readiness(&owner).await == (200, "ok".into())).then_some(())
    })
    .await;
    let room = owner.create_room("새 방").await;
    let _seat = owner.join(&room).await;
    owner.post_chat(&room, "다시").await.ok();
    eventually("the reserve is there again", async || {
        disk.path().join("gifchat.db-reserve").exists().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_server_starts_on_a_full_disk_whether_it_was_killed_or_stopped() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("left out: no file system can be mounted here");
        return;
    };
    let database = format!("sqlite:{}", disk.path().join("gifchat.db").display());
    let start = || Server::start(&database, &["--seat-grace", "1h"]);
    let server = start().await;
    let owner = server.visitor().await;
    let room = owner.create_room("방").await;
    let seat = owner.join(&room).await;
    owner.post_chat(&room, "글").await.ok();
    let stop = |server: Server, signal| async move {
        server.signal(signal);
        eventually("the server has ended", async || (!server.lives()).then_some(())).await;
    };
    disk.fill();
    stop(server, Signal::SIGKILL).await;
    drop(seat);
    let server = start().await;
    let owner = server.meets(&owner);
    assert_eq!(count(&owner, &room).await, 1, "{}", server.log());
    // A stop removes the logs, and with them the files by which SQLite shares what is in them.
    stop(server, Signal::SIGTERM).await;
    disk.fill();
    let server = start().await;
    let owner = server.meets(&owner);
    owner.delete(&room).await.ok();
}

/// Of every file in a folder. SQLite takes its logs away when the last connection is closed, which may be a moment after
/// the server has stopped: a file that is gone by the time it is looked at is none.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mode = |file: fs::DirEntry| {
        let mode = unless_gone(file.metadata())?.permissions().mode() & 0o777;
        Some((file.file_name().into_string().unwrap(), mode))
    };
    files.filter_map(mode).collect()
}

fn unless_gone<T>(looked: io::Result<T>) -> Option<T> {
    match looked {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        looked => Some(looked.unwrap()),
    }
}

#[tokio::test]
async fn nobody_else_may_read_the_files_of_the_store() {
    let mut app = TestApp::start().await;
    let Some(database) = app.sqlite().and_then(|open| open.path().map(String::from)) else {
        return;
    };
    let folder = Path::new(&database).parent().unwrap();
    let visitor = app.visitor().await;
    visitor.create_room("방").await;
    let made = modes(folder);
    let names = [
        "gifchat.db",
        "gifchat.db-wal",
        "gifchat.db-shm",
        "gifchat-sessions.db",
        "gifchat-sessions.db-wal",
    ];
    for name in names {
        assert!(made.iter().any(|(file, _)| file == name), "no {name} in {made:?}");
    }
    assert!(made.iter().all(|(_, mode)| *mode == 0o600), "{made:?}");
    // Those of an earlier version.
    app.stop().await;
    for (file, _) in modes(folder) {
        unless_gone(fs::set_permissions(
            folder.join(file),
            fs::Permissions::from_mode(0o644),
        ));
    }
    app.resume().await;
    visitor.create_room("또").await;
    let tightened = modes(folder);
    assert!(tightened.iter().all(|(_, mode)| *mode == 0o600), "{tightened:?}");
}
