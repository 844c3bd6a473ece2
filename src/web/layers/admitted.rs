//! Whom the operator lets in: everybody but those who are banned from the site; and while newcomers are paused, these only
//! read.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tower_sessions::Session;

use crate::{
    domain::{Moment, Source},
    state::AppState,
    web::{error::ApiError, extract::session, is_safe},
};

/// What changes something and is open to who may only read: going in and out of rooms, and sockets, whose events are looked
/// at by themselves.
fn is_reading(path: &str) -> bool {
    path.starts_with("/socket.io") || path.ends_with("/enter") || path.ends_with("/leave")
}

/// Refuses who is kept out, on every route that is for visitors. It costs a look at a flag while nobody is.
pub async fn pass(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let site = state.operators.site();
    if site.lets_everybody_in() {
        return next.run(request).await;
    }
    let extensions = request.extensions();
    let source = extensions.get().copied().unwrap_or(Source::UNKNOWN);
    let arrived = match extensions.get::<Session>() {
        Some(session) => session::arrived(session).await,
        None => None,
    };
    let now = Moment::now();
    let mut allowed = site.may_come(arrived.map(|(visitor, _)| visitor), source.ip(), now);
    if !is_safe(request.method()) && !is_reading(request.uri().path()) {
        allowed = allowed.and_then(|()| site.may_act(arrived.map(|(_, since)| since), now));
    }
    match allowed {
        Ok(()) => next.run(request).await,
        Err(refusal) => ApiError(refusal).into_response(),
    }
}
