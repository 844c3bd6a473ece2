//! What operators see of the whole site, and decide about it.

use axum::{Json, extract::State, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Failure,
    asks::Asks,
    body::{Body, Number},
};
use crate::{
    domain::{AuditEntry, KeptOut, Moment, Notice, Why, ban_time},
    page::views::console::{AuditPage, AuditRow, BansPage, OverviewPage, SiteBanView},
    rules::{Pauses, SiteBan, SiteCommand, SiteState},
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
pub async fn overview(State(state): State<AppState>, asks: Asks) -> Response {
    let (now, held) = state.operators.occupancy();
    let space = state.messages.space_of_site();
    let site = state.operators.site();
    let json = || {
        let mut shown = decided(&site);
        shown["name"] = json!(state.about.name);
        shown["rooms"] = json!({ "open": now.rooms, "most": state.config.rooms });
        shown["seats"] = json!(now.seats);
        shown["gifs"] = json!({
            "bytes": held.bytes, "files": held.files, "mostBytes": space.bytes, "mostFiles": space.files,
        });
        shown
    };
    asks.show(json, || OverviewPage {
        page: asks.page(&state),
        rooms: (now.rooms as u64, state.config.rooms as u64),
        people: now.seats as u64,
        gifs: (held.files, space.files),
        bytes: (held.bytes, space.bytes),
        paused: [site.pauses.rooms, site.pauses.uploads, site.pauses.newcomers],
        notice: site.notice.as_ref().map_or("", Notice::as_str),
    })
}

fn ban_view(ban: &SiteBan) -> SiteBanView {
    SiteBanView {
        id: ban.id,
        who: ban.who.to_string(),
        until: ban.until.map(|until| Moment::from_millis(until).to_string()),
    }
}

/// `GET /bans`
pub async fn bans(State(state): State<AppState>, asks: Asks) -> Response {
    let site = state.operators.site();
    asks.show(
        || json!({ "bans": bans_of(&site) }),
        || BansPage {
            page: asks.page(&state),
            bans: site.bans_at(Moment::now()).map(ban_view).collect(),
        },
    )
}

/// `GET /audit`
pub async fn audit(State(state): State<AppState>, asks: Asks) -> Response {
    let site = state.operators.site();
    let entries = site.audit.iter().rev();
    let entry = |entry: &AuditEntry| {
        json!({
            "at": entry.at(), "who": entry.who, "what": entry.what, "target": entry.target, "why": entry.why,
        })
    };
    asks.show(
        || json!({ "audit": entries.clone().map(entry).collect::<Vec<_>>() }),
        || AuditPage {
            page: asks.page(&state),
            rows: entries.clone().map(row_of).collect(),
        },
    )
}

fn row_of(entry: &AuditEntry) -> AuditRow<'_> {
    AuditRow {
        at: entry.at().to_string(),
        who: entry.who.to_string(),
        what: &entry.what,
        target: &entry.target,
        why: entry.why.as_str(),
    }
}

async fn decide(
    state: &AppState,
    asks: &Asks,
    (next, why): (&str, Why),
    command: SiteCommand,
) -> Result<Response, Failure> {
    let site = state.operators.decide(&asks.who, why, command).await?;
    Ok(asks.done(next, Json(decided(&site))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewBan {
    who: String,
    /// None is for good.
    seconds: Option<u64>,
}

/// `POST /bans`
pub async fn ban(
    State(state): State<AppState>,
    asks: Asks,
    Body { given, why }: Body<NewBan>,
) -> Result<Response, Failure> {
    let kept_out = KeptOut::parse(&given.who).map_err(Failure::Wrong)?;
    let time = ban_time(given.seconds).map_err(Failure::Wrong)?;
    decide(&state, &asks, ("/bans", why), SiteCommand::Ban(kept_out, time)).await
}

/// `POST /bans/{ban}/lift`
pub async fn lift(
    State(state): State<AppState>,
    Number(ban): Number,
    asks: Asks,
    body: Body,
) -> Result<Response, Failure> {
    decide(&state, &asks, ("/bans", body.why), SiteCommand::Lift(ban)).await
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewPauses {
    rooms: bool,
    uploads: bool,
    newcomers: bool,
}

/// `POST /pauses`
pub async fn pause(
    State(state): State<AppState>,
    asks: Asks,
    Body { given, why }: Body<NewPauses>,
) -> Result<Response, Failure> {
    let NewPauses {
        rooms,
        uploads,
        newcomers,
    } = given;
    let pauses = Pauses {
        rooms,
        uploads,
        newcomers,
    };
    decide(&state, &asks, ("/", why), SiteCommand::Pause(pauses)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNotice {
    text: String,
}

/// `POST /notice`
pub async fn notice(
    State(state): State<AppState>,
    asks: Asks,
    Body { given, why }: Body<NewNotice>,
) -> Result<Response, Failure> {
    let notice = Notice::parse(&given.text).map_err(Failure::Wrong)?;
    decide(&state, &asks, ("/", why), SiteCommand::Notice(notice)).await
}
