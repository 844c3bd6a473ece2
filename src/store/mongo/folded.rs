//! A room as the entries of its log have made it: its state by the rules, and deletions and edits that are not carried out
//! yet.

use std::sync::Arc;

use super::documents::{Entry, Position, Record};
use crate::{
    domain::{Action, Chat, Message, MessageId, Moment, Seq, VisitorId},
    rules::{Command, Event, Now, RoomState, TakeDown},
};

/// What the entries up to a position have made of a room. Cloning is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Folded {
    pub state: RoomState,
    /// The last entry.
    pub position: Position,
    /// Deletions that are not carried out yet; readers do not see what they hide. Each is carried out soon, so that there
    /// are few.
    pub deletions: Arc<[Deletion]>,
    /// Edits that are not carried out yet, in their order; readers see messages as they make them.
    pub edits: Arc<[Edit]>,
    /// The last of those that are carried out: of what was read before it nobody knows what it did.
    pub erased: Seq,
}

/// An edit that is not carried out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its system message.
    pub seq: Seq,
    pub at: Moment,
    pub message: MessageId,
    /// What the message says from then on.
    pub chat: Option<Chat>,
}

/// A deletion that is not carried out yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Its system message.
    pub seq: Seq,
    pub at: Moment,
    pub hidden: Hidden,
    /// Whether the room refuses the bytes of the GIFs.
    pub forbid: bool,
}

/// What a deletion hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    Message(MessageId),
    /// All messages of that author before the deletion.
    Author(VisitorId),
}

impl Folded {
    /// The room that a first entry makes.
    pub fn begin(entry: &Entry) -> Option<Self> {
        let Record::Created(new, key) = &entry.record else {
            return None;
        };
        Some(Self {
            state: RoomState::new(entry.room, new.clone(), *key, Now::at(entry.at)),
            position: entry.position,
            deletions: Arc::default(),
            edits: Arc::default(),
            erased: 0,
        })
    }

    /// Applies the entry directly after the last one.
    pub fn apply(&mut self, entry: &Entry) {
        self.position = entry.position;
        match &entry.record {
            Record::Created(..) | Record::Pruned => (),
            Record::Migrated(folded) => self.clone_from(folded),
            Record::Erased(seq) => {
                let left = self.deletions.iter().filter(|deletion| deletion.seq != *seq);
                self.deletions = left.copied().collect();
                self.edits = self.edits.iter().filter(|edit| edit.seq != *seq).cloned().collect();
                self.erased = self.erased.max(*seq);
            }
            Record::Event(event) => {
                self.state.evolve(event, Now::at(entry.at));
                if let Event::Edited { message, chat, .. } = event {
                    let new = Edit {
                        seq: self.state.seq,
                        at: entry.at,
                        message: *message,
                        chat: chat.clone(),
                    };
                    self.edits = self.edits.iter().cloned().chain([new]).collect();
                }
                if let Some((hidden, forbid)) = hides(event) {
                    let seq = self.state.seq;
                    let at = entry.at;
                    let new = Deletion {
                        seq,
                        at,
                        hidden,
                        forbid,
                    };
                    self.deletions = self.deletions.iter().copied().chain([new]).collect();
                }
            }
        }
    }

    /// Folds entries, the first of which begins the room unless there is a state already. Entries that are in the state
    /// already are passed over.
    pub fn fold(from: Option<Self>, entries: &[Entry]) -> Option<Self> {
        let mut folded = from;
        for entry in entries {
            match &mut folded {
                None => folded = Self::begin(entry),
                Some(folded) if entry.position == folded.position + 1 => folded.apply(entry),
                Some(_) => (),
            }
        }
        folded
    }

    /// Whether readers do not see what a message said.
    pub fn hides(&self, id: MessageId, author: VisitorId, seq: Seq) -> bool {
        self.deletions.iter().any(|deletion| match deletion.hidden {
            Hidden::Message(message) => message == id,
            Hidden::Author(visitor) => visitor == author && seq < deletion.seq,
        })
    }

    /// Whether what was looked up for a command when the room had that `seq` may have been deleted or edited since.
    pub fn outdates(&self, command: &Command, seen: Seq) -> bool {
        let matters = |deletion: &Deletion| match (command, deletion.hidden) {
            (Command::Moderate(_, Action::Delete { message, .. }), Hidden::Message(hidden))
            | (Command::TakeDown(TakeDown::Message(message)), Hidden::Message(hidden)) => *message == hidden,
            _ => true,
        };
        let depends = !matches!(command, Command::Moderate(_, Action::Ban(..)));
        let edited = |edit: &Edit| edit.seq > seen && matches!(command, Command::Edit(_));
        depends
            && (self.erased > seen
                || self.edits.iter().any(edited)
                || self
                    .deletions
                    .iter()
                    .any(|deletion| deletion.seq > seen && matters(deletion)))
    }

    /// The message of an entry as readers see it, if there is one that the room keeps.
    pub fn show(&self, entry: &Entry) -> Option<Message> {
        let mut message = entry.message().filter(|message| message.seq > self.state.forgotten)?;
        if message.is_line() {
            return Some(message);
        }
        if self.hides(message.id, message.author.id, message.seq) {
            message.blank();
        }
        // What this room does not know yet may be carried out all the same.
        let done = entry.edited.map_or(0, |(_, seq)| seq);
        let to_do = |edit: &&Edit| edit.message == message.id && edit.seq > done;
        if let Some(last) = self.edits.iter().rfind(to_do) {
            message.edit(last.chat.as_ref(), last.at);
        }
        Some(message)
    }
}

fn hides(event: &Event) -> Option<(Hidden, bool)> {
    match event {
        Event::Deleted { message, forbid, .. } => Some((Hidden::Message(*message), *forbid)),
        Event::Cleared { author, forbid } => Some((Hidden::Author(author.id), *forbid)),
        _ => None,
    }
}
