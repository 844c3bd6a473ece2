//! Rooms: list, make, enter, change, remove.

use axum::{
    Json,
    extract::{FromRequestParts, MatchedPath, RawPathParams, State},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::Serialize;
use tower_sessions::Session;

use crate::{
    domain::{
        Field, Guest, Invalid, Max, Password, Problem, Refusal, Room, RoomId, Title, Visitor,
        moderation::{SLOW_MOST, whole},
    },
    service::rooms::RoomEdit,
    state::AppState,
    store::RoomCursor,
    web::{
        error::ApiError,
        extract::{
            fields::{Fields, Params},
            negotiation::Prefs,
            session,
        },
        handlers::{messages::limit, pages},
        list::List,
    },
};

/// Rooms of a page of the list when nothing is said, and the most.
pub const LIMIT: (usize, usize) = (30, 100);

/// The room that the URL names. What can't be a room's id names none.
pub struct Id(pub RoomId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| Refusal::RoomNotFound)?;
        let id = params.iter().find(|(name, _)| *name == "id");
        let id = id.and_then(|(_, id)| id.parse().ok());
        Ok(Self(id.ok_or(Refusal::RoomNotFound)?))
    }
}

/// Where a page of the list begins.
pub fn cursor(params: &Fields) -> Result<Option<RoomCursor>, Invalid> {
    let wrong = || Invalid::new(Field::After, Problem::Malformed);
    params
        .given(Field::After)?
        .map(|text| text.parse().map_err(|()| wrong()))
        .transpose()
}

/// Where pages of the list begin.
#[derive(Serialize)]
pub struct Cursor {
    after: Option<String>,
}

/// `GET /rooms`
pub async fn list(State(state): State<AppState>, Params(params): Params) -> Result<List<Room, Cursor>, ApiError> {
    let limit = limit(&params, LIMIT)?;
    let page = state.rooms.list(cursor(&params)?, limit).await?;
    let next = page.next.map(|cursor| format!("/rooms?after={cursor}&limit={limit}"));
    let after = page.rooms.last().map(|room| RoomCursor::of(room).to_string());
    Ok(List::page(page.rooms, Cursor { after }, next).of(page.total))
}

/// What a room is made from.
struct Making {
    title: Title,
    max: Max,
    password: Option<Password>,
}

/// `POST /room`
pub async fn create(
    State(state): State<AppState>,
    prefs: Prefs,
    guest: Guest,
    session: Session,
    route: MatchedPath,
    fields: Fields,
) -> Result<Response, ApiError> {
    state.rooms.take_makers()?;
    let title = fields
        .text(Field::Title)
        .and_then(|text| Title::parse(text, &state.limits));
    let max = fields
        .number(Field::Max)
        .and_then(|text| Max::parse_text(&text, &state.limits));
    let password = fields
        .text(Field::Password)
        .and_then(|text| Password::parse(text.to_owned(), &state.limits));
    let making = match (title, max, password) {
        (Ok(title), Ok(max), Ok(password)) => Making { title, max, password },
        (title, max, password) => {
            let wrong = [title.err(), max.err(), password.err()];
            if prefs.json {
                return Err(wrong
                    .into_iter()
                    .flatten()
                    .next()
                    .map_or(ApiError(Refusal::Unavailable), ApiError::from));
            }
            // The form comes back with what was typed and every error at its field.
            return Ok(pages::room_again(&state, prefs, &guest.visitor, &fields, wrong, None));
        }
    };
    let maker = match state.rooms.may_make(guest, fields.text(Field::Key)?) {
        Ok(maker) => maker,
        Err(refusal) => {
            if refusal == Refusal::WrongKey {
                state.audit.password_refused(route.as_str(), &guest.source);
            }
            if prefs.json {
                return Err(refusal.into());
            }
            state.audit.limit_hit(&refusal, route.as_str(), &guest.source);
            let fine = [None, None, None];
            return Ok(pages::room_again(
                &state,
                prefs,
                &guest.visitor,
                &fields,
                fine,
                Some(&refusal),
            ));
        }
    };
    drop(fields);
    let room = state
        .rooms
        .create(maker, making.title, making.max, making.password)
        .await?;
    session::keep(&session).await?;
    let path = format!("/room/{}", room.id);
    if prefs.json {
        return Ok((StatusCode::CREATED, [(header::LOCATION, path)], Json(room)).into_response());
    }
    Ok(Redirect::to(&path).into_response())
}

/// `POST /room/{id}/enter`
pub async fn enter(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    guest: Guest,
    session: Session,
    route: MatchedPath,
    fields: Fields,
) -> Result<Response, ApiError> {
    let password = Password::parse(fields.text(Field::Password)?.to_owned(), &state.limits)?;
    // The password may have to wait for its turn, and nothing else of the body with it.
    drop(fields);
    if let Err(refusal) = state.rooms.unlock(room, guest, password).await {
        if refusal == Refusal::WrongPassword {
            state.audit.password_refused(route.as_str(), &guest.source);
        }
        if prefs.json || !is_said_at_the_door(&refusal) {
            return Err(refusal.into());
        }
        state.audit.limit_hit(&refusal, route.as_str(), &guest.source);
        return pages::gate_again(&state, prefs, guest, room, &refusal).await;
    }
    session::rotate(&session).await?;
    if prefs.json {
        return Ok(Json(state.rooms.load(room).await?.room).into_response());
    }
    Ok(Redirect::to(&format!("/room/{room}")).into_response())
}

/// `POST /room/{id}/leave`, by a page that is closed or loaded again
pub async fn leave(State(state): State<AppState>, Id(room): Id, visitor: Visitor) -> Result<StatusCode, ApiError> {
    state.rooms.close_page(room, visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}

const fn is_said_at_the_door(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::WrongPassword | Refusal::RoomClosed | Refusal::Banned { .. } | Refusal::RateLimited { .. }
    )
}

/// `PATCH /room/{id}`
pub async fn update(
    State(state): State<AppState>,
    Id(room): Id,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let mut edit = RoomEdit::default();
    if fields.has(Field::Title) {
        edit.title = Some(Title::parse(fields.text(Field::Title)?, &state.limits)?);
    }
    if fields.has(Field::Max) {
        edit.max = Some(Max::parse_text(&fields.number(Field::Max)?, &state.limits)?);
    }
    if fields.has(Field::Password) {
        edit.password = Some(Password::parse(
            fields.text(Field::Password)?.to_owned(),
            &state.limits,
        )?);
    }
    if fields.has(Field::Closed) {
        edit.closed = Some(fields.flag(Field::Closed)?);
    }
    if fields.has(Field::Slow) {
        edit.slow = Some(whole(Field::Slow, &fields.number(Field::Slow)?, 0, SLOW_MOST)?);
    }
    if fields.has(Field::Crowd) {
        edit.crowd = Some(fields.flag(Field::Crowd)?);
    }
    drop(fields);
    let room = state.rooms.update(room, guest, edit).await?;
    Ok(Json(room).into_response())
}

/// `DELETE /room/{id}`
pub async fn remove(State(state): State<AppState>, Id(room): Id, visitor: Visitor) -> Result<&'static str, ApiError> {
    state.rooms.remove(room, visitor).await?;
    Ok("ok")
}

/// `POST /room/{id}/delete`, for forms
pub async fn remove_by_form(
    State(state): State<AppState>,
    Id(room): Id,
    prefs: Prefs,
    visitor: Visitor,
) -> Result<Response, ApiError> {
    state.rooms.remove(room, visitor).await?;
    Ok(if prefs.json {
        "ok".into_response()
    } else {
        Redirect::to("/").into_response()
    })
}
