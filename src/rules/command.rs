//! What somebody, or time, asks of a room.

use std::{sync::Arc, time::Duration};

use super::{Hold, Reacting, Retention, ServerId};
use crate::domain::{
    Action, AddressHash, Alt, Chat, GifBody, GifName, Guest, InviteHash, Max, Message, MessageId, Moment, Reason,
    ReportId, Seq, Title, Visitor, VisitorId, WhisperId,
};

/// Counts the passwords of a room: each new one, and removing it, increases it.
pub type PasswordVersion = u64;

/// What is asked of a room.
#[derive(Clone, Debug)]
pub enum Command {
    /// Takes a seat for a socket, or adds the socket to the visitor's seat.
    Enter(Guest, Hold),
    /// Takes a socket from its visitor's seat.
    Leave(VisitorId, Hold, Leave),
    /// Notes that a visitor closed the page, or loads it again: the connection is about to go, or has just gone.
    ClosePage(VisitorId),
    /// Stores a message.
    Post(Visitor, NewMessage),
    /// Lets a message say something else, for its author.
    Edit(Edit),
    /// Gives a reaction to a message, or takes it back.
    React(Reacting),
    /// Stores a whisper.
    Whisper(Whispering),
    /// Stores a report.
    Report(Reporting),
    /// Removes all reports about the message of a report, for the owner.
    Dismiss(VisitorId, ReportId),
    /// Lets a visitor in who gave the password of that version.
    Grant(VisitorId, PasswordVersion),
    /// Makes an invite good, for the owner.
    Invite(VisitorId, InviteHash),
    /// Makes all invites worthless, and the grants that came of them, for the owner.
    WithdrawInvites(VisitorId),
    /// Lets a guest in who has an invite.
    Redeem(Guest, InviteHash),
    /// Changes the room, for the owner.
    Change(VisitorId, RoomChange),
    /// Does something to a member or to messages, for the owner.
    Moderate(Visitor, Action),
    /// Removes the room, for the owner.
    Remove(VisitorId),
    /// Takes something out of the site, for who runs it.
    TakeDown(TakeDown),
    /// Does what time gives rise to; nothing if it is not due any more.
    Expire(Due, Graces),
    /// Takes a socket of a server that died from a visitor's seat: one for each command, as long as there are any.
    Lose(VisitorId, ServerId),
    /// Renews all graces that run, as after a restart of the only server.
    Restart,
}

/// What an operator takes out of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeDown {
    /// All of it.
    Room,
    /// What a message says. The room refuses the bytes of its GIF from then on.
    Message(MessageId),
}

/// How a socket leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The visitor said so: the seat is free at once if no other socket holds it.
    Explicit,
    /// The connection was lost: the seat waits for [`Graces::seat`], as neither a reload nor a phone that sleeps must cost it.
    Disconnected,
}

/// What changes in a room; `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomChange {
    /// A new title.
    pub title: Option<Title>,
    /// A new number of seats. Members keep their seats if it is smaller than before.
    pub max: Option<Max>,
    /// A new password hash, or `Some(None)` to open the room. Either ends all grants and invites.
    pub password_hash: Option<Option<Arc<str>>>,
    /// Whether it lets in nobody from now on who is not in already.
    pub closed: Option<bool>,
    /// Seconds between two messages of one visitor. Who wrote before the change need not wait.
    pub slow: Option<u32>,
    /// Whether people of one address may take all seats.
    pub crowd: Option<bool>,
}

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// What it says.
    pub body: NewBody,
    /// The message of the room that it answers.
    pub reply: Option<MessageId>,
}

impl From<NewBody> for NewMessage {
    fn from(body: NewBody) -> Self {
        Self { body, reply: None }
    }
}

/// What a message is to say instead.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Who wants it.
    pub by: Visitor,
    /// Which message.
    pub message: MessageId,
    /// Its text; none takes away what is said with a GIF.
    pub chat: Option<Chat>,
}

/// What a message to be stored says.
#[derive(Clone, Debug)]
pub enum NewBody {
    /// Text.
    Chat(Chat),
    /// A GIF whose file was just stored.
    Gif(GifBody),
    /// The GIF of an earlier message of the same room, with its file.
    Again(AgainGif),
}

