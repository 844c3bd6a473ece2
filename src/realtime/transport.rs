//! Websockets until they connect to a namespace.
//!
//! socketioxide keeps a session that is closed before it has a namespace until its connect timeout. So a websocket is
//! greeted here, and becomes a session of socketioxide only with its CONNECT: before that it is one task, which ends with
//! its connection.

mod frame;
mod message;
mod resumed;

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Extensions, HeaderValue, Method, Request, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use hyper::{
    service::Service,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use socketioxide::{layer::SocketIoLayer, service::SocketIoService, socket::Sid};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tower_layer::Layer;
use tungstenite::handshake::derive_accept_key;

use self::{
    frame::Kind,
    message::{Messages, Received},
    resumed::Resumed,
};
use crate::{
    broadcast::{CHAT_NS, LOBBY_NS},
    config::Config,
    limits::{openings::Opening, stopping::Stopping},
};

/// Where websockets become sessions.
#[derive(Clone)]
pub struct WebSockets(Arc<Inner>);

struct Inner {
    service: SocketIoService<()>,
    connect_timeout: Duration,
    ping_interval: Duration,
    ping_timeout: Duration,
    /// Bytes of a message.
    limit: usize,
    stopping: Stopping,
}

/// The first packet of Engine.IO, as socketioxide writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Greeting {
    sid: Sid,
    upgrades: [&'static str; 0],
    ping_interval: u128,
    ping_timeout: u128,
    max_payload: usize,
}

impl WebSockets {
    pub fn new(sockets: &SocketIoLayer, config: &Config, stopping: Stopping) -> Self {
        Self(Arc::new(Inner {
            service: sockets.layer(()),
            connect_timeout: config.connect_timeout,
            ping_interval: config.ping_interval,
            ping_timeout: config.ping_timeout,
            limit: config.event_limit,
            stopping,
        }))
    }

    /// Answers a handshake for which [`key`] has a value, and opens the session once its client has connected to a
    /// namespace.
    pub fn accept(&self, key: &HeaderValue, upgrade: OnUpgrade, extensions: Extensions, opening: Opening) -> Response {
        let Ok(accept) = HeaderValue::try_from(derive_accept_key(key.as_bytes())) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let inner = Arc::clone(&self.0);
        let connecting = inner.stopping.connecting();
        tokio::spawn(async move {
            let opened = timeout(inner.connect_timeout, inner.wait(upgrade));
            if let Some(Ok(Ok(Some((stream, read))))) = inner.stopping.unless_begun(opened).await {
                opening.hold(connecting);
                let mut request = Request::new(());
                *request.uri_mut() = Uri::from_static("/socket.io/?EIO=4&transport=websocket");
                *request.extensions_mut() = extensions;
                let stream = Resumed::new(stream, read.freeze(), opening);
                // It parses the request, which is always the same, and starts a task.
                let _ = inner.service.call((stream, request)).await;
            }
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        response
    }
}

/// The key of a handshake that opens a websocket session of its own.
pub fn key(parts: &Parts) -> Option<&HeaderValue> {
    let value = |name| field(&parts.uri, name);
    let opens = parts.method == Method::GET
        && value("EIO") == Some("4")
        && value("transport") == Some("websocket")
        && value("sid").is_none();
    parts.headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| opens)
}

/// A field of the query, the first of its name.
pub fn field<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

type Stream = TokioIo<Upgraded>;

impl Inner {
    /// Greets a client and waits until it connects to a namespace. The connection, and what was read of it from that
    /// packet on; none when it ended before.
    async fn wait(&self, upgrade: OnUpgrade) -> io::Result<Option<(Stream, BytesMut)>> {
        let mut stream = TokioIo::new(upgrade.await.map_err(io::Error::other)?);
        stream
            .write_all(&frame::encode(Kind::Text, self.greeting()?.as_bytes()))
            .await?;
        let mut messages = Messages::new(self.limit);
        loop {
            while let Some(Received { kind, payload }) = messages.next()? {
                match (kind, Packet::parse(&payload)) {
                    (Kind::Text | Kind::Continuation, packet) => match packet {
                        Packet::Connect => return Ok(Some((stream, messages.into_bytes()))),
                        Packet::ConnectElsewhere(namespace) => {
                            let packet = [b"44", namespace, b"{\"message\":\"Invalid namespace\"}"].concat();
                            stream.write_all(&frame::encode(Kind::Text, &packet)).await?;
                        }
                        Packet::Heartbeat => (),
                        Packet::Other => return Self::end(stream).await,
                    },
                    (Kind::Ping, _) => stream.write_all(&frame::encode(Kind::Pong, &payload)).await?,
                    (Kind::Pong, _) => (),
                    (Kind::Close, _) => return Self::end(stream).await,
                }
            }
            if stream.read_buf(messages.buffer()).await? == 0 {
                return Ok(None);
            }
        }
    }

    async fn end(mut stream: Stream) -> io::Result<Option<(Stream, BytesMut)>> {
        stream.write_all(&frame::CLOSE).await?;
        stream.shutdown().await?;
        Ok(None)
    }

    fn greeting(&self) -> io::Result<String> {
        let json = serde_json::to_string(&Greeting {
            sid: Sid::new(),
            upgrades: [],
            ping_interval: self.ping_interval.as_millis(),
            ping_timeout: self.ping_timeout.as_millis(),
            max_payload: self.limit,
        })?;
        Ok(format!("0{json}"))
    }
}

/// A packet of a client without a namespace.
#[derive(Debug, PartialEq, Eq)]
enum Packet<'a> {
    /// To a namespace of this site.
    Connect,
    /// To another one, with the comma behind its name if it has one: the root has no name.
    ConnectElsewhere(&'a [u8]),
    Heartbeat,
    Other,
}

impl<'a> Packet<'a> {
    fn parse(payload: &'a [u8]) -> Self {
        let Some(connect) = payload.strip_prefix(b"40") else {
            return match payload {
                b"2" | b"3" => Self::Heartbeat,
                _ => Self::Other,
            };
        };
        if !connect.starts_with(b"/") {
            return Self::ConnectElsewhere(b"");
        }
        let named = connect.split_inclusive(|byte| *byte == b',').next().unwrap_or_default();
        let name = named.strip_suffix(b",").unwrap_or(named);
        if [LOBBY_NS, CHAT_NS].iter().any(|namespace| namespace.as_bytes() == name) {
            Self::Connect
        } else {
            Self::ConnectElsewhere(named)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connect_to_a_namespace_of_this_site_opens_a_session() {
        for packet in ["40/room", "40/room,", "40/chat,{\"token\":1}"] {
            assert_eq!(Packet::parse(packet.as_bytes()), Packet::Connect, "{packet}");
        }
        for (packet, name) in [
            ("40", ""),
            ("40{\"a\":\",\"}", ""),
            ("40/", "/"),
            ("40/rooms,", "/rooms,"),
            ("40/room?x=1,{}", "/room?x=1,"),
        ] {
            let elsewhere = Packet::ConnectElsewhere(name.as_bytes());
            assert_eq!(Packet::parse(packet.as_bytes()), elsewhere, "{packet}");
        }
        assert_eq!(Packet::parse(b"3"), Packet::Heartbeat);
        for packet in ["", "1", "4", "41/room,", "42/chat,[\"join\"]", "2probe", "5", "0{}"] {
            assert_eq!(Packet::parse(packet.as_bytes()), Packet::Other, "{packet}");
        }
    }
}
