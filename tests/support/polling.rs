//! Engine.IO over HTTP long polling, as little of it as a test needs.

use std::{collections::VecDeque, sync::Arc};

use reqwest::Method;
use serde_json::Value;

use super::{Answer, Visitor};

/// Separates the packets of one payload.
const SEPARATOR: char = '\u{1e}';

pub struct Polling {
    pub sid: String,
    post: Arc<dyn Fn(Vec<u8>) -> reqwest::RequestBuilder + Send + Sync>,
    get: Arc<dyn Fn() -> reqwest::RequestBuilder + Send + Sync>,
    packets: VecDeque<String>,
}

impl Polling {
    /// Opens a session of the transport. Its requests carry the visitor's cookie.
    pub async fn open(visitor: &Visitor) -> Self {
        let first = visitor
            .send(visitor.plain(Method::GET, "/socket.io/?EIO=4&transport=polling"))
            .await
            .ok();
        let text = first.text();
        let open: Value = serde_json::from_str(text.strip_prefix('0').unwrap()).unwrap();
        let sid = open["sid"].as_str().unwrap().to_owned();
        let path = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
        // A client of its own: a poll that waits must not hold up the visitor's other requests.
        let (http, url) = (
            reqwest::Client::builder().no_proxy().build().unwrap(),
            visitor.url(&path),
        );
        let (http_too, url_too) = (http.clone(), url.clone());
        Self {
            sid,
            post: Arc::new(move |body| {
                http.post(&url)
                    .header("content-type", "text/plain;charset=UTF-8")
                    .body(body)
            }),
            get: Arc::new(move || http_too.get(&url_too)),
            packets: VecDeque::new(),
        }
    }

    /// The same session.
    pub fn again(&self) -> Self {
        Self {
            sid: self.sid.clone(),
            post: Arc::clone(&self.post),
            get: Arc::clone(&self.get),
            packets: VecDeque::new(),
        }
    }

    pub async fn send(&mut self, packet: String) {
        assert_eq!(self.try_send(packet).await.text(), "ok");
    }

    pub async fn try_send(&mut self, packet: String) -> Answer {
        self.try_send_bytes(packet.into_bytes()).await
    }

    pub async fn try_send_bytes(&mut self, bytes: Vec<u8>) -> Answer {
        Answer::of((self.post)(bytes).send().await.unwrap()).await
    }

    /// The next packet; none when the session is over.
    pub async fn receive(&mut self) -> Option<String> {
        while self.packets.is_empty() {
            let answer = Answer::of((self.get)().send().await.ok()?).await;
            if answer.status != 200 {
                return None;
            }
            self.packets.extend(answer.text().split(SEPARATOR).map(String::from));
        }
        self.packets.pop_front()
    }
}
