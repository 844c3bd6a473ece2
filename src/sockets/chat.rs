//! The `/chat` namespace.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use parking_lot::Mutex;
use serde_json::Value;
use socketioxide::{
    extract::{Event, SocketRef, TryData},
    socket::DisconnectReason,
};
use tokio::{sync::SetOnce, time::timeout};

use super::{
    Handshake,
    fields::{object, read_body, read_nonce, text},
    inbox::{Inbox, Queued},
    next_key,
    reply::{Accepted, Done, Reply},
};
use crate::{
    domain::{Action, Field, Invalid, Message, Problem, Reason, Refusal, Report, RoomId, Visitor, Whisper},
    events::Joining,
    messages::{addressee, reported_message, said},
    state::AppState,
    store::{Departure, Entry, SocketKey},
};

/// The least time between two `typing` of one socket that are passed on.
const TYPING_EVERY: Duration = Duration::from_secs(1);

/// Time within which a socket is let in after its first event has come. It is let in as soon as CONNECT is on its way; a
/// socket that is not let in until then never will be.
const LET_IN_WITHIN: Duration = Duration::from_secs(10);

/// One socket of a visitor.
struct Client {
    state: AppState,
    who: Handshake,
    key: SocketKey,
    inbox: Inbox<Incoming>,
    /// The room it is in. Only who is at work on the inbox changes it.
    room: Mutex<Option<RoomId>>,
    typed_at: Mutex<Option<Instant>>,
    let_in: SetOnce<()>,
}

/// The client of a socket that is not let in yet.
#[derive(Clone)]
struct Waiting(Arc<Client>);

/// An event of a client, in the order of arrival.
enum Incoming {
    Event {
        name: String,
        data: Option<Value>,
        socket: SocketRef,
        reply: Reply,
    },
    Gone(DisconnectReason),
}

/// Handles the events of a socket from now on. Its connect is answered, so it will have a disconnect.
pub fn let_in(socket: &SocketRef) {
    if let Some(Waiting(client)) = socket.extensions.remove() {
        let _ = client.let_in.set(());
    }
}

/// Listens to a socket. Its events wait until [`let_in`]: a seat taken for a socket whose connect fails would never be
/// given up.
pub fn register(socket: &SocketRef, state: &AppState) -> Result<(), Infallible> {
    let Some(who) = socket.req_parts().extensions.get::<Handshake>().copied() else {
        // The layer around the sockets lets no handshake through without one.
        tracing::error!("a socket came without a visitor");
        return Ok(());
    };
    let client = Arc::new(Client {
        state: state.clone(),
        who,
        key: next_key(),
        inbox: Inbox::default(),
        room: Mutex::new(None),
        typed_at: Mutex::new(None),
        let_in: SetOnce::new(),
    });
    socket.extensions.insert(Waiting(Arc::clone(&client)));
    let listening = Arc::clone(&client);
    socket.on_fallback(
        move |socket: SocketRef, Event(name), reply: Reply, TryData(data): TryData<Value>| {
            let event = Incoming::Event {
                name,
                data: data.ok(),
                socket,
                reply,
            };
            let queued = listening.inbox.push(event);
            listening.take_up(queued)
        },
    );
    socket.on_disconnect(move |reason: DisconnectReason| {
        let queued = client.inbox.push_always(Incoming::Gone(reason));
        client.take_up(queued)
    });
    Ok(())
}

impl Client {
    /// The task of an event: handles everything queued, unless somebody does already.
    fn take_up(self: &Arc<Self>, queued: Queued<Incoming>) -> impl Future<Output = ()> + Send + use<> {
        let client = Arc::clone(self);
        async move {
            match queued {
                Queued::Yours => {
                    let let_in = client.is_let_in().await;
                    while let Some(event) = client.inbox.next() {
                        if let_in {
                            client.handle(event).await;
                        }
                    }
                }
                Queued::Behind => (),
                Queued::Full(Incoming::Event { socket, reply, .. }) => {
                    let refusal = Refusal::RateLimited {
                        retry_after: Duration::from_secs(1),
                    };
                    // Tried once: waiting answers of a client that does not read must not pile up.
                    reply.refuse(&socket, &refusal, client.who.lang).now_or_never();
                }
                Queued::Full(Incoming::Gone(_)) => (),
            }
        }
    }

    /// Waits until the socket is let in; whether it is.
    async fn is_let_in(&self) -> bool {
        self.let_in.initialized() || timeout(LET_IN_WITHIN, self.let_in.wait()).await.is_ok()
    }

    async fn handle(&self, event: Incoming) {
        let (name, data, socket, reply) = match event {
            Incoming::Gone(reason) => return self.gone(reason).await,
            Incoming::Event {
                name,
                data,
                socket,
                reply,
            } => (name, data, socket, reply),
        };
        let done = match name.as_str() {
            // Its answer comes from the room's task, so that it stands in order with what the room tells.
            "join" => return self.join(data.as_ref(), socket, reply).await,
            "chat" => self.chat(data.as_ref()).await.map(Done::Posted),
            "whisper" => self.whisper(data.as_ref()).await.map(Done::Whispered),
            "report" => self.report(data.as_ref()).await.map(Done::Reported),
            "leave" => self.leave(Departure::Left).await.map(|()| Done::Nothing {}),
            "typing" => self.typing().await.map(|()| Done::Nothing {}),
            "moderate" => self.moderate(data.as_ref()).await.map(|()| Done::Nothing {}),
            _ => Err(Invalid::new(Field::Body, Problem::Malformed).into()),
        };
        match done {
            Ok(done) => reply.send(&Accepted { ok: true, done }).await,
            Err(refusal) => reply.refuse(&socket, &refusal, self.who.lang).await,
        }
    }

