//! What operators find in the whole site.

use axum::{
    Json,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Failure, asks::Asks, body::Body};
use crate::{
    domain::{GifName, Moment, Refusal, Visitor, VisitorId},
    media::uploads::{NamedIn, Picture},
    page::views::console::{FindPage, GifPage, Seen, VisitorPage},
    service::operator::Found,
    state::AppState,
    web::{
        error::ApiError,
        handlers::files::send_gif,
        rendered::{html, room_view, visitor_view},
    },
};

fn shown(found: &Found) -> Vec<Value> {
    let one = |(room, message): &_| json!({ "room": room, "message": message });
    found.iter().map(one).collect()
}

fn name_of(part: &str) -> Result<GifName, Failure> {
    part.parse().map_err(|_| Refusal::GifNotFound.into())
}

fn seen<'a>(asks: &Asks, found: &'a Found) -> Vec<Seen<'a>> {
    found.iter().map(|(room, message)| asks.seen(*room, message)).collect()
}

/// `GET /find?for=`: leads to the visitor or the GIF of that name.
pub async fn form(State(state): State<AppState>, asks: Asks, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = query.unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "for");
    let given = given
        .map(|(_, text)| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    let given = given.as_deref();
    let to = given.and_then(|given| {
        let visitor = given.parse::<VisitorId>().map(|id| format!("/visitors/{id}"));
        visitor
            .ok()
            .or_else(|| given.parse::<GifName>().map(|name| format!("/gifs/{name}")).ok())
    });
    if let Some(to) = to {
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response());
    }
    if !asks.wants_page() {
        return Err(Refusal::NotFound.into());
    }
    let page = asks.page(&state);
    Ok(html(&FindPage { page, wrong: given }))
}

/// `GET /visitors/{id}`
pub async fn visitor(State(state): State<AppState>, Path(id): Path<String>, asks: Asks) -> Result<Response, Failure> {
    let id: VisitorId = id.parse().map_err(|_| Refusal::NotFound)?;
    let (seats, wrote) = state.operators.find_visitor(id).await?;
    let who = Visitor::new(id);
    Ok(asks.show(
        || json!({ "visitor": id.to_string(), "rooms": seats, "messages": shown(&wrote) }),
        || VisitorPage {
            page: asks.page(&state),
            visitor: visitor_view(&who, asks.prefs.lang),
            rooms: seats
                .iter()
                .map(|room| room_view(room, &who, asks.prefs.lang, Moment::now()))
                .collect(),
            seen: seen(&asks, &wrote),
        },
    ))
}

/// `GET /gifs/{name}`
pub async fn gif(State(state): State<AppState>, Path(name): Path<String>, asks: Asks) -> Result<Response, Failure> {
    let name = name_of(&name)?;
    let found = state.operators.find_gif(name).await?;
    let (name, hash) = (name.to_string(), found.hash.to_string());
    let near = found.near.iter().map(|(name, bits)| (name.to_string(), *bits));
    let near: Vec<_> = near.collect();
    let json = || {
        let near: Vec<_> = near
            .iter()
            .map(|(gif, bits)| json!({ "gif": gif, "bits": bits }))
            .collect();
        json!({
            "gif": name, "hash": hash, "messages": shown(&found.messages), "whispered": found.whispered, "near": near,
        })
    };
    Ok(asks.show(json, || GifPage {
        page: asks.page(&state),
        name: name.clone(),
        hash: hash.clone(),
        seen: seen(&asks, &found.messages),
        whispered: found.whispered,
        near: near.clone(),
    }))
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
    sent.map_err(|ApiError(refusal)| refusal.into())
}

/// `POST /gifs/{name}/remove`
pub async fn remove(
    State(state): State<AppState>,
    Path(name): Path<String>,
    asks: Asks,
    body: Body,
) -> Result<Response, Failure> {
    let name = name_of(&name)?;
    let removed = state
        .operators
        .remove_gif(&asks.who, body.why, name, &state.audit)
        .await?;
    // Nothing names it any more, so that it has no page.
    Ok(asks.done("/audit", Json(json!({ "removed": removed }))))
}
