//! Commands: each is given to the server and to the model, which have to accept or refuse it alike.

use gifchat::{
    domain::{
        Action, Alt, Chat, Emoji, GifBody, GifHash, GifName, Limits, Message, MessageId, Moment, Nonce, Reaction,
        Refusal, VisitorId,
    },
    rules::{AgainGif, Command, Edit, NewBody, NewMessage, Reacting},
};
use serde_json::{Value, json};

use super::{
    rooms::{decided, now, says},
    steps::{Step, What},
    world::{World, equal, shown},
};
use crate::{
    fixtures::animated,
    support::{Answer, form_of},
};

/// What a server answered: what it says of what it accepted, or the code of its refusal.
pub type Answered = Result<Value, String>;

/// A difference unless both accepted or both refused by the same code; what both accepted.
pub fn same<T>(decided: Result<T, Refusal>, answered: Answered) -> Result<Option<(T, Value)>, String> {
    let difference = match (decided, answered) {
        (Ok(events), Ok(answer)) => return Ok(Some((events, answer))),
        (Err(refusal), Err(code)) if refusal.code() == code => return Ok(None),
        (Ok(_), Err(code)) => format!("the server refuses by {code} what the rule book accepts"),
        (Err(refusal), Ok(_)) => format!("the server accepts what the rule book refuses by {}", refusal.code()),
        (Err(refusal), Err(code)) => format!("the server refuses by {code}, the rule book by {}", refusal.code()),
    };
    Err(difference)
}

pub fn of_http(answer: &Answer) -> Answered {
    if (200..300).contains(&answer.status) {
        return Ok(serde_json::from_slice(&answer.body).unwrap_or_default());
    }
    let code = answer.code();
    let status = match code.as_str() {
        "room_not_found" | "page_not_found" | "invite_not_found" | "message_not_found" => 404,
        "room_full" | "too_many_reactions" => 409,
        "invalid" => 422,
        "slow_mode" => 429,
        "unavailable" => 503,
        _ => 403,
    };
    assert_eq!(answer.status, status, "the status of {code}");
    Err(code)
}

pub fn of_ack(ack: Value) -> Answered {
    match ack["ok"].as_bool() {
        Some(true) => Ok(ack),
        _ => Err(ack["code"].as_str().unwrap_or_default().to_owned()),
    }
}

impl World {
    pub async fn act(&mut self, who: usize, place: Option<usize>, step: &Step) -> Result<(), String> {
        let by_socket = step.by_socket;
        match step.what {
            What::Enter(tab) => return self.enter(who, place, tab).await,
            What::Leave(tab) => return self.leave(who, tab).await,
            What::Goodbye(tab) => return self.goodbye(who, tab).await,
            What::Break(tab) => return self.break_connection(who, tab).await,
            What::ClosePage => return self.close_page(who, place).await,
            What::Restart => return self.restart().await,
            What::Gif(file) => return self.upload(who, place, file).await,
            What::Change(edit) => return self.change(who, place, edit).await,
            What::Unlock(password) => return self.unlock(who, place, password).await,
            What::Invite => return self.invite(who, place).await,
            What::Withdraw => return self.withdraw(who, place).await,
            What::Redeem(invite) => return self.redeem(who, Some(invite)).await,
            What::RedeemUnknown => return self.redeem(who, None).await,
            What::Remove => return self.remove(who, place).await,
            _ => (),
        }
        if let Some(action) = self.action(place, step.what) {
            return self.moderate(who, place, by_socket, action).await;
        }
        match step.what {
            What::Rewrite { message, text } => return self.rewrite(who, place, by_socket, (message, text)).await,
            What::React { message, emoji, on } => return self.react(who, place, by_socket, (message, emoji, on)).await,
            _ => (),
        }
        let (body, mut fields) = self.words(step.what);
        let reply = match step.what {
            What::Reply(message) => Some(self.message(place, message)),
            _ => None,
        };
        fields["reply"] = json!(reply);
        let nonce = match step.what {
            What::Chat { nonce } => nonce.map(|nonce| format!("nonce-{nonce}")),
            _ => None,
        };
        if let Some(nonce) = &nonce {
            fields["nonce"] = json!(nonce);
        }
        let answered = self.submit(who, place, by_socket, ("chat", fields)).await?;
        let nonce = nonce.map(|nonce| Nonce::parse(&nonce).unwrap());
        answered.map_or(Ok(()), |answered| {
            self.posted(who, place, (NewMessage { body, reply }, nonce), answered)
        })
    }

