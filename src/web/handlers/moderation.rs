//! What owners do to keep their rooms in order.

use axum::{
    Json,
    extract::{MatchedPath, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;

use crate::{
    domain::{Action, Ban, Guest, Moment, RoomId, Visitor},
    service::{access::Owner, rooms::Rooms},
    state::AppState,
    web::{
        error::ApiError,
        extract::{fields::Fields, negotiation::Prefs},
        handlers::rooms::Id,
        list::List,
    },
};

/// `POST /room/{id}/moderate`
pub async fn moderate(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    route: MatchedPath,
    fields: Fields,
) -> Result<Response, ApiError> {
    let action = Action::parse(|field| fields.plain(field))?;
    state.rooms.moderate(room, guest.visitor, action).await?;
    state.audit.moderated(&action, route.as_str(), &guest.source);
    Ok(done(prefs, room))
}

/// The answer to what leaves nothing to answer with, as the request prefers it.
pub fn done(prefs: Prefs, room: RoomId) -> Response {
    match prefs {
        Prefs { json: true, .. } => Json(Done { ok: true }).into_response(),
        Prefs { page: true, .. } => Redirect::to(&format!("/room/{room}")).into_response(),
        _ => "ok".into_response(),
    }
}

#[derive(Serialize)]
struct Done {
    ok: bool,
}

/// Somebody who is kept out.
#[derive(Serialize)]
pub struct Banned {
    #[serde(flatten)]
    visitor: Visitor,
    /// For the life of the room when there is none.
    until: Option<Moment>,
}

/// `GET /room/{id}/bans`
pub async fn bans(owner: Owner) -> List<Banned> {
    let banned = |ban: Ban| Banned {
        visitor: ban.visitor,
        until: ban.until,
    };
    List::whole(Rooms::bans(&owner).into_iter().map(banned).collect())
}
