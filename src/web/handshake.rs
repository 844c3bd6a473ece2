//! What a socket request is stripped of before socketioxide sees it.
//!
//! The parts of the handshake are kept for as long as the socket lives. They point into the connection's read buffer,
//! about 10 kB, so fresh copies of the few headers that matter take their place (measured: 31.8 kB a socket before,
//! 22.4 kB after).

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use tower_sessions::Session;

use super::{fields::read, prefs::Prefs, refused::Refused, visit};
use crate::{
    domain::Refusal,
    sockets::{Handshake, Hangup},
    state::AppState,
};

/// Room for the headers of a handshake. One more than six would take twice the memory, for as long as the socket lives.
const ROOM: usize = 6;

/// All that engine.io reads.
const KEPT: [HeaderName; 7] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
];

/// Finds the visitor of a handshake and strips the request.
pub async fn prepare(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut extensions = Extensions::new();
    if let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() {
        extensions.insert(upgrade);
        // A connection that polls may carry the requests of others, too, as one of a proxy does.
        if is_websocket(&parts.uri)
            && let Some(hangup) = parts.extensions.remove::<Hangup>()
        {
            extensions.insert(hangup);
        }
    }
    // Only the first request opens a socket; those that follow name it by its sid.
    if !is_known(&parts.uri) {
        let Some(session) = parts.extensions.get::<Session>() else {
            return Refused(Refusal::Unavailable).into_response();
        };
        match visit::visitor(session, &state.config).await {
            Ok(visitor) => extensions.insert(Handshake {
                guest: visit::guest(visitor, &state.config, &parts.headers, &parts.extensions),
                lang: Prefs::of(&parts.headers).lang,
            }),
            Err(refusal) => return Refused(refusal).into_response(),
        };
    }
    let mut headers = HeaderMap::with_capacity(ROOM);
    for name in KEPT {
        if let Some(value) = parts.headers.get(&name)
            && let Ok(copy) = HeaderValue::from_bytes(value.as_bytes())
        {
            headers.insert(name, copy);
        }
    }
    // engine.io would wait for ever for a body that never ends.
    let body = match read(&parts.headers, body, state.limits.event, state.config.body_timeout).await {
        Ok(body) => Body::from(body),
        Err(refusal) => return Refused(refusal).into_response(),
    };
    let Ok(uri) = parts.uri.to_string().parse::<Uri>() else {
        return Refused(Refusal::NotFound).into_response();
    };
    let mut stripped = Request::new(body);
    *stripped.method_mut() = parts.method;
    *stripped.uri_mut() = uri;
    *stripped.version_mut() = parts.version;
    *stripped.headers_mut() = headers;
    *stripped.extensions_mut() = extensions;
    next.run(stripped).await
}

fn is_known(uri: &Uri) -> bool {
    uri.query()
        .is_some_and(|query| query.split('&').any(|pair| pair.starts_with("sid=")))
}

fn is_websocket(uri: &Uri) -> bool {
    uri.query()
        .is_some_and(|query| query.split('&').any(|pair| pair == "transport=websocket"))
}
