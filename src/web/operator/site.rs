//! What operators see of the whole site, and decide about it.

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Because, Wrong};
use crate::{
    domain::{AuditEntry, KeptOut, Moment, Notice, Operator},
    rules::{Pauses, SiteCommand, SiteState},
    state::AppState,
    web::refused::Refused,
};

/// What is decided, as every action answers it.
fn decided(site: &SiteState) -> Value {
    json!({
        "bans": bans_of(site), "pauses": site.pauses, "notice": site.notice,
    })
}

fn bans_of(site: &SiteState) -> Vec<Value> {
    let now = Moment::now().millis();
    let bans = site.bans.iter().filter(|ban| ban.until.is_none_or(|until| until > now));
    let ban = bans.map(|ban| json!({ "id": ban.id, "who": ban.who, "until": ban.until.map(Moment::from_millis) }));
    ban.collect()
}

/// `GET /`
pub async fn overview(State(state): State<AppState>) -> Json<Value> {
    let (now, held) = (state.store.occupancy(), state.store.held_by_site());
    let space = state.messages.space_of_site();
    let site = state.store.site();
    let mut shown = decided(&site);
    shown["name"] = json!(state.about.name);
    shown["rooms"] = json!({ "open": now.rooms, "most": state.config.rooms });
    shown["seats"] = json!(now.seats);
    shown["gifs"] = json!({
        "bytes": held.bytes, "files": held.files, "mostBytes": space.bytes, "mostFiles": space.files,
    });
    Json(shown)
}

/// `GET /bans`
pub async fn bans(State(state): State<AppState>) -> Json<Value> {
    Json(json!({ "bans": bans_of(&state.store.site()) }))
}

/// `GET /audit`
pub async fn audit(State(state): State<AppState>) -> Json<Value> {
    let site = state.store.site();
    let entry = |entry: &AuditEntry| {
        json!({
            "at": entry.at(), "who": entry.who, "what": entry.what, "target": entry.target, "why": entry.why,
        })
    };
    let entries: Vec<_> = site.audit.iter().rev().map(entry).collect();
    Json(json!({ "audit": entries }))
}

async fn decide(
    state: &AppState,
    who: &Operator,
    because: &Because,
    command: SiteCommand,
) -> Result<Response, Response> {
    let why = because.why().map_err(IntoResponse::into_response)?;
    let site = state.operators.decide(who, why, command).await;
    let site = site.map_err(|refusal| Refused(refusal).into_response())?;
    Ok(Json(decided(&site)).into_response())
}

#[derive(Deserialize)]
pub struct NewBan {
    who: String,
    /// None is for good.
    seconds: Option<u64>,
    #[serde(flatten)]
    because: Because,
}

/// `POST /bans`
pub async fn ban(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Json(new): Json<NewBan>,
) -> Result<Response, Response> {
    let kept_out = KeptOut::parse(&new.who).map_err(|error| Wrong(error).into_response())?;
    decide(&state, &who, &new.because, SiteCommand::Ban(kept_out, new.seconds)).await
}

/// `POST /bans/{ban}/lift`
pub async fn lift(
    State(state): State<AppState>,
    Path(ban): Path<u64>,
    Extension(who): Extension<Operator>,
    Json(because): Json<Because>,
) -> Result<Response, Response> {
    decide(&state, &who, &because, SiteCommand::Lift(ban)).await
}

#[derive(Deserialize)]
pub struct NewPauses {
    #[serde(flatten)]
    pauses: Pauses,
    #[serde(flatten)]
    because: Because,
}

/// `POST /pauses`
pub async fn pause(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Json(new): Json<NewPauses>,
) -> Result<Response, Response> {
    decide(&state, &who, &new.because, SiteCommand::Pause(new.pauses)).await
}

#[derive(Deserialize)]
pub struct NewNotice {
    text: String,
    #[serde(flatten)]
    because: Because,
}

/// `POST /notice`
pub async fn notice(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Json(new): Json<NewNotice>,
) -> Result<Response, Response> {
    let notice = Notice::parse(&new.text).map_err(|error| Wrong(error).into_response())?;
    decide(&state, &who, &new.because, SiteCommand::Notice(notice)).await
}