    /// Mostly a message that says something.
    fn message(&self, place: Option<usize>, n: usize) -> MessageId {
        let messages = place.map_or(&[][..], |place| &self.rooms[place].messages);
        let any = n.is_multiple_of(5);
        let messages: Vec<_> = messages.iter().filter(|message| any || says(message)).collect();
        let found = n.checked_rem(messages.len()).map(|n| messages[n].id);
        found.unwrap_or_else(MessageId::random)
    }

    async fn rewrite(
        &mut self,
        who: usize,
        place: Option<usize>,
        by_socket: bool,
        (message, text): (usize, Option<u8>),
    ) -> Result<(), String> {
        let (message, by) = (self.message(place, message), self.people[who].guest.visitor);
        let text = text.map(|text| format!("rewritten {text}"));
        let fields = json!({ "message": message, "chat": text.clone().unwrap_or_default() });
        let Some(answered) = self.submit(who, place, by_socket, ("edit", fields)).await? else {
            return Ok(());
        };
        let chat = text.map(|text| Chat::parse(&text, &Limits::default()).unwrap());
        let command = Command::Edit(Edit { by, message, chat });
        same(decided(self.room(place), &command), answered).map(drop)
    }

    async fn react(
        &mut self,
        who: usize,
        place: Option<usize>,
        by_socket: bool,
        (message, emoji, on): (usize, u8, bool),
    ) -> Result<(), String> {
        let (message, by) = (self.message(place, message), self.people[who].guest.visitor);
        let emoji = ["👍", "🎉", "😂", "😮", "😢", "🔥"][usize::from(emoji)];
        let fields = json!({ "message": message, "emoji": emoji, "on": on });
        let Some(answered) = self.submit(who, place, by_socket, ("react", fields)).await? else {
            return Ok(());
        };
        let with = Reaction::Emoji(Emoji::parse(emoji).unwrap());
        let command = Command::React(Reacting { by, message, with, on });
        same(decided(self.room(place), &command), answered).map(drop)
    }

    /// What a step says, for the rule book and as fields.
    fn words(&self, what: What) -> (NewBody, Value) {
        let again = |name: GifName, alt: Option<&str>| {
            let limits = Limits::default();
            let fields = json!({ "gif": name.to_string(), "alt": alt });
            let alt = alt.map(|alt| Alt::parse(alt, &limits).unwrap());
            (
                NewBody::Again(AgainGif {
                    name,
                    alt,
                    caption: None,
                }),
                fields,
            )
        };
        match what {
            What::Again { gif, alt } if !self.gifs.is_empty() => {
                again(self.gifs[gif % self.gifs.len()].name, alt.then_some("words"))
            }
            What::Again { .. } | What::AgainUnknown => again(GifName::random(), None),
            _ => {
                let text = format!("text {}", self.keys);
                let chat = Chat::parse(&text, &Limits::default()).unwrap();
                (NewBody::Chat(chat), json!({ "chat": text }))
            }
        }
    }

    /// Sends an event by a socket of the visitor that joined the room, or the same by HTTP. Instead of a room that is nowhere
    /// it may be a socket in no room. That has to be refused; the rule book is not asked.
    async fn submit(
        &mut self,
        who: usize,
        place: Option<usize>,
        by_socket: bool,
        (event, mut fields): (&str, Value),
    ) -> Result<Option<Answered>, String> {
        fields.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let (path, person) = (format!("/room/{}/{event}", self.id(place)), &mut self.people[who]);
        let fitting = |room: Option<usize>| person.tabs.iter().position(|tab| tab.room == room);
        let tab = fitting(place);
        let Some(tab) = tab.filter(|_| by_socket) else {
            let message = fields["message"].as_str().unwrap_or_default();
            let about = format!("{}/messages/{message}", self.id(place));
            let visitor = &self.people[who].visitor;
            let answer = match event {
                "edit" => visitor.patch(&about, fields).await,
                "react" => visitor.post_json(&format!("/room/{about}/reactions"), fields).await,
                _ => visitor.post_json(&path, fields).await,
            };
            return Ok(Some(of_http(&answer)));
        };
        let tab = &mut person.tabs[tab];
        let answered = of_ack(tab.socket.ask(event, fields).await);
        if tab.room.is_none() {
            same::<()>(Err(Refusal::NotAMember), answered)?;
            return Ok(None);
        }
        Ok(Some(
            answered.map(|ack| ack.get("message").cloned().unwrap_or_default()),
        ))
    }

