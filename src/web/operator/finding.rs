//! What operators find in the whole site.

use axum::{
    Extension, Json,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use serde_json::{Value, json};

use super::{Because, Body, Failure};
use crate::{
    domain::{GifName, Operator, Refusal, VisitorId},
    media::uploads::{NamedIn, Picture},
    service::operator::Found,
    state::AppState,
    web::{handlers::files::send_gif, refused::Refused},
};

fn shown(found: &Found) -> Vec<Value> {
    let one = |(room, message): &_| json!({ "room": room, "message": message });
    found.iter().map(one).collect()
}

fn name_of(part: &str) -> Result<GifName, Failure> {
    part.parse().map_err(|_| Refusal::GifNotFound.into())
}

/// `GET /visitors/{id}`
pub async fn visitor(State(state): State<AppState>, Path(id): Path<String>) -> Result<Json<Value>, Failure> {
    let id: VisitorId = id.parse().map_err(|_| Refusal::VisitorNotFound)?;
    let (seats, wrote) = state.operators.find_visitor(id).await?;
    Ok(Json(
        json!({ "visitor": id.to_string(), "rooms": seats, "messages": shown(&wrote) }),
    ))
}

/// `GET /gifs/{name}`
pub async fn gif(State(state): State<AppState>, Path(name): Path<String>) -> Result<Json<Value>, Failure> {
    let name = name_of(&name)?;
    let found = state.operators.find_gif(name).await?;
    Ok(Json(json!({
        "gif": name.to_string(), "hash": found.hash.to_string(), "messages": shown(&found.messages), "whispered": found.whispered,
    })))
}

/// `GET /gifs/{name}/still`: the first frame, also of a locked room's GIF. What is only whispered nobody else sees.
pub async fn still(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let name = name_of(&name)?;
    let room = state.messages.room_of_gif(name).await?.ok_or(Refusal::GifNotFound)?;
    let sent = send_gif(&state, (name, NamedIn::Message(room)), Picture::Still, &headers).await;
    sent.map_err(|Refused(refusal)| refusal.into())
}

/// `POST /gifs/{name}/remove`
pub async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
    Extension(who): Extension<Operator>,
    Body(because): Body<Because>,
) -> Result<Json<Value>, Failure> {
    let (name, why) = (name_of(&name)?, because.why()?);
    let removed = state.operators.remove_gif(&who, why, name, &state.audit).await?;
    Ok(Json(json!({ "removed": removed })))
}
