//! A client: enters rooms, posts, reads, leaves, does what owners do, and notes everything.
//!
//! - `deeds`: posts, and what owners do to members; `deletions`: what owners delete
//! - `admissions`: passwords and invites; `entering`: the way into a room; `whispers`: whispers
//! - `reading`: what it reads of histories

mod admissions;
mod deeds;
mod deletions;
mod entering;
mod reading;
mod whispers;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout_at},
};

use super::{
    calls::{Caller, ask},
    cluster::MEMBERS,
    record::{
        Act, Answer, Attempt, Deed, Item, Message, Post, Read, Reader, RoomId, Time, VisitorId, Whisper, WhisperPage,
        WhisperPost,
    },
    rooms::{Room, Rooms},
};
use crate::support::{Event, Socket};

/// How long a reader may need to hear what was said before.
const SETTLED_WITHIN: Duration = Duration::from_secs(30);

/// What the clients do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// Everything, at random.
    Talking,
    /// Nobody posts; who is in a room reads to the end.
    Settling,
    /// Everybody leaves.
    Leaving,
}

/// What all clients share.
pub struct Site {
    pub begun: Instant,
    pub rooms: Rooms,
    /// How many changes about who may enter owners have begun.
    pub changes: AtomicUsize,
    /// Whom each client is taken for.
    pub visitors: Mutex<Vec<VisitorId>>,
}

impl Site {
    pub fn now(&self) -> Time {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap()
    }
}

/// What a client noted.
#[derive(Default)]
pub struct Notes {
    pub posts: Vec<Post>,
    pub acts: Vec<Act>,
    pub attempts: Vec<Attempt>,
    pub reads: Vec<Read>,
    pub whisper_posts: Vec<WhisperPost>,
    pub whisper_pages: Vec<WhisperPage>,
    /// What it heard as somebody else: see [`Caller::recognize`].
    pub former: Vec<Reader>,
    pub readers: HashMap<RoomId, Reader>,
}

/// A room that a client is in.
struct Seat {
    room: Arc<Room>,
    socket: Socket,
    owner: String,
}

pub struct Client {
    site: Arc<Site>,
    caller: Caller,
    number: u64,
    random: StdRng,
    seat: Option<Seat>,
    named: usize,
    notes: Notes,
}

impl Client {
    pub fn new(site: Arc<Site>, caller: Caller, number: u64, seed: u64) -> Self {
        Self {
            site,
            caller,
            number,
            random: StdRng::seed_from_u64(seed),
            seat: None,
            named: 0,
            notes: Notes::default(),
        }
    }

    /// Does what a client does in each phase; `settled` is told when there is nothing left to hear.
    pub async fn run(mut self, mut phase: watch::Receiver<Phase>, settled: mpsc::Sender<()>) -> Notes {
        while *phase.borrow() == Phase::Talking {
            self.step().await;
        }
        self.settle().await;
        let _ = settled.send(()).await;
        let _ = phase.wait_for(|phase| *phase == Phase::Leaving).await;
        self.leave().await;
        self.notes
    }

    /// Notes what was tried once and answered now.
    fn note_attempt(&mut self, room: &Room, deed: Deed, begun: Time, answer: Answer) {
        self.notes.attempts.push(Attempt {
            room: room.id.clone(),
            visitor: self.caller.id().to_owned(),
            deed,
            begun,
            ended: self.site.now(),
            answer,
        });
    }

    /// A name that no client has used for anything.
    fn fresh_name(&mut self) -> String {
        self.named += 1;
        format!("{}-{}", self.number, self.named)
    }

    fn server(&mut self) -> usize {
        self.random.random_range(0..MEMBERS)
    }

    async fn step(&mut self) {
        if self.seat.is_none() {
            return self.enter_some_room().await;
        }
        let time = self.random.random_range(5..150);
        self.listen(Duration::from_millis(time)).await;
        let Some(seat) = &self.seat else { return };
        let (room, is_owner) = (Arc::clone(&seat.room), seat.owner == self.caller.id());
        if room.deserted.load(Ordering::Relaxed) {
            return self.leave().await;
        }
        match self.random.random_range(0..1_000) {
            0..50 => self.leave().await,
            // The connection breaks.
            50..90 => self.end(Item::Ended),
            90..92 => self.site.rooms.desert(&room),
            // Reads only.
            92..200 => (),
            200..300 if is_owner => self.rule(&room).await,
            300..400 if is_owner => self.delete_something(&room).await,
            400..650 if is_owner => self.change_admission(&room).await,
            650..740 => self.whisper(&room).await,
            740..770 => self.read_whispers(&room).await,
            770..810 => self.read_back(&room).await,
            810..850 => self.edit_something(&room).await,
            850..870 => self.react(&room).await,
            _ => self.post(&room).await,
        }
    }

