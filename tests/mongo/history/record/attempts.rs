//! What clients tried to do about messages and about who may enter, and what they were answered.

use super::{MessageId, RoomId, Time, VisitorId};

/// Something that a client tried to do once.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub room: RoomId,
    pub visitor: VisitorId,
    pub deed: Deed,
    pub begun: Time,
    pub ended: Time,
    pub answer: Answer,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Deletes a message.
    Delete(MessageId),
    /// Lets an own message say that.
    Edit(MessageId, String),
    /// Deletes all that a visitor wrote.
    Clear(VisitorId),
    /// Sets a password, which is the room's title from then on.
    SetPassword(String),
    /// Removes the password; the room's title from then on.
    RemovePassword(String),
    /// Gives a password.
    Unlock(String),
    /// Makes an invite of this hash.
    Invite(String),
    /// Redeems the invite of this hash.
    Redeem(String),
    /// Withdraws all invites.
    Withdraw,
    /// Takes a seat, or adds a connection to it; the `seq` of the answer.
    Join(u64),
}

/// What a server answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Refused,
    /// It may be done or not, or be done yet.
    Unknown,
}

impl Attempt {
    pub fn is_done(&self) -> bool {
        self.answer == Answer::Done
    }

    /// Whether it was answered before another one in the same room began.
    pub fn is_before(&self, other: &Self) -> bool {
        self.room == other.room && self.ended < other.begun
    }
}
