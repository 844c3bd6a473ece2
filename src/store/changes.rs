//! What followers of a store hear of an event.

use std::sync::Arc;

use super::Change;
use crate::{
    domain::{Body, Line, Message, MessageId, Nonce, Room},
    rules::{Event, Now, RoomState},
};

/// The message that an event leaves in its room, if people see it. `after` is the room after the event.
pub fn message_of(event: &Event, after: &RoomState, nonce: Option<Nonce>, now: Now) -> Option<Message> {
    let (author, body) = match event {
        Event::Posted(author, said) => (*author, said.clone().into()),
        _ => {
            let (about, kind) = event.system_message()?;
            let count = after.room.count;
            (about, Body::Line(Line { kind, count }))
        }
    };
    Some(Message {
        id: MessageId::random(),
        room: after.room.id,
        seq: after.seq,
        author,
        created_at: now.date,
        body,
        nonce,
    })
}

/// What followers hear of an event, in this order: what it did to the room, then its message.
pub fn changes_of(event: &Event, before: &Room, after: &RoomState, message: Option<&Arc<Message>>) -> Vec<Change> {
    let room = || after.room.clone();
    let change = match event {
        Event::Joined { visitor, .. } => Some(Change::Entered(room(), *visitor)),
        Event::Left(visitor) | Event::Kicked(visitor) => Some(Change::Left(room(), *visitor)),
        // One who was not here leaves no seat.
        Event::Banned(ban) => (before.count > after.room.count).then(|| Change::Left(room(), ban.visitor)),
        Event::OwnerChanged(_) | Event::Changed(_) => Some(Change::RoomUpdated(room())),
        Event::Ended => Some(Change::RoomRemoved(after.room.id)),
        _ => None,
    };
    let posted = message.map(|message| Change::Posted(Arc::clone(message)));
    change.into_iter().chain(posted).collect()
}
