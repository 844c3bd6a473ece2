//! What an owner may do.

use super::{ADDRESSES, BANS, Event, Facts, Now, RoomState, TakeDown};
use crate::domain::{Action, Ban, Field, Invalid, MessageId, Moment, Problem, Refusal, Visitor, VisitorId};

impl RoomState {
    pub(super) fn moderate(&self, by: Visitor, action: Action, facts: &Facts, now: Now) -> Result<Vec<Event>, Refusal> {
        self.may_moderate(by.id, action, now)?;
        if action.is_against(by.id) {
            return Err(Invalid::new(Field::Visitor, Problem::Oneself).into());
        }
        let not_there = || Refusal::from(action.not_there());
        let member = |visitor| self.member(visitor).ok_or_else(not_there);
        let author = || -> Result<Visitor, Refusal> {
            // Who wrote nothing may have reacted.
            let reacted = || match action {
                Action::Clear { visitor, .. } => self.reactions.giver(visitor),
                _ => None,
            };
            let author = facts.author.or_else(reacted).ok_or_else(not_there)?;
            // Who wrote it, or the owner.
            if author.id != by.id {
                self.must_be_owner(by.id)?;
            }
            Ok(author)
        };
        Ok(vec![match action {
            Action::Kick(visitor) => Event::Kicked(member(visitor)?),
            Action::Ban(visitor, until) => self.ban(visitor, until, facts, now)?,
            Action::Unban(visitor) => {
                let banned = self.bans.iter().any(|ban| ban.visitor.id == visitor);
                banned.then_some(Event::Unbanned(visitor)).ok_or_else(not_there)?
            }
            Action::HandOver(visitor) => Event::OwnerChanged(member(visitor)?),
            Action::Delete { message, forbid } => Event::Deleted {
                message,
                author: author()?,
                // Who deletes what was reported before the owner has seen it does not send it again.
                forbid: forbid || (by.id != self.room.owner.id && self.is_reported(message)),
            },
            Action::Clear { forbid, .. } => Event::Cleared {
                author: author()?,
                forbid,
            },
        }])
    }

    /// An operator asks nobody. What is not there any more is an error, so that nobody believes to have removed it.
    pub(super) fn take_down(&self, what: TakeDown, facts: &Facts) -> Result<Event, Refusal> {
        match what {
            TakeDown::Room => Ok(Event::Ended),
            TakeDown::Message(message) => Ok(Event::Deleted {
                message,
                author: facts.author.ok_or(Refusal::MessageNotFound)?,
                forbid: true,
            }),
        }
    }

    pub(super) fn is_reported(&self, message: MessageId) -> bool {
        self.reports.iter().any(|report| report.message == message)
    }

    /// Refuses who is not the owner, unless it is a member who may have written the message to be deleted.
    ///
    /// # Errors
    /// Not the owner, or not a member.
    pub fn may_moderate(&self, by: VisitorId, action: Action, now: Now) -> Result<(), Refusal> {
        match action {
            Action::Delete { forbid: false, .. } if self.room.owner.id != by => self.must_be_inside(by, now),
            _ => self.must_be_owner(by),
        }
    }

    /// Refuses who is not the owner.
    ///
    /// # Errors
    /// `NotTheOwner`.
    pub fn must_be_owner(&self, visitor: VisitorId) -> Result<(), Refusal> {
        if self.room.owner.id == visitor {
            Ok(())
        } else {
            Err(Refusal::NotTheOwner)
        }
    }

    fn ban(&self, visitor: VisitorId, until: Option<Moment>, facts: &Facts, now: Now) -> Result<Event, Refusal> {
        let others = self
            .bans
            .iter()
            .filter(|ban| ban.holds(now.date) && ban.visitor.id != visitor);
        if others.count() >= BANS {
            return Err(Refusal::StorageFull);
        }
        // What the room has forgotten of a member it still has of the seat.
        let seat = self.seat(visitor).and_then(|seat| seat.mark);
        let mut addresses: Vec<_> = seat.into_iter().collect();
        addresses.extend(facts.addresses.iter().filter(|mark| Some(**mark) != seat));
        addresses.truncate(ADDRESSES);
        Ok(Event::Banned(Ban {
            // Who is not here may never have been: the colour follows from the id.
            visitor: self.member(visitor).unwrap_or_else(|| Visitor::new(visitor)),
            until,
            addresses,
        }))
    }
}
