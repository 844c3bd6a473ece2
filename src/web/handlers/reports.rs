//! Reports in, and out to the owner.

use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{
    domain::{Field, Reason, Refusal, ReportId, Reported, RoomId, Visitor, asked_for},
    service::{access::Owner, messages::reported_message},
    state::AppState,
    web::{extract::fields::Fields, handlers::rooms::Id, list::List, refused::Refused},
};

/// `POST /room/{id}/reports`
pub async fn post(
    State(state): State<AppState>,
    Id(room): Id,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Refused> {
    let message = reported_message(fields.given(Field::Message)?)?;
    let reason = Reason::parse(fields.text(Field::Reason)?, &state.limits)?;
    let report = state.messages.report(room, visitor, message, reason).await?;
    Ok((StatusCode::CREATED, Json(report)).into_response())
}

/// `GET /room/{id}/reports`
pub async fn list(State(state): State<AppState>, owner: Owner) -> Result<List<Reported>, Refused> {
    Ok(List::whole(state.messages.reports(&owner).await?))
}

/// A report of a room.
pub struct One(ReportId);

impl<S: Send + Sync> FromRequestParts<S> for One {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((room, report)) = path.map_err(|_| Refusal::RoomNotFound)?;
        let _: RoomId = room.parse().map_err(|_| Refusal::RoomNotFound)?;
        Ok(Self(asked_for(&report, ReportId::random)))
    }
}

/// `DELETE /room/{id}/reports/{report}`
pub async fn dismiss(State(state): State<AppState>, One(report): One, owner: Owner) -> Result<&'static str, Refused> {
    state.messages.dismiss_report(&owner, report).await?;
    Ok("ok")
}

/// `POST /room/{id}/reports/{report}/delete`
pub async fn delete(State(state): State<AppState>, One(report): One, owner: Owner) -> Result<&'static str, Refused> {
    state.messages.delete_reported(&owner, report).await?;
    Ok("ok")
}
