//! GIFs that are shared with the installed site from other apps. The service worker takes and holds them; here one chooses
//! the room that gets them.

use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    domain::{Moment, Visitor},
    page::views::SharePage,
    state::AppState,
    web::{
        error::ApiError,
        extract::negotiation::Prefs,
        list::List,
        rendered::{frame, html, room_view},
    },
};

/// The URL that the manifest names.
pub const PATH: &str = "/share";

/// The query of who comes with GIFs that the service worker holds.
const HELD: &str = "held";

/// `GET /share`: the rooms that one is in
pub async fn choose(
    State(state): State<AppState>,
    prefs: Prefs,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let rooms = state.rooms.of(visitor).await?;
    if prefs.json {
        return Ok(List::whole(rooms).into_response());
    }
    let now = Moment::now();
    let rooms = rooms.iter().map(|room| room_view(room, &visitor, prefs.lang, now));
    let page = SharePage {
        page: frame(&state, prefs, &visitor, PATH),
        rooms: rooms.collect(),
        held: query.as_deref() == Some(HELD),
    };
    Ok(html(&page))
}

/// `POST /share`: what comes here was held by no service worker. It is not read, and the page says what to do.
pub async fn lost() -> Redirect {
    Redirect::to(PATH)
}
