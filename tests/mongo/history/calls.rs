//! Calls of a client whose outcome may stay unknown.

mod admissions;
mod whispers;

use std::{sync::Arc, time::Duration};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::timeout;

pub use self::admissions::invite_hash;
use super::{
    cluster::Addresses,
    record::{Answer, Message},
};
use crate::{
    fixtures::animated,
    support::{Socket, Visitor, form_of},
};

/// How long a client waits for an answer.
const WAIT: Duration = Duration::from_secs(4);

/// What a server answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// It is done.
    Done(Value),
    /// It is not done, and why.
    Refused(String),
    /// No server said whether it is done.
    Unknown,
}

impl Reply {
    /// By an acknowledgement, or none.
    fn of_ack(ack: Option<Value>) -> Self {
        match ack {
            Some(ack) if ack["ok"] == true => Self::Done(ack),
            Some(ack) => Self::of_code(&ack),
            None => Self::Unknown,
        }
    }

    /// The answer without what it says.
    pub fn answer(&self) -> Answer {
        match self {
            Self::Done(_) => Answer::Done,
            Self::Refused(_) => Answer::Refused,
            Self::Unknown => Answer::Unknown,
        }
    }

    fn of_code(refusal: &Value) -> Self {
        match refusal["code"].as_str() {
            Some("unknown" | "unavailable") | None => Self::Unknown,
            Some(code) => Self::Refused(code.to_owned()),
        }
    }
}

/// One visitor, at every server. `calls/admissions` is what lets people in, `calls/whispers` what they whisper.
pub struct Caller {
    visitors: Vec<Visitor>,
}

impl Caller {
    /// Somebody new, whom every server knows.
    pub async fn arrive(addresses: &Addresses) -> Self {
        let visitor = Visitor::arrive(Arc::clone(&addresses[0])).await;
        let visitors: Vec<_> = addresses.iter().map(|address| visitor.at(address)).collect();
        for visitor in &visitors {
            assert_eq!(visitor.look_in_the_mirror().await.0, visitor.id);
        }
        Self { visitors }
    }

    pub fn id(&self) -> &str {
        &self.visitors[0].id
    }

    async fn call(&self, request: RequestBuilder) -> Reply {
        let answered = async {
            let response = request.send().await.ok()?;
            let status = response.status().as_u16();
            let body = response.bytes().await.ok()?;
            Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
        };
        match timeout(WAIT, answered).await.ok().flatten() {
            Some((200..300, body)) => Reply::Done(body),
            Some((400..500, body)) => Reply::of_code(&body),
            _ => Reply::Unknown,
        }
    }

    async fn post(&self, server: usize, path: &str, body: Value) -> Reply {
        self.call(self.visitors[server].request(Method::POST, path).json(&body))
            .await
    }

    /// Makes a room with a password, which is its title, too, or without; its id.
    pub async fn create(&self, server: usize, max: u64, password: Option<&str>) -> Option<String> {
        let fields = json!({ "title": password.unwrap_or("방"), "max": max, "password": password.unwrap_or_default() });
        match self.post(server, "/room", fields).await {
            Reply::Done(room) => room["_id"].as_str().map(String::from),
            _ => None,
        }
    }

    pub async fn remove(&self, server: usize, room: &str) -> Reply {
        let path = format!("/room/{room}");
        self.call(self.visitors[server].request(Method::DELETE, &path)).await
    }

    pub async fn chat(&self, server: usize, room: &str, nonce: &str) -> Reply {
        let path = format!("/room/{room}/chat");
        self.post(server, &path, json!({ "chat": nonce, "nonce": nonce })).await
    }

    pub async fn upload(&self, server: usize, room: &str, nonce: &str) -> Reply {
        let form = form_of(animated(8, 8, 2)).text("nonce", nonce.to_owned());
        let path = format!("/room/{room}/gif");
        let request = self.visitors[server].request(Method::POST, &path);
        self.call(request.multipart(form)).await
    }

    pub async fn edit(&self, server: usize, room: &str, message: &str, chat: &str) -> Reply {
        let path = format!("/room/{room}/messages/{message}");
        let request = self.visitors[server].request(Method::PATCH, &path);
        self.call(request.json(&json!({ "chat": chat }))).await
    }

    pub async fn moderate(&self, server: usize, room: &str, action: Value) -> Reply {
        self.post(server, &format!("/room/{room}/moderate"), action).await
    }

    /// The messages after a `seq`, up to another one at least if they are there.
    pub async fn history(&self, server: usize, room: &str, after: u64, to: u64) -> Option<Vec<Message>> {
        let (mut messages, mut after) = (Vec::new(), after);
        while after < to {
            let path = format!("/room/{room}/messages?after={after}&limit=100");
            let request = self.visitors[server].request(Method::GET, &path);
            let Reply::Done(page) = self.call(request).await else {
                return None;
            };
            let page = page["data"].as_array()?;
            let Some(last) = page.last() else { break };
            after = last["seq"].as_u64()?;
            messages.extend(page.iter().filter_map(Message::of_wire));
        }
        Some(messages)
    }

    /// The `seq` of the last message of a room.
    pub async fn last_seq(&self, server: usize, room: &str) -> Option<u64> {
        let path = format!("/room/{room}/messages?limit=1");
        match self.call(self.visitors[server].request(Method::GET, &path)).await {
            Reply::Done(page) => page["data"][0]["seq"].as_u64(),
            _ => None,
        }
    }

    /// A connection to a server, with the answer to its `join`.
    pub async fn join(&self, server: usize, room: &str) -> Result<(Socket, Value), Reply> {
        let joining = async {
            let mut socket = Socket::try_connect(&self.visitors[server], "/chat").await?;
            let ack = socket.try_ask("join", room).await;
            Some((socket, Reply::of_ack(ack)))
        };
        match timeout(WAIT, joining).await.ok().flatten() {
            Some((socket, Reply::Done(ack))) => Ok((socket, ack)),
            Some((_, refused)) => Err(refused),
            None => Err(Reply::Unknown),
        }
    }
}

/// Asks for something over a socket.
pub async fn ask(socket: &mut Socket, name: &str, data: Value) -> Reply {
    Reply::of_ack(timeout(WAIT, socket.try_ask(name, data)).await.ok().flatten())
}
