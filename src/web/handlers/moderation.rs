//! What owners do to keep their rooms in order.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;

use crate::{
    domain::{Action, Moment, Visitor},
    service::{access::Owner, rooms::Rooms},
    state::AppState,
    web::{
        extract::{fields::Fields, prefs::Prefs},
        handlers::rooms::Id,
        refused::Refused,
    },
};

/// `POST /room/{id}/moderate`
pub async fn moderate(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Refused> {
    let action = Action::parse(|field| fields.plain(field))?;
    state.rooms.moderate(room, visitor, action).await?;
    Ok(match prefs {
        Prefs { json: true, .. } => Json(Done { ok: true }).into_response(),
        Prefs { page: true, .. } => Redirect::to(&format!("/room/{room}")).into_response(),
        _ => "ok".into_response(),
    })
}

#[derive(Serialize)]
struct Done {
    ok: bool,
}

#[derive(Serialize)]
struct Banned {
    #[serde(flatten)]
    visitor: Visitor,
    /// For the life of the room when there is none.
    until: Option<Moment>,
}

#[derive(Serialize)]
struct Bans {
    data: Vec<Banned>,
    count: usize,
}

/// `GET /room/{id}/bans`
pub async fn bans(owner: Owner) -> Response {
    let data: Vec<_> = Rooms::bans(&owner)
        .into_iter()
        .map(|ban| Banned {
            visitor: ban.visitor,
            until: ban.until,
        })
        .collect();
    let count = data.len();
    Json(Bans { data, count }).into_response()
}
