//! What has to be equal after every command: all that visitors can see.

use std::collections::BTreeMap;

use gifchat::domain::{Body, GifBody, GifName, LineKind, Message, Refusal, VisitorId};
use serde_json::{Value, json};

use super::{
    rooms::{ModelRoom, now},
    world::{Tab, World, equal, shown},
};
use crate::support::eventually;

/// GIFs that a tray holds.
const TRAY: usize = 24;

impl World {
    /// A difference between what the server shows and what the model does.
    pub async fn compare(&mut self, all: bool) -> Result<(), String> {
        for room in std::mem::take(&mut self.ended) {
            self.has_ended(room).await;
        }
        let open = self.open.into_iter().flatten();
        let compared: Vec<_> = open.filter(|room| all || self.touched.contains(room)).collect();
        for room in compared {
            self.compare_history(room).await?;
            self.compare_access(room).await?;
            self.compare_bans(room).await?;
            self.compare_tray(room).await?;
        }
        self.compare_list().await?;
        self.compare_sockets().await?;
        self.compare_members().await
    }

    async fn has_ended(&self, room: usize) {
        let (visitor, id) = (&self.people[0].visitor, self.id(Some(room)));
        let gone = async || (visitor.room(&id).await.status == 404).then_some(());
        eventually("a room ends as the rule book says", gone).await;
    }

    /// Waits for what the server does by itself, then compares all messages.
    async fn compare_history(&mut self, room: usize) -> Result<(), String> {
        let (owner, id) = (self.owner(room), self.id(Some(room)));
        let (visitor, room) = (&self.people[owner].visitor, &mut self.rooms[room]);
        let what = format!(
            "{} messages, the last of which is {:?}",
            room.state.seq,
            room.messages.last()
        );
        let history = eventually(&what, async || {
            let history = visitor.history(&id).await;
            (history.len() >= room.messages.len()).then_some(history)
        })
        .await;
        room.identify(&history);
        let read = room.read();
        for (n, message) in history.iter().enumerate() {
            let model = read.get(n).map_or(Value::Null, shown);
            equal("a message", &shown(message), &model)?;
        }
        Ok(())
    }

    /// Who may enter may read.
    async fn compare_access(&self, n: usize) -> Result<(), String> {
        let (room, path) = (&self.rooms[n], format!("/room/{}/messages?limit=1", self.id(Some(n))));
        for (who, person) in self.people.iter().enumerate() {
            let answer = person.visitor.get_json(&path).await;
            let code = if answer.status == 200 {
                "ok".to_owned()
            } else {
                answer.code()
            };
            let refusal = room.state.access(person.guest, now().date).refusal();
            let model = refusal.as_ref().map_or("ok", Refusal::code);
            let what = format!("what visitor {who} is to room {n}");
            equal(&what, &code.as_str().into(), &model.into())?;
            equal(
                &format!("{what} by docs/interface.md"),
                &code.into(),
                &self.door_says(who, n, false).into(),
            )?;
        }
        Ok(())
    }

    /// The bans as the owner sees them, and nobody else.
    async fn compare_bans(&self, room: usize) -> Result<(), String> {
        let (owner, path) = (self.owner(room), format!("/room/{}/bans", self.id(Some(room))));
        let state = &self.rooms[room].state;
        let bans = self.people[owner].visitor.get_json(&path).await.ok().json();
        let shown = bans["data"].as_array().into_iter().flatten();
        let shown: BTreeMap<_, _> = shown
            .map(|ban| {
                (
                    ban["id"].as_str().unwrap_or_default().to_owned(),
                    ban["until"].is_null(),
                )
            })
            .collect();
        let held = state.bans.iter().filter(|ban| ban.holds(now().date));
        let held: BTreeMap<_, _> = held
            .map(|ban| (ban.visitor.id.to_string(), ban.until.is_none()))
            .collect();
        equal("the bans, and which are for good", &json!(shown), &json!(held))?;
        let other = self.people[(owner + 1) % self.people.len()]
            .visitor
            .get_json(&path)
            .await;
        equal("the bans for others", &other.code().into(), &"not_the_owner".into())
    }

