//! Reports in, and out to the owner.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    domain::{Field, Guest, Moment, Reason, ReportId, Reported, RoomId, Visitor},
    page::views::ReportPage,
    service::{
        access::Owner,
        messages::{answered, message_named},
    },
    state::AppState,
    web::{
        error::ApiError,
        extract::{fields::Fields, named::Named, negotiation::Prefs},
        handlers::rooms::Id,
        list::List,
        rendered::{frame, html, room_view},
    },
};

/// `POST /room/{id}/reports`
pub async fn post(
    State(state): State<AppState>,
    Id(room): Id,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let message = message_named(fields.given(Field::Message)?)?;
    let reason = Reason::parse(fields.text(Field::Reason)?, &state.limits)?;
    let report = state.messages.report(room, &guest, message, reason).await?;
    Ok((StatusCode::CREATED, Json(report)).into_response())
}

/// `POST /room/{id}/reports/site`: tells the operators of the site, and not the owner. Of a title anybody may, as the list shows
/// it; of a message whoever may read it.
pub async fn to_site(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let message = answered(fields.given(Field::Message)?);
    let reason = Reason::parse(fields.text(Field::Reason)?, &state.limits)?;
    let message = match message {
        Some(message) => Some((state.rooms.reader(room, guest).await?, message)),
        None => None,
    };
    state.operators.report(room, &guest, message, reason).await?;
    if prefs.json {
        return Ok((StatusCode::CREATED, Json(json!({ "ok": true }))).into_response());
    }
    page(&state, room, prefs, &guest.visitor, true).await
}

/// `GET /room/{id}/report`: a form for the title of a room.
pub async fn form(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    page(&state, room, prefs, &visitor, false).await
}

async fn page(state: &AppState, room: RoomId, prefs: Prefs, me: &Visitor, sent: bool) -> Result<Response, ApiError> {
    let found = state.rooms.load(room).await?;
    let path = format!("/room/{room}/report");
    Ok(html(&ReportPage {
        page: frame(state, prefs, me, &path),
        room: room_view(&found.room, me, prefs.lang, Moment::now()),
        sent,
    }))
}

/// `GET /room/{id}/reports`
pub async fn list(State(state): State<AppState>, owner: Owner) -> Result<List<Reported>, ApiError> {
    Ok(List::whole(state.messages.reports(&owner).await?))
}

/// `DELETE /room/{id}/reports/{report}`
pub async fn dismiss(
    State(state): State<AppState>,
    Named(report): Named<ReportId>,
    owner: Owner,
) -> Result<&'static str, ApiError> {
    state.messages.dismiss_report(&owner, report).await?;
    Ok("ok")
}

/// `POST /room/{id}/reports/{report}/delete`
pub async fn delete(
    State(state): State<AppState>,
    Named(report): Named<ReportId>,
    owner: Owner,
) -> Result<&'static str, ApiError> {
    state.messages.delete_reported(&owner, report).await?;
    Ok("ok")
}
