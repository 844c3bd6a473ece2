//! Calls about whispers.

use reqwest::Method;
use serde_json::json;

use super::{Caller, Reply};
use crate::history::record::Whisper;

impl Caller {
    /// Whispers a nonce.
    pub async fn whisper(&self, server: usize, room: &str, to: &str, nonce: &str) -> Reply {
        let fields = json!({ "to": to, "chat": nonce, "nonce": nonce });
        self.post(server, &format!("/room/{room}/whisper"), fields).await
    }

    /// All whispers from and to the client; none if they can't be read, or the room is not there any more.
    pub async fn whispers(&self, server: usize, room: &str) -> Option<Vec<Whisper>> {
        let mut path = Some(format!("/room/{room}/whispers?limit=100"));
        let mut whispers = Vec::new();
        while let Some(next) = path {
            let request = self.visitors[server].request(Method::GET, &next);
            let Reply::Done(page) = self.call(request).await else {
                return None;
            };
            whispers.extend(page["data"].as_array()?.iter().filter_map(Whisper::of_wire));
            path = page["next"].as_str().map(String::from);
        }
        // With a room its whispers go, and a page that was read meanwhile may lack some.
        self.last_seq(server, room).await.map(|_| whispers)
    }
}
