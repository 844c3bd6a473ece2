//! What visitors tell the operators.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{Because, Body, Failure};
use crate::{
    domain::{Moment, Operator},
    rules::SiteCommand,
    service::operator::ToldOf,
    state::AppState,
};

fn shown(told: &ToldOf) -> Value {
    let ToldOf { report, room, message } = told;
    json!({
        "id": report.id, "at": Moment::from_millis(report.at), "reason": report.reason, "room": report.room,
        "title": room.as_ref().map(|room| room.title.as_str()), "about": report.message, "message": message,
    })
}

/// `GET /reports`
pub async fn list(State(state): State<AppState>) -> Result<Json<Value>, Failure> {
    let (told, total) = state.operators.reports().await?;
    let told: Vec<_> = told.iter().map(shown).collect();
    Ok(Json(json!({ "reports": told, "total": total })))
}

/// `POST /reports/{report}/dismiss`
pub async fn dismiss(
    State(state): State<AppState>,
    Path(report): Path<u64>,
    Extension(who): Extension<Operator>,
    Body(because): Body<Because>,
) -> Result<Json<Value>, Failure> {
    let dismiss = SiteCommand::Dismiss(report);
    let site = state.operators.decide(&who, because.why()?, dismiss).await?;
    Ok(Json(json!({ "total": site.reports.len() })))
}
