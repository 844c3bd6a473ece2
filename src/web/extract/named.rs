//! What a path names within a room.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::{
    domain::{MessageId, Refusal, ReportId, RoomId, asked_for},
    web::error::ApiError,
};

/// The second part of a path that varies; what can't be an id is one that names nothing.
pub struct Named<T>(pub T);

impl<S: Send + Sync> FromRequestParts<S> for Named<MessageId> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        named(parts, state, MessageId::random).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named<ReportId> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        named(parts, state, ReportId::random).await.map(Self)
    }
}

async fn named<S: Send + Sync, T: FromStr>(parts: &mut Parts, state: &S, other: fn() -> T) -> Result<T, ApiError> {
    let path = Path::<(String, String)>::from_request_parts(parts, state).await;
    let Path((room, id)) = path.map_err(|_| Refusal::RoomNotFound)?;
    let _: RoomId = room.parse().map_err(|_| Refusal::RoomNotFound)?;
    Ok(asked_for(&id, other))
}
