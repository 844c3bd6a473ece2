//! Who may react to what, and with how much.

use std::{collections::HashSet, sync::Arc};

use super::{Event, Facts, Given, Now, RoomState};
use crate::domain::{GifName, MessageId, Reaction, Refusal, Visitor};

/// Kinds of reactions to one message at most.
pub const REACTION_KINDS: usize = 20;
/// Reactions of one visitor to one message at most.
pub const REACTIONS_EACH: usize = 5;
/// Reactions to one message at most, of all kinds and visitors together: what is told of it stays small.
pub const REACTIONS_OF_MESSAGE: usize = 400;

/// A reaction to be given or taken back.
#[derive(Clone, Copy, Debug)]
pub struct Reacting {
    /// Who reacts.
    pub by: Visitor,
    /// To which message.
    pub message: MessageId,
    /// With what.
    pub with: Reaction,
    /// Whether it is given; else it is taken back.
    pub on: bool,
}

impl Reacting {
    /// The GIF that has to be one of the room.
    pub const fn gif(&self) -> Option<GifName> {
        match self.with {
            Reaction::Gif(name) if self.on => Some(name),
            _ => None,
        }
    }
}

impl RoomState {
    /// Nothing if it is so already.
    pub(super) fn react(&self, new: &Reacting, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(new.by.id, now)?;
        let message = facts.message.as_ref().ok_or(Refusal::MessageNotFound)?;
        if self.reactions.has(message.id, new.by.id, new.with) == new.on {
            return Ok(Vec::new());
        }
        if new.gif().is_some() && facts.earlier_gif.is_none() {
            return Err(Refusal::GifNotFound);
        }
        if new.on {
            facts.must_take_bytes()?;
        }
        let given = Given {
            message: message.id,
            seq: message.seq,
            author: message.author.id,
            by: self.member(new.by.id).unwrap_or(new.by),
            with: new.with,
        };
        if new.on {
            self.must_fit(&given)?;
        }
        Ok(vec![Event::Reacted { given, on: new.on }])
    }

    fn must_fit(&self, new: &Given) -> Result<(), Refusal> {
        let there = || self.reactions.to(new.message);
        let kinds: HashSet<_> = there().map(|given| given.with).collect();
        let own = there().filter(|given| given.by.id == new.by.id).count();
        let fits = own < REACTIONS_EACH
            && (kinds.contains(&new.with) || kinds.len() < REACTION_KINDS)
            && there().count() < REACTIONS_OF_MESSAGE;
        fits.then_some(()).ok_or(Refusal::TooManyReactions)
    }

    pub(super) fn forget_reactions(&mut self, gone: impl Fn(&Given) -> bool) {
        if self.reactions.any(&gone) {
            Arc::make_mut(&mut self.reactions).forget(gone);
        }
    }
}
