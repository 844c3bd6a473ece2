//! The reactions of a room: who gave them, and how they are read.

use indexmap::IndexMap;

use crate::domain::{Message, MessageId, Reacted, ReactedTo, Reaction, Seq, Visitor, VisitorId};

/// Reactions in one room at most; for one more it forgets the one that was given first.
pub const REACTIONS: usize = 5_000;

/// Reactions of one visitor in one room at most; for one more it forgets the visitor's own first one, so that nobody pushes
/// out those of all others.
pub const REACTIONS_OF_VISITOR: usize = 500;

/// A reaction that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The message.
    pub message: MessageId,
    /// Its place.
    pub seq: Seq,
    /// Who wrote it.
    pub author: VisitorId,
    /// Who reacted.
    pub by: Visitor,
    /// With what.
    pub with: Reaction,
}

/// The reactions of a room, in the order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reactions {
    given: Vec<Given>,
    /// See [`Self::version`].
    version: u64,
    /// See [`Self::forgotten`].
    forgotten: Option<Given>,
}

impl Reactions {
    /// Those that a store kept. After a restart that counts anew, the version has to be one that was never told.
    pub const fn restored(given: Vec<Given>, version: u64) -> Self {
        Self {
            given,
            version,
            forgotten: None,
        }
    }

    /// The reaction that the room forgot for the last one that was given.
    pub const fn forgotten(&self) -> Option<&Given> {
        self.forgotten.as_ref()
    }

    /// A visitor as they were when they reacted.
    pub fn giver(&self, visitor: VisitorId) -> Option<Visitor> {
        self.given
            .iter()
            .find(|given| given.by.id == visitor)
            .map(|given| given.by)
    }

    /// Increases with each change, so that who has been away knows whether there were any.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// All of them, in the order of time.
    pub fn given(&self) -> &[Given] {
        &self.given
    }

    /// Whether it was given.
    pub fn has(&self, message: MessageId, by: VisitorId, with: Reaction) -> bool {
        self.to(message).any(|given| given.by.id == by && given.with == with)
    }

    /// Those to a message.
    pub fn to(&self, message: MessageId) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(move |given| given.message == message)
    }

    /// All messages with reactions, by kind, as people read them.
    pub fn read(&self) -> Vec<ReactedTo> {
        let mut messages: IndexMap<MessageId, ReactedTo> = IndexMap::new();
        for given in &self.given {
            let message = messages.entry(given.message).or_insert_with(|| ReactedTo {
                message: given.message,
                seq: Some(given.seq),
                reactions: Vec::new(),
            });
            let kinds = &mut message.reactions;
            match kinds.iter_mut().find(|kind| kind.reaction == given.with) {
                Some(kind) => kind.by.push(given.by.id),
                None => kinds.push(Reacted {
                    reaction: given.with,
                    by: vec![given.by.id],
                }),
            }
        }
        messages.into_values().collect()
    }

    /// Gives the messages of a page their reactions.
    pub fn attach(&self, page: &mut [Message]) {
        if self.given.is_empty() {
            return;
        }
        let mut read: IndexMap<_, _> = self
            .read()
            .into_iter()
            .map(|read| (read.message, read.reactions))
            .collect();
        for message in page {
            message.reactions = read.swap_remove(&message.id).unwrap_or_default();
        }
    }

    pub(super) fn note(&mut self, given: Given, on: bool) {
        self.version += 1;
        self.forgotten = None;
        if !on {
            let same =
                |other: &Given| (other.message, other.by.id, other.with) == (given.message, given.by.id, given.with);
            self.given.retain(|other| !same(other));
            return;
        }
        let own = || {
            self.given
                .iter()
                .enumerate()
                .filter(|(_, other)| other.by.id == given.by.id)
        };
        let first = match own().count() >= REACTIONS_OF_VISITOR {
            true => own().next().map(|(at, _)| at),
            false => (self.given.len() >= REACTIONS).then_some(0),
        };
        self.forgotten = first.map(|first| self.given.remove(first));
        self.given.push(given);
    }

    pub(super) fn any(&self, which: impl Fn(&Given) -> bool) -> bool {
        self.given.iter().any(which)
    }

    pub(super) fn forget(&mut self, gone: impl Fn(&Given) -> bool) {
        self.version += 1;
        self.forgotten = None;
        self.given.retain(|given| !gone(given));
    }
}
