//! What followers of a store hear of an event. Both stores derive it here.

use std::sync::Arc;

use super::Change;
use crate::{
    domain::{Body, Line, Message, MessageId, Moment, Nonce, Reference, Report, RoomId, Whisper},
    rules::{Event, Given, Now, RoomState},
};

/// The message that an event leaves in its room, if people see it. `after` is the room after the event.
/// `about` is the message that it is about, if that was looked up.
pub fn message_of(
    event: &Event,
    after: &RoomState,
    nonce: Option<Nonce>,
    about: Option<&Arc<Message>>,
    now: Now,
) -> Option<Message> {
    let (author, body) = match event {
        Event::Posted { author, said, .. } => (*author, said.clone().into()),
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
        edited: None,
        refers: reference_of(event, about, now.date),
        reactions: Vec::new(),
    })
}

/// The message that the message of an event refers to, as it is after that.
pub fn reference_of(event: &Event, about: Option<&Arc<Message>>, at: Moment) -> Option<Reference> {
    let (to, chat) = match event {
        Event::Posted { reply, .. } => ((*reply)?, None),
        Event::Edited { message, chat, .. } => (*message, Some(chat)),
        _ => return None,
    };
    let Some(about) = about.filter(|message| message.id == to) else {
        return Some(Reference::to(to));
    };
    let mut about = Arc::clone(about);
    if let Some(chat) = chat {
        Arc::make_mut(&mut about).edit(chat.as_ref(), at);
    }
    Some(Reference::known(to, about))
}

/// The whisper that an event stored.
pub fn whisper_of(event: &Event, room: RoomId, at: Moment, nonce: Option<Nonce>) -> Option<Whisper> {
    let Event::Whispered { id, author, to, said } = event else {
        return None;
    };
    Some(Whisper {
        id: *id,
        room,
        author: *author,
        to: *to,
        created_at: at,
        said: said.clone(),
        nonce,
    })
}

/// The report that an event stored.
pub fn report_of(event: &Event, room: RoomId, at: Moment) -> Option<Report> {
    let Event::Reported { report, reason } = event else {
        return None;
    };
    Some(Report {
        id: report.id,
        room,
        message: report.message,
        seq: report.seq,
        reason: reason.clone(),
        created_at: at,
    })
}

/// What followers hear of an event, in this order: what it did to the room, which had `members` members before it and is in
/// the state `after` since, then what people see of it.
pub fn changes_of(event: &Event, members: u32, after: &RoomState, message: Option<Arc<Message>>) -> Vec<Change> {
    let room = || after.room.clone();
    if let Event::Reacted { given, .. } = event {
        let reactions = &after.reactions;
        let changed = std::iter::once(given).chain(reactions.forgotten());
        let reacted = |given: &Given| Change::Reacted(after.room.id, given.message, reactions.version());
        return changed.map(reacted).collect();
    }
    let change = match event {
        Event::Joined { visitor, .. } => Some(Change::Entered(room(), *visitor)),
        Event::Left(visitor) | Event::Kicked(visitor) => Some(Change::Left(room(), *visitor)),
        // Somebody who is banned need not be here.
        Event::Banned(ban) => (members > after.room.count).then(|| Change::Left(room(), ban.visitor)),
        Event::Released(visitor, _) => after.held_by(*visitor, 0).map(|who| Change::Away(room(), who)),
        // Who has no other socket was away before.
        Event::Held(visitor, _) => after.held_by(*visitor, 1).map(|who| Change::Back(room(), who)),
        Event::OwnerChanged(_) | Event::Changed(..) => Some(Change::RoomUpdated(room())),
        Event::Forgotten { .. } => Some(Change::Forgotten(after.room.id)),
        Event::Ended => Some(Change::RoomRemoved(after.room.id)),
        _ => None,
    };
    change.into_iter().chain(message.map(Change::Posted)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{AddressKey, Ban, Limits, Max, Title, Visitor, VisitorId},
        rules::{Hold, NewRoom, Now, RoomChange, ServerId},
    };

    #[test]
    fn each_event_is_told_by_what_it_changed_for_others() {
        let [owner, other] = [(); 2].map(|()| Visitor::new(VisitorId::random()));
        let limits = Limits::default();
        let new = NewRoom {
            title: Title::parse("x", &limits).unwrap(),
            max: Max::from_store(3),
            password_hash: None,
            owner,
            maker: Default::default(),
            most: Default::default(),
        };
        let now = Now::at(Moment::from_millis(0));
        let mut state = RoomState::new(RoomId::random(), new, AddressKey::random(), now);
        let hold = Hold {
            server: ServerId::ONLY,
            socket: 1,
        };
        let other_hold = Hold { socket: 2, ..hold };
        let ban = Ban {
            visitor: other,
            until: None,
            addresses: Vec::new(),
        };
        let joined = |visitor| Event::Joined {
            visitor,
            hold,
            mark: None,
        };
        for (event, expected) in [
            (joined(owner), &["entered"][..]),
            (Event::Held(owner.id, other_hold), &[]),
            (Event::Released(owner.id, other_hold), &[]),
            (Event::Released(owner.id, hold), &["away"]),
            (Event::PageClosed(owner.id), &[]),
            (Event::Held(owner.id, hold), &["back"]),
            (joined(other), &["entered"]),
            (Event::OwnerChanged(other), &["room updated"]),
            (Event::Banned(ban.clone()), &["left"]),
            (Event::Banned(ban), &[]),
            (Event::Left(owner), &["left"]),
            (Event::Changed(RoomChange::default(), None), &["room updated"]),
            (Event::Ended, &["room removed"]),
        ] {
            let members = state.room.count;
            state.evolve(&event, now);
            let told = changes_of(&event, members, &state, None);
            let kinds: Vec<_> = told.iter().map(Change::kind).collect();
            assert_eq!(kinds, expected, "{event:?}");
        }
    }
}
