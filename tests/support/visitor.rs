//! A browser: cookies of its own, the requests and the sockets it makes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use reqwest::{
    Client, Method, RequestBuilder, Url,
    cookie::{CookieStore, Jar},
    multipart::{Form, Part},
    redirect::Policy,
};
use serde_json::{Value, json};

use super::{Answer, Polling, SMALL_WINDOW, Socket, Wire, in_time};

pub struct Visitor {
    address: Arc<Mutex<SocketAddr>>,
    http: Client,
    jar: Arc<Jar>,
    /// The public id; empty for a stranger.
    pub id: String,
    /// The colour; empty for a stranger.
    pub color: String,
    /// The address that a proxy writes into its requests and the handshakes of its sockets, in either header.
    pub forwarded_for: Option<&'static str>,
}

impl Visitor {
    pub fn stranger(address: Arc<Mutex<SocketAddr>>) -> Self {
        let jar = Arc::new(Jar::default());
        let http = Client::builder()
            .cookie_provider(Arc::clone(&jar))
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            address,
            http,
            jar,
            id: String::new(),
            color: String::new(),
            forwarded_for: None,
        }
    }

    pub async fn arrive(address: Arc<Mutex<SocketAddr>>) -> Self {
        let mut visitor = Self::stranger(address);
        (visitor.id, visitor.color) = visitor.look_in_the_mirror().await;
        visitor
    }

    /// The same browser with its cookies, at another server.
    pub fn at(&self, address: &Arc<Mutex<SocketAddr>>) -> Self {
        Self {
            address: Arc::clone(address),
            http: self.http.clone(),
            jar: Arc::clone(&self.jar),
            id: self.id.clone(),
            color: self.color.clone(),
            forwarded_for: self.forwarded_for,
        }
    }

    /// The same behind a proxy that says so where it comes from.
    pub fn behind_proxy(self, address: &'static str) -> Self {
        Self {
            forwarded_for: Some(address),
            ..self
        }
    }

    /// Id and colour, as a page shows them now.
    pub async fn look_in_the_mirror(&self) -> (String, String) {
        let page = self.get("/").await.ok().text();
        let between = |before: &str, after: &str| {
            let rest = page
                .split_once(before)
                .unwrap_or_else(|| panic!("no {before} in {page}"))
                .1;
            rest.split_once(after).unwrap().0.to_owned()
        };
        (between("data-me=\"", "\""), between("<b class=\"name\" title=\"", "\""))
    }

    pub fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// A request that asks for JSON.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, path).header("accept", "application/json")
    }

    /// A request that asks for nothing in particular.
    pub fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match self.forwarded_for {
            Some(address) => request.header("x-forwarded-for", address).header("forwarded", address),
            None => request,
        }
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(in_time("an answer", request.send()).await.unwrap()).await
    }

    /// A page, as a browser asks for one.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.plain(Method::GET, path).header("accept", "text/html"))
            .await
    }

    pub async fn get_json(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post_json(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// A form, as a browser sends it.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self.plain(Method::POST, path).header("accept", "text/html");
        self.send(
            request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body),
        )
        .await
    }

    pub async fn patch(&self, room: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, &format!("/room/{room}")).json(&body))
            .await
    }

    pub async fn delete(&self, room: &str) -> Answer {
        self.send(self.request(Method::DELETE, &format!("/room/{room}"))).await
    }

    /// Says that the page of a room is closed, or loaded again.
    pub async fn close_page(&self, room: &str) -> Answer {
        self.post_json(&format!("/room/{room}/leave"), json!({})).await
    }

    /// Makes a room; its id.
    pub async fn create_room(&self, title: &str) -> String {
        self.create_room_of(json!({ "title": title })).await
    }

    /// Makes a room of these fields; its id.
    pub async fn create_room_of(&self, fields: Value) -> String {
        let made = self.post_json("/room", fields).await;
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["_id"].as_str().unwrap().to_owned()
    }

    pub async fn unlock(&self, room: &str, password: &str) -> Answer {
        self.post_json(&format!("/room/{room}/enter"), json!({ "password": password }))
            .await
    }

    pub async fn post_chat(&self, room: &str, chat: &str) -> Answer {
        self.post_json(&format!("/room/{room}/chat"), json!({ "chat": chat }))
            .await
    }

    /// Uploads a GIF by itself.
    pub async fn upload(&self, room: &str, gif: Vec<u8>) -> Answer {
        self.upload_form(room, form_of(gif)).await
    }

    pub async fn upload_form(&self, room: &str, form: Form) -> Answer {
        let path = format!("/room/{room}/gif");
        self.send(self.request(Method::POST, &path).multipart(form)).await
    }

    /// All messages of a room, page by page.
    pub async fn history(&self, room: &str) -> Vec<Value> {
        let mut path = Some(format!("/room/{room}/messages?after=0&limit=100"));
        let mut messages = Vec::new();
        while let Some(next) = path {
            let page = self.get_json(&next).await.ok().json();
            messages.extend(page["data"].as_array().unwrap().iter().cloned());
            path = page["next"].as_str().map(String::from);
        }
        messages
    }

    /// What people wrote in a room, without the lines that nobody wrote.
    pub async fn written(&self, room: &str) -> Vec<Value> {
        let mut history = self.history(room).await;
        history.retain(|message| message.get("line").is_none());
        history
    }

    /// A room as it is now.
    pub async fn room(&self, room: &str) -> Answer {
        self.get_json(&format!("/room/{room}")).await
    }

    /// The `Cookie` header; none for a stranger.
    pub fn cookie(&self) -> Option<String> {
        let url: Url = self.url("/").parse().unwrap();
        self.jar.cookies(&url).map(|value| value.to_str().unwrap().to_owned())
    }

    /// Puts a cookie into the jar.
    pub fn set_cookie(&self, cookie: &str) {
        self.jar.add_cookie_str(cookie, &self.url("/").parse().unwrap());
    }

    /// Opens a namespace over websocket.
    pub async fn connect(&self, namespace: &str) -> Socket {
        Socket::connect(Wire::websocket(self, None).await, namespace).await
    }

    /// Opens a namespace over long polling.
    pub async fn connect_by_polling(&self, namespace: &str) -> Socket {
        Socket::connect(Wire::Polling(Polling::open(self).await), namespace).await
    }

    /// Opens `/chat` and joins a room.
    pub async fn join(&self, room: &str) -> Socket {
        let mut socket = self.connect("/chat").await;
        socket.join(room).await;
        socket
    }

    /// The same with a small window of receipt: unless the socket is read, it is full at once, and then the server's side
    /// of the connection is what counts.
    pub async fn join_with_small_window(&self, room: &str) -> Socket {
        let mut socket = Socket::connect(Wire::websocket(self, SMALL_WINDOW).await, "/chat").await;
        socket.join(room).await;
        socket
    }
}

/// A form with the GIF and nothing else.
pub fn form_of(gif: Vec<u8>) -> Form {
    Form::new().part(
        "gif",
        Part::bytes(gif).file_name("cat.gif").mime_str("image/gif").unwrap(),
    )
}
