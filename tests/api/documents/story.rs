//! What people do in a room for a while: all events, acknowledgements and objects that come of it are as documented.

use std::{cell::RefCell, collections::BTreeSet};

use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    events::{self, Sent},
    first_span, none, read,
    shapes::{Objects, Shape},
    spans,
};
use crate::{
    fixtures::animated,
    support::{Event, Server, Socket, Visitor, form_of},
};

/// Events that only sockets get that read too slowly; tests/api/slow_reader.rs has them.
const RARE: [&str; 2] = ["/chat missed", "/room missed"];

/// What the document says, and what was heard.
struct Checked {
    objects: Objects,
    sent: Sent,
    acks: Vec<(String, String)>,
    heard: RefCell<BTreeSet<String>>,
    wrong: RefCell<Vec<String>>,
}

impl Checked {
    fn new() -> Self {
        let tables = events::tables().filter(|table| table.columns[2] == "acknowledgement");
        let rows = tables.flat_map(|table| table.rows);
        Self {
            objects: Objects::documented(),
            sent: Sent::documented(),
            acks: rows
                .map(|row| (first_span(&row[0]).unwrap().to_owned(), row[2].clone()))
                .collect(),
            heard: RefCell::default(),
            wrong: RefCell::default(),
        }
    }

    fn event(&self, namespace: &str, name: &str, data: &Value) {
        let place = format!("{namespace} {name}");
        match self.sent.data(namespace, name) {
            Some(cell) => self.objects.check_cell(&format!("event `{place}`"), cell, data),
            None => self
                .wrong
                .borrow_mut()
                .push(format!("`{place}`: add this event to docs/interface.md")),
        }
        self.heard.borrow_mut().insert(place);
    }

    /// What came beside the events that were waited for.
    fn rest(&self, namespace: &str, events: Vec<Event>) {
        for Event { name, data } in events {
            self.event(namespace, &name, &data);
        }
    }

    async fn wait(&self, socket: &mut Socket, name: &str) -> Value {
        let data = socket.wait(name).await;
        self.event("/chat", name, &data);
        data
    }

    async fn ask(&self, socket: &mut Socket, name: &str, data: impl serde::Serialize) -> Value {
        let ack = socket.ask(name, data).await;
        assert_eq!(ack["ok"], true, "{name}: {ack}");
        let (_, cell) = self
            .acks
            .iter()
            .find(|(known, _)| known == name)
            .expect("the event is documented");
        self.objects
            .check_cell(&format!("acknowledgement of `{name}`"), cell, &ack);
        ack
    }

    /// Fails if something was not as documented, or did not come at all.
    fn finish(self) {
        let mut wrong = self.wrong.take();
        wrong.extend(self.objects.wrong());
        let unheard = self
            .sent
            .names()
            .difference(&self.heard.borrow())
            .cloned()
            .collect::<Vec<_>>();
        let unheard = unheard.iter().filter(|name| !RARE.contains(&&***name));
        wrong
            .extend(unheard.map(|name| format!("`{name}`: nothing sends this event there: correct docs/interface.md")));
        let unseen = self.objects.unseen().into_iter();
        wrong.extend(unseen.map(|field| format!("`{field}`: nothing has this field: correct docs/interface.md")));
        none(&wrong);
    }

    /// A refusal of an event with an acknowledgement.
    async fn refused(&self, socket: &mut Socket, name: &str, data: impl serde::Serialize) {
        let ack = socket.ask(name, data).await;
        assert_eq!(ack["ok"], false, "{name}: {ack}");
        let interface = read("docs/interface.md");
        let shape = spans(&interface)
            .into_iter()
            .find(|span| span.starts_with("{\"ok\",\"code\""));
        let shape = shape
            .and_then(Shape::parse)
            .expect("docs/interface.md has the shape of a refusal");
        self.objects.check_shape("a refused event", &shape, &ack);
    }
}

/// Somebody in the room.
struct Member {
    visitor: Visitor,
    socket: Socket,
}

impl Member {
    async fn join(checked: &Checked, visitor: Visitor, room: &str) -> Self {
        let mut socket = visitor.connect("/chat").await;
        checked.ask(&mut socket, "join", room).await;
        Self { visitor, socket }
    }
}

/// Whoever made the room, whoever writes most, and whoever reports.
struct People {
    room: String,
    owner: Member,
    ann: Member,
    ben: Member,
}

fn gif(frames: u16) -> Vec<u8> {
    animated(8, 8, frames)
}

/// Messages of all kinds; the first of them, which is answered, edited, reported and reacted to.
async fn talk(checked: &Checked, people: &mut People) -> Value {
    let (owner, ann) = (&mut people.owner.socket, &mut people.ann.socket);
    let first = checked
        .ask(ann, "chat", json!({ "chat": "hello", "nonce": "n1" }))
        .await;
    let first = first["message"]["_id"].clone();
    let form = form_of(gif(2))
        .text("alt", "a cat")
        .text("chat", "look")
        .text("nonce", "n2");
    let sent = people.ann.visitor.upload_form(&people.room, form).await.ok().json();
    checked.objects.check("an upload", "message", &sent);
    let (gif, pictured) = (sent["gif"].clone(), sent["_id"].clone());
    checked
        .ask(owner, "chat", json!({ "chat": "hello, too", "reply": first }))
        .await;
    checked
        .ask(
            owner,
            "chat",
            json!({ "gif": gif, "alt": "the cat", "reply": pictured }),
        )
        .await;
    for (kind, with) in [("emoji", json!("👍")), ("gif", gif)] {
        checked
            .ask(owner, "react", json!({ "message": first, kind: with }))
            .await;
    }
    checked.wait(ann, "reactions").await;
    checked
        .ask(ann, "edit", json!({ "message": first, "chat": "hello!" }))
        .await;
    checked.wait(owner, "edit").await;
    let reported = json!({ "message": first, "reason": "rude" });
    checked.ask(&mut people.ben.socket, "report", reported).await;
    checked.wait(owner, "report").await;
    checked.ask(owner, "typing", ()).await;
    checked.wait(ann, "typing").await;
    first
}

