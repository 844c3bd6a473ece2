//! Bytes of GIFs that operators keep out of the site.

use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Because, Wrong};
use crate::{
    domain::{GifHash, Operator},
    state::AppState,
    web::refused::Refused,
};

/// `GET /blocked`
pub async fn list(State(state): State<AppState>) -> Result<Json<Value>, Refused> {
    let hashes = state.store.blocked().await?;
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
    fn read(&self) -> Result<Vec<GifHash>, Wrong> {
        let read = |hash: &String| {
            let hash = hash.trim();
            let wrong = || Wrong(format!("{hash:?} is no SHA-256: a hash has 64 hexadecimal digits"));
            hash.parse().map_err(|_| wrong())
        };
        match self.hashes.is_empty() {
            true => Err(Wrong("hashes: there is none".to_owned())),
            false => self.hashes.iter().map(read).collect(),
        }
    }
}

/// `POST /blocked`
pub async fn block(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Json(new): Json<Hashes>,
) -> Result<Response, Response> {
    let hashes = new.read().map_err(IntoResponse::into_response)?;
    let why = new.because.why().map_err(IntoResponse::into_response)?;
    let done = state.operators.block(&who, why, hashes, &state.audit).await;
    let (new, removed) = done.map_err(|refusal| Refused(refusal).into_response())?;
    Ok(Json(json!({ "new": new, "removed": removed })).into_response())
}

/// `POST /blocked/remove`
pub async fn unblock(
    State(state): State<AppState>,
    Extension(who): Extension<Operator>,
    Json(old): Json<Hashes>,
) -> Result<Response, Response> {
    let hashes = old.read().map_err(IntoResponse::into_response)?;
    let why = old.because.why().map_err(IntoResponse::into_response)?;
    let gone = state.operators.unblock(&who, why, hashes).await;
    let gone = gone.map_err(|refusal| Refused(refusal).into_response())?;
    Ok(Json(json!({ "removed": gone })).into_response())
}
