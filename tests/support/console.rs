//! The interface of a server for operators.

use std::net::SocketAddr;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::{Answer, Server, eventually};

/// An operator at a server that was started with [`Console::FLAGS`].
pub struct Console {
    pub at: SocketAddr,
    token: Option<String>,
}

impl Console {
    pub const FLAGS: [&str; 2] = ["--admin", "127.0.0.1:0"];

    pub async fn of(server: &Server) -> Self {
        let at = eventually("it says where", async || address_in(&server.log())).await;
        Self { at, token: None }
    }

    /// The same for who has a token.
    pub fn with(&self, token: &str) -> Self {
        Self {
            at: self.at,
            token: Some(token.to_owned()),
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = Client::new().request(method, format!("http://{}{path}", self.at));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body).send().await.unwrap()).await
    }
}

/// Where the log says that operators are served.
fn address_in(log: &str) -> Option<SocketAddr> {
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find_map(|line| line["operators"].as_str()?.parse().ok())
}
