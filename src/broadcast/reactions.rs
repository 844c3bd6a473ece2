//! Tells what people react with: a few times a second at most, each time how it is then.

use std::{collections::BTreeSet, time::Duration};

use serde::Serialize;
use tokio::time::Instant;

use super::room::RoomTask;
use crate::{
    domain::{Body, Line, LineKind, Message, MessageId, ReactedTo, RoomId},
    rules::Reactions,
};

/// The least time between two events about reactions in one room. A burst of them is one event.
const PAUSE: Duration = Duration::from_millis(100);

/// Reactions that changed and are not told yet.
#[derive(Default)]
pub struct Untold {
    /// The messages.
    of: BTreeSet<MessageId>,
    /// The version after the last of these changes. The room may be further by now, by changes that are still on their way
    /// here.
    version: u64,
    /// Whether it may be any message.
    all: bool,
    told_at: Option<Instant>,
}

/// Reactions to some messages of a room, or to all.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct RoomReactions {
    room: RoomId,
    /// All changes up to this one have been told with it.
    version: u64,
    /// Whether messages that are not named have none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    all: bool,
    messages: Vec<ReactedTo>,
}

impl RoomReactions {
    /// All reactions of a room.
    pub fn all(room: RoomId, reactions: &Reactions) -> Self {
        Self {
            room,
            version: reactions.version(),
            all: true,
            messages: reactions.read(),
        }
    }

    /// Those to some messages; nothing is left of those to a message that has no kinds.
    fn of(
        room: RoomId,
        reactions: &Reactions,
        Untold {
            of: messages, version, ..
        }: &Untold,
    ) -> Self {
        let mut all = Self {
            all: false,
            version: *version,
            ..Self::all(room, reactions)
        };
        all.messages.retain(|message| messages.contains(&message.message));
        let none = messages
            .iter()
            .filter(|id| all.messages.iter().all(|there| there.message != **id));
        let none: Vec<_> = none.map(|id| ReactedTo::none(*id)).collect();
        all.messages.extend(none);
        all
    }
}

impl Untold {
    /// Notes that the reactions to a message changed.
    pub fn note(&mut self, message: MessageId, version: u64) {
        self.of.insert(message);
        self.version = version;
    }

    /// Whether there is something to tell.
    pub fn any(&self) -> bool {
        self.all || !self.of.is_empty()
    }

    /// When it may be told.
    pub fn due(&self) -> Instant {
        self.told_at.map_or_else(Instant::now, |told| told + PAUSE)
    }
}

impl RoomTask {
    pub(super) fn tell_reactions_if_due(&mut self) {
        if !self.reactions.any() || self.reactions.due() > Instant::now() {
            return;
        }
        let untold = std::mem::take(&mut self.reactions);
        self.reactions.told_at = Some(Instant::now());
        // The room may be gone; its end is told.
        if let Some(state) = self.events.store.last_known_room(self.room) {
            let reactions = match untold.all {
                true => RoomReactions::all(self.room, &state.reactions),
                false => RoomReactions::of(self.room, &state.reactions, &untold),
            };
            self.tell("reactions", &reactions);
        }
    }

    /// Who is cleared loses the reactions to messages of others, too.
    pub(super) fn note_cleared(&mut self, line: &Message) {
        if let Body::Line(Line {
            kind: LineKind::Cleared,
            ..
        }) = line.body
        {
            self.reactions.all = true;
        }
    }

    pub(super) fn reactions_version(&self) -> u64 {
        let room = self.events.store.last_known_room(self.room);
        room.map_or(0, |room| room.reactions.version())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Emoji, Reaction, Visitor, VisitorId},
        rules::Given,
    };

    #[test]
    fn what_is_told_of_some_messages_says_no_more_than_they_do() {
        let [one, two, three] = [(); 3].map(|()| MessageId::random());
        let given = |message| Given {
            message,
            seq: 1,
            author: VisitorId::random(),
            by: Visitor::new(VisitorId::random()),
            with: Reaction::Emoji(Emoji::parse("👍").unwrap()),
        };
        // The change of the third is on its way.
        let reactions = Reactions::restored(vec![given(one), given(three)], 9);
        let mut untold = Untold::default();
        untold.note(one, 7);
        untold.note(two, 8);
        let told = RoomReactions::of(RoomId::random(), &reactions, &untold);
        assert_eq!((told.version, told.all), (8, false));
        let named = told
            .messages
            .iter()
            .map(|message| (message.message, message.reactions.len()));
        assert_eq!(named.collect::<Vec<_>>(), [(one, 1), (two, 0)]);
    }
}
