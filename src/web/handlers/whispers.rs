//! Whispers in, and out to the two they concern.

use axum::{extract::State, response::Response};
use serde::Serialize;

use crate::{
    domain::{Field, Guest, Invalid, Problem, Whisper, WhisperId},
    service::{access::Reader, messages::addressee},
    state::AppState,
    web::{
        error::ApiError,
        extract::{
            fields::{Fields, Params},
            negotiation::Prefs,
        },
        handlers::{
            messages::{limit, nonce, posted, said},
            rooms::Id,
        },
        list::List,
    },
};

/// Whispers of a page when nothing is said, and the most.
const LIMIT: (usize, usize) = (50, 100);

/// `POST /room/{id}/whisper`
pub async fn post(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let to = addressee(guest.visitor, fields.given(Field::To)?)?;
    let nonce = nonce(fields.text(Field::Nonce)?)?;
    let body = said(&fields, &state)?;
    let whisper = state.messages.whisper(room, &guest, to, body, nonce).await?;
    Ok(posted(prefs, room, &*whisper))
}

/// Where pages of whispers begin.
#[derive(Serialize)]
pub struct Cursor {
    /// Give it as `after` for what comes later.
    after: Option<WhisperId>,
}

/// `GET /room/{id}/whispers`
pub async fn list(
    State(state): State<AppState>,
    Params(params): Params,
    reader: Reader,
) -> Result<List<Whisper, Cursor>, ApiError> {
    let room = reader.id();
    let malformed = Invalid::new(Field::After, Problem::Malformed);
    let after: Option<WhisperId> = params
        .given(Field::After)?
        .map(|id| id.parse().map_err(|_| malformed))
        .transpose()?;
    let limit = limit(&params, LIMIT)?;
    let mut data = state.messages.whispers(&reader, after, limit + 1).await?;
    let more = data.len() > limit;
    data.truncate(limit);
    let last = data.last().map(|whisper| whisper.id).or(after);
    let next = last.filter(|_| more);
    let next = next.map(|id| format!("/room/{room}/whispers?after={id}&limit={limit}"));
    Ok(List::page(data, Cursor { after: last }, next))
}
