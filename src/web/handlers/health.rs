//! Whether the server lives, and whether it can work.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};

use crate::{state::AppState, store::StoreError};

/// Time in which the store has to answer.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// The process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// The store answers, and its last write succeeded.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    let why = match tokio::time::timeout(STORE_TIMEOUT, state.store.ready()).await {
        Ok(Ok(())) => return (StatusCode::OK, "ok"),
        Ok(Err(StoreError::Full)) => "the disk of the store is full",
        Ok(Err(StoreError::Failed(_))) => "the store takes no writes",
        Ok(Err(_)) | Err(_) => "the store does not answer",
    };
    (StatusCode::SERVICE_UNAVAILABLE, why)
}
