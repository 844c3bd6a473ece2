//! The way into a room: by a grant that the client has or had, by a password, or by an invite.

use std::{sync::Arc, time::Duration};

use rand::{RngExt, seq::IndexedRandom};
use tokio::time::sleep;

use super::{Client, Seat};
use crate::history::{
    calls::{Reply, invite_hash},
    record::{Answer, Deed, Item},
    rooms::Room,
};

impl Client {
    pub(super) async fn enter_some_room(&mut self) {
        let server = self.server();
        if self.site.rooms.are_few() {
            self.make_room(server).await;
        }
        let Some(room) = self.choose_room() else {
            return sleep(Duration::from_millis(50)).await;
        };
        match self.enter(&room, server).await.as_deref() {
            None => return,
            Some("room_not_found") => self.site.rooms.forget(&room),
            Some("wrong_password") => self.gain_grant(&room, server).await,
            Some(_) => (),
        }
        sleep(Duration::from_millis(100)).await;
    }

    /// Often a room in which the client has been: its grant may no longer be good.
    fn choose_room(&mut self) -> Option<Arc<Room>> {
        let rooms = self.site.rooms.all();
        let been = |room: &&Arc<Room>| self.notes.readers.contains_key(&room.id);
        let known: Vec<_> = rooms.iter().filter(been).collect();
        let back = known.choose(&mut self.random).filter(|_| self.random.random_bool(0.6));
        back.copied().or(rooms.choose(&mut self.random)).cloned()
    }

    async fn make_room(&mut self, server: usize) {
        let max = *[2, 3, 5, 20].choose(&mut self.random).unwrap();
        let password = self.random.random_bool(0.5).then(|| self.fresh_name());
        let begun = self.site.now();
        let Some(id) = self.caller.create(server, max, password.as_deref()).await else {
            return;
        };
        self.note(&id, "created", None);
        let room = self.site.rooms.add(id, password.clone());
        if let Some(password) = password {
            self.note_attempt(&room, Deed::SetPassword(password), begun, Answer::Done);
        }
    }

    /// Joins a room and reads what was missed since the last time; the code of a refusal.
    async fn enter(&mut self, room: &Arc<Room>, server: usize) -> Option<String> {
        let begun = self.site.now();
        let (socket, ack) = match self.caller.join(server, &room.id).await {
            Ok(joined) => joined,
            Err(Reply::Refused(code)) => return Some(code),
            Err(_) => return Some("unknown".to_owned()),
        };
        if ack["you"]["id"] != self.caller.id() {
            self.recognize().await;
            return Some("unknown".to_owned());
        }
        let seq = ack["seq"].as_u64().unwrap();
        self.note_attempt(room, Deed::Join(seq), begun, Answer::Done);
        let known = self.known(&room.id).unwrap_or(seq);
        // Without what it missed the reader shows nothing; it comes again.
        let Some(missed) = self.read(room, server, known, seq).await else {
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

    /// Gives a password or redeems an invite: the newest or any, as others may no longer be good.
    async fn gain_grant(&mut self, room: &Room, server: usize) {
        let by_invite = self.random.random_bool(0.6) && !room.invites.lock().unwrap().is_empty();
        let known = if by_invite { &room.invites } else { &room.passwords };
        let known = known.lock().unwrap().clone();
        let any = known.choose(&mut self.random);
        let Some(secret) = known.last().filter(|_| self.random.random_bool(0.5)).or(any) else {
            return;
        };
        let begun = self.site.now();
        let (deed, reply) = if by_invite {
            let reply = self.caller.redeem(server, secret).await;
            (Deed::Redeem(invite_hash(secret)), reply)
        } else {
            let reply = self.caller.unlock(server, &room.id, secret).await;
            (Deed::Unlock(secret.clone()), reply)
        };
        // A room that ends right after the grant is not there any more for the answer.
        let answer = match &reply {
            Reply::Refused(code) if code == "room_not_found" => Answer::Unknown,
            reply => reply.answer(),
        };
        self.note_attempt(room, deed.clone(), begun, answer);
        // Who lost the session before is somebody else for the server, but does not know.
        if self.recognize().await {
            println!("clients: {} is somebody else after {answer:?}", self.number);
            self.note_attempt(room, deed, begun, answer);
        }
    }

    /// Goes on as whom the servers take it for; whether that is somebody else now.
    async fn recognize(&mut self) -> bool {
        let before = self.caller.id().to_owned();
        self.caller.recognize().await;
        let now = self.caller.id().to_owned();
        if now == before {
            return false;
        }
        self.notes
            .former
            .extend(self.notes.readers.drain().map(|(_, reader)| reader));
        let mut visitors = self.site.visitors.lock().unwrap();
        visitors.retain(|visitor| *visitor != before);
        visitors.push(now);
        true
    }
}
