//! The message that another one refers to: what it answers, or what was edited.

use std::{collections::HashMap, sync::Arc};

use super::{Message, MessageId};

/// Refers to another message of the same room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Which.
    pub to: MessageId,
    /// That message.
    pub original: Original,
}

/// A message that another one refers to. It is not stored with that one, so that what is edited or deleted is so wherever
/// it is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Original {
    /// Not looked up yet.
    Unread,
    /// Not there any more.
    Gone,
    /// As it is now.
    Known(Arc<Message>),
}

impl Reference {
    /// Refers to a message that is not looked up yet.
    pub const fn to(to: MessageId) -> Self {
        Self {
            to,
            original: Original::Unread,
        }
    }

    /// Refers to a message that is at hand.
    pub const fn known(to: MessageId, message: Arc<Message>) -> Self {
        Self {
            to,
            original: Original::Known(message),
        }
    }

    /// The message, if it is there.
    pub fn message(&self) -> Option<&Message> {
        match &self.original {
            Original::Known(message) => Some(message),
            Original::Unread | Original::Gone => None,
        }
    }

    /// The originals of a page that are not looked up yet and are not on the page itself, each once.
    pub fn missing(page: &[Message]) -> Vec<MessageId> {
        let mut missing: Vec<_> = page.iter().filter_map(Message::unread).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|id| page.iter().all(|message| message.id != *id));
        missing
    }

    /// Gives each message of a page the original that it refers to: one of the page, or of those `found` elsewhere.
    pub fn resolve(page: &mut [Message], found: Vec<Message>) {
        let wanted: Vec<_> = page.iter().filter_map(Message::unread).collect();
        if wanted.is_empty() {
            return;
        }
        let of_page = page.iter().filter(|message| wanted.contains(&message.id)).cloned();
        let known: HashMap<_, _> = of_page
            .chain(found)
            .map(|message| (message.id, Arc::new(message)))
            .collect();
        for reference in page.iter_mut().filter_map(|message| message.refers.as_mut()) {
            if reference.original == Original::Unread {
                let message = known.get(&reference.to).cloned();
                reference.original = message.map_or(Original::Gone, Original::Known);
            }
        }
    }
}

impl Message {
    fn unread(&self) -> Option<MessageId> {
        let unread = self
            .refers
            .as_ref()
            .filter(|reference| reference.original == Original::Unread);
        unread.map(|reference| reference.to)
    }
}
