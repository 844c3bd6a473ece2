//! What a socket request is stripped of before socketioxide sees it.
//!
//! The parts of the handshake are kept for as long as the socket lives. They point into the connection's read buffer,
//! about 10 kB, so fresh copies of the few headers that matter take their place (measured: 31.8 kB a socket before,
//! 22.4 kB after).

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use tower_sessions::Session;

use super::{
    fields::read,
    peer::address,
    prefs::Prefs,
    refused::Refused,
    visit,
    websocket::{self, WebSockets},
};
use crate::{
    closings,
    domain::{Guest, Refusal},
    openings::{Opening, Share},
    sockets::{Handshake, Hangup},
    state::AppState,
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

/// What a handshake needs.
#[derive(Clone)]
pub struct Sockets {
    pub state: AppState,
    pub websockets: WebSockets,
}

/// Finds the visitor of a handshake and strips the request. A handshake that opens a websocket is answered here.
pub async fn prepare(State(sockets): State<Sockets>, request: Request, next: Next) -> Response {
    let Sockets { state, websockets } = sockets;
    let (mut parts, body) = request.into_parts();
    let mut extensions = Extensions::new();
    let mut upgrade = parts.extensions.remove::<OnUpgrade>();
    // Only the first request opens a socket; those that follow name it by its sid.
    if !is_known(&parts.uri) {
        let key = websocket::key(&parts);
        let share = match key {
            Some(_) => &state.openings.websockets,
            None => &state.openings.polling,
        };
        let (handshake, opening) = match open(&state, share, &parts).await {
            Ok(opened) => opened,
            Err(refusal) => return Refused(refusal).into_response(),
        };
        extensions.insert(handshake);
        extensions.insert(opening.clone());
        if let Some(key) = key {
            // Not of a connection that polls: it may carry the requests of others, too, as one of a proxy does.
            if let Some(hangup) = parts.extensions.get::<Hangup>() {
                extensions.insert(hangup.clone());
            }
            return match upgrade.take() {
                Some(upgrade) => websockets.accept(key, upgrade, extensions, opening),
                None => StatusCode::BAD_REQUEST.into_response(),
            };
        }
    }
    if let Some(upgrade) = upgrade {
        extensions.insert(upgrade);
    }
    // engine.io would wait for ever for a body that never ends.
    let body = match read(&parts.headers, body, state.limits.event, state.config.body_timeout).await {
        Ok(body) => body,
        Err(refusal) => return Refused(refusal).into_response(),
    };
    let Ok(uri) = parts.uri.to_string().parse::<Uri>() else {
        return Refused(Refusal::NotFound).into_response();
    };
    let stripped = |body: Vec<u8>| {
        let mut stripped = Request::new(Body::from(body));
        stripped.method_mut().clone_from(&parts.method);
        stripped.uri_mut().clone_from(&uri);
        *stripped.version_mut() = parts.version;
        *stripped.headers_mut() = kept(&parts.headers);
        stripped
    };
    if parts.method == Method::POST
        && let Some(sid) = field(&uri, "sid").and_then(|sid| sid.parse().ok())
        && let Some((before, closing)) = closings::split(&body)
    {
        let ready = state.closings.expect(sid);
        let answer = next.clone().run(stripped(before)).await;
        if !answer.status().is_success() {
            return answer;
        }
        ready.ready().await;
        return next.run(stripped(closing.to_vec())).await;
    }
    let mut request = stripped(body);
    *request.extensions_mut() = extensions;
    next.run(request).await
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
async fn open(state: &AppState, share: &Share, parts: &Parts) -> Result<(Handshake, Opening), Refusal> {
    let session = parts.extensions.get::<Session>().ok_or(Refusal::Unavailable)?;
    let address = address(state.config.address_header.as_ref(), &parts.headers, &parts.extensions);
    let slot = share.reserve(address.is_none() && session.id().is_none())?;
    let (visitor, standing) = visit::visitor(session, &state.config).await?;
    let handshake = Handshake {
        guest: Guest {
            visitor,
            address,
            standing,
        },
        lang: Prefs::of(&parts.headers).lang,
    };
    Ok((handshake, share.open(slot, &handshake.guest)?))
}

/// A field of the query, the first of its name.
pub fn field<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn is_known(uri: &Uri) -> bool {
    uri.query()
        .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("sid=")))
}