    /// The last message of a room that the client knows.
    fn known(&self, room: &str) -> Option<u64> {
        let mut known = None;
        for item in &self.notes.readers.get(room)?.items {
            known = known.max(match item {
                Item::Joined { seq, .. } => known.or(Some(*seq)),
                Item::Page(page) => page.last().map(|message| message.seq),
                Item::Heard(message) => Some(message.seq),
                _ => None,
            });
        }
        known
    }

    /// The last message that came over the connection, or before it joined.
    fn told(&self, room: &str) -> Option<u64> {
        let items = &self.notes.readers.get(room)?.items;
        items.iter().rev().find_map(|item| match item {
            Item::Joined { seq, .. } => Some(*seq),
            Item::Heard(message) => Some(message.seq),
            _ => None,
        })
    }

    fn hear(&mut self, room: &str, item: Item) {
        let reader = self.notes.readers.entry(room.to_owned()).or_insert_with(|| Reader {
            room: room.to_owned(),
            visitor: self.caller.id().to_owned(),
            items: Vec::new(),
        });
        reader.items.push(item);
    }

    /// Reads what comes for a while.
    async fn listen(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Some(seat) = &mut self.seat
            && let Ok(event) = timeout_at(until, seat.socket.try_next()).await
        {
            match event {
                Some(event) => self.take(event).await,
                None => self.end(Item::Ended),
            }
        }
    }

    async fn take(&mut self, event: Event) {
        let Some(seat) = &mut self.seat else { return };
        let room = seat.room.id.clone();
        if let Some(message) = Message::of_wire(&event.data) {
            if message.kind == "owner" {
                seat.owner.clone_from(&message.visitor);
            }
            return self.hear(&room, Item::Heard(message));
        }
        match event.name.as_str() {
            "whisper" => {
                let whisper = Whisper::of_wire(&event.data).expect("a whisper");
                self.hear(&room, Item::Whispered(whisper));
            }
            "removeRoom" => {
                self.site.rooms.forget(&Arc::clone(&seat.room));
                self.end(Item::Removed);
            }
            "exception" => {
                let code = event.data["code"].as_str().unwrap_or_default().to_owned();
                self.hear(&room, Item::SentOut(code));
                self.overhear(&room).await;
                self.end(Item::Ended);
            }
            _ => (),
        }
    }

    /// Notes what comes over a connection that was sent out: nothing should.
    async fn overhear(&mut self, room: &str) {
        let until = Instant::now() + Duration::from_millis(self.random.random_range(0..1_000));
        while let Some(seat) = &mut self.seat
            && let Ok(Some(event)) = timeout_at(until, seat.socket.try_next()).await
        {
            if let Some(message) = Message::of_wire(&event.data) {
                self.hear(room, Item::Heard(message));
            }
        }
    }

    /// Drops the connection.
    fn end(&mut self, item: Item) {
        if let Some(seat) = self.seat.take() {
            self.hear(&seat.room.id, item);
        }
    }

    async fn leave(&mut self) {
        self.listen(Duration::ZERO).await;
        if let Some(mut seat) = self.seat.take() {
            ask(&mut seat.socket, "leave", json!(null)).await;
            self.hear(&seat.room.id, Item::Ended);
        }
    }

    /// Hears all that was said until now in the room that it is in, over a new connection if it has none any more.
    async fn settle(&mut self) {
        let deadline = Instant::now() + SETTLED_WITHIN;
        self.listen(Duration::ZERO).await;
        let server = self.server();
        let Some(room) = self.seat.as_ref().map(|seat| Arc::clone(&seat.room)) else {
            return;
        };
        let mut last = None;
        while last.is_none() && Instant::now() < deadline {
            last = self.caller.last_seq(server, &room.id).await;
        }
        let Some(last) = last else { return };
        // A page of the history may have more than has come over the connection: that has to come as well.
        while self.seat.is_some() && self.told(&room.id) < Some(last) && Instant::now() < deadline {
            self.listen(Duration::from_millis(50)).await;
        }
        if self.seat.is_some() {
            self.hear(&room.id, Item::Settled(last));
        }
        self.read_whispers(&room).await;
    }
}
