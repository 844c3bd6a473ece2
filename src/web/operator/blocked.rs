//! Bytes of GIFs that operators keep out of the site.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{Failure, asks::Asks, body::Body};
use crate::{
    domain::{GifHash, Refusal},
    page::views::console::BlockedPage,
    state::AppState,
    store::BLOCKED,
};

/// `GET /blocked`
pub async fn list(State(state): State<AppState>, asks: Asks) -> Result<Response, Failure> {
    let hashes = state.operators.blocked().await?;
    Ok(asks.show(
        || json!({ "blocked": hashes.iter().map(GifHash::to_string).collect::<Vec<_>>() }),
        || BlockedPage {
            page: asks.page(&state),
            count: hashes.len(),
        },
    ))
}

/// `GET /blocked.txt`: one hash a line, as `gifchat admin block FILE` reads them.
pub async fn export(State(state): State<AppState>) -> Result<Response, Failure> {
    let hashes = state.operators.blocked().await?;
    let lines: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
    let file = "attachment; filename=\"blocked.txt\"";
    Ok(([(header::CONTENT_DISPOSITION, file)], lines).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hashes {
    hashes: Vec<String>,
}

fn too_many() -> Failure {
    Failure::Wrong(format!(
        "hashes: at most {BLOCKED} are blocked; let some in again first"
    ))
}

impl Hashes {
    fn read(&self) -> Result<Vec<GifHash>, Failure> {
        let read = |hash: &String| {
            let hash = hash.trim();
            let wrong = || Failure::Wrong(format!("{hash:?} is no SHA-256: a hash has 64 hexadecimal digits"));
            hash.parse().map_err(|_| wrong())
        };
        match self.hashes.len() {
            0 => Err(Failure::Wrong("hashes: there is none".to_owned())),
            1..=BLOCKED => self.hashes.iter().map(read).collect(),
            _ => Err(too_many()),
        }
    }
}

/// `POST /blocked`
pub async fn block(State(state): State<AppState>, asks: Asks, body: Body<Hashes>) -> Result<Response, Failure> {
    let (hashes, why) = (body.given.read()?, body.why);
    let blocked = state.operators.block(&asks.who, why, hashes, &state.audit).await;
    let (new, removed) = blocked.map_err(|refusal| match refusal {
        Refusal::StorageFull => too_many(),
        refusal => refusal.into(),
    })?;
    Ok(asks.done("/blocked", Json(json!({ "new": new, "removed": removed }))))
}

/// `POST /blocked/remove`
pub async fn unblock(State(state): State<AppState>, asks: Asks, body: Body<Hashes>) -> Result<Response, Failure> {
    let (hashes, why) = (body.given.read()?, body.why);
    let gone = state.operators.unblock(&asks.who, why, hashes).await?;
    Ok(asks.done("/blocked", Json(json!({ "removed": gone }))))
}
