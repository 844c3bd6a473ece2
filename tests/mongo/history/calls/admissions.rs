//! Calls about who may enter a room.

use std::time::Duration;

use gifchat::domain::InviteToken;
use reqwest::Method;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{Caller, Reply, WAIT};

/// What the database keeps of an invite's token, in hexadecimal.
pub fn invite_hash(token: &str) -> String {
    let token: InviteToken = token.parse().expect("a token");
    let hash = token.hash().to_bytes();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Caller {
    /// Changes the password of a room; none removes it. The title tells in the log which change it was.
    pub async fn set_password(&self, server: usize, room: &str, title: &str, password: Option<&str>) -> Reply {
        let fields = json!({ "title": title, "password": password.unwrap_or_default() });
        let path = format!("/room/{room}");
        let request = self.visitors[server].request(Method::PATCH, &path);
        self.call(request.json(&fields)).await
    }

    pub async fn unlock(&self, server: usize, room: &str, password: &str) -> Reply {
        let path = format!("/room/{room}/enter");
        self.post(server, &path, json!({ "password": password })).await
    }

    /// Makes an invite; its token. None if nobody knows one, as the room has no password.
    pub async fn invite(&self, server: usize, room: &str) -> Option<String> {
        let path = format!("/room/{room}/invite");
        let Reply::Done(invite) = self.post(server, &path, json!({})).await else {
            return None;
        };
        let (_, token) = invite["url"].as_str()?.split_once("/invite/")?;
        Some(token.to_owned())
    }

    pub async fn withdraw_invites(&self, server: usize, room: &str) -> Reply {
        let path = format!("/room/{room}/invite");
        self.call(self.visitors[server].request(Method::DELETE, &path)).await
    }

    pub async fn redeem(&self, server: usize, token: &str) -> Reply {
        self.post(server, &format!("/invite/{token}"), json!({})).await
    }

    /// Finds out whom the servers take the client for. A grant gives the session a new name; if the answer that has it
    /// gets lost, the client is somebody new.
    pub async fn recognize(&mut self) {
        loop {
            let mut ids = Vec::new();
            for server in 0..self.visitors.len() {
                ids.extend(self.id_at(server).await);
            }
            let is_same = ids.iter().all(|id| *id == ids[0]);
            if ids.len() == self.visitors.len() && is_same {
                self.visitors
                    .iter_mut()
                    .for_each(|visitor| visitor.id.clone_from(&ids[0]));
                return;
            }
            // A server is down or can't read sessions.
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn id_at(&self, server: usize) -> Option<String> {
        let asked = async {
            let request = self.visitors[server]
                .plain(Method::GET, "/")
                .header("accept", "text/html");
            let page = request.send().await.ok()?.error_for_status().ok()?.text().await.ok()?;
            let (_, rest) = page.split_once("data-me=\"")?;
            Some(rest.split_once('"')?.0.to_owned())
        };
        timeout(WAIT, asked).await.ok().flatten()
    }
}
