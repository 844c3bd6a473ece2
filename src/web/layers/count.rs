//! Counts the requests of an address, but for those of files and of open sockets. Whatever is refused counts, so that nobody
//! fills the log.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    domain::{Refusal, Source},
    realtime::{sockets::Hangups, transport::field},
    state::AppState,
    web::error::ApiError,
};

/// Refuses a request of an address that has made too many, before anything is looked up for it.
pub async fn requests(State(state): State<AppState>, source: Source, request: Request, next: Next) -> Response {
    match state.budgets.request(&source) {
        Ok(()) => next.run(request).await,
        Err(refusal) => ApiError(refusal).into_response(),
    }
}

/// Refuses a request of a socket that is not open, and a handshake that is refused, of an address that has made too many.
/// Handshakes that open a socket have a limit of their own.
pub async fn sockets(
    State((state, polling)): State<(AppState, Hangups)>,
    source: Source,
    request: Request,
    next: Next,
) -> Response {
    if let Some(sid) = field(request.uri(), "sid") {
        let is_open = sid.parse().is_ok_and(|sid| polling.of(sid).is_some());
        return match is_open {
            true => next.run(request).await,
            false => requests(State(state), source, request, next).await,
        };
    }
    let answer = next.run(request).await;
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    match state.budgets.request(&source) {
        Ok(()) => answer,
        Err(refusal) => ApiError(refusal).into_response(),
    }
}

/// The answer where there is nothing.
pub async fn nothing(State(state): State<AppState>, source: Source) -> ApiError {
    refused(&state, &source, Refusal::NotFound)
}

/// The answer of a route that does not know the method.
pub async fn wrong_method(State(state): State<AppState>, source: Source) -> ApiError {
    refused(&state, &source, Refusal::WrongMethod)
}

fn refused(state: &AppState, source: &Source, refusal: Refusal) -> ApiError {
    ApiError(state.budgets.request(source).err().unwrap_or(refusal))
}
