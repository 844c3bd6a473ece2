//! Whether the server lives, and whether it can work.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use crate::state::AppState;

/// Time in which the store has to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// The store answers.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(PATIENCE, state.store.ready()).await {
        Ok(Ok(())) => (StatusCode::OK, "ok"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer"),
    }
}
