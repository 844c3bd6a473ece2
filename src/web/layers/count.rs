//! Counts the requests of an address, but for those of files and of open sockets.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    domain::{Refusal, Source},
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

/// The answer where there is nothing.
pub async fn nothing(State(state): State<AppState>, source: Source) -> ApiError {
    ApiError(state.budgets.request(&source).err().unwrap_or(Refusal::NotFound))
}
