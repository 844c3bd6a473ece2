//! A visitor's HTTP/1.1 connection, with its cookies.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request,
    client::conn::http1::{SendRequest, handshake},
    header,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

pub struct Client {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
    pub cookie: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Client {
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            connection: None,
            cookie: String::new(),
        }
    }

    /// Somebody new, with a session.
    pub async fn visitor(address: SocketAddr) -> Result<Self> {
        let mut client = Self::new(address);
        client.arrive().await?;
        Ok(client)
    }

    /// Becomes somebody new on the same connection, by a page that costs little.
    pub async fn arrive(&mut self) -> Result<()> {
        self.cookie.clear();
        let page = self.get("/room").await?;
        if page.status != 200 || self.cookie.is_empty() {
            bail!("GET /room answered {} and began no session", page.status);
        }
        Ok(())
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send("GET", path, None, Bytes::new()).await
    }

    pub async fn post(&mut self, path: &str, kind: &str, body: Bytes) -> Result<Answer> {
        let answer = self.send("POST", path, Some(kind), body).await?;
        if !(200..400).contains(&answer.status) {
            let body = String::from_utf8_lossy(&answer.body);
            bail!("POST {path} answered {}: {body}", answer.status);
        }
        Ok(answer)
    }

    /// Makes a room; its id, which the answer leads to.
    pub async fn make_room(&mut self, title: &str) -> Result<String> {
        let form = format!("title={title}&max=10000&password=");
        let answer = self.post("/room", FORM, form.into()).await?;
        let to = answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
        let id = to
            .and_then(|to| to.strip_prefix("/room/"))
            .context("no room was made")?;
        Ok(id.to_owned())
    }

    async fn send(&mut self, method: &str, path: &str, kind: Option<&str>, body: Bytes) -> Result<Answer> {
        let host = self.address.to_string();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &host)
            .header(header::ORIGIN, format!("http://{host}"));
        if !self.cookie.is_empty() {
            request = request.header(header::COOKIE, &self.cookie);
        }
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let answer = self
            .connection()
            .await?
            .send_request(request.body(Full::new(body))?)
            .await?;
        let (head, body) = answer.into_parts();
        self.keep_cookies(&head.headers);
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.collect().await?.to_bytes(),
        })
    }

    /// The open connection; a new one when the server has closed it.
    async fn connection(&mut self) -> Result<&mut SendRequest<Full<Bytes>>> {
        let ready = match &mut self.connection {
            Some(open) => open.ready().await.is_ok(),
            None => false,
        };
        if !ready {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            let (send, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            self.connection = Some(send);
        }
        self.connection.as_mut().context("not connected")
    }

    fn keep_cookies(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let Some(pair) = line.to_str().ok().and_then(|line| line.split(';').next()) else {
                continue;
            };
            let name = pair.split('=').next().unwrap_or(pair);
            let others = self.cookie.split("; ").filter(|kept| !kept.is_empty());
            let others = others.filter(|kept| kept.split('=').next() != Some(name));
            self.cookie = others.chain([pair]).collect::<Vec<_>>().join("; ");
        }
    }
}
