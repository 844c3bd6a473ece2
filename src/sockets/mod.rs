//! The socket events. `/room` tells the list of rooms; `/chat` is a room:
//!
//! | event | from a client | answer |
//! |---|---|---|
//! | `join` | room id | `{ok, you, room, members, seq}` |
//! | `chat` | `{chat, nonce?}` or the text | `{ok, message}` once it is stored |
//! | `whisper` | `{to, chat, nonce?}` or with `gif` for `chat` | `{ok, whisper}` once it is stored |
//! | `report` | `{message, reason?}` | `{ok, report}` once it is stored |
//! | `leave` | nothing | `{ok}` |
//! | `typing` | nothing | nothing |
//! | `moderate` | `{action, visitor?, message?, seconds?, forbid?}` | `{ok}` |

mod chat;
mod event;
mod fields;
mod hangup;
mod inbox;
mod reply;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use socketioxide::{SocketIo, extract::SocketRef, handler::ConnectHandler};

pub use self::hangup::Hangup;
use self::inbox::Bounds;
use crate::{
    domain::Guest,
    events::{CHAT_NS, LOBBY_NS},
    state::AppState,
    store::SocketKey,
    texts::Lang,
};

/// Who opened the socket; put into the handshake by the layer around it.
#[derive(Clone, Copy, Debug)]
pub struct Handshake {
    /// The visitor of the session, and where from.
    pub guest: Guest,
    /// The language of the visitor's answers.
    pub lang: Lang,
}

/// Makes both namespaces.
///
/// Events are registered in the middleware, which runs before CONNECT is answered: an event that a client sends right
/// after it must find its handler.
pub fn register(io: &SocketIo, state: AppState) {
    let lobby_state = state.clone();
    let lobby = async move |socket: SocketRef| {
        watch_lobby(&socket, &lobby_state);
        Ok::<(), Infallible>(())
    };
    io.ns(LOBBY_NS, (async || ()).with(lobby));
    let bounds = Arc::new(Bounds::new(state.limits.event));
    let chat = async move |socket: SocketRef| chat::register(&socket, &state, &bounds);
    io.ns(CHAT_NS, (async || ()).with(chat));
}

fn watch_lobby(socket: &SocketRef, state: &AppState) {
    let key = next_key();
    let events = state.events.clone();
    socket.on_disconnect(async move || events.lobby().unwatch(key));
    state.events.lobby().watch(key, socket.clone());
}

fn next_key() -> SocketKey {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