/// What only two people see.
async fn whisper(checked: &Checked, people: &mut People) {
    let (owner, ann) = (&mut people.owner, &mut people.ann);
    let text = json!({ "to": ann.visitor.id, "chat": "psst", "nonce": "n3" });
    checked.ask(&mut owner.socket, "whisper", text).await;
    checked.wait(&mut ann.socket, "whisper").await;
    let form = form_of(gif(3)).text("to", owner.visitor.id.clone());
    let form = form.text("alt", "a dog").text("chat", "see?");
    let path = format!("/room/{}/whisper/gif", people.room);
    let request = ann.visitor.request(Method::POST, &path).multipart(form);
    ann.visitor.send(request).await.ok();
    checked.wait(&mut owner.socket, "whisper").await;
    checked.wait(&mut owner.socket, "whisper").await;
}

/// What can be read of all that.
async fn look_back(checked: &Checked, people: &People, first: &Value) {
    let first = first.as_str().unwrap();
    for (path, kind) in [
        ("messages", "message"),
        ("whispers", "whisper"),
        ("reports", "report"),
        ("bans", "ban"),
        ("gifs", "gif"),
        (&format!("messages/{first}/reactions"), "kind"),
    ] {
        let path = format!("/room/{}/{path}", people.room);
        let list = people.owner.visitor.get_json(&path).await.ok().json();
        checked.objects.check(&path, &format!("list of {kind}"), &list["data"]);
    }
    let path = format!("/room/{}/reactions", people.room);
    let all = people.owner.visitor.get_json(&path).await.ok().json();
    checked.objects.check(&path, "reactions of a room", &all);
}

/// Leaving, a lost connection, a ban, and what is refused.
async fn come_and_go(checked: &Checked, mut people: People) -> People {
    let (owner, ann) = (&mut people.owner, &mut people.ann);
    checked.ask(&mut people.ben.socket, "leave", ()).await;
    checked.wait(&mut ann.socket, "exit").await;
    let Member { visitor, socket } = people.ben;
    checked.rest("/chat", { socket }.try_events());
    let Member { visitor, socket } = Member::join(checked, visitor, &people.room).await;
    // The connection breaks.
    drop(socket);
    checked.wait(&mut ann.socket, "away").await;
    people.ben = Member::join(checked, visitor, &people.room).await;
    let ban = json!({ "action": "ban", "visitor": people.ben.visitor.id });
    checked.ask(&mut owner.socket, "moderate", ban).await;
    checked.wait(&mut people.ben.socket, "exception").await;
    ann.socket.emit("chat", "").await;
    checked.wait(&mut ann.socket, "exception").await;
    checked.refused(&mut ann.socket, "chat", "").await;
    owner.visitor.patch(&people.room, json!({ "title": "Dogs" })).await.ok();
    checked.wait(&mut ann.socket, "updateRoom").await;
    people
}

#[tokio::test]
async fn every_event_and_object_is_as_documented() {
    let (checked, server) = (Checked::new(), Server::alone(&[]).await);
    let (owner, ann, ben) = (server.visitor().await, server.visitor().await, server.visitor().await);
    let mut list = owner.connect("/room").await;
    let room = owner.create_room("Cats").await;
    checked.event("/room", "newRoom", &list.wait("newRoom").await);
    let owner = Member::join(&checked, owner, &room).await;
    let ann = Member::join(&checked, ann, &room).await;
    let ben = Member::join(&checked, ben, &room).await;
    let mut people = People { room, owner, ann, ben };
    checked.wait(&mut people.owner.socket, "join").await;
    checked.event("/room", "updateRoom", &list.wait("updateRoom").await);
    let first = talk(&checked, &mut people).await;
    whisper(&checked, &mut people).await;
    look_back(&checked, &people, &first).await;
    let mut people = come_and_go(&checked, people).await;
    let delete = json!({ "action": "delete", "message": first });
    checked.ask(&mut people.owner.socket, "moderate", delete).await;
    look_back(&checked, &people, &first).await;
    people.owner.visitor.delete(&people.room).await.ok();
    checked.wait(&mut people.ann.socket, "removeRoom").await;
    checked.event("/room", "removeRoom", &list.wait("removeRoom").await);
    server.signal(Signal::SIGTERM);
    checked.wait(&mut people.ann.socket, "restart").await;
    checked.event("/room", "restart", &list.wait("restart").await);
    checked.rest("/room", list.try_events());
    for mut member in [people.owner, people.ann, people.ben] {
        checked.rest("/chat", member.socket.try_events());
    }
    checked.finish();
}
