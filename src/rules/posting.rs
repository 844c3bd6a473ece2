//! What may be said in a room, and how often.

use std::time::Duration;

use super::{Edit, Event, Facts, NewBody, NewMessage, Now, RoomState, Whispering, now::elapsed};
use crate::domain::{Body, Field, Invalid, Problem, Refusal, Said, Visitor, VisitorId};

/// Time within which an author may change what a message says.
pub const EDIT_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Edits of one message: enough to correct it, and too few to go on talking by it in slow mode.
pub const EDITS: usize = 10;

impl RoomState {
    pub(super) fn post(
        &self,
        author: Visitor,
        new: &NewMessage,
        facts: &Facts,
        now: Now,
    ) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(author.id, now)?;
        // A message that is refused costs no pause.
        let said = said(&new.body, facts)?;
        if new.reply.is_some() && facts.message.is_none() {
            return Err(Refusal::MessageNotFound);
        }
        self.must_have_paused(author.id, now)?;
        let reply = new.reply;
        Ok(vec![Event::Posted { author, said, reply }])
    }

    /// Nothing if it says so already. An edit is no new message, so that it need not pause.
    pub(super) fn edit(&self, edit: &Edit, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(edit.by.id, now)?;
        let message = facts.message.as_ref().ok_or(Refusal::MessageNotFound)?;
        if message.author.id != edit.by.id {
            return Err(Refusal::NotTheAuthor);
        }
        let age = now.date.millis().saturating_sub(message.created_at.millis());
        if u128::try_from(age).is_ok_and(|age| age > EDIT_WITHIN.as_millis()) {
            return Err(Refusal::EditTooLate { within: EDIT_WITHIN });
        }
        match &message.body {
            Body::Chat(_) if edit.chat.is_none() => return Err(Invalid::new(Field::Chat, Problem::Empty).into()),
            Body::Chat(_) | Body::Gif(_) => (),
            Body::Line(_) | Body::Deleted => return Err(Refusal::MessageNotFound),
        }
        if message.text() == edit.chat.as_ref() {
            return Ok(Vec::new());
        }
        // The owner reads what was reported, and nobody is told that it was.
        if facts.edits >= EDITS || self.is_reported(edit.message) {
            return Err(Refusal::NotEditable);
        }
        Ok(vec![Event::Edited {
            message: edit.message,
            author: message.author,
            chat: edit.chat.clone(),
        }])
    }

    /// Refuses who holds no seat, for the reason that counts first.
    ///
    /// # Errors
    /// `Banned`, `RoomClosed` or `NotAMember`.
    pub fn must_be_inside(&self, visitor: VisitorId, now: Now) -> Result<(), Refusal> {
        if self.member(visitor).is_some() {
            return Ok(());
        }
        match self.access(Visitor::new(visitor).into(), now.date).refusal() {
            // Who gives the password has no seat by that.
            None | Some(Refusal::WrongPassword) => Err(Refusal::NotAMember),
            Some(refusal) => Err(refusal),
        }
    }

    /// Both hold a seat. Slow mode is for what all see.
    pub(super) fn whisper(&self, new: &Whispering, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(new.author.id, now)?;
        Ok(vec![Event::Whispered {
            id: new.id,
            author: new.author,
            to: self.member(new.to).ok_or(Refusal::VisitorNotFound)?,
            said: said(&new.body, facts)?,
        }])
    }

    fn must_have_paused(&self, author: VisitorId, now: Now) -> Result<(), Refusal> {
        if self.room.slow == 0 || author == self.room.owner.id {
            return Ok(());
        }
        let waited = self.last_posts.of(author).map(|at| elapsed(at, now));
        let left = waited.map_or(Duration::ZERO, |waited| self.pause().saturating_sub(waited));
        if left.is_zero() {
            Ok(())
        } else {
            Err(Refusal::SlowMode { retry_after: left })
        }
    }

    pub(super) fn pause(&self) -> Duration {
        Duration::from_secs(self.room.slow.into())
    }
}

/// What a message or whisper to be stored says, if its room takes it: `GifNotFound` if no message names the GIF that is to be
/// sent again, `ForbiddenGif` or `BlockedGif` if its bytes are refused.
fn said(body: &NewBody, facts: &Facts) -> Result<Said, Refusal> {
    let gif = match body {
        NewBody::Chat(chat) => return Ok(Said::Chat(chat.clone())),
        NewBody::Gif(gif) => gif.clone(),
        NewBody::Again(again) => again.body(facts.earlier_gif.clone().ok_or(Refusal::GifNotFound)?),
    };
    facts.must_take_bytes()?;
    Ok(Said::Gif(gif))
}

impl Facts {
    /// Refuses bytes that the room, or every room, refuses.
    pub(super) const fn must_take_bytes(&self) -> Result<(), Refusal> {
        match self {
            Self { blocked: true, .. } => Err(Refusal::BlockedGif),
            Self { forbidden: true, .. } => Err(Refusal::ForbiddenGif),
            _ => Ok(()),
        }
    }
}
