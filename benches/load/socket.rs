//! A Socket.IO v4 socket over a websocket.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        client::IntoClientRequest,
        http::{HeaderValue, header},
        protocol::WebSocketConfig,
    },
};

/// Bytes read at once. The default of 128 KiB would be a gigabyte for all sockets.
const READ_BUFFER: usize = 4 << 10;

pub struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// Connects to `/chat` and joins a room; waits for the acknowledgement, if there will be one.
    pub async fn join(address: SocketAddr, cookie: &str, room: &str, acked: bool) -> Result<Self> {
        let mut request = format!("ws://{address}/socket.io/?EIO=4&transport=websocket").into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookie)?);
        headers.insert(header::ORIGIN, HeaderValue::from_str(&format!("http://{address}"))?);
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
        let (stream, _) = client_async_with_config(request, stream, Some(config)).await?;
        let mut socket = Self(stream);
        socket.until("0{").await?;
        socket.send("40/chat,").await?;
        socket.until("40/chat,").await?;
        socket.send(&format!("42/chat,0[\"join\",\"{room}\"]")).await?;
        if acked {
            let answer = socket.until("43/chat,0[").await?;
            if !answer.contains("\"ok\":true") {
                bail!("join was answered by {answer}");
            }
        }
        Ok(socket)
    }

    async fn until(&mut self, start: &str) -> Result<Utf8Bytes> {
        loop {
            let packet = self.next().await?.with_context(|| format!("closed before {start}"))?;
            if packet.starts_with(start) {
                return Ok(packet);
            }
            if packet.starts_with("44") || packet.starts_with("41") {
                bail!("refused: {packet}");
            }
        }
    }

    /// The next packet; `None` when the connection has ended. Answers heartbeats.
    pub async fn next(&mut self) -> Result<Option<Utf8Bytes>> {
        while let Some(message) = self.0.next().await {
            match message? {
                Message::Text(text) if text == "2" => self.send("3").await?,
                Message::Text(text) => return Ok(Some(text)),
                _ => (),
            }
        }
        Ok(None)
    }

    async fn send(&mut self, packet: &str) -> Result<()> {
        Ok(self.0.send(Message::text(packet)).await?)
    }
}