    async fn compare_tray(&self, room: usize) -> Result<(), String> {
        let (owner, path) = (self.owner(room), format!("/room/{}/gifs", self.id(Some(room))));
        let tray = self.people[owner].visitor.get_json(&path).await.ok().json();
        let mut names: Vec<GifName> = Vec::new();
        let mut gifs = Vec::new();
        for gif in self.rooms[room].tray() {
            if !names.contains(&gif.name) && gifs.len() < TRAY {
                names.push(gif.name);
                // What was said with one belongs to its message.
                let gif = GifBody {
                    caption: None,
                    ..gif.clone()
                };
                gifs.push(shown(gif));
            }
        }
        equal("the tray", &tray["data"], &Value::Array(gifs))
    }

    /// The list of rooms shows title, seats, owner and what else everyone may know.
    async fn compare_list(&self) -> Result<(), String> {
        let list = self.people[0].visitor.get_json("/rooms").await.ok().json();
        let by_id = |room: Value| (room["_id"].as_str().unwrap_or_default().to_owned(), room);
        let listed = list["data"].as_array().into_iter().flatten();
        let listed: BTreeMap<_, _> = listed.map(|room| by_id(shown(room))).collect();
        let open = self.open.iter().flatten();
        let open: BTreeMap<_, _> = open.map(|room| by_id(shown(&self.rooms[*room].state.room))).collect();
        equal("the list of rooms", &json!(listed), &json!(open))
    }

    /// Every socket hears every message of its room once and in order, or that it has to leave.
    async fn compare_sockets(&mut self) -> Result<(), String> {
        for person in &mut self.people {
            for tab in &mut person.tabs {
                if let Some(room) = tab.room.filter(|_| tab.listens) {
                    hear(tab, person.guest.visitor.id, &self.rooms[room]).await?;
                }
            }
        }
        Ok(())
    }

    /// A socket that joins its room again changes nothing and is told who is there.
    async fn compare_members(&mut self) -> Result<(), String> {
        for room in self.open.into_iter().flatten() {
            let (id, state) = (self.id(Some(room)), &self.rooms[room].state);
            let mut tabs = self.people.iter_mut().flat_map(|person| &mut person.tabs);
            let Some(tab) = tabs.find(|tab| tab.listens && tab.room == Some(room)) else {
                continue;
            };
            let ack = tab.socket.ask("join", id).await;
            equal("the members", &ack["members"], &shown(state.members()))?;
            equal("the last message", &ack["seq"], &state.seq.into())?;
            equal("the room", &shown(&ack["room"]), &shown(&state.room))?;
        }
        Ok(())
    }
}

async fn hear(tab: &mut Tab, visitor: VisitorId, room: &ModelRoom) -> Result<(), String> {
    if room.state.ended {
        tab.listens = false;
        let told = tab.socket.wait("removeRoom").await;
        return equal("the end of a room", &told, &shown(room.state.room.id));
    }
    let holds = room.state.holds_of(tab.hold().server);
    if !holds.contains(&(visitor, tab.hold())) {
        tab.listens = false;
        let told = tab.socket.wait("exception").await;
        tab.socket.try_events();
        return equal("why a socket has to leave", &told["code"], &expelled(room, visitor));
    }
    let read = room.read();
    while tab.heard < room.state.seq {
        let event = tab.socket.next().await;
        if !matches!(event.name.as_str(), "chat" | "join" | "exit" | "edit") {
            continue;
        }
        // It had none when it was told.
        let message = Message {
            reactions: Vec::new(),
            ..read[tab.heard as usize].clone()
        };
        equal("what a socket hears", &shown(event.data), &shown(&message))?;
        equal("the name of the event", &event.name.into(), &message.event().into())?;
        tab.heard += 1;
    }
    Ok(())
}

/// How a visitor was sent out of a room last.
fn expelled(room: &ModelRoom, visitor: VisitorId) -> Value {
    let theirs = room
        .messages
        .iter()
        .rev()
        .filter(|message| message.author.id == visitor);
    let mut kinds = theirs.filter_map(|message| match &message.body {
        Body::Line(line) => Some(line.kind),
        _ => None,
    });
    let kind = kinds.find(|kind| matches!(kind, LineKind::Kicked | LineKind::Banned));
    kind.map_or(Value::Null, |kind| kind.name().into())
}
