//! The answer to an event: its acknowledgement, or an `exception`.

use std::{convert::Infallible, sync::Arc, time::Duration};

use serde::Serialize;
use socketioxide::{
    SendError, SocketError,
    adapter::LocalAdapter,
    extract::{AckSender, SocketRef},
    handler::FromMessageParts,
    socket::Socket,
};

use crate::{
    domain::{Message, Refusal, Report, Whisper},
    page::{sentences::sentence, texts::Lang},
};

/// Time until an answer that found the socket's buffer full is tried again.
const RETRY: Duration = Duration::from_millis(20);

/// Where the answer to an event goes: into its acknowledgement if the client asked for one; without, a refusal goes out
/// as `exception`.
pub struct Reply {
    socket: Arc<Socket<LocalAdapter>>,
    ack_id: Option<i64>,
}

impl FromMessageParts<LocalAdapter> for Reply {
    type Error = Infallible;

    fn from_message_parts(
        socket: &Arc<Socket<LocalAdapter>>,
        _: &mut socketioxide_core::Value,
        ack_id: &Option<i64>,
    ) -> Result<Self, Infallible> {
        Ok(Self {
            socket: Arc::clone(socket),
            ack_id: *ack_id,
        })
    }
}

impl Reply {
    /// A sender is spent by its first try, also by one that fails.
    pub fn ack(&self) -> AckSender {
        let mut no_data = socketioxide_core::Value::Str("".into(), None);
        let Ok(ack) = AckSender::from_message_parts(&self.socket, &mut no_data, &self.ack_id);
        ack
    }

    /// Answers, once the socket's buffer has room for it: a burst of messages fills it in an instant, and an answer
    /// that gets lost looks to the client like a message that was not stored.
    pub async fn send(&self, answer: &impl Serialize) {
        while let Err(SendError::Socket(SocketError::InternalChannelFull)) = self.ack().send(answer) {
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Whether the client asked for an acknowledgement.
    pub const fn is_asked(&self) -> bool {
        self.ack_id.is_some()
    }

    /// Says no, in the acknowledgement if one was asked for, else by an `exception`; whether it could be said. A socket
    /// that takes no event is full of older ones.
    pub async fn refuse(&self, socket: &SocketRef, refusal: &Refusal, lang: Lang) -> bool {
        if !self.is_asked() {
            return self.try_refuse(socket, refusal, lang);
        }
        let message = sentence(refusal, lang);
        self.send(&Refused::new(Some(false), refusal, &message)).await;
        true
    }

    /// The same without waiting for the client to read; whether it could be said.
    pub fn try_refuse(&self, socket: &SocketRef, refusal: &Refusal, lang: Lang) -> bool {
        let message = sentence(refusal, lang);
        if self.is_asked() {
            self.ack().send(&Refused::new(Some(false), refusal, &message)).is_ok()
        } else {
            socket.emit("exception", &Refused::new(None, refusal, &message)).is_ok()
        }
    }
}

#[derive(Serialize)]
struct Refused<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl<'a> Refused<'a> {
    fn new(ok: Option<bool>, refusal: &'a Refusal, message: &'a str) -> Self {
        Self {
            ok,
            code: refusal.code(),
            message,
            field: refusal.field(),
            retry_after: refusal.retry_seconds(),
        }
    }
}

#[derive(Serialize)]
pub struct Accepted {
    pub ok: bool,
    #[serde(flatten)]
    pub done: Done,
}

/// What came of an event.
#[derive(Serialize)]
pub enum Done {
    #[serde(rename = "message")]
    Posted(Arc<Message>),
    #[serde(rename = "whisper")]
    Whispered(Arc<Whisper>),
    #[serde(rename = "report")]
    Reported(Report),
    #[serde(untagged)]
    Nothing {},
}
