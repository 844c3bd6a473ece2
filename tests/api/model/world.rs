//! A server with its visitors, and the model beside it.

use std::collections::HashSet;

use gifchat::{
    domain::{AddressKey, GifBody, Guest, InviteToken, Limits, Max, RoomId, Seq, Source, Title, Visitor},
    rules::{Graces, Hold, NewRoom, RoomState, ServerId, SocketKey},
};
use serde_json::{Value, json};

use super::{
    Story,
    rooms::{ModelRoom, now},
    steps::{PEOPLE, Place, ROOMS, Step, Who},
};
use crate::support::{self, Socket, TestApp};

/// Where the visitors come from: the first two share an address.
const ADDRESSES: [&str; PEOPLE] = [
    "203.0.113.1",
    "203.0.113.1",
    "203.0.113.2",
    "203.0.113.3",
    "203.0.113.4",
];

/// A socket of a visitor.
pub struct Tab {
    pub socket: Socket,
    pub key: SocketKey,
    /// The room that it joined last and has not left.
    pub room: Option<usize>,
    /// Whether it hears that room: neither was its visitor sent out nor has the room ended.
    pub listens: bool,
    /// The last message that it has heard there.
    pub heard: Seq,
}

impl Tab {
    pub const fn hold(&self) -> Hold {
        Hold {
            server: ServerId::ONLY,
            socket: self.key,
        }
    }
}

pub struct Person {
    pub visitor: support::Visitor,
    pub guest: Guest,
    pub tabs: Vec<Tab>,
}

pub struct World {
    pub app: TestApp,
    pub people: Vec<Person>,
    /// All rooms that were ever made.
    pub rooms: Vec<ModelRoom>,
    pub open: [Option<usize>; ROOMS],
    /// Rooms that the last step was about.
    pub touched: HashSet<usize>,
    /// Rooms that have ended since the last comparison.
    pub ended: Vec<usize>,
    /// All invites that were ever made, with their rooms.
    pub invites: Vec<(InviteToken, usize)>,
    /// All GIFs that were ever sent.
    pub gifs: Vec<GifBody>,
    pub keys: SocketKey,
    pub graces: Graces,
    story: Story,
}

impl World {
    pub async fn start(graces: Graces, story: Story) -> Self {
        let millis = |grace: std::time::Duration| format!("{}ms", grace.as_millis());
        let Graces {
            seat,
            room,
            lost,
            first,
            owner,
            ..
        } = graces;
        let [seat, room, lost, first, owner] = [seat, room, lost, first, owner].map(millis);
        let flags = [
            "--trusted-proxies",
            "127.0.0.1",
            "--ping-interval",
            "10m",
            // The first ping comes at once, and a socket that nobody uses is not read.
            "--ping-timeout",
            "10m",
            "--seat-grace",
            &seat,
            "--room-grace",
            &room,
            "--lost-grace",
            &lost,
            "--first-grace",
            &first,
            "--owner-grace",
            &owner,
        ];
        let app = TestApp::with(&flags).await;
        let mut people = Vec::new();
        for address in ADDRESSES {
            let visitor = app.visitor().await.behind_proxy(address);
            // A session is kept over a restart once its cookie has come back.
            visitor.look_in_the_mirror().await;
            let guest = Guest {
                visitor: Visitor::new(visitor.id.parse().unwrap()),
                source: Source::new(address.parse().unwrap()),
            };
            people.push(Person {
                visitor,
                guest,
                tabs: Vec::new(),
            });
        }
        Self {
            app,
            people,
            rooms: Vec::new(),
            open: [None; ROOMS],
            touched: HashSet::new(),
            ended: Vec::new(),
            invites: Vec::new(),
            gifs: Vec::new(),
            keys: 0,
            graces,
            story,
        }
    }

