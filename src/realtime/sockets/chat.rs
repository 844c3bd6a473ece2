//! The `/chat` namespace: who is let in, takes a seat and gives it up. What they do there is in `commands`.

mod commands;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::Either;
use parking_lot::Mutex;
use socketioxide::{extract::SocketRef, socket::DisconnectReason};
use tokio::{sync::SetOnce, time::timeout};

use super::{
    Handshake, Hangup,
    event::{Data, Event, Name, Packet},
    inbox::{Bounds, Inbox, Queued},
    next_key, opened,
    reply::{Accepted, Done, Reply},
};
use crate::{
    broadcast::Joining,
    domain::{Budget, Field, Invalid, Moment, Problem, Refusal, RoomId, Visitor},
    rules::{Leave, SocketKey},
    state::AppState,
    store::Entry,
};

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
        event: Event,
        socket: SocketRef,
        reply: Reply,
    },
    Gone(DisconnectReason),
}

/// The work of whoever handles what is queued. There is a task for every event, and most find somebody at work: boxed,
/// so that such a task is a small one.
type Work = Either<Pin<Box<dyn Future<Output = ()> + Send>>, Ready<()>>;

/// Handles the events of a socket from now on. Its connect is answered, so it will have a disconnect.
pub fn let_in(socket: &SocketRef) {
    if let Some(Waiting(client)) = socket.extensions.remove() {
        let _ = client.let_in.set(());
    }
}

/// Listens to a socket. Its events wait until [`let_in`]: a seat taken for a socket whose connect fails would never be
/// given up.
pub fn register(socket: &SocketRef, state: &AppState, bounds: &Arc<Bounds>) -> Result<(), Infallible> {
    let Some(who) = socket.req_parts().extensions.get::<Handshake>().copied() else {
        // The layer around the sockets lets no handshake through without one.
        tracing::error!("a socket came without a visitor");
        return Ok(());
    };
    let key = next_key();
    let client = Arc::new(Client {
        state: state.clone(),
        who,
        key,
        inbox: Inbox::new(key, who.guest, Arc::clone(bounds)),
        room: Mutex::new(None),
        typed_at: Mutex::new(None),
        let_in: SetOnce::new(),
    });
    socket.extensions.insert(Waiting(Arc::clone(&client)));
    let listening = Arc::clone(&client);
    socket.on_fallback(move |socket: SocketRef, packet: Packet, reply: Reply| {
        if let Err(refusal) = listening.state.budgets.event(&listening.who.guest, packet.bytes()) {
            listening.refuse(&socket, reply, &refusal);
            return Either::Right(ready(()));
        }
        let event = packet.parse();
        let bytes = event.bytes();
        let event = Incoming::Event { event, socket, reply };
        let queued = listening.inbox.push(event, bytes);
        listening.take_up(queued)
    });
    socket.on_disconnect(move |reason: DisconnectReason| {
        let queued = client.inbox.push_always(Incoming::Gone(reason));
        client.take_up(queued)
    });
    Ok(())
}

/// Whether what such an event stores comes back as an event, which is an answer.
const fn comes_back(name: Name) -> bool {
    matches!(name, Name::Edit | Name::React | Name::Moderate)
}

impl Client {
    /// The task of an event: handles everything queued, unless somebody does already.
    fn take_up(self: &Arc<Self>, queued: Queued<Incoming>) -> Work {
        match queued {
            Queued::Yours => {
                let client = Arc::clone(self);
                return Either::Left(Box::pin(async move {
                    let let_in = client.is_let_in().await;
                    while let Some(event) = client.inbox.next() {
                        if let_in {
                            client.handle(event).await;
                        }
                    }
                }));
            }
            Queued::Behind => (),
            Queued::Full(Incoming::Event { socket, reply, .. }) => {
                let refusal = Refusal::RateLimited {
                    budget: Budget::Events,
                    retry_after: Duration::from_secs(1),
                };
                self.refuse(&socket, reply, &refusal);
            }
            Queued::Full(Incoming::Gone(_)) => (),
        }
        Either::Right(ready(()))
    }

    /// Refuses an event that is one too many.
    fn refuse(&self, socket: &SocketRef, reply: Reply, refusal: &Refusal) {
        self.state.audit.limit_hit(refusal, "event", &self.who.guest.source);
        self.state.count_refusal(refusal);
        // Tried once: waiting answers of a client that does not read must not pile up.
        let told = reply.try_refuse(socket, refusal, self.who.lang);
        self.count(told, socket);
    }

