//! What a socket request is stripped of before socketioxide sees it.
//!
//! The parts of the handshake are kept for as long as the socket lives. They point into the connection's read buffer,
//! about 10 kB, so fresh copies of the few headers that matter take their place (measured: 31.8 kB a socket before,
//! 22.4 kB after).

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use serde::Deserialize;
use socketioxide::{SocketIo, socket::Sid};
use tokio::time::sleep;
use tower_sessions::Session;

use crate::{
    domain::{Budget, Guest, Refusal},
    limits::{
        closings,
        keyed_slots::NetworkSlot,
        openings::{Opening, Share},
    },
    realtime::{
        sockets::{Handshake, Hangup, Hangups, is_on_websocket},
        transport::{self, WebSockets, field},
    },
    state::AppState,
    web::{
        error::ApiError,
        extract::{fields::read, negotiation::Prefs, session},
        source,
    },
};

/// Room for the headers of a handshake. One more than six would take twice the memory, for as long as the socket lives.
const ROOM: usize = 6;

/// All that engine.io reads.
const KEPT: [HeaderName; 6] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::CONTENT_TYPE,
    header::HOST,
];

/// How often it is looked whether a session has changed to its websocket, and the time between two looks. Clients change
/// within a round trip or two.
const LOOKS: u32 = 12;
const LOOK: Duration = Duration::from_secs(1);

/// Bytes of the answer to a handshake, at most: it has about 120.
const GREETING: usize = 4 << 10;

