//! Rooms as operators see them, and what they take out of them.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde_json::{Value, json};

use super::{Because, Body, Failure};
use crate::{
    domain::{self, Field, MessageId, Operator, Refusal, RoomId},
    rules::TakeDown,
    state::AppState,
    store::{RoomCursor, Window},
    web::{
        extract::{fields::Params, named::Named},
        handlers::{messages::window, rooms::Id},
    },
};

/// Rooms and messages on a page.
const PAGE: usize = 100;

/// `GET /rooms?after=`
pub async fn list(State(state): State<AppState>, Params(params): Params) -> Result<Json<Value>, Failure> {
    let after = params.given(Field::After)?;
    let after: Option<RoomCursor> = after.map(str::parse).transpose().map_err(|_| Refusal::NotFound)?;
    let page = state.operators.rooms(after, PAGE).await?;
    let next = page.next.map(|next| next.to_string());
    Ok(Json(json!({ "rooms": page.rooms, "total": page.total, "next": next })))
}

/// `GET /rooms/{id}?before=`
pub async fn one(State(state): State<AppState>, Id(id): Id, Params(params): Params) -> Result<Json<Value>, Failure> {
    let found = state.rooms.load(id).await?;
    let window = match window(&params)? {
        Window::After(_) => return Err(Refusal::NotFound.into()),
        window => window,
    };
    let messages = state.operators.history(id, window, PAGE).await?;
    let held = state.messages.space_of_room(id).await?;
    let before = messages
        .first()
        .map(|first| first.seq)
        .filter(|seq| *seq > found.forgotten + 1);
    let mut shown = json!(found.room);
    shown["members"] = json!(found.members());
    let hashes = messages.iter().filter_map(|message| match &message.body {
        domain::Body::Gif(gif) => Some((gif.name.to_string(), json!(gif.hash?.to_string()))),
        _ => None,
    });
    shown["hashes"] = Value::Object(hashes.collect());
    shown["messages"] = json!(messages);
    shown["seq"] = json!(found.seq);
    shown["gifs"] = json!({ "bytes": held.bytes, "files": held.files });
    shown["before"] = json!(before);
    Ok(Json(shown))
}

async fn take_down(
    state: &AppState,
    who: &Operator,
    because: &Because,
    what: (RoomId, TakeDown),
) -> Result<StatusCode, Failure> {
    let why = because.why()?;
    state.operators.take_down(who, why, what, &state.audit).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /rooms/{id}/remove`
pub async fn remove(
    State(state): State<AppState>,
    Id(id): Id,
    Extension(who): Extension<Operator>,
    Body(because): Body<Because>,
) -> Result<StatusCode, Failure> {
    take_down(&state, &who, &because, (id, TakeDown::Room)).await
}

/// `POST /rooms/{id}/messages/{message}/remove`
pub async fn remove_message(
    State(state): State<AppState>,
    Id(id): Id,
    Named(message): Named<MessageId>,
    Extension(who): Extension<Operator>,
    Body(because): Body<Because>,
) -> Result<StatusCode, Failure> {
    take_down(&state, &who, &because, (id, TakeDown::Message(message))).await
}
