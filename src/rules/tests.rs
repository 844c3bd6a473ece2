//! The rules of the site as a table of cases, and what holds whatever happens.

mod cases;
mod editing;
mod giving_way;
mod lapses;
mod owners;
mod properties;
mod reactions;
mod reports;
mod retention;
mod site;

use super::*;
use crate::domain::{
    AddressKey, Alt, Body, Chat, Field, GifBody, GifHash, GifName, Guest, Invalid, Limits, Max, Message, MessageId,
    Moment, Problem, Reason, Refusal, ReportId, RoomId, Title, Visitor, VisitorId,
};
use std::{sync::Arc, time::Duration};

/// A room, the time, and what came of the commands so far.
struct Scene {
    state: RoomState,
    millis: i64,
    events: Vec<Event>,
}

const GRACES: Graces = Graces {
    seat: Duration::from_secs(15),
    room: Duration::from_secs(10),
    lost: Duration::from_secs(600),
    first: Duration::from_secs(1_800),
    owner: Duration::from_secs(60),
    retention: Retention::ALL,
};

/// The first owner is visitor 1.
fn visitor(n: u64) -> Visitor {
    Visitor::new(format!("{n:016x}").parse().unwrap())
}

fn id(n: u64) -> VisitorId {
    visitor(n).id
}

fn hold(n: u64) -> Hold {
    Hold {
        server: ServerId(n / 100),
        socket: n,
    }
}

fn chat(text: &str) -> NewBody {
    NewBody::Chat(Chat::parse(text, &Limits::default()).unwrap())
}

/// A message of visitor 2, written at the beginning.
fn written(id: MessageId, body: Body) -> Arc<Message> {
    Arc::new(Message {
        id,
        room: RoomId::random(),
        seq: 7,
        author: visitor(2),
        created_at: Moment::from_millis(0),
        body,
        nonce: None,
        edited: None,
        refers: None,
        reactions: Vec::new(),
    })
}

fn gif(hash: u8) -> GifBody {
    GifBody {
        name: GifName::random(),
        width: 1,
        height: 1,
        frames: 1,
        duration: 0,
        bytes: 43,
        alt: Alt::default(),
        caption: None,
        hash: Some(GifHash::from_bytes([hash; 32])),
    }
}

impl Scene {
    fn new(max: i64, password: Option<&str>) -> Self {
        let limits = Limits::default();
        let new = NewRoom {
            title: Title::parse("room", &limits).unwrap(),
            max: Max::parse(Some(max), &limits).unwrap(),
            password_hash: password.map(Into::into),
            owner: visitor(1),
            maker: Default::default(),
            most: Default::default(),
        };
        let now = Now::at(Moment::from_millis(0));
        Self {
            state: RoomState::new(RoomId::random(), new, AddressKey::from_bytes([7; 32]), now),
            millis: 0,
            events: Vec::new(),
        }
    }

    fn now(&self) -> Now {
        Now::at(Moment::from_millis(self.millis))
    }

    fn wait(&mut self, seconds: i64) -> &mut Self {
        self.millis += seconds * 1_000;
        self
    }

    /// Decides a command and applies its events.
    fn tell(&mut self, command: Command, facts: &Facts) -> Result<Vec<Event>, Refusal> {
        let now = self.now();
        let events = decide(&self.state, &command, facts, now)?;
        for event in &events {
            self.state.evolve(event, now);
        }
        self.events.extend(events.iter().cloned());
        Ok(events)
    }

    fn run(&mut self, command: Command) -> Result<Vec<Event>, Refusal> {
        self.tell(command, &Facts::default())
    }

    /// Visitor `n` enters by its socket `n`.
    fn enter(&mut self, n: u64) -> Result<Vec<Event>, Refusal> {
        self.run(Command::Enter(Guest::from(visitor(n)), hold(n)))
    }

    fn leave(&mut self, n: u64, how: Leave) -> Result<Vec<Event>, Refusal> {
        self.run(Command::Leave(id(n), hold(n), how))
    }

    fn post(&mut self, n: u64) -> Result<Vec<Event>, Refusal> {
        self.run(Command::Post(visitor(n), chat("hello").into()))
    }

    /// Visitor `n` reports a message of visitor 2.
    fn report(&mut self, n: u64, message: MessageId) -> Result<Vec<Event>, Refusal> {
        let facts = Facts {
            reported: Some((1, id(2))),
            ..Facts::default()
        };
        let new = Reporting {
            id: ReportId::random(),
            by: id(n),
            message,
            reason: Reason::default(),
        };
        self.tell(Command::Report(new), &facts)
    }

    fn change(&mut self, change: RoomChange) {
        self.run(Command::Change(self.state.room.owner.id, change)).unwrap();
    }

    /// Does all that is due.
    fn expire(&mut self) -> Vec<Event> {
        let due = due(&self.state, GRACES, self.now());
        let decided = due
            .into_iter()
            .map(|due| self.run(Command::Expire(due, GRACES)).unwrap());
        decided.flatten().collect()
    }

    fn members(&self) -> Vec<VisitorId> {
        self.state.members().iter().map(|member| member.id).collect()
    }
}
