//! The task of one room: tells its sockets what was committed, in the order of the room.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{sync::mpsc, time::Instant};
use tracing::warn;

use super::{
    Events, Joining,
    late::Late,
    queue::Lost,
    reactions::Untold,
    recovery::Recovery,
    subscribers::{Behind, Encoded, Listener, Subscribers},
    unseated::Leaving,
};
use crate::{
    domain::{Epoch, Message, Report, Room, RoomId, Seq, Visitor, VisitorId},
    metrics::Backlog,
    rules::SocketKey,
    store::{Change, Entry},
};

/// Events taken from the queue before the sockets get a chance to write; what is sent together is one wake-up and one
/// write for each socket.
const EVENTS_PER_WRITE: usize = 64;

/// How often the sockets that are behind are tried again, when none of them takes anything.
const CATCH_UP: Duration = Duration::from_millis(250);

/// The same when one does: a burst puts even a quick reader behind, and it must not stay there for want of a turn.
const KEEP_UP: Duration = Duration::from_millis(8);

/// What a room's task is told.
pub enum RoomEvent {
    Change(Change),
    Attach(Box<Joining>),
    Detach(SocketKey),
    Typing(Visitor, SocketKey),
}

/// The answer to `join`.
#[derive(Serialize)]
struct Joined<'a> {
    ok: bool,
    you: Visitor,
    room: &'a Room,
    members: &'a [Visitor],
    away: &'a [VisitorId],
    seq: Seq,
    epoch: Epoch,
    /// The version of the reactions from which on changes will be told.
    reactions: u64,
}

pub struct RoomTask {
    pub(super) room: RoomId,
    pub(super) events: Arc<Events>,
    pub(super) subscribers: Subscribers,
    /// The last message that was told; unknown until the first socket comes.
    pub(super) seq: Option<Seq>,
    /// The last message that the store announced.
    pub(super) announced: Seq,
    /// Announced messages that can't be read yet.
    pub(super) late: Late,
    pub(super) removed: bool,
    /// What has to be recovered.
    pub(super) recovery: Recovery,
    /// Those who were sent out and do not know it yet. One entry a connected socket at most: it is dropped when the
    /// socket has it, is closed, or has joined again.
    pub(super) leaving: Vec<Leaving>,
    /// Reactions that are told soon.
    pub(super) reactions: Untold,
    /// What did not fit into the queue.
    lost: Arc<Lost>,
    /// The room as it is now, for those who missed something, read at most once for each change.
    pub(super) now: Option<[Encoded; 2]>,
}

impl RoomTask {
    pub fn new(room: RoomId, events: Arc<Events>, lost: Arc<Lost>) -> Self {
        Self {
            room,
            subscribers: Subscribers::new(events.metrics.clone()),
            events,
            seq: None,
            announced: 0,
            late: Late::default(),
            removed: false,
            recovery: Recovery::default(),
            leaving: Vec::new(),
            reactions: Untold::default(),
            lost,
            now: None,
        }
    }

    /// Works until the room is gone or nobody listens.
    pub async fn run(mut self, mut queue: mpsc::Receiver<RoomEvent>) {
        // It grows as needed: most rooms never see a full batch, and there is one for each.
        let mut batch = Vec::new();
        let mut retry = Instant::now();
        let mut pause = KEEP_UP;
        let lost = Arc::clone(&self.lost);
        let mut backlog = Backlog::new(self.events.metrics.clone());
        loop {
            tokio::select! {
                biased;
                taken = queue.recv_many(&mut batch, EVENTS_PER_WRITE) => if taken == 0 { return },
                () = lost.noted() => (),
                () = tokio::time::sleep_until(retry), if self.is_behind() => (),
                () = tokio::time::sleep_until(self.reactions.due()), if self.reactions.any() => (),
            }
            for event in batch.drain(..) {
                self.handle(event).await;
            }
            if let Some(found) = lost.take() {
                self.note_lost(found, &mut queue).await;
            }
            self.tell_reactions_if_due();
            if self.is_behind() && Instant::now() >= retry {
                pause = if self.put_right().await {
                    KEEP_UP
                } else {
                    (pause * 2).min(CATCH_UP)
                };
                retry = Instant::now() + pause;
            }
            let (sockets, messages) = self.subscribers.behind(self.seq.unwrap_or(0));
            backlog.set(sockets, messages);
            if self.subscribers.is_empty() && self.leaving.is_empty() && self.events.end(self.room, &mut queue) {
                return;
            }
        }
    }

    /// Whether there is something to tell again. Of a room that is gone that is its end.
    fn is_behind(&self) -> bool {
        self.removed || !self.leaving.is_empty() || self.subscribers.any_behind() || self.recovery.any()
    }

    /// Tells it; whether a socket took anything.
    async fn put_right(&mut self) -> bool {
        let told = self.tell_leaving();
        if self.removed {
            self.tell_removal();
            return false;
        }
        self.recover().await;
        self.catch_up().await || told
    }

