//! The values of the trait `Store` as those of the rules, until both are the same.

use crate::{
    rules,
    store::{AgainGif, Departure, Graces, NewBody, NewRoom, RoomChange},
};

impl From<NewRoom> for rules::NewRoom {
    fn from(new: NewRoom) -> Self {
        Self {
            title: new.title,
            max: new.max,
            password_hash: new.password_hash,
            owner: new.owner,
        }
    }
}

impl From<RoomChange> for rules::RoomChange {
    fn from(change: RoomChange) -> Self {
        Self {
            title: change.title,
            max: change.max,
            password_hash: change.password_hash.map(|hash| hash.map(Into::into)),
            closed: change.closed,
            slow: change.slow,
        }
    }
}

impl From<NewBody> for rules::NewBody {
    fn from(body: NewBody) -> Self {
        match body {
            NewBody::Chat(chat) => Self::Chat(chat),
            NewBody::Gif(gif) => Self::Gif(gif),
            NewBody::Again(AgainGif { name, alt }) => Self::Again(rules::AgainGif { name, alt }),
        }
    }
}

impl From<Graces> for rules::Graces {
    fn from(graces: Graces) -> Self {
        Self {
            seat: graces.seat,
            room: graces.room,
            new_room: graces.new_room,
            owner: graces.owner,
        }
    }
}

impl From<Departure> for rules::Leave {
    fn from(departure: Departure) -> Self {
        match departure {
            Departure::Left => Self::Explicit,
            Departure::Dropped => Self::Disconnected,
        }
    }
}
