//! What the append queue is asked, and what it answers.

use crate::{
    domain::{Nonce, RoomId, Seq},
    rules::{Command, Facts},
    store::mongo::{documents::Entry, folded::Folded},
};

/// What is to be appended.
#[derive(Clone, Debug)]
pub enum Task {
    /// What a command gives rise to.
    Command(Command),
    /// That the deletion or edit with that `seq` has been carried out.
    Erased(Seq),
}

impl From<Command> for Task {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

/// A task for a room.
#[derive(Clone, Debug)]
pub struct Request {
    pub room: RoomId,
    pub task: Task,
    /// What the author of a message or whisper marked it with.
    pub nonce: Option<Nonce>,
    pub facts: Facts,
    /// The `seq` of the room when the facts were looked up, if they depend on what has been deleted.
    pub facts_at: Option<Seq>,
}

impl Request {
    /// A task that needs to know nothing else.
    pub fn new(room: RoomId, task: impl Into<Task>) -> Self {
        Self {
            room,
            task: task.into(),
            nonce: None,
            facts: Facts::default(),
            facts_at: None,
        }
    }
}

/// What came of a task.
#[derive(Debug)]
pub enum Outcome {
    /// It is done.
    Done(Box<Committed>),
    /// A message or whisper with this nonce is there already.
    Repeated,
    /// Something has been deleted since the facts were looked up.
    Stale,
}

/// What has been appended.
#[derive(Debug)]
pub struct Committed {
    /// The room right after it.
    pub room: Folded,
    /// Its entry, unless there was nothing to append.
    pub entry: Option<Entry>,
}
