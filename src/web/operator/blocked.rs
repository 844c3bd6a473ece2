//! Bytes of GIFs that operators keep out of the site.

use axum::{Extension, Json, extract::State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Because, Body, Failure};
use crate::{
    domain::{GifHash, Operator},
    state::AppState,
};

/// `GET /blocked`
pub async fn list(State(state): State<AppState>) -> Result<Json<Value>, Failure> {
    let hashes = state.operators.blocked().await?;
    let hashes: Vec<_> = hashes.iter().map(GifHash::to_string).collect();
    Ok(Json(json!({ "blocked": hashes })))
}

#[derive(Deserialize)]
pub struct Hashes {
    hashes: Vec<String>,
    #[serde(flatten)]
    because: Because,
}

impl Hashes {
    fn read(&self) -> Result<Vec<GifHash>, Failure> {
        let read = |hash: &String| {
            let hash = hash.trim();
            let wrong = || Failure::Wrong(format!("{hash:?} is no SHA-256: a hash has 64 hexadecimal digits"));
            hash.parse().map_err(|_| wrong())
        };
        match self.hashes.is_empty() {
            true => Err(Failure::Wrong("hashes: there is none".to_owned())),
            false => self.hashes.iter().map(read).collect(),
        }
    }
}

/// `POST /blocked`
pub async fn block(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Body(new): Body<Hashes>,
) -> Result<Json<Value>, Failure> {
    let (hashes, why) = (new.read()?, new.because.why()?);
    let (new, removed) = state.operators.block(&who, why, hashes, &state.audit).await?;
    Ok(Json(json!({ "new": new, "removed": removed })))
}

/// `POST /blocked/remove`
pub async fn unblock(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Body(old): Body<Hashes>,
) -> Result<Json<Value>, Failure> {
    let (hashes, why) = (old.read()?, old.because.why()?);
    let gone = state.operators.unblock(&who, why, hashes).await?;
    Ok(Json(json!({ "removed": gone })))
}
