//! What happened in a room. Events are facts: nothing refuses them any more.

use super::{Given, Hold, OpenReport, RoomChange};
use crate::domain::{
    AddressHash, Ban, Chat, InviteHash, LineKind, MessageId, Moment, Reason, Said, Seq, Visitor, VisitorId, WhisperId,
};

/// One thing that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A visitor took a seat.
    Joined {
        /// Who.
        visitor: Visitor,
        /// The socket that holds the seat.
        hold: Hold,
        /// Where the visitor came from, if that is known.
        mark: Option<AddressHash>,
    },
    /// Another socket holds a visitor's seat, too.
    Held(VisitorId, Hold),
    /// A socket holds a visitor's seat no longer. The seat waits if it was the last one.
    Released(VisitorId, Hold),
    /// A visitor closed the page, or loads it again.
    PageClosed(VisitorId),
    /// A visitor left, or was waited for long enough: the seat is free.
    Left(Visitor),
    /// The owner sent a member out.
    Kicked(Visitor),
    /// The owner keeps a visitor out. The seat is free if there was one.
    Banned(Ban),
    /// The owner lets a visitor in again.
    Unbanned(VisitorId),
    /// A member is the owner from now on.
    OwnerChanged(Visitor),
    /// A message was stored.
    Posted {
        /// Who wrote it.
        author: Visitor,
        /// What it says.
        said: Said,
        /// The message that it answers.
        reply: Option<MessageId>,
    },
    /// A visitor reacted to a message, or took it back. It has no place.
    Reacted {
        /// The reaction.
        given: Given,
        /// Whether it was given.
        on: bool,
    },
    /// Its author changed what a message says.
    Edited {
        /// Which.
        message: MessageId,
        /// Who wrote it.
        author: Visitor,
        /// Its text from now on; none if nothing is said with its GIF.
        chat: Option<Chat>,
    },
    /// A member said something to one other. It has no place: nobody else sees it.
    Whispered {
        /// Its id.
        id: WhisperId,
        /// Who said it.
        author: Visitor,
        /// To whom.
        to: Visitor,
        /// What.
        said: Said,
    },
    /// A member reported a message to the owner.
    Reported {
        /// What the room has to know of it.
        report: OpenReport,
        /// Why.
        reason: Reason,
    },
    /// The owner dismissed the reports about a message.
    Dismissed(MessageId),
    /// The owner deleted a message.
    Deleted {
        /// Which.
        message: MessageId,
        /// Who wrote it.
        author: Visitor,
        /// Whether the room refuses the bytes of its GIF from now on.
        forbid: bool,
    },
    /// The owner deleted all that a visitor wrote so far.
    Cleared {
        /// Who wrote it.
        author: Visitor,
        /// Whether the room refuses the bytes of these GIFs from now on.
        forbid: bool,
    },
    /// A visitor who gave the password may enter.
    Granted(VisitorId),
    /// A visitor who came by an invite may enter.
    Redeemed(VisitorId),
    /// An invite is good.
    Invited(InviteHash),
    /// All invites are worthless, and the grants that came of them.
    InvitesWithdrawn,
    /// The room changed, by the owner of that moment. Nobody is named by a store's entry that is older than messages about it.
    Changed(RoomChange, Option<Visitor>),
    /// The room keeps nothing any more of what was said up to a place.
    Forgotten {
        /// The last `seq` that is gone.
        until: Seq,
        /// When the first message that is kept was said, if there was one.
        oldest: Option<Moment>,
    },
    /// No server was running for a while: all graces that run begin again.
    Restarted,
    /// The room is gone.
    Ended,
}

impl Event {
    /// The system message about it: about whom, and of what kind.
    pub fn system_message(&self) -> Option<(Visitor, LineKind)> {
        match self {
            Self::Joined { visitor, .. } => Some((*visitor, LineKind::Joined)),
            Self::Left(visitor) => Some((*visitor, LineKind::Left)),
            Self::Kicked(visitor) => Some((*visitor, LineKind::Kicked)),
            Self::Banned(ban) => Some((ban.visitor, LineKind::Banned)),
            Self::OwnerChanged(visitor) => Some((*visitor, LineKind::Owner)),
            Self::Deleted { message, author, .. } => Some((*author, LineKind::Deleted(*message))),
            Self::Edited { message, author, .. } => Some((*author, LineKind::Edited(*message))),
            Self::Cleared { author, .. } => Some((*author, LineKind::Cleared)),
            Self::Changed(change, by) => by.zip(change.kind()),
            _ => None,
        }
    }

    /// Whether it is a message that people see, and so has a `seq`.
    pub fn is_visible(&self) -> bool {
        matches!(self, Self::Posted { .. }) || self.system_message().is_some()
    }
}
