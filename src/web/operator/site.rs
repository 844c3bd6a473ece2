//! What operators see of the whole site, and decide about it.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Because, Body, Failure};
use crate::{
    domain::{AuditEntry, KeptOut, Moment, Notice, Operator},
    rules::{Pauses, SiteCommand, SiteState},
    state::AppState,
};

/// What is decided, as every action answers it.
fn decided(site: &SiteState) -> Value {
    json!({
        "bans": bans_of(site), "pauses": site.pauses, "notice": site.notice,
    })
}

fn bans_of(site: &SiteState) -> Vec<Value> {
    let bans = site.bans_at(Moment::now());
    let ban = bans.map(|ban| json!({ "id": ban.id, "who": ban.who, "until": ban.until.map(Moment::from_millis) }));
    ban.collect()
}

/// `GET /`
pub async fn overview(State(state): State<AppState>) -> Json<Value> {
    let (now, held) = state.operators.occupancy();
    let space = state.messages.space_of_site();
    let site = state.operators.site();
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
    Json(json!({ "bans": bans_of(&state.operators.site()) }))
}

/// `GET /audit`
pub async fn audit(State(state): State<AppState>) -> Json<Value> {
    let site = state.operators.site();
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
) -> Result<Json<Value>, Failure> {
    let site = state.operators.decide(who, because.why()?, command).await?;
    Ok(Json(decided(&site)))
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
    Body(new): Body<NewBan>,
) -> Result<Json<Value>, Failure> {
    let kept_out = KeptOut::parse(&new.who).map_err(Failure::Wrong)?;
    decide(&state, &who, &new.because, SiteCommand::Ban(kept_out, new.seconds)).await
}

/// `POST /bans/{ban}/lift`
pub async fn lift(
    State(state): State<AppState>,
    Path(ban): Path<u64>,
    Extension(who): Extension<Operator>,
    Body(because): Body<Because>,
) -> Result<Json<Value>, Failure> {
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
    Body(new): Body<NewPauses>,
) -> Result<Json<Value>, Failure> {
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
    Body(new): Body<NewNotice>,
) -> Result<Json<Value>, Failure> {
    let notice = Notice::parse(&new.text).map_err(Failure::Wrong)?;
    decide(&state, &who, &new.because, SiteCommand::Notice(notice)).await
}