    /// Hangs up on a client that sends many events without an answer.
    fn count(&self, answered: bool, socket: &SocketRef) {
        if !answered
            && self.inbox.is_flooded()
            && let Some(hangup) = socket.req_parts().extensions.get::<Hangup>()
        {
            hangup.hang_up();
        }
    }

    /// Waits until the socket is let in; whether it is.
    async fn is_let_in(&self) -> bool {
        self.let_in.initialized() || timeout(LET_IN_WITHIN, self.let_in.wait()).await.is_ok()
    }

    async fn handle(&self, event: Incoming) {
        let (Event { name, data }, socket, reply) = match event {
            Incoming::Gone(reason) => return self.gone(reason).await,
            Incoming::Event { event, socket, reply } => (event, socket, reply),
        };
        // A session that began by polling may have a connection by now.
        opened(&socket);
        let done = match name {
            // Its answer comes from the room's task, so that it stands in order with what the room tells.
            Name::Join => return self.join(&data, socket, reply).await,
            Name::Leave => self.leave(Leave::Explicit).await.map(|()| Done::Nothing {}),
            Name::Typing => self.typing().map(|()| Done::Nothing {}),
            Name::Unknown => Err(Invalid::new(Field::Body, Problem::Malformed).into()),
            Name::Chat | Name::React | Name::Edit | Name::Whisper | Name::Report | Name::Moderate => {
                self.act(name, &data).await
            }
        };
        // The answer may wait for the client to read.
        drop(data);
        let answered = match done {
            Ok(done) => {
                let answered = reply.is_asked() || !matches!(done, Done::Nothing {}) || comes_back(name);
                reply.send(&Accepted { ok: true, done }).await;
                answered
            }
            Err(refusal) => {
                self.state
                    .audit
                    .limit_hit(&refusal, name.as_str(), &self.who.guest.source);
                self.state.count_refusal(&refusal);
                reply.refuse(&socket, &refusal, self.who.lang).await
            }
        };
        self.count(answered, &socket);
    }

    async fn join(&self, data: &Data, socket: SocketRef, reply: Reply) {
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
            Err(refusal) => {
                self.state.audit.limit_hit(&refusal, "join", &self.who.guest.source);
                self.state.count_refusal(&refusal);
                let told = reply.refuse(&socket, &refusal, self.who.lang).await;
                self.count(told, &socket);
            }
        }
    }

    /// Takes a seat in the room, then gives up the one in the room before: a refused `join` costs nothing.
    async fn take_seat(&self, data: &Data) -> Result<(RoomId, Entry), Refusal> {
        let id = match data {
            Data::Text(id) if !id.is_empty() => id.parse().map_err(|_| Refusal::RoomNotFound)?,
            Data::Text(_) | Data::None => return Err(Invalid::new(Field::Room, Problem::Empty).into()),
            Data::Fields(_) | Data::Other => return Err(Invalid::new(Field::Room, Problem::Malformed).into()),
        };
        let entry = self.state.rooms.enter(id, self.who.guest, self.key).await?;
        // Noted before anything else may fail, so that the seat is given up when the socket goes.
        let before = self.room.lock().replace(id);
        if let Some(before) = before.filter(|before| *before != id) {
            // The store has noted that the socket is gone from there even when it fails.
            let _ = self.leave_room(before, Leave::Explicit).await;
        }
        Ok((id, entry))
    }

    const fn visitor(&self) -> Visitor {
        self.who.guest.visitor
    }

    /// The room the socket is in.
    fn room(&self) -> Result<RoomId, Refusal> {
        (*self.room.lock()).ok_or(Refusal::NotAMember)
    }

    async fn gone(&self, reason: DisconnectReason) {
        // Only a client that said goodbye gives its seat up at once; a reload breaks the connection without a word. Who is
        // banned from the site will not come back for theirs.
        let how = match reason {
            DisconnectReason::ClientNSDisconnect => Leave::Explicit,
            _ if self.is_banned() => Leave::Explicit,
            _ => Leave::Disconnected,
        };
        // A store that has stopped keeps no seats; there is nobody left to tell.
        let _ = self.leave(how).await;
    }

    fn is_banned(&self) -> bool {
        let guest = &self.who.guest;
        let site = self.state.operators.site();
        site.may_come(Some(guest.visitor.id), guest.source.ip(), Moment::now())
            .is_err()
    }

    async fn leave(&self, how: Leave) -> Result<(), Refusal> {
        let Some(room) = self.room.lock().take() else {
            return Ok(());
        };
        self.leave_room(room, how).await
    }

    async fn leave_room(&self, room: RoomId, how: Leave) -> Result<(), Refusal> {
        self.state.events.detach(room, self.key).await;
        self.state.rooms.leave(room, self.visitor(), self.key, how).await
    }
}
