//! Reports in, and out to the owner.

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{fields::Fields, refused::Refused, rooms::Id};
use crate::{
    domain::{Field, Reason, Refusal, ReportId, Reported, RoomId, Visitor},
    messages::reported_message,
    state::AppState,
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

#[derive(Serialize)]
struct Page {
    count: usize,
    data: Vec<Reported>,
}

/// `GET /room/{id}/reports`
pub async fn list(State(state): State<AppState>, Id(room): Id, visitor: Visitor) -> Result<Response, Refused> {
    let data = state.messages.reports(room, visitor).await?;
    let count = data.len();
    Ok(Json(Page { count, data }).into_response())
}

/// `DELETE /room/{id}/reports/{report}`
pub async fn dismiss(
    State(state): State<AppState>,
    path: Result<Path<(String, String)>, PathRejection>,
    visitor: Visitor,
) -> Result<&'static str, Refused> {
    let Path((room, report)) = path.map_err(|_| Refusal::RoomNotFound)?;
    let room: RoomId = room.parse().map_err(|_| Refusal::RoomNotFound)?;
    let report: ReportId = report.parse().map_err(|_| Refusal::ReportNotFound)?;
    state.messages.dismiss_report(room, visitor, report).await?;
    Ok("ok")
}
