//! What an owner does about who may enter.

use std::sync::atomic::Ordering;

use super::Client;
use crate::history::{
    calls::{Reply, invite_hash},
    record::{Answer, Deed},
    rooms::Room,
};

impl Client {
    /// Changes or removes the password, makes an invite or withdraws all: owners take turns, as chance alone may leave one of
    /// these out of a short run.
    pub(super) async fn change_admission(&mut self, room: &Room) {
        match self.site.changes.fetch_add(1, Ordering::Relaxed) % 8 {
            0 | 2 | 5 => self.set_password(room).await,
            1 | 3 | 6 => self.invite(room).await,
            4 => self.withdraw_invites(room).await,
            _ => self.remove_password(room).await,
        }
    }

    async fn set_password(&mut self, room: &Room) {
        let (server, begun, password) = (self.server(), self.site.now(), self.fresh_name());
        let changing = self.caller.set_password(server, &room.id, &password, Some(&password));
        let answer = changing.await.answer();
        if answer != Answer::Refused {
            room.passwords.lock().unwrap().push(password.clone());
        }
        self.note_attempt(room, Deed::SetPassword(password), begun, answer);
    }

    async fn remove_password(&mut self, room: &Room) {
        let (server, begun, title) = (self.server(), self.site.now(), self.fresh_name());
        let answer = self.caller.set_password(server, &room.id, &title, None).await.answer();
        self.note_attempt(room, Deed::RemovePassword(title), begun, answer);
    }

    async fn invite(&mut self, room: &Room) {
        let (server, begun) = (self.server(), self.site.now());
        if let Some(token) = self.caller.invite(server, &room.id).await {
            let deed = Deed::Invite(invite_hash(&token));
            room.invites.lock().unwrap().push(token);
            self.note_attempt(room, deed, begun, Answer::Done);
        }
    }

    async fn withdraw_invites(&mut self, room: &Room) {
        let (server, begun) = (self.server(), self.site.now());
        let reply = self.caller.withdraw_invites(server, &room.id).await;
        if let Reply::Done(_) = reply {
            self.note(&room.id, "withdrawn", None);
        }
        self.note_attempt(room, Deed::Withdraw, begun, reply.answer());
    }
}
