//! Texts in, history out.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;

use crate::{
    domain::{Field, GifBody, Guest, Invalid, Message, MessageId, Nonce, Problem, Refusal, RoomId, Seq},
    rules::{Edit, NewBody, NewMessage},
    service::{access::Reader, messages},
    state::AppState,
    store::Window,
    web::{
        error::ApiError,
        extract::{
            fields::{Fields, Params},
            named::Named,
            negotiation::Prefs,
        },
        handlers::{moderation::done, rooms::Id},
        list::List,
    },
};

/// Messages of a page of history when nothing is said, and the most.
const LIMIT: (usize, usize) = (50, 100);

/// `POST /room/{id}/chat`
pub async fn post(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let nonce = nonce(fields.text(Field::Nonce)?)?;
    let body = said(&fields, &state)?;
    let reply = messages::answered(fields.given(Field::Reply)?);
    let new = NewMessage { body, reply };
    let message = state.messages.post(room, &guest, new, nonce).await?;
    Ok(posted(prefs, room, &*message))
}

/// `PATCH /room/{id}/messages/{message}`
pub async fn edit(
    State(state): State<AppState>,
    Id(room): Id,
    Named(message): Named<MessageId>,
    prefs: Prefs,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let chat = messages::rewritten(fields.given(Field::Chat)?, &state.limits)?;
    let by = guest.visitor;
    let edit = Edit { by, message, chat };
    state.messages.edit(room, edit, guest.source).await?;
    Ok(done(prefs, room))
}

/// What the fields say: a text, or a GIF of the room again.
pub fn said(fields: &Fields, state: &AppState) -> Result<NewBody, Refusal> {
    let (chat, gif, alt) = (
        fields.given(Field::Chat)?,
        fields.given(Field::Gif)?,
        fields.given(Field::Alt)?,
    );
    messages::said(chat, gif, alt, &state.limits)
}

/// An empty nonce is none.
pub fn nonce(text: &str) -> Result<Option<Nonce>, Invalid> {
    if text.is_empty() {
        Ok(None)
    } else {
        Nonce::parse(text).map(Some)
    }
}

/// The answer to a post, as the request prefers it.
pub fn posted(prefs: Prefs, room: RoomId, message: &impl Serialize) -> Response {
    match prefs {
        Prefs { json: true, .. } => (StatusCode::CREATED, Json(message)).into_response(),
        Prefs { page: true, .. } => Redirect::to(&format!("/room/{room}")).into_response(),
        _ => "ok".into_response(),
    }
}

/// `GET /room/{id}/gifs`
pub async fn lately_sent(State(state): State<AppState>, reader: Reader) -> Result<List<GifBody>, ApiError> {
    Ok(List::whole(state.messages.lately_sent(&reader).await?))
}

/// Where pages of a history begin.
#[derive(Serialize)]
pub struct Cursor {
    /// Give it as `before` for what was earlier.
    before: Option<Seq>,
    /// Give it as `after` for what comes later.
    after: Option<Seq>,
}

/// `GET /room/{id}/messages`
pub async fn history(
    State(state): State<AppState>,
    Params(params): Params,
    reader: Reader,
) -> Result<List<Message, Cursor>, ApiError> {
    let room = reader.id();
    let window = window(&params)?;
    let limit = limit(&params, LIMIT)?;
    let mut data = state.messages.history(&reader, window, limit + 1).await?;
    let more = data.len() > limit;
    // The one too many is at the end that the page goes on to.
    let forward = matches!(window, Window::After(_));
    if more && forward {
        data.truncate(limit);
    } else if more {
        data.remove(0);
    }
    let (first, last) = (
        data.first().map(|message| message.seq),
        data.last().map(|message| message.seq),
    );
    let next = match (more, forward) {
        (false, _) => None,
        (true, true) => last.map(|seq| format!("/room/{room}/messages?after={seq}&limit={limit}")),
        (true, false) => first.map(|seq| format!("/room/{room}/messages?before={seq}&limit={limit}")),
    };
    let after = last.or(if let Window::After(seq) = window {
        Some(seq)
    } else {
        None
    });
    let before = first.or(if let Window::Before(seq) = window {
        Some(seq)
    } else {
        None
    });
    let kept = reader.room().forgotten + 1;
    Ok(List::page(data, Cursor { before, after }, next).of_places(state.store.epoch(), kept))
}

/// Which messages the query asks for.
pub fn window(params: &Fields) -> Result<Window, Invalid> {
    let place = |text: &str, field| text.parse::<Seq>().map_err(|_| Invalid::new(field, Problem::Malformed));
    match (params.given(Field::After)?, params.given(Field::Before)?) {
        (Some(_), Some(_)) => Err(Invalid::new(Field::Before, Problem::Malformed)),
        (Some(after), None) => place(after, Field::After).map(Window::After),
        (None, Some(before)) => place(before, Field::Before).map(Window::Before),
        (None, None) => Ok(Window::Newest),
    }
}

/// Reads how long a page is to be.
pub fn limit(params: &Fields, (default, most): (usize, usize)) -> Result<usize, Invalid> {
    let Some(text) = params.given(Field::Limit)? else {
        return Ok(default);
    };
    let was: Option<i64> = text.parse().ok();
    let max = u32::try_from(most).unwrap_or(u32::MAX);
    let wrong = Invalid::new(Field::Limit, Problem::OutOfRange { min: 1, max, was });
    let limit = was.and_then(|n| usize::try_from(n).ok());
    limit.filter(|n| (1..=most).contains(n)).ok_or(wrong)
}
