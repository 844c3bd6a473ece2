//! A client: enters rooms, posts, reads, leaves, does what owners do, and notes everything. `deeds` is what it writes.

mod deeds;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, timeout_at},
};

use super::{
    calls::{Caller, Reply, ask},
    cluster::MEMBERS,
    record::{Act, Item, Message, Post, Reader, RoomId, Time, VisitorId},
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
    pub visitors: Vec<VisitorId>,
}

impl Site {
    fn now(&self) -> Time {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap()
    }
}

/// What a client noted.
#[derive(Default)]
pub struct Notes {
    pub posts: Vec<Post>,
    pub acts: Vec<Act>,
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
    posted: usize,
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
            posted: 0,
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
            0..20 => self.leave().await,
            // The connection breaks.
            20..40 => self.end(Item::Ended),
            40..45 => self.site.rooms.desert(&room),
            // Reads only.
            45..200 => (),
            200..300 if is_owner => self.rule(&room).await,
            _ => self.post(&room).await,
        }
    }

    async fn enter_some_room(&mut self) {
        let server = self.server();
        if self.site.rooms.are_few() {
            let max = *[2, 3, 5, 20].choose(&mut self.random).unwrap();
            if let Some(room) = self.caller.create(server, max).await {
                self.site.rooms.add(room.clone());
                self.note(&room, "created", None);
            }
        }
        let Some(room) = self.site.rooms.all().choose(&mut self.random).cloned() else {
            return sleep(Duration::from_millis(50)).await;
        };
        if let Some(code) = self.enter(&room, server).await {
            if code == "room_not_found" {
                self.site.rooms.forget(&room);
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Joins a room and reads what was missed since the last time; the code of a refusal.
    async fn enter(&mut self, room: &Arc<Room>, server: usize) -> Option<String> {
        let (socket, ack) = match self.caller.join(server, &room.id).await {
            Ok(joined) => joined,
            Err(Reply::Refused(code)) => return Some(code),
            Err(_) => return Some("unknown".to_owned()),
        };
        let seq = ack["seq"].as_u64().unwrap();
        let known = self.known(&room.id).unwrap_or(seq);
        // Without what it missed the reader shows nothing; it comes again.
        let Some(missed) = self.caller.history(server, &room.id, known, seq).await else {
            return Some("unknown".to_owned());
        };
        self.hear(&room.id, Item::Joined { seq, server });
        self.hear(&room.id, Item::Page(missed));
        self.seat = Some(Seat {
            room: Arc::clone(room),
            socket,
            owner: ack["room"]["visitor"].as_str().unwrap_or_default().to_owned(),
        });
        None
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
        while self.seat.is_some() && self.known(&room.id) < Some(last) && Instant::now() < deadline {
            self.listen(Duration::from_millis(50)).await;
        }
        if self.seat.is_some() {
            self.hear(&room.id, Item::Settled(last));
        }
    }
}