/// The place of a socket among those that its address may have open, for as long as it lives.
#[derive(Clone)]
struct Place(#[expect(dead_code, reason = "it is held and never looked at")] Arc<Option<NetworkSlot>>);

/// What a handshake needs.
#[derive(Clone)]
pub struct Sockets {
    pub state: AppState,
    pub websockets: WebSockets,
    pub hangups: Hangups,
    pub io: SocketIo,
}

/// Finds the visitor of a handshake and strips the request. A handshake that opens a websocket is answered here.
pub async fn prepare(State(sockets): State<Sockets>, request: Request, next: Next) -> Response {
    if sockets.state.stopping.is_begun() {
        return ApiError(Refusal::Unavailable).into_response();
    }
    // Only the first request opens a socket; those that follow name it by its sid.
    if is_known(request.uri()) {
        follow(&sockets, request, next).await
    } else {
        begin(&sockets, request, next).await
    }
}

/// Opens a socket.
async fn begin(sockets: &Sockets, request: Request, next: Next) -> Response {
    let Sockets {
        state,
        websockets,
        hangups,
        ..
    } = sockets;
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let key = transport::key(&parts);
    let share = match key {
        Some(_) => &state.openings.websockets,
        None => &state.openings.polling,
    };
    let (handshake, opening, place) = match open(state, share, &parts).await {
        Ok(opened) => opened,
        Err(refusal) => return ApiError(refusal).into_response(),
    };
    let mut extensions = Extensions::new();
    extensions.insert(handshake);
    extensions.insert(opening.clone());
    extensions.insert(place);
    if let Some(key) = key {
        if let Some(hangup) = parts.extensions.get::<Hangup>() {
            extensions.insert(hangup.clone());
        }
        return match upgrade {
            Some(upgrade) => websockets.accept(key, upgrade, extensions, opening),
            None => StatusCode::BAD_REQUEST.into_response(),
        };
    }
    // Not that of the connection: it may carry the requests of others, too, as one of a proxy does.
    let hangup = Hangup::default();
    extensions.insert(hangup.clone());
    let body = match read_whole(state, &parts, body).await {
        Ok(body) => body,
        Err(refusal) => return ApiError(refusal).into_response(),
    };
    let mut request = stripped(&parts, body);
    *request.extensions_mut() = extensions;
    let (answer, body) = next.run(request).await.into_parts();
    let Ok(body) = to_bytes(body, GREETING).await else {
        return ApiError(Refusal::Unavailable).into_response();
    };
    if let Some(sid) = greeted(&body) {
        hangups.list(sid, &hangup, opening);
    }
    Response::from_parts(answer, Body::from(body))
}

/// Goes on with a socket that began by polling.
async fn follow(sockets: &Sockets, request: Request, next: Next) -> Response {
    let state = &sockets.state;
    let (mut parts, body) = request.into_parts();
    let sid = field(&parts.uri, "sid").and_then(|sid| sid.parse().ok());
    let hangup = sid.and_then(|sid| sockets.hangups.of(sid));
    if let Some(sid) = sid
        && hangup.as_ref().is_some_and(Hangup::is_due)
    {
        next.run(close(sid)).await;
        let retry_after = Duration::from_secs(1);
        let budget = Budget::Events;
        return ApiError(Refusal::RateLimited { budget, retry_after }).into_response();
    }
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let body = match read_whole(state, &parts, body).await {
        Ok(body) => body,
        Err(refusal) => return ApiError(refusal).into_response(),
    };
    if parts.method == Method::POST
        && let Some(sid) = sid
        && let Some((before, closing)) = closings::split(&body)
    {
        let ready = state.closings.expect(sid);
        let answer = next.clone().run(stripped(&parts, before)).await;
        if !answer.status().is_success() {
            return answer;
        }
        ready.ready().await;
        return next.run(stripped(&parts, closing.to_vec())).await;
    }
    let mut request = stripped(&parts, body);
    if let Some(upgrade) = upgrade {
        request.extensions_mut().insert(upgrade);
    }
    let answer = next.run(request).await;
    // From now on the connection carries this session and nothing else.
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(session) = hangup
        && let Some(connection) = parts.extensions.get::<Hangup>()
    {
        connection.follow(session);
        if let Some((sid, opening)) = sid.and_then(|sid| Some((sid, sockets.hangups.opening_of(sid)?))) {
            tokio::spawn(give_back(sockets.io.clone(), sid, opening));
        }
    }
    answer
}

/// Gives the slot of a session that polls back once it has changed to its websocket. The answer to the request for one does
/// not say that it has: the client tries the websocket first. A session that connects to a namespace later gives it back then.
async fn give_back(io: SocketIo, sid: Sid, opening: Opening) {
    for _ in 0..LOOKS {
        sleep(LOOK).await;
        if is_on_websocket(&io, sid) {
            return opening.done();
        }
    }
}

/// A body within the limit of an event. engine.io would wait for ever for one that never ends.
async fn read_whole(state: &AppState, parts: &Parts, body: Body) -> Result<Vec<u8>, Refusal> {
    read(&parts.headers, body, state.limits.event, state.config.body_timeout).await
}

/// The request as engine.io gets it.
fn stripped(parts: &Parts, body: Vec<u8>) -> Request {
    let mut stripped = Request::new(Body::from(body));
    stripped.method_mut().clone_from(&parts.method);
    // A copy of its own bytes.
    *stripped.uri_mut() = parts.uri.to_string().parse().unwrap_or_default();
    *stripped.version_mut() = parts.version;
    *stripped.headers_mut() = kept(&parts.headers);
    stripped
}

/// The request by which a client closes a session that polls.
fn close(sid: Sid) -> Request {
    let mut request = Request::new(Body::from("1"));
    *request.method_mut() = Method::POST;
    let uri = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    *request.uri_mut() = uri.parse().unwrap_or_default();
    request
}

/// The session that the answer to a handshake by polling opens.
fn greeted(answer: &[u8]) -> Option<Sid> {
    #[derive(Deserialize)]
    struct Greeting<'a> {
        sid: &'a str,
    }

    let greeting: Greeting<'_> = serde_json::from_slice(answer.strip_prefix(b"0")?).ok()?;
    greeting.sid.parse().ok()
}

/// Copies of the headers that engine.io reads.
fn kept(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(ROOM);
    for name in KEPT {
        if let Some(value) = headers.get(&name)
            && let Ok(copy) = HeaderValue::from_bytes(value.as_bytes())
        {
            kept.insert(name, copy);
        }
    }
    kept
}

/// Finds the visitor, and a slot for one more session without a namespace.
async fn open(state: &AppState, share: &Share, parts: &Parts) -> Result<(Handshake, Opening, Place), Refusal> {
    let session = parts.extensions.get::<Session>().ok_or(Refusal::Unavailable)?;
    let source = source::of(parts);
    let place = state.budgets.socket(&source)?;
    let slot = share.reserve()?;
    let visitor = session::visitor(session, &source, state).await?;
    let since = session::arrived(session).await.map(|(_, since)| since);
    let handshake = Handshake {
        guest: Guest { visitor, source },
        since,
        lang: Prefs::of(&parts.headers).lang,
    };
    Ok((handshake, share.open(slot, &handshake.guest)?, Place(Arc::new(place))))
}

fn is_known(uri: &Uri) -> bool {
    uri.query()
        .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("sid=")))
}
