//! What may be said in a room, and how often.

use std::time::Duration;

use super::{Event, Facts, NewBody, Now, RoomState, state::elapsed};
use crate::domain::{Refusal, Said, Visitor, VisitorId};

impl RoomState {
    pub(super) fn post(&self, author: Visitor, body: &NewBody, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.must_be_inside(author, now)?;
        // A message that is refused costs no pause.
        let said = said(body, facts)?;
        self.must_have_paused(author.id, now)?;
        Ok(vec![Event::Posted(author, said)])
    }

    /// Refuses who holds no seat, for the reason that counts first.
    ///
    /// # Errors
    /// `Banned`, `RoomClosed` or `NotAMember`.
    pub fn must_be_inside(&self, visitor: Visitor, now: Now) -> Result<(), Refusal> {
        if self.member(visitor.id).is_some() {
            return Ok(());
        }
        match self.access(visitor.into(), now.date).refusal() {
            // Who gives the password has no seat by that.
            None | Some(Refusal::WrongPassword) => Err(Refusal::NotAMember),
            Some(refusal) => Err(refusal),
        }
    }

    /// Refuses who holds no seat.
    ///
    /// # Errors
    /// `NotAMember`.
    pub fn must_be_member(&self, visitor: VisitorId) -> Result<Visitor, Refusal> {
        self.member(visitor).ok_or(Refusal::NotAMember)
    }

    /// Whether a member may whisper to another; that one.
    ///
    /// # Errors
    /// `NotAMember`, or `VisitorNotFound` if the other holds no seat.
    pub fn may_whisper(&self, author: VisitorId, to: VisitorId) -> Result<Visitor, Refusal> {
        self.must_be_member(author)?;
        self.member(to).ok_or(Refusal::VisitorNotFound)
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

/// What a message or whisper to be stored says, if its room takes it.
///
/// # Errors
/// `NotFound` if no message names the GIF that is to be sent again, `ForbiddenGif` if the room refuses its bytes.
pub fn said(body: &NewBody, facts: &Facts) -> Result<Said, Refusal> {
    let gif = match body {
        NewBody::Chat(chat) => return Ok(Said::Chat(chat.clone())),
        NewBody::Gif(gif) => gif.clone(),
        NewBody::Again(again) => again.body(facts.earlier_gif.clone().ok_or(Refusal::NotFound)?),
    };
    if facts.forbidden {
        Err(Refusal::ForbiddenGif)
    } else {
        Ok(Said::Gif(gif))
    }
}
