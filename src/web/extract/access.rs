//! Who may do what in the room of a path: extractors of the proofs that calls for readers and owners take.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    domain::{Guest, Visitor},
    service::access::{Owner, Reader},
    state::AppState,
    web::{error::ApiError, handlers::rooms::Id},
};

impl FromRequestParts<AppState> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Id(room) = Id::from_request_parts(parts, state).await?;
        let guest = Guest::from_request_parts(parts, state).await?;
        Ok(state.rooms.reader(room, guest).await?)
    }
}

impl FromRequestParts<AppState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Id(room) = Id::from_request_parts(parts, state).await?;
        let visitor = Visitor::from_request_parts(parts, state).await?;
        Ok(state.rooms.owner(room, visitor).await?)
    }
}
