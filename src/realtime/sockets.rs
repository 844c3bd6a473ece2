//! The socket events. `/room` tells the list of rooms; `/chat` is a room:
//!
//! | event | from a client | answer |
//! |---|---|---|
//! | `join` | room id | `{ok, you, room, members, away, seq, epoch, reactions}` |
//! | `chat` | the text, or `{chat?, gif?, alt?, nonce?, reply?}` | `{ok, message}` once it is stored |
//! | `edit` | `{message, chat}` | `{ok}` once it is stored |
//! | `react` | `{message, emoji?, gif?, on?}` | `{ok}` once it is stored |
//! | `whisper` | `{to, chat?, gif?, alt?, nonce?}` | `{ok, whisper}` once it is stored |
//! | `report` | `{message, reason?}` | `{ok, report}` once it is stored |
//! | `leave` | nothing | `{ok}` |
//! | `typing` | nothing | `{ok}` |
//! | `moderate` | `{action, visitor?, message?, seconds?, forbid?}` | `{ok}` |

mod banned;
mod chat;
mod event;
mod fields;
mod hangup;
mod inbox;
mod reply;

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use socketioxide::{SocketIo, TransportType, extract::SocketRef, handler::ConnectHandler, socket::Sid};

use self::inbox::Bounds;
pub use self::{
    banned::watch,
    hangup::{Hangup, Hangups},
};
use crate::{
    broadcast::{Arrival, CHAT_NS, LOBBY_NS},
    domain::{Guest, Moment},
    limits::{closings::CLOSING_NS, openings::Opening},
    page::texts::Lang,
    rules::SocketKey,
    state::AppState,
};

/// Who opened the socket; put into the handshake by the layer around it.
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    /// The visitor of the session, and where from.
    pub guest: Guest,
    /// When the session began.
    pub since: Option<Moment>,
    /// The language of the visitor's answers.
    pub lang: Lang,
}

/// Makes the namespaces.
///
/// A socket connects in two steps. The middleware runs before CONNECT is answered and registers the handlers of events:
/// what a client sends right after it must find them. The connect handler runs once CONNECT is on its way, and only
/// then, so that only it may do what a disconnect handler undoes: a connect that fails calls none.
pub fn register(io: &SocketIo, state: AppState) {
    let lobby_state = state.clone();
    let lobby = async move |socket: SocketRef| {
        arrive_at_lobby(&socket, &lobby_state);
        Ok::<(), Infallible>(())
    };
    let watching = state.clone();
    let watch = async move |socket: SocketRef| {
        opened(&socket);
        banned::close_if_banned(&socket, &watching.operators.site());
        // Nobody is told of rooms that are not listed; who is in one hears of it by its own namespace.
        if watching.rooms.are_listed()
            && let Some(arrival) = socket.extensions.remove::<Arrival>()
        {
            watching.events.lobby().watch(arrival, socket);
        }
    };
    io.ns(LOBBY_NS, watch.with(lobby));
    let closing = state.clone();
    io.ns(CLOSING_NS, async move |socket: SocketRef| {
        opened(&socket);
        closing.closings.ready(socket.id);
    });
    let bounds = Arc::new(Bounds::new(state.limits.event));
    let letting = state.clone();
    let chat = async move |socket: SocketRef| chat::register(&socket, &state, &bounds);
    let let_in = async move |socket: SocketRef| {
        opened(&socket);
        banned::close_if_banned(&socket, &letting.operators.site());
        chat::let_in(&socket);
    };
    io.ns(CHAT_NS, let_in.with(chat));
}

/// Gives the slot of a socket's session back if it has a connection. A session that polls keeps it: it lives on without a
/// connection, so nothing else would bound how many there are.
fn opened(socket: &SocketRef) {
    if socket.transport_type() == TransportType::Websocket
        && let Some(opening) = socket.req_parts().extensions.get::<Opening>()
    {
        opening.done();
    }
}

/// The sockets that are connected to a namespace now, and whose they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// Sessions by websocket.
    pub websockets: usize,
    /// Sessions that poll.
    pub polling: usize,
    /// Visitors, each once.
    pub visitors: usize,
}

impl Connected {
    /// Looks at all sockets, each session once whatever its namespaces.
    pub fn now(io: &SocketIo) -> Self {
        let sockets = [LOBBY_NS, CHAT_NS].into_iter().filter_map(|ns| io.of(ns));
        let (mut sessions, mut visitors, mut now) = (HashSet::new(), HashSet::new(), Self::default());
        for socket in sockets.flat_map(|ns| ns.sockets()) {
            if !sessions.insert(socket.id) {
                continue;
            }
            match socket.transport_type() {
                TransportType::Websocket => now.websockets += 1,
                TransportType::Polling => now.polling += 1,
            }
            let who = socket.req_parts().extensions.get::<Handshake>();
            visitors.extend(who.map(|who| who.guest.visitor.id));
        }
        now.visitors = visitors.len();
        now
    }
}

/// Whether a session that has connected to a namespace has a websocket now.
pub fn is_on_websocket(io: &SocketIo, sid: Sid) -> bool {
    [LOBBY_NS, CHAT_NS].into_iter().any(|ns| {
        let socket = io.of(ns).and_then(|ns| ns.get_socket(sid));
        socket.is_some_and(|socket| socket.transport_type() == TransportType::Websocket)
    })
}

fn arrive_at_lobby(socket: &SocketRef, state: &AppState) {
    let arrival = state.events.lobby().arrive(next_key());
    socket.extensions.insert(arrival.clone());
    let events = state.events.clone();
    socket.on_disconnect(async move || events.lobby().unwatch(&arrival));
}

fn next_key() -> SocketKey {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
