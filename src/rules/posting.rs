//! What may be said in a room, and how often.

use std::time::Duration;

use super::{Event, Facts, NewBody, Now, RoomState, Whispering, state::elapsed};
use crate::domain::{Refusal, Said, Visitor, VisitorId};

impl RoomState {
    pub(super) fn post(&self, author: Visitor, body: &NewBody, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(author.id, now)?;
        // A message that is refused costs no pause.
        let said = said(body, facts)?;
        self.must_have_paused(author.id, now)?;
        Ok(vec![Event::Posted(author, said)])
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
/// sent again, `ForbiddenGif` if the room refuses its bytes.
fn said(body: &NewBody, facts: &Facts) -> Result<Said, Refusal> {
    let gif = match body {
        NewBody::Chat(chat) => return Ok(Said::Chat(chat.clone())),
        NewBody::Gif(gif) => gif.clone(),
        NewBody::Again(again) => again.body(facts.earlier_gif.clone().ok_or(Refusal::GifNotFound)?),
    };
    if facts.forbidden {
        Err(Refusal::ForbiddenGif)
    } else {
        Ok(Said::Gif(gif))
    }
}
