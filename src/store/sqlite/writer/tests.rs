mod gifs;

use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::*;
use crate::{
    domain::{Action, Chat, GifName, Limits, Max, Refusal, Room, Title, Visitor},
    rules::{Command as Rule, Graces, Leave, NewBody, NewRoom, Retention, RoomChange, ServerId},
    store::{
        Committed, Expired,
        sqlite::{cleanup, command::Reply, schema},
    },
};

struct Stage {
    folder: TempDir,
    writer: Writer,
    owner: Visitor,
    room: RoomId,
}

impl Stage {
    fn new() -> Self {
        Self::at(tempfile::tempdir().unwrap())
    }

    fn at(folder: TempDir) -> Self {
        let connection = schema::open_writer(&folder.path().join("store.db")).unwrap();
        // Nobody follows.
        let (tell, _) = mpsc::channel(1);
        let writer = Writer::new(connection, Arc::default(), Clock::start(), 100, tell);
        let owner = somebody();
        let mut stage = Self {
            folder,
            writer,
            owner,
            room: RoomId::random(),
        };
        stage.room = stage.room().id;
        stage.enter(owner, 1);
        stage
    }

    /// Does one thing in a batch of its own.
    fn ask<T>(&mut self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.work(vec![command(reply)]);
        answer.blocking_recv().unwrap()
    }

    fn room(&mut self) -> Room {
        let new = NewRoom {
            title: Title::parse("방", &Limits::default()).unwrap(),
            max: Max::from_store(5),
            password_hash: None,
            owner: self.owner,
            maker: Default::default(),
            most: Default::default(),
        };
        self.ask(|reply| Command::Create(new, reply)).unwrap()
    }

    fn submit(&mut self, rule: Rule) -> Result<Committed, StoreError> {
        let room = self.room;
        self.ask(|reply| Command::Submit(room, rule, None, reply))
    }

    fn enter(&mut self, visitor: Visitor, socket: u64) {
        self.submit(Rule::Enter(visitor.into(), hold(socket))).unwrap();
    }

    fn says(&self, chat: &str) -> Rule {
        Rule::Post(self.owner, NewBody::Chat(Chat::from_store(chat)).into())
    }

    fn moderate(&mut self, action: Action) -> Result<Committed, StoreError> {
        self.submit(Rule::Moderate(self.owner, action))
    }

    fn file(&self) -> Connection {
        Connection::open(self.folder.path().join("store.db")).unwrap()
    }
}

fn hold(socket: u64) -> Hold {
    Hold {
        server: ServerId::ONLY,
        socket,
    }
}

