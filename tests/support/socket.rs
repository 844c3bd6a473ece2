//! A Socket.IO client, reading only when a test waits for something: one that does not is a slow reader.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use futures_util::SinkExt;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Visitor, Wire, in_time};

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

/// One namespace over one connection. Dropped, the connection breaks without a word, as on a reload.
pub struct Socket {
    wire: Wire,
    namespace: String,
    asked: u64,
    events: VecDeque<Event>,
    acks: HashMap<u64, Value>,
    over: bool,
}

impl Socket {
    /// Opens a namespace and waits for the server's word.
    pub async fn connect(wire: Wire, namespace: &str) -> Self {
        let mut socket = Self::unconnected(wire, namespace);
        socket.send_connect().await;
        socket.connected().await;
        socket
    }

    /// Opens a namespace over websocket; none if the server does not answer so.
    pub async fn try_connect(visitor: &Visitor, namespace: &str) -> Option<Self> {
        let wire = Wire::try_websocket(visitor, Wire::request(visitor), None).await.ok()?;
        let mut socket = Self::unconnected(wire, namespace);
        socket.send_connect().await;
        let welcome = format!("40{namespace},");
        while !socket.wire.receive().await?.starts_with(&welcome) {}
        Some(socket)
    }

    /// A connection on which nothing was said yet.
    pub fn unconnected(wire: Wire, namespace: &str) -> Self {
        Self {
            wire,
            namespace: namespace.to_owned(),
            asked: 0,
            events: VecDeque::new(),
            acks: HashMap::new(),
            over: false,
        }
    }

    pub async fn send_connect(&mut self) {
        let packet = format!("40{},", self.namespace);
        self.wire.send(packet).await;
    }

    pub async fn connected(&mut self) {
        let welcome = format!("40{},", self.namespace);
        in_time("CONNECT", async {
            loop {
                let packet = self.wire.receive().await.expect("the server closed the connection");
                if packet.starts_with(&welcome) {
                    return;
                }
                assert!(packet.starts_with('0'), "instead of CONNECT came {packet}");
            }
        })
        .await;
    }

    /// Sends any text as an Engine.IO packet.
    pub async fn send_raw(&mut self, packet: impl Into<String>) {
        self.wire.send(packet.into()).await;
    }

    /// Sends bytes as they are; websocket only.
    pub async fn send_binary(&mut self, bytes: Vec<u8>) {
        self.wire.send_message(Message::binary(bytes)).await;
    }

    pub async fn emit(&mut self, name: &str, data: impl Serialize) {
        let packet = format!("42{},{}", self.namespace, json!([name, data]));
        self.wire.send(packet).await;
    }

    /// Emits an event without data.
    pub async fn emit_bare(&mut self, name: &str) {
        let packet = format!("42{},{}", self.namespace, json!([name]));
        self.wire.send(packet).await;
    }

    /// Emits an event and asks for its acknowledgement, without waiting for it.
    pub async fn ask_later(&mut self, name: &str, data: impl Serialize) -> u64 {
        self.asked += 1;
        let packet = format!("42{},{}{}", self.namespace, self.asked, json!([name, data]));
        self.wire.send(packet).await;
        self.asked
    }

    /// The acknowledgement of an event.
    pub async fn ack(&mut self, id: u64) -> Value {
        in_time(&format!("ack {id}"), async {
            while !self.acks.contains_key(&id) {
                self.read().await;
            }
        })
        .await;
        self.acks.remove(&id).unwrap()
    }

    /// Emits an event; its acknowledgement.
    pub async fn ask(&mut self, name: &str, data: impl Serialize) -> Value {
        let id = self.ask_later(name, data).await;
        self.ack(id).await
    }

    /// The same; none if the connection ends before the acknowledgement comes.
    pub async fn try_ask(&mut self, name: &str, data: impl Serialize) -> Option<Value> {
        let id = self.ask_later(name, data).await;
        while !self.over && !self.acks.contains_key(&id) {
            self.try_read().await;
        }
        self.acks.remove(&id)
    }

    /// The next event; none when the connection is over.
    pub async fn try_next(&mut self) -> Option<Event> {
        while !self.over && self.events.is_empty() {
            self.try_read().await;
        }
        self.events.pop_front()
    }

