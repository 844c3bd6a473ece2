//! Whose a GIF is, noted with the commits.

use super::*;
use crate::{
    domain::Look,
    rules::GifOwner,
    store::{NewFile, sqlite::notes::GifNote},
};

/// The note of a file that is taken in for the room.
fn taken(stage: &Stage) -> (GifName, Command) {
    let name = GifName::random();
    let file = NewFile {
        name,
        bytes: 7,
        look: Look::from_bits(0xf0f0f),
    };
    let owner = GifOwner {
        room: Some(stage.room),
        maker: Default::default(),
    };
    (name, Command::Note(GifNote::Taken(file, owner)))
}

fn files(stage: &Stage) -> i64 {
    let count = "SELECT count(*) FROM gifs WHERE bytes = 7 AND look = 0xf0f0f";
    stage.file().query_row(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn whose_a_gif_is_waits_for_a_commit_that_succeeds() {
    let mut stage = Stage::new();
    stage.writer.connection.busy_timeout(Duration::ZERO).unwrap();
    let other = stage.file();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (reply, answer) = oneshot::channel();
    let post = Command::Submit(stage.room, stage.says("x"), None, reply);
    let (name, first) = taken(&stage);
    let (gone, second) = taken(&stage);
    stage.writer.work(vec![first, second, post]);
    assert!(matches!(answer.blocking_recv().unwrap(), Err(StoreError::Failed(_))));
    other.execute_batch("ROLLBACK").unwrap();
    stage.writer.work(vec![Command::Note(GifNote::Gone(gone))]);
    assert_eq!(files(&stage), 0, "a row waits for a commit of others");
    let new = stage.says("y");
    stage.submit(new).unwrap();
    assert_eq!(files(&stage), 1);
    stage.writer.work(vec![Command::Note(GifNote::Gone(name))]);
    assert_eq!(files(&stage), 0, "it is gone at once");
}

#[test]
fn whose_a_gif_is_takes_nothing_of_the_reserve_and_is_written_at_the_end() {
    let mut stage = Stage::new();
    let (before, note) = taken(&stage);
    stage.writer.work(vec![note]);
    let new = stage.says("x");
    let posted = stage.submit(new).unwrap().message.unwrap();
    assert_eq!(files(&stage), 1);
    stage.writer.reserve.give_up();
    let (_, note) = taken(&stage);
    stage.writer.work(vec![note, Command::Note(GifNote::Gone(before))]);
    let message = posted.id;
    stage.moderate(Action::Delete { message, forbid: false }).unwrap();
    assert_eq!(files(&stage), 0);
    stage.writer.write_last_notes();
    assert_eq!(files(&stage), 1);
}

#[test]
fn while_commits_fail_only_so_many_files_are_taken_in() {
    let mut stage = Stage::new();
    let unwritten = stage.writer.notes.unwritten();
    stage.writer.connection.busy_timeout(Duration::ZERO).unwrap();
    let other = stage.file();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (last, note) = taken(&stage);
    stage.writer.work(vec![note]);
    for _ in 1..1_024 {
        assert!(!unwritten.are_too_many());
        let (_, note) = taken(&stage);
        stage.writer.work(vec![note]);
    }
    assert!(unwritten.are_too_many());
    // The row of a file that was never written needs no deletion, and that of another is found out at the next start.
    stage.writer.work(vec![Command::Note(GifNote::Gone(GifName::random()))]);
    stage.writer.work(vec![Command::Note(GifNote::Gone(last))]);
    assert!(!unwritten.are_too_many());
    other.execute_batch("ROLLBACK").unwrap();
    let new = stage.says("x");
    stage.submit(new).unwrap();
    assert_eq!(files(&stage), 1_023);
}