/// A whisper to be stored.
#[derive(Clone, Debug)]
pub struct Whispering {
    /// Its id.
    pub id: WhisperId,
    /// Who says it.
    pub author: Visitor,
    /// To whom.
    pub to: VisitorId,
    /// What it says.
    pub body: NewBody,
}

/// A report to be stored.
#[derive(Clone, Debug)]
pub struct Reporting {
    /// Its id.
    pub id: ReportId,
    /// Who reports.
    pub by: VisitorId,
    /// The message.
    pub message: MessageId,
    /// Why.
    pub reason: Reason,
}

/// A GIF to be sent again.
#[derive(Clone, Debug)]
pub struct AgainGif {
    /// Its file, which a message of the room has to name.
    pub name: GifName,
    /// What it shows, in words; `None` leaves the words of the latest message that names it.
    pub alt: Option<Alt>,
    /// What is said with it this time.
    pub caption: Option<Chat>,
}

impl Graces {
    /// Nothing waits for longer than it takes to load a page again: a room that sleeps has to give way to a new one.
    pub const SHORTEST: Self = Self {
        seat: RELOAD,
        room: RELOAD,
        lost: RELOAD,
        first: RELOAD,
        owner: RELOAD,
        retention: Retention::ALL,
    };
}

impl AgainGif {
    /// Without words of its own.
    pub const fn of(name: GifName) -> Self {
        Self {
            name,
            alt: None,
            caption: None,
        }
    }

    /// What the new message says, by what the earlier one said.
    pub fn body(&self, earlier: GifBody) -> GifBody {
        let alt = self.alt.clone().unwrap_or(earlier.alt);
        GifBody {
            alt,
            caption: self.caption.clone(),
            ..earlier
        }
    }
}

/// What a command needs to know beside the state of the room. A store looks it up before it decides.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The GIF to be sent again or to react with, as the latest message of the room that names it says.
    pub earlier_gif: Option<GifBody>,
    /// Whether the room refuses the bytes of the GIF.
    pub forbidden: bool,
    /// Whether no room takes them.
    pub blocked: bool,
    /// The message to be edited or reacted to, `None` if it says nothing; or the one to be answered, which may be deleted: who
    /// answers it has read it.
    pub message: Option<Arc<Message>>,
    /// How often the message was edited.
    pub edits: usize,
    /// The author of the message to be deleted, or of all that is to be cleared; `None` if nothing of it is left.
    pub author: Option<Visitor>,
    /// The place and the author of the message to be reported; `None` if it says nothing.
    pub reported: Option<(Seq, VisitorId)>,
    /// Where the visitor to be banned came from.
    pub addresses: Vec<AddressHash>,
    /// The place of the first message that a room may keep, as [`RoomState::kept`](super::RoomState::kept) asks for, and when
    /// it was said; the place of the next one, if there is none.
    pub first_kept: Option<(Seq, Option<Moment>)>,
}

/// Something that time gives rise to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A seat whose visitor has been disconnected for too long is free.
    Seat(VisitorId),
    /// A room whose owner has been absent for too long gets another one.
    Owner,
    /// What was said and is too old, or too much, goes.
    Messages,
    /// A room that has been empty for too long ends.
    Room,
}

/// Time within which who loads the page again is back. That long a seat waits for its visitor, whoever else wants it.
pub const RELOAD: Duration = Duration::from_secs(5);

/// How long things wait, and how long they are kept.
#[derive(Clone, Copy, Debug)]
pub struct Graces {
    /// A seat whose last connection was lost. One whose visitor closed the page waits for [`RELOAD`] at most.
    pub seat: Duration,
    /// A room that the last person left on purpose.
    pub room: Duration,
    /// A room whose last connection was lost.
    pub lost: Duration,
    /// The same while others may be on their way: an invite is good, or nobody but its maker ever came.
    pub first: Duration,
    /// A room whose owner has no socket in it, before another member becomes the owner.
    pub owner: Duration,
    /// What rooms keep of their messages.
    pub retention: Retention,
}