    /// The same for an event that must be refused with that code.
    #[track_caller]
    pub fn ask_in_vain(&mut self, name: &str, data: impl Serialize, code: &str) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let ack = self.ask(name, data).await;
            let told = ack["message"].as_str().is_some_and(|text| !text.is_empty());
            assert!(
                ack["ok"] == json!(false) && ack["code"] == code && told,
                "{place}: {ack}"
            );
        }
    }

    /// Joins a room; the answer.
    pub async fn join(&mut self, room: &str) -> Value {
        let ack = self.ask("join", room).await;
        assert_eq!(ack["ok"], true, "{ack}");
        ack
    }

    /// Posts a text; the message.
    pub async fn post(&mut self, chat: &str) -> Value {
        let ack = self.ask("chat", json!({ "chat": chat })).await;
        assert_eq!(ack["ok"], true, "{ack}");
        ack["message"].clone()
    }

    /// Leaves with a word: the server knows that it is no reload.
    pub async fn goodbye(mut self) {
        let packet = format!("41{},", self.namespace);
        self.wire.send(packet).await;
        if let Wire::WebSocket(mut stream) = self.wire {
            let _ = SinkExt::close(&mut stream).await;
        }
    }

    /// The data of the next event of that name; others wait for their turn.
    pub async fn wait(&mut self, name: &str) -> Value {
        let at = in_time(&format!("event {name}"), async {
            loop {
                if let Some(at) = self.events.iter().position(|event| event.name == name) {
                    return at;
                }
                self.read().await;
            }
        })
        .await;
        self.events.remove(at).unwrap().data
    }

    /// The messages up to that place.
    pub async fn messages_to(&mut self, seq: u64) -> Vec<Value> {
        let mut messages = Vec::new();
        while messages.last().is_none_or(|last: &Value| last["seq"] != seq) {
            messages.push(self.wait("chat").await);
        }
        messages
    }

    /// The next messages, as many as asked for.
    pub async fn messages(&mut self, count: usize) -> Vec<Value> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.push(self.wait("chat").await);
        }
        messages
    }

    /// Everything that has come, after making sure that all the room has said until now is among it: the answer to a
    /// `join` stands in the order of the room.
    pub async fn heard(&mut self, room: &str) -> Vec<Event> {
        self.join(room).await;
        self.try_events()
    }

    /// The next event of any name.
    pub async fn next(&mut self) -> Event {
        in_time("an event", async {
            while self.events.is_empty() {
                self.read().await;
            }
        })
        .await;
        self.events.pop_front().unwrap()
    }

    /// What has been read and not been waited for.
    pub fn try_events(&mut self) -> Vec<Event> {
        self.events.drain(..).collect()
    }

    /// Reads for a while, as a page does that waits for nothing in particular: so it answers the heartbeat.
    pub async fn linger(&mut self, time: Duration) {
        let reading = async {
            while !self.over {
                self.try_read().await;
            }
        };
        let _ = tokio::time::timeout(time, reading).await;
    }

    /// Waits until the server ends the connection or the namespace.
    pub async fn closed(&mut self) {
        in_time("the end of the connection", async {
            while !self.over {
                self.try_read().await;
            }
        })
        .await;
    }

    async fn read(&mut self) {
        assert!(!self.over, "the server closed the connection");
        self.try_read().await;
        assert!(!self.over, "the server closed the connection");
    }

    async fn try_read(&mut self) {
        match self.wire.receive().await {
            None => self.over = true,
            Some(packet) => self.take(&packet),
        }
    }

    fn take(&mut self, packet: &str) {
        let kind = packet.get(..2).unwrap_or_default();
        let rest = packet.get(2..).unwrap_or_default();
        let Some(rest) = rest
            .strip_prefix(self.namespace.as_str())
            .and_then(|rest| rest.strip_prefix(','))
        else {
            self.over |= packet == "1";
            return;
        };
        let data = rest.find(['[', '{']).unwrap_or(rest.len());
        let (id, data) = rest.split_at(data);
        let mut data: Value = serde_json::from_str(data).unwrap_or_default();
        match kind {
            "42" => self.events.push_back(Event {
                name: data[0].as_str().unwrap().to_owned(),
                data: data[1].take(),
            }),
            "43" => drop(self.acks.insert(id.parse().unwrap(), data[0].take())),
            "41" | "44" => self.over = true,
            other => panic!("a packet of kind {other}: {packet}"),
        }
    }
}