    pub(super) async fn handle(&mut self, event: RoomEvent) {
        if matches!(event, RoomEvent::Change(_)) {
            self.now = None;
        }
        match event {
            RoomEvent::Change(Change::Posted(message)) => self.tell_message(&message).await,
            // The line about it follows.
            RoomEvent::Change(Change::Entered(..) | Change::Left(..) | Change::Forgotten(_)) => (),
            RoomEvent::Change(Change::Away(_, who)) => self.tell_presence(who.id, true),
            RoomEvent::Change(Change::Back(_, who)) => self.tell_presence(who.id, false),
            RoomEvent::Change(Change::Whispered(whisper)) => {
                if let Some(event) = Encoded::new("whisper", &*whisper) {
                    self.subscribers.send_to(&event, &[whisper.author.id, whisper.to.id]);
                }
            }
            RoomEvent::Change(Change::Reported(report)) => self.tell_owner(&report).await,
            RoomEvent::Change(Change::Reacted(_, message, version)) => self.reactions.note(message, version),
            RoomEvent::Change(Change::RoomUpdated(room)) => self.tell("updateRoom", &room),
            RoomEvent::Change(Change::RoomRemoved(_)) => self.tell_removal(),
            RoomEvent::Change(Change::RoomCreated(_)) => (),
            RoomEvent::Change(Change::Missed) => {
                self.recovery.missed = true;
                self.recover().await;
            }
            RoomEvent::Change(Change::SeatsLost) => {
                self.lose_seats();
                self.recover().await;
            }
            RoomEvent::Attach(joining) => self.attach(*joining).await,
            RoomEvent::Detach(key) => self.detach(key).await,
            RoomEvent::Typing(visitor, key) => {
                if self.subscribers.has(key)
                    && let Some(event) = Encoded::new("typing", &visitor)
                {
                    self.subscribers.send_hint(&event, visitor.id);
                }
            }
        }
    }

    /// Tells the owner's sockets of a report. The owner finds those that get lost in the list of reports.
    async fn tell_owner(&mut self, report: &Report) {
        match self.events.store.room(self.room).await {
            Ok(Some(record)) => {
                if let Some(event) = Encoded::new("report", report) {
                    self.subscribers.send_to(&event, &[record.room.owner.id]);
                }
            }
            Ok(None) => (),
            Err(error) => warn!(%error, "a report can't be told; the owner finds it in the list"),
        }
    }

    /// Lets the sockets go. Who can't take even that is told again later.
    pub(super) fn tell_removal(&mut self) {
        self.removed = true;
        if let Some(event) = Encoded::new("removeRoom", &self.room) {
            self.subscribers.dismiss(&event);
        }
    }

    pub(super) fn tell(&mut self, name: &'static str, data: &impl Serialize) {
        if let Some(event) = Encoded::new(name, data) {
            self.subscribers.send_line(&event);
        }
    }

    /// Answers a `join` and adds the socket: every message behind the answer's `seq` will reach it, none before. The
    /// members of the answer are those at that place.
    async fn attach(&mut self, joining: Joining) {
        let Joining {
            socket,
            key,
            guest,
            lang,
            ack,
            entry,
        } = joining;
        let told = match self.seq {
            Some(seq) => seq,
            // What was committed before this is read by the client; the changes about it that still come are skipped.
            None => match self.events.store.room(self.room).await {
                Ok(Some(record)) => record.seq.max(entry.seq),
                Ok(None) => {
                    self.removed = true;
                    0
                }
                Err(error) => {
                    warn!(%error, "a room's last place is unknown; its sockets hear every message");
                    entry.seq
                }
            },
        };
        self.seq = Some(told);
        self.forget_leaving(key);
        let Entry {
            room,
            members,
            away,
            seq,
        } = &entry;
        // Who can't even take this answer is full of older events and asks again.
        let _ = ack.send(&Joined {
            ok: true,
            you: guest.visitor,
            room,
            members,
            away,
            seq: *seq,
            epoch: self.events.store.epoch(),
            reactions: self.reactions_version(),
        });
        if self.removed {
            // It went between the seat and this answer.
            let _ = socket.emit("removeRoom", &self.room);
        } else if let Some(listener) = self.subscribers.iter_mut().find(|listener| listener.key == key) {
            // The line that sends somebody out before this seat was taken may still come.
            listener.seated = *seq;
        } else {
            self.subscribers.add(Listener {
                guest: Some(guest),
                lang,
                from: *seq,
                seated: *seq,
                // What was told since it took its seat.
                behind: (told > *seq).then_some(Behind {
                    after: *seq,
                    next: None,
                }),
                ..Listener::new(key, socket)
            });
        }
    }

    pub(super) async fn tell_message(&mut self, message: &Message) {
        self.announced = self.announced.max(message.seq);
        let last = self.seq.unwrap_or(message.seq.saturating_sub(1));
        if message.seq <= last {
            return;
        }
        // Changes may be lost on their way here; the messages are not. One that refers to another comes with it from there.
        let whole = message.is_whole();
        let end = if whole {
            message.seq.saturating_sub(1)
        } else {
            message.seq
        };
        if self.tell_up_to(end).await {
            if whole {
                self.send_message(message);
            }
        } else {
            self.recovery.missed = true;
        }
    }

    pub(super) fn send_message(&mut self, message: &Message) {
        if let Some(event) = Encoded::new(message.event(), message) {
            self.subscribers.send_message(message.seq, &event);
        }
        self.seq = Some(message.seq);
        self.note_cleared(message);
        self.send_out(message);
    }
}
