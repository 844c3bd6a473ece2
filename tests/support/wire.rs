//! What carries packets between a test and the server.

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, handshake::client::Request},
};

use super::{Polling, Visitor, in_time};

/// Bytes of receipt that are full as soon as nobody reads.
pub const SMALL_WINDOW: Option<u32> = Some(4_096);

/// What carries the packets.
pub enum Wire {
    WebSocket(Box<WebSocketStream<TcpStream>>),
    Polling(Polling),
}

impl Wire {
    /// The request that opens a websocket, with the visitor's cookie.
    pub fn request(visitor: &Visitor) -> Request {
        let url = format!("ws://{}/socket.io/?EIO=4&transport=websocket", visitor.address());
        let mut request = url.into_client_request().unwrap();
        if let Some(cookie) = visitor.cookie() {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        if let Some(address) = visitor.forwarded_for {
            for name in ["x-forwarded-for", "forwarded"] {
                request.headers_mut().insert(name, address.parse().unwrap());
            }
        }
        request
    }

    /// Opens a websocket; a small window of receipt makes it easy to fill.
    pub async fn websocket(visitor: &Visitor, window: Option<u32>) -> Self {
        Self::try_websocket(visitor, Self::request(visitor), window)
            .await
            .unwrap()
    }

    /// Opens a session by polling and goes on by a websocket.
    pub async fn upgraded(visitor: &Visitor, window: Option<u32>) -> Self {
        let polling = Polling::open(visitor).await;
        Self::upgrade(visitor, &polling, window).await
    }

    /// Goes on by a websocket with a session that polls.
    pub async fn upgrade(visitor: &Visitor, polling: &Polling, window: Option<u32>) -> Self {
        let mut request = Self::request(visitor);
        let uri = format!("{}&sid={}", request.uri(), polling.sid);
        *request.uri_mut() = uri.parse().unwrap();
        let mut wire = Self::try_websocket(visitor, request, window).await.unwrap();
        wire.send("2probe".into()).await;
        assert_eq!(wire.receive().await.unwrap(), "3probe");
        wire.send("5".into()).await;
        wire
    }

    pub async fn try_websocket(
        visitor: &Visitor,
        request: Request,
        window: Option<u32>,
    ) -> Result<Self, tungstenite::Error> {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = window {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        let stream = in_time("a connection", socket.connect(visitor.address())).await?;
        let (stream, _) = in_time("a websocket", client_async(request, stream)).await?;
        Ok(Self::WebSocket(Box::new(stream)))
    }

    pub async fn send(&mut self, packet: String) {
        match self {
            // A server that has closed the connection is noticed when the next packet is awaited.
            Self::WebSocket(stream) => drop(stream.send(Message::text(packet)).await),
            Self::Polling(polling) => polling.send(packet).await,
        }
    }

    /// Sends a frame as it is; websocket only.
    pub async fn send_message(&mut self, message: Message) {
        if let Self::WebSocket(stream) = self {
            let _ = stream.send(message).await;
        }
    }

    /// The next packet; none when the connection is over. Heartbeats are answered on the way.
    pub async fn receive(&mut self) -> Option<String> {
        loop {
            let packet = match self {
                Self::Polling(polling) => polling.receive().await?,
                Self::WebSocket(stream) => match stream.next().await?.ok()? {
                    Message::Text(text) => text.to_string(),
                    Message::Close(_) => return None,
                    _ => continue,
                },
            };
            match packet.as_str() {
                "2" => self.send("3".into()).await,
                "6" => (),
                _ => return Some(packet),
            }
        }
    }
}
