//! Commands of owners about the room as a whole, and the ways into a locked one.

use gifchat::{
    domain::{InviteToken, Limits, Max, Refusal, Title, VisitorId},
    rules::{Command, Grant, RoomChange},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    acting::{Answered, of_http, same},
    rooms::{decided, now},
    steps::Edit,
    world::{World, equal, shown, word},
};

impl World {
    async fn send(&self, who: usize, method: Method, path: &str, fields: Option<Value>) -> Answered {
        let visitor = &self.people[who].visitor;
        let request = visitor.request(method, path);
        let request = match &fields {
            Some(fields) => request.json(fields),
            None => request,
        };
        of_http(&visitor.send(request).await)
    }

    pub async fn change(&mut self, who: usize, place: Option<usize>, edit: Edit) -> Result<(), String> {
        let Edit { max, closed, slow, .. } = edit;
        let title = edit.title.map(|n| format!("방 {n}"));
        let mut fields = json!({ "title": title, "max": max, "closed": closed, "slow": slow });
        fields["password"] = edit.password.map_or(Value::Null, |new| new.map_or("", word).into());
        fields.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let path = format!("/room/{}", self.id(place));
        let answered = self.send(who, Method::PATCH, &path, Some(fields)).await;
        let limits = Limits::default();
        let change = RoomChange {
            title: title.map(|title| Title::parse(&title, &limits).unwrap()),
            max: max.map(|max| Max::parse(Some(max.into()), &limits).unwrap()),
            password_hash: edit.password.map(|new| new.map(|_| "hash".into())),
            closed,
            slow,
            crowd: None,
        };
        let command = Command::Change(self.people[who].guest.visitor.id, change);
        let decided = decided(self.room(place), &command);
        if let (Some((_, answer)), Some(room)) = (same(decided, answered)?, self.room(place)) {
            room.password = edit.password.unwrap_or(room.password);
            if edit.password.is_some() {
                room.door.new_password();
            }
            equal("the answer to a change", &shown(answer), &shown(&room.state.room))?;
        }
        Ok(())
    }

    /// A password counts only where it helps: not for who is banned or comes to a closed room.
    pub async fn unlock(&mut self, who: usize, place: Option<usize>, password: Option<u8>) -> Result<(), String> {
        let owns = place.is_some_and(|place| self.owner(place) == who);
        let right = self.room(place).and_then(|room| room.password);
        let password = password.or(right).unwrap_or(0);
        let path = format!("/room/{}/enter", self.id(place));
        let fields = json!({ "password": word(password) });
        let answered = self.send(who, Method::POST, &path, Some(fields)).await;
        let guest = self.people[who].guest;
        let Some(room) = self.room(place).filter(|room| !room.state.ended) else {
            return same::<()>(Err(Refusal::RoomNotFound), answered).map(drop);
        };
        let access = room.state.access(guest, now().date);
        let decided = match access.refusal() {
            Some(refusal) if refusal != Refusal::WrongPassword => Err(refusal),
            _ if password_is_known(room, guest.visitor.id) => Ok(Vec::new()),
            _ if room.password != Some(password) => Err(Refusal::WrongPassword),
            _ => room.run(&Command::Grant(guest.visitor.id, room.state.password_version), None),
        };
        match same(decided, answered)? {
            Some((_, answer)) => {
                // An owner may enter anyway and is not given a grant.
                if room.state.room.locked && !owns {
                    room.door.gave_password(who);
                }
                equal("the room behind a password", &shown(answer), &shown(&room.state.room))
            }
            None => Ok(()),
        }
    }

    /// Rooms without a password have no invites.
    pub async fn invite(&mut self, who: usize, place: Option<usize>) -> Result<(), String> {
        let path = format!("/room/{}/invite", self.id(place));
        let answered = self.send(who, Method::POST, &path, None).await;
        let url = answered.as_ref().ok().and_then(|answer| answer["url"].as_str());
        let token = url.and_then(|url| url.split_once("/invite/")?.1.parse::<InviteToken>().ok());
        let locked = self
            .room(place)
            .is_none_or(|room| room.state.room.locked || room.state.ended);
        let by = self.people[who].guest.visitor.id;
        let command = match locked {
            true => Command::Invite(by, token.unwrap_or_else(InviteToken::random).hash()),
            false => Command::Change(by, RoomChange::default()),
        };
        let decided = decided(self.room(place), &command);
        if same(decided, answered)?.is_none() {
            return Ok(());
        }
        if token.is_some() != locked {
            return Err(format!(
                "an invite to a locked room ({locked}) has a token: {}",
                token.is_some()
            ));
        }
        self.invites.extend(token.zip(place));
        Ok(())
    }

    pub async fn withdraw(&mut self, who: usize, place: Option<usize>) -> Result<(), String> {
        let path = format!("/room/{}/invite", self.id(place));
        let answered = self.send(who, Method::DELETE, &path, None).await;
        let command = Command::WithdrawInvites(self.people[who].guest.visitor.id);
        let withdrawn = same(decided(self.room(place), &command), answered)?;
        if let (Some(_), Some(room)) = (withdrawn, self.room(place)) {
            room.door.invited.clear();
        }
        Ok(())
    }

    pub async fn redeem(&mut self, who: usize, invite: Option<usize>) -> Result<(), String> {
        let known = invite.and_then(|n| self.invites.get(n.checked_rem(self.invites.len())?));
        let (token, place) = known.map_or((InviteToken::random(), None), |(token, room)| (*token, Some(*room)));
        let path = format!("/invite/{}", token.secret());
        let answered = self.send(who, Method::POST, &path, None).await;
        let command = Command::Redeem(self.people[who].guest, token.hash());
        let decided = decided(self.room(place), &command);
        match (same(decided, answered)?, self.room(place)) {
            (Some((_, answer)), Some(room)) => {
                room.door.redeemed(who);
                equal("the room of an invite", &shown(answer), &shown(&room.state.room))
            }
            _ => Ok(()),
        }
    }

    pub async fn remove(&mut self, who: usize, place: Option<usize>) -> Result<(), String> {
        let path = format!("/room/{}", self.id(place));
        let answered = self.send(who, Method::DELETE, &path, None).await;
        let command = Command::Remove(self.people[who].guest.visitor.id);
        same(decided(self.room(place), &command), answered).map(drop)
    }
}

/// Whether nobody asks a visitor for the password of a room: who gave it, and the owner. Who came by an invite is asked.
fn password_is_known(room: &super::rooms::ModelRoom, visitor: VisitorId) -> bool {
    let state = &room.state;
    !state.room.locked || state.room.owner.id == visitor || state.grants.get(&visitor) == Some(&Grant::Password)
}