    /// Compares what became of a message.
    fn posted(
        &mut self,
        who: usize,
        place: Option<usize>,
        (new, nonce): (NewMessage, Option<Nonce>),
        answered: Answered,
    ) -> Result<(), String> {
        let author = self.people[who].guest.visitor;
        let Some(room) = self.room(place) else {
            return same(decided(None, &Command::Post(author, new)), answered).map(drop);
        };
        let posted = room.post(author, new, nonce.as_ref());
        let Some((seq, answer)) = same(posted, answered)? else {
            return Ok(());
        };
        let index = seq as usize - 1;
        let message = &mut room.messages[index];
        if index >= room.identified {
            message.id = answer["_id"].as_str().unwrap().parse().unwrap();
        }
        let read = room.read();
        equal(
            "the answer to a message",
            &shown(&answer),
            &shown(Message {
                reactions: Vec::new(),
                ..read[index].clone()
            }),
        )
    }

    async fn upload(&mut self, who: usize, place: Option<usize>, file: u8) -> Result<(), String> {
        let (side, frames) = (4 + u16::from(file), 2);
        let form = form_of(animated(side, side, frames)).text("alt", format!("file {file}"));
        let answer = self.people[who].visitor.upload_form(&self.id(place), form).await;
        let answered = of_http(&answer);
        let known = answered.as_ref().ok();
        let number = |field: &str| known.and_then(|known| known[field].as_u64()).unwrap_or(0);
        let gif = GifBody {
            name: known.map_or_else(GifName::random, |known| known["gif"].as_str().unwrap().parse().unwrap()),
            width: side,
            height: side,
            frames: frames.into(),
            duration: number("duration"),
            bytes: number("bytes"),
            alt: Alt::parse(&format!("file {file}"), &Limits::default()).unwrap(),
            caption: None,
            hash: Some(GifHash::from_bytes([file; 32])),
        };
        if known.is_some() {
            self.gifs.push(gif.clone());
        }
        self.posted(who, place, (NewBody::Gif(gif).into(), None), answered)
    }

    /// What a step does as an owner, if it is that.
    fn action(&self, place: Option<usize>, what: What) -> Option<Action> {
        let id = |n: usize| -> VisitorId { self.people[n].guest.visitor.id };
        let end = |seconds: u32| Moment::from_millis(now().date.millis() + i64::from(seconds) * 1_000);
        Some(match what {
            What::Kick(n) => Action::Kick(id(n)),
            What::Ban(n, seconds) => Action::Ban(id(n), seconds.map(end)),
            What::Unban(n) => Action::Unban(id(n)),
            What::HandOver(n) => Action::HandOver(id(n)),
            What::Clear { author, forbid } => {
                let visitor = id(author);
                Action::Clear { visitor, forbid }
            }
            What::Delete { message, forbid } => {
                let message = self.message(place, message);
                Action::Delete { message, forbid }
            }
            What::DeleteUnknown => {
                let message = MessageId::random();
                Action::Delete { message, forbid: false }
            }
            _ => return None,
        })
    }

    async fn moderate(
        &mut self,
        who: usize,
        place: Option<usize>,
        by_socket: bool,
        action: Action,
    ) -> Result<(), String> {
        let fields = match action {
            Action::Kick(visitor) => json!({ "action": "kick", "visitor": visitor }),
            Action::Ban(visitor, None) => json!({ "action": "ban", "visitor": visitor }),
            Action::Ban(visitor, Some(_)) => json!({ "action": "ban", "visitor": visitor, "seconds": 3_600 }),
            Action::Unban(visitor) => json!({ "action": "unban", "visitor": visitor }),
            Action::HandOver(visitor) => json!({ "action": "handover", "visitor": visitor }),
            Action::Delete { message, forbid } => json!({ "action": "delete", "message": message, "forbid": forbid }),
            Action::Clear { visitor, forbid } => json!({ "action": "clear", "visitor": visitor, "forbid": forbid }),
        };
        let Some(answered) = self.submit(who, place, by_socket, ("moderate", fields)).await? else {
            return Ok(());
        };
        let command = Command::Moderate(self.people[who].guest.visitor, action);
        let done = same(decided(self.room(place), &command), answered)?;
        let (Action::Ban(id, _) | Action::Unban(id), Some(_), Some(place)) = (action, done, place) else {
            return Ok(());
        };
        let whom = self
            .people
            .iter()
            .position(|person| person.guest.visitor.id == id)
            .unwrap();
        let banned = &mut self.rooms[place].door.banned;
        match action {
            Action::Ban(..) => banned.insert(whom),
            _ => banned.remove(&whom),
        };
        Ok(())
    }
}