    async fn join(&self, data: Option<&Value>, socket: SocketRef, reply: Reply) {
        match self.take_seat(data).await {
            Ok((room, entry)) => {
                let joining = Joining {
                    socket,
                    key: self.key,
                    guest: self.who.guest,
                    lang: self.who.lang,
                    ack: reply.ack(),
                    entry,
                };
                self.state.events.attach(room, joining).await;
            }
            Err(refusal) => reply.refuse(&socket, &refusal, self.who.lang).await,
        }
    }

    /// Takes a seat in the room, then gives up the one in the room before: a refused `join` costs nothing.
    async fn take_seat(&self, data: Option<&Value>) -> Result<(RoomId, Entry), Refusal> {
        let id = match data {
            Some(Value::String(id)) if !id.is_empty() => id.parse().map_err(|_| Refusal::RoomNotFound)?,
            Some(Value::String(_)) | None => return Err(Invalid::new(Field::Room, Problem::Empty).into()),
            Some(_) => return Err(Invalid::new(Field::Room, Problem::Malformed).into()),
        };
        let entry = self.state.rooms.enter(id, self.who.guest, self.key).await?;
        // Noted before anything else may fail, so that the seat is given up when the socket goes.
        let before = self.room.lock().replace(id);
        if let Some(before) = before.filter(|before| *before != id) {
            // The store has noted that the socket is gone from there even when it fails.
            let _ = self.leave_room(before, Departure::Left).await;
        }
        Ok((id, entry))
    }

    async fn chat(&self, data: Option<&Value>) -> Result<Arc<Message>, Refusal> {
        let room = self.room()?;
        let limits = &self.state.limits;
        let (body, nonce) = match data {
            Some(Value::String(chat)) => (said(Some(chat), None, None, limits)?, None),
            Some(Value::Object(fields)) => (read_body(fields, limits)?, read_nonce(fields)?),
            Some(_) => return Err(Invalid::new(Field::Body, Problem::Malformed).into()),
            None => return Err(Invalid::new(Field::Chat, Problem::Empty).into()),
        };
        self.state.messages.post(room, self.visitor(), body, nonce).await
    }

    async fn whisper(&self, data: Option<&Value>) -> Result<Arc<Whisper>, Refusal> {
        let (room, fields) = (self.room()?, object(data)?);
        let to = addressee(self.visitor(), text(fields, Field::To)?)?;
        let (body, nonce) = (read_body(fields, &self.state.limits)?, read_nonce(fields)?);
        self.state.messages.whisper(room, self.visitor(), to, body, nonce).await
    }

    async fn report(&self, data: Option<&Value>) -> Result<Report, Refusal> {
        let (room, fields) = (self.room()?, object(data)?);
        let message = reported_message(text(fields, Field::Message)?)?;
        let reason = Reason::parse(text(fields, Field::Reason)?.unwrap_or_default(), &self.state.limits)?;
        self.state.messages.report(room, self.visitor(), message, reason).await
    }

    async fn moderate(&self, data: Option<&Value>) -> Result<(), Refusal> {
        let room = self.room()?;
        let Some(Value::Object(fields)) = data else {
            return Err(Invalid::new(Field::Body, Problem::Malformed).into());
        };
        let action = Action::parse(|field| match fields.get(field.name()) {
            None | Some(Value::Null) => Ok("".into()),
            Some(Value::String(text)) => Ok(text.as_str().into()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string().into()),
            Some(_) => Err(Invalid::new(field, Problem::Malformed)),
        })?;
        self.state.rooms.moderate(room, self.visitor(), action).await
    }

    async fn typing(&self) -> Result<(), Refusal> {
        let room = self.room()?;
        let now = Instant::now();
        let last = self.typed_at.lock().replace(now);
        if last.is_none_or(|last| now.duration_since(last) >= TYPING_EVERY) {
            self.state.events.typing(room, self.visitor(), self.key).await;
        } else {
            *self.typed_at.lock() = last;
        }
        Ok(())
    }

    const fn visitor(&self) -> Visitor {
        self.who.guest.visitor
    }

    /// The room the socket is in.
    fn room(&self) -> Result<RoomId, Refusal> {
        (*self.room.lock()).ok_or(Refusal::NotAMember)
    }

    async fn gone(&self, reason: DisconnectReason) {
        // Only a client that said goodbye gives its seat up at once; a reload breaks the connection without a word.
        let how = match reason {
            DisconnectReason::ClientNSDisconnect => Departure::Left,
            _ => Departure::Dropped,
        };
        // A store that has stopped keeps no seats; there is nobody left to tell.
        let _ = self.leave(how).await;
    }

    async fn leave(&self, how: Departure) -> Result<(), Refusal> {
        let Some(room) = self.room.lock().take() else {
            return Ok(());
        };
        self.leave_room(room, how).await
    }

    async fn leave_room(&self, room: RoomId, how: Departure) -> Result<(), Refusal> {
        self.state.events.detach(room, self.key).await;
        self.state.rooms.leave(room, self.visitor(), self.key, how).await
    }
}