/// A folder that is a file system of 3 MiB; nothing where file systems can't be mounted.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount() -> Option<(Self, TempDir)> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "gifchat-test"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then(|| (Self(folder.path().into()), folder))
    }

    /// Leaves that many bytes.
    fn fill(&self, left: u64) {
        use std::io::Write;

        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        file.set_len(file.metadata().unwrap().len() - left).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

fn somebody() -> Visitor {
    Visitor::new(VisitorId::random())
}

#[test]
fn a_disk_that_gets_full_in_a_batch_fails_all_of_it_and_the_room_goes_on_when_there_is_space() {
    let mut stage = Stage::new();
    let pages: i64 = stage
        .writer
        .connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    stage
        .writer
        .connection
        .pragma_update(None, "max_page_count", pages + 2)
        .unwrap();
    let large = "x".repeat(200_000);
    let (mut batch, mut answers) = (Vec::new(), Vec::new());
    for chat in ["before", &large, "behind", "last"] {
        let (reply, answer) = oneshot::channel();
        batch.push(Command::Submit(stage.room, stage.says(chat), None, reply));
        answers.push(answer);
    }
    stage.writer.work(batch);
    let answers: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.blocking_recv().unwrap())
        .collect();
    assert!(matches!(answers[1], Err(StoreError::Full)), "{:?}", answers[1]);
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    let stored = |stage: &Stage| -> i64 {
        let count = "SELECT count(*) FROM messages WHERE line IS NULL";
        stage.file().query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(stored(&stage), 0);
    stage
        .writer
        .connection
        .pragma_update(None, "max_page_count", 1_000_000)
        .unwrap();
    let new = stage.says("again");
    let posted = stage.submit(new).unwrap();
    assert_eq!((posted.message.unwrap().seq, stored(&stage)), (2, 1));
}

#[test]
fn a_deed_whose_line_cannot_be_written_is_not_half_done() {
    let mut stage = Stage::new();
    let (owner, other) = (stage.owner, somebody());
    stage.enter(other, 2);
    let new = stage.says("bad");
    let posted = stage.submit(new).unwrap().message.unwrap();
    let stumble = "CREATE TRIGGER stumble BEFORE INSERT ON messages WHEN NEW.line IS NOT NULL
                   BEGIN SELECT RAISE(ABORT, 'the disk stumbles'); END";
    stage.writer.connection.execute_batch(stumble).unwrap();
    for action in [
        Action::HandOver(other.id),
        Action::Ban(other.id, None),
        Action::Delete {
            message: posted.id,
            forbid: false,
        },
        Action::Clear {
            visitor: owner.id,
            forbid: false,
        },
    ] {
        let done = stage.moderate(action);
        assert!(matches!(done, Err(StoreError::Failed(_))), "{action:?} {done:?}");
    }
    let left =
        "SELECT owner, (SELECT count(*) FROM bans), (SELECT count(*) FROM messages WHERE chat = 'bad') FROM rooms";
    let left = stage
        .file()
        .query_row(left, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!(left, (owner.id.to_string(), 0, 1));
}

#[test]
fn who_wrote_in_a_batch_that_failed_does_not_wait_and_who_wrote_before_does() {
    let mut stage = Stage::new();
    let (other, third) = (somebody(), somebody());
    stage.enter(other, 2);
    stage.enter(third, 3);
    let slow = RoomChange {
        slow: Some(60),
        ..RoomChange::default()
    };
    stage.submit(Rule::Change(stage.owner.id, slow)).unwrap();
    let says = |author| Rule::Post(author, NewBody::Chat(Chat::from_store("x")).into());
    stage.submit(says(other)).unwrap();
    stage.writer.connection.execute_batch("PRAGMA query_only = 1").unwrap();
    assert!(matches!(stage.submit(says(third)), Err(StoreError::Failed(_))));
    stage.writer.connection.execute_batch("PRAGMA query_only = 0").unwrap();
    stage.submit(says(third)).unwrap();
    for author in [other, third] {
        let refused = stage.submit(says(author));
        assert!(
            matches!(refused, Err(StoreError::Refused(Refusal::SlowMode { .. }))),
            "{refused:?}"
        );
    }
}

#[test]
fn a_room_whose_owner_removes_it_while_it_ends_costs_the_others_no_list_of_files() {
    let mut stage = Stage::new();
    let (first, second) = (stage.room().id, stage.room().id);
    let graces = Graces {
        seat: Duration::from_secs(60),
        room: Duration::from_secs(60),
        lost: Duration::from_secs(60),
        first: Duration::ZERO,
        owner: Duration::from_secs(60),
        retention: Retention::ALL,
    };
    let (removing, removed) = oneshot::channel();
    let (expiring, expired) = oneshot::channel();
    stage.writer.work(vec![
        Command::Submit(first, Rule::Remove(stage.owner.id), None, removing),
        Command::Expire(graces, expiring),
    ]);
    assert!(removed.blocking_recv().unwrap().unwrap().state.ended);
    let expired: Expired = expired.blocking_recv().unwrap().unwrap();
    assert_eq!(expired.rooms, [(second, Vec::new())]);
}

#[test]
fn on_the_reserve_only_what_leaves_and_deletes_is_written() {
    let mut stage = Stage::new();
    let other = somebody();
    stage.enter(other, 2);
    let new = stage.says("bad");
    let posted = stage.submit(new).unwrap().message.unwrap();
    let reserve = stage.folder.path().join("store.db-reserve");
    assert!(reserve.exists());
    stage.writer.reserve.give_up();
    assert!(!reserve.exists());
    let new = stage.says("x");
    let refused = stage.submit(new);
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    assert!(matches!(stage.ask(Command::Ping), Err(StoreError::Full)));
    let message = posted.id;
    stage.moderate(Action::Delete { message, forbid: false }).unwrap();
    stage.submit(Rule::Leave(other.id, hold(2), Leave::Explicit)).unwrap();
    stage.submit(Rule::Remove(stage.owner.id)).unwrap();
}

#[test]
fn every_table_with_rows_of_a_room_is_emptied_with_it() {
    let stage = Stage::new();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND EXISTS
                   (SELECT 1 FROM pragma_table_info(sqlite_master.name) WHERE name = 'room') ORDER BY name";
    let file = stage.file();
    let mut statement = file.prepare(sql).unwrap();
    let names: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut known: Vec<_> = crate::store::sqlite::cleanup::TABLES
        .iter()
        .map(|(table, ..)| *table)
        .collect();
    // These are emptied by themselves, the last of them with the files.
    known.extend(["clearings", "forgettings", "removed_rooms", "gifs"]);
    known.sort_unstable();
    assert_eq!(names, known);
}

#[test]
fn a_store_that_takes_no_writes_says_so_until_one_succeeds() {
    let mut stage = Stage::new();
    stage.writer.connection.execute_batch("PRAGMA query_only = 1").unwrap();
    assert!(matches!(stage.ask(Command::Ping), Ok(())), "nobody wrote yet");
    let new = stage.says("x");
    let failed = stage.submit(new);
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    for _ in 0..2 {
        assert!(matches!(stage.ask(Command::Ping), Err(StoreError::Failed(_))));
    }
    stage.writer.connection.execute_batch("PRAGMA query_only = 0").unwrap();
    assert!(matches!(stage.ask(Command::Ping), Ok(())));
    assert_eq!(stage.writer.trouble, None);
}

#[test]
fn what_is_deleted_is_taken_out_of_the_file_on_a_full_disk_too() {
    let Some((disk, folder)) = SmallDisk::mount() else {
        eprintln!("left out: no file system can be mounted here");
        return;
    };
    let mut stage = Stage::at(folder);
    for n in 1..=60 {
        let new = stage.says(&"x".repeat(2_000));
        stage.submit(new).unwrap();
        // The log would fill the disk.
        assert!(n % 20 > 0 || stage.writer.empty_log());
    }
    cleanup::begin_removal(&stage.writer.connection, stage.room).unwrap();
    assert!(stage.writer.empty_log());
    disk.fill(0);
    stage.writer.slices.wake();
    let begun = Instant::now();
    while stage.writer.slices.are_left() {
        assert!(begun.elapsed() < Duration::from_secs(5), "not in time");
        stage.writer.slice_if_due();
        std::thread::sleep(Duration::from_millis(1));
    }
    let count = "SELECT count(*) FROM messages";
    let left: i64 = stage.writer.connection.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn what_is_due_and_cannot_be_written_in_one_room_holds_up_no_other() {
    let mut stage = Stage::new();
    let over: Vec<_> = (0..8).map(|_| stage.room().id).collect();
    let member = somebody();
    stage.enter(member, 2);
    stage
        .submit(Rule::Leave(member.id, hold(2), Leave::Disconnected))
        .unwrap();
    let stumble = "CREATE TRIGGER stumble BEFORE INSERT ON messages WHEN NEW.line = 'left'
                   BEGIN SELECT RAISE(ABORT, 'the disk stumbles'); END";
    stage.writer.connection.execute_batch(stumble).unwrap();
    let graces = Graces {
        seat: Duration::ZERO,
        room: Duration::from_secs(60),
        lost: Duration::from_secs(60),
        first: Duration::ZERO,
        owner: Duration::from_secs(60),
        retention: Retention::ALL,
    };
    let expired: Expired = stage.ask(|reply| Command::Expire(graces, reply)).unwrap();
    assert_eq!(expired.rooms.len(), over.len());
}
