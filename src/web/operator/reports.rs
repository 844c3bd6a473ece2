//! What visitors tell the operators.

use axum::{Json, extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Failure,
    asks::Asks,
    body::{Body, Number},
};
use crate::{
    domain::Moment,
    page::views::console::{ReportsPage, ToldView},
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

fn view<'a>(asks: &Asks, told: &'a ToldOf) -> ToldView<'a> {
    let ToldOf { report, room, message } = told;
    ToldView {
        id: report.id,
        at: Moment::from_millis(report.at).to_string(),
        reason: report.reason.as_str(),
        room: (report.room.to_string(), room.as_ref().map(|room| room.title.as_str())),
        of_title: report.message.is_none(),
        message: message.as_ref().map(|message| asks.seen(report.room, message)),
    }
}

/// `GET /reports`
pub async fn list(State(state): State<AppState>, asks: Asks) -> Result<Response, Failure> {
    let (told, total) = state.operators.reports().await?;
    Ok(asks.show(
        || json!({ "reports": told.iter().map(shown).collect::<Vec<_>>(), "total": total }),
        || ReportsPage {
            page: asks.page(&state),
            reports: told.iter().map(|told| view(&asks, told)).collect(),
        },
    ))
}

/// `POST /reports/{report}/dismiss`
pub async fn dismiss(
    State(state): State<AppState>,
    Number(report): Number,
    asks: Asks,
    body: Body,
) -> Result<Response, Failure> {
    let dismiss = SiteCommand::Dismiss(report);
    let site = state.operators.decide(&asks.who, body.why, dismiss).await?;
    Ok(asks.done("/reports", Json(json!({ "total": site.reports.len() }))))
}