    /// Takes a step on the server and in the model, and does what is due in the model.
    pub async fn take(&mut self, step: &Step) -> Result<(), String> {
        let place = match step.place {
            Place::Open(slot) => Some(self.open_room(slot).await),
            Place::Ended(n) => {
                let ended: Vec<_> = (0..self.rooms.len()).filter(|n| self.rooms[*n].state.ended).collect();
                ended.get(n.checked_rem(ended.len()).unwrap_or(0)).copied()
            }
            Place::Nowhere => None,
        };
        let who = match step.who {
            Who::Nth(n) => n,
            Who::Owner => place.map_or(0, |place| self.owner(place)),
            Who::Member(n) => self.member(place, n),
        };
        let way = if step.by_socket { "socket" } else { "HTTP" };
        let line = format!("visitor {who} in room {place:?} by {way}: {:?}", step.what);
        self.story.lock().push(line);
        self.touched = self.people[who]
            .tabs
            .iter()
            .filter_map(|tab| tab.room)
            .chain(place)
            .collect();
        self.act(who, place, step).await?;
        for slot in &mut self.open {
            let Some(n) = *slot else { continue };
            while !self.rooms[n].state.ended && self.rooms[n].expire(self.graces) {}
            if self.rooms[n].state.ended {
                *slot = None;
                self.ended.push(n);
            }
        }
        Ok(())
    }

    /// Which visitor owns a room.
    pub fn owner(&self, room: usize) -> usize {
        let owner = self.rooms[room].state.room.owner.id;
        let found = self.people.iter().position(|person| person.guest.visitor.id == owner);
        found.unwrap()
    }

    /// One of the members of a room, or anybody if it has none.
    fn member(&self, place: Option<usize>, n: usize) -> usize {
        let members = place.map_or_else(Vec::new, |place| self.rooms[place].state.members());
        let member = n.checked_rem(members.len()).map(|n| members[n].id);
        let found = self
            .people
            .iter()
            .position(|person| Some(person.guest.visitor.id) == member);
        found.unwrap_or(n % PEOPLE)
    }

    /// The room of a slot, which is made if there is none. Some have a password.
    async fn open_room(&mut self, slot: usize) -> usize {
        if let Some(room) = self.open[slot] {
            return room;
        }
        let n = self.rooms.len();
        let (owner, max) = (&self.people[n % PEOPLE], 2 + n as i64 % 3);
        let password = (n % 2 == 1).then_some(0);
        let fields = json!({ "title": "방", "max": max, "password": password.map_or("", word) });
        let id: RoomId = owner.visitor.create_room_of(fields).await.parse().unwrap();
        let limits = Limits::default();
        let new = NewRoom {
            title: Title::parse("방", &limits).unwrap(),
            max: Max::parse(Some(max), &limits).unwrap(),
            password_hash: password.map(|_| "hash".to_owned()),
            owner: owner.guest.visitor,
            maker: Default::default(),
            most: Default::default(),
        };
        let state = RoomState::new(id, new, AddressKey::from_bytes([7; 32]), now());
        self.rooms.push(ModelRoom::new(state, password));
        self.open[slot] = Some(n);
        n
    }

    /// The id of a room; without one, an id that no room has.
    pub fn id(&self, place: Option<usize>) -> String {
        place.map_or("0".repeat(32), |room| self.rooms[room].state.room.id.to_string())
    }

    /// A room of the model.
    pub fn room(&mut self, place: Option<usize>) -> Option<&mut ModelRoom> {
        self.rooms.get_mut(place?)
    }
}

/// The text of a password.
pub const fn word(password: u8) -> &'static str {
    ["sesame", "barley", "poppy"][password as usize]
}

/// A value as JSON shows it, without the time at which the server or the model made it.
pub fn shown(value: impl serde::Serialize) -> Value {
    let mut value = serde_json::to_value(value).unwrap();
    if let Value::Object(fields) = &mut value {
        fields.remove("createdAt");
        // Another moment of the same edit.
        fields.entry("edited").and_modify(|at| *at = true.into());
    }
    value
}

/// A difference, unless both are equal.
pub fn equal(what: &str, server: &Value, model: &Value) -> Result<(), String> {
    match server == model {
        true => Ok(()),
        false => Err(format!("{what}\nthe server:    {server}\nthe rule book: {model}")),
    }
}
