//! Real gifchat processes on one database, and clients at each of them.

mod clocks;
mod deaths;
mod gifs;
mod moderation;
mod operators;
mod outages;
mod posting;
mod seats;
mod sessions;
mod sleepers;
mod space;
mod stream;

use std::{collections::HashMap, time::Duration};

use mongodb::bson::{Document, doc};
use reqwest::Method;
use serde_json::{Value, json};

pub use crate::support::Server;
use crate::support::{Answer, Visitor, eventually, in_time, mongod};

/// What a call may take while the database does not answer, and what a busy machine adds to it.
pub const REFUSED_WITHIN: Duration = Duration::from_millis(3_000 + 500);

/// The servers of one site.
pub struct Fleet {
    /// The address of their database.
    pub url: String,
}

impl Fleet {
    /// A site on the mongod of the run.
    pub fn new() -> Self {
        Self {
            url: mongod::fresh_database(),
        }
    }

    /// Starts as many servers with the same flags.
    pub async fn servers<const N: usize>(&self, flags: &[&str]) -> [Server; N] {
        let starting = (0..N).map(|_| Server::start(&self.url, flags));
        let servers = futures_util::future::join_all(starting).await;
        servers.try_into().ok().unwrap()
    }

    /// Waits until no server takes the others for dead any more. When one dies before, all rooms get a fresh grace, as
    /// after a restart of the site.
    pub async fn know_each_other(&self) {
        let servers = mongod::behind(&self.url).await.collection::<Document>("servers");
        eventually("the servers know each other", async || {
            let waiting = servers.count_documents(doc! { "waits": true }).await.unwrap();
            (waiting == 0).then_some(())
        })
        .await;
    }
}

/// A text with a nonce, tried until a server says that it is stored, at the next one each time; the message.
pub async fn post_until_stored(at: &[Visitor], room: &str, nonce: &str) -> Value {
    in_time(&format!("{nonce} is stored"), async {
        for visitor in at.iter().cycle() {
            if let Some(message) = try_post(visitor, room, nonce).await {
                return message;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no server to post to")
    })
    .await
}

/// The message of a text that a server says is stored; none when the outcome is unknown.
pub async fn try_post(visitor: &Visitor, room: &str, nonce: &str) -> Option<Value> {
    let request = visitor
        .request(Method::POST, &format!("/room/{room}/chat"))
        .json(&json!({ "chat": nonce, "nonce": nonce }));
    let answered = tokio::time::timeout(Duration::from_secs(10), request.send()).await;
    let answer = Answer::of(answered.ok()?.ok()?).await;
    match answer.status {
        201 => Some(answer.json()),
        500..=599 => None,
        other => panic!("{nonce} is refused: {other} {}", answer.text()),
    }
}

/// Fails unless places count up without a gap, no nonce is there twice, and every acknowledged message is there.
pub fn all_are_there_once(history: &[Value], acked: &[Value]) {
    let seqs: Vec<_> = history.iter().map(|message| message["seq"].as_u64().unwrap()).collect();
    assert!(seqs == (1..=seqs.len() as u64).collect::<Vec<_>>(), "{seqs:?}");
    let key = |message: &Value| (message["visitor"].to_string(), message["nonce"].to_string());
    let mut by_nonce = HashMap::new();
    // Who came and went has a place too.
    for message in history.iter().filter(|message| message.get("line").is_none()) {
        assert!(by_nonce.insert(key(message), message).is_none(), "twice: {message}");
    }
    for message in acked {
        assert_eq!(
            by_nonce.get(&key(message)),
            Some(&message),
            "acknowledged and not there"
        );
    }
}

/// Waits until a room has that many seats taken, as a visitor sees it.
pub async fn count_becomes(visitor: &Visitor, room: &str, wanted: u64) {
    eventually(&format!("{wanted} seats are taken"), async || {
        let seen = visitor.room(room).await;
        (seen.status == 200 && seen.json()["count"] == wanted).then_some(())
    })
    .await;
}
