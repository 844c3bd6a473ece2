//! Recovers a room's task after the store has reported that changes or seats were lost.

use tokio::sync::mpsc::Receiver;
use tracing::warn;

use super::{
    catch_up::{CATCH_UP_PAGE, as_it_is},
    queue::Found,
    room::{RoomEvent, RoomTask},
    subscribers::Hold,
};
use crate::{
    domain::{Refusal, Seq},
    rules::{Leave, SocketKey},
    store::{Change, StoreError, Window},
};

/// What has to be recovered; each part is retried until it succeeds.
#[derive(Default)]
pub struct Recovery {
    /// Changes of the room are missing.
    pub missed: bool,
    /// Only messages are missing, up to this `seq`.
    pub messages: Option<Seq>,
    /// Some sockets have lost their seats.
    pub seatless: bool,
}

impl Recovery {
    pub const fn any(&self) -> bool {
        self.missed || self.seatless || self.messages.is_some()
    }
}

impl RoomTask {
    /// Retries everything that has not been recovered yet.
    pub async fn recover(&mut self) {
        if self.recovery.seatless {
            self.recovery.seatless = !self.retake_seats().await;
        }
        if self.recovery.missed {
            self.recovery.missed = !self.read_again().await;
        }
        if let Some(end) = self.recovery.messages
            && self.tell_up_to(end).await
        {
            self.recovery.messages = None;
        }
    }

    /// Notes what did not fit into the queue.
    pub async fn note_lost(&mut self, found: Found, queue: &mut Receiver<RoomEvent>) {
        self.now = None;
        if found.seats {
            self.lose_seats();
        }
        self.recovery.messages = self.recovery.messages.max((found.seq > 0).then_some(found.seq));
        if !found.state {
            return;
        }
        self.recovery.missed = true;
        // The changes that wait are older than what is read now: told after it, they would bring back what was.
        for _ in 0..queue.len() {
            match queue.try_recv() {
                Ok(RoomEvent::Change(Change::SeatsLost)) => self.lose_seats(),
                Ok(RoomEvent::Change(_)) => (),
                Ok(event) => self.handle(event).await,
                Err(_) => return,
            }
        }
    }

    /// Notes that no socket holds its seat any more.
    pub fn lose_seats(&mut self) {
        self.recovery.seatless = true;
        self.subscribers
            .iter_mut()
            .for_each(|listener| listener.hold = Hold::Lost);
    }

    /// Lets the sockets enter again; whether all have their answer. Before that it tells what happened meanwhile: who was
    /// sent out does not come back without being asked.
    async fn retake_seats(&mut self) -> bool {
        if !self.read_again().await {
            return false;
        }
        if self.removed {
            return true;
        }
        let Self {
            room,
            events,
            subscribers,
            ..
        } = self;
        let (mut refused, mut gone) = (Vec::new(), false);
        for listener in subscribers.iter_mut().filter(|listener| listener.hold == Hold::Lost) {
            let Some(guest) = listener.guest else { continue };
            match events.store.enter(*room, guest, listener.key).await {
                Ok(entry) => {
                    listener.hold = Hold::Retaken;
                    listener.seated = entry.seq;
                }
                Err(StoreError::Refused(Refusal::RoomNotFound)) => {
                    gone = true;
                    break;
                }
                Err(StoreError::Refused(refusal)) => refused.push((listener.key, refusal)),
                Err(error) => {
                    warn!(%error, room = %room, "seats can't be taken again yet");
                    return false;
                }
            }
        }
        if gone {
            self.tell_removal();
            return true;
        }
        for (key, refusal) in refused {
            self.unseat(key, &refusal);
        }
        true
    }

    /// Lets a socket hear the room no more. A seat that was taken again behind its back is given up here too: the
    /// socket may have left before.
    pub async fn detach(&mut self, key: SocketKey) {
        self.forget_leaving(key);
        let gone = self.subscribers.remove(key).filter(|gone| gone.hold == Hold::Retaken);
        if let Some(guest) = gone.and_then(|gone| gone.guest) {
            let how = Leave::Disconnected;
            let left = self.events.store.leave(self.room, guest.visitor, key, how).await;
            if let Err(error) = left {
                warn!(%error, "a seat taken again can't be given up yet");
            }
        }
    }

    /// Tells what the room is now: its messages and lines, its title and seats; whether that could be read.
    async fn read_again(&mut self) -> bool {
        let record = match self.events.store.room(self.room).await {
            Ok(Some(record)) => record,
            Ok(None) => {
                self.tell_removal();
                return true;
            }
            Err(error) => {
                warn!(%error, room = %self.room, "what a room missed can't be read yet");
                return false;
            }
        };
        // What was announced is newer than a record that was read late.
        if !self.tell_up_to(record.seq.max(self.announced)).await {
            return false;
        }
        let Some([room, missed]) = as_it_is(&record) else {
            return true;
        };
        self.subscribers.send_line(&room);
        self.subscribers.send_line(&missed);
        true
    }

    /// Tells the messages behind the last told one up to that place; whether they could be read.
    pub async fn tell_up_to(&mut self, end: Seq) -> bool {
        while let Some(seq) = self.seq.filter(|seq| *seq < end) {
            let window = Window::After(seq);
            let page = match self.events.store.history(self.room, window, CATCH_UP_PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    warn!(%error, room = %self.room, "missed messages can't be read yet");
                    return false;
                }
            };
            if page.is_empty() {
                return self.late.is_over(self.room, seq);
            }
            for message in page.iter().take_while(|message| message.seq <= end) {
                self.send_message(message);
            }
            if page.last().is_some_and(|message| message.seq > end) {
                return true;
            }
        }
        true
    }
}
