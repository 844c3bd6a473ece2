//! Pages, rendered on the server.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    domain::{Field, Guest, Invalid, InviteToken, Moment, Problem, Refusal, Room, RoomId, Visitor, VisitorId},
    page::{
        sentences::sentence,
        views::{ChatPage, GatePage, MainPage, Page, RoomForm, RoomPage, RoomRows},
    },
    service::access::Reader,
    state::AppState,
    web::{
        error::{ApiError, answer_with},
        extract::{
            fields::{Fields, Params},
            negotiation::Prefs,
        },
        handlers::{
            messages,
            rooms::{self, Id},
        },
        rendered::{age, broken, frame, html, message_view, room_view, visitor_view},
    },
};

/// Messages that a room opens with.
const HISTORY: usize = 50;

/// `GET /`
pub async fn main(
    state: State<AppState>,
    prefs: Prefs,
    visitor: Result<Visitor, ApiError>,
    params: Params,
) -> Result<Response, ApiError> {
    if prefs.json {
        return Ok(rooms::list(state, params).await?.into_response());
    }
    let (State(state), Params(params)) = (state, params);
    // Whose session can't be read sees the rooms as anybody, and keeps the cookie for later.
    let guest = visitor.is_err();
    let visitor = visitor.unwrap_or_else(|_| Visitor::new(VisitorId::random()));
    let look = state.rooms.look(rooms::cursor(&params)?, rooms::LIMIT.0).await?;
    let listed = look.page;
    let frame = frame(&state, prefs, &visitor, "/");
    let Ok(rows) = rows(&state, prefs, &frame, &listed.rooms, &visitor) else {
        return Ok(broken("the list of rooms"));
    };
    let mut page = MainPage::new(frame, &rows, listed.total as u64);
    page.next = listed.next.map(|cursor| cursor.to_string());
    (page.old, page.guest) = (look.old || guest, guest);
    page.later = params.has(Field::After);
    page.error = params
        .text(Field::Error)
        .ok()
        .and_then(|code| prefs.lang.texts().code(code));
    Ok(html(&page))
}

/// `POST /open`: leads to the room or the invite that an address names, for who can't type it into the browser, as in the
/// installed site.
pub async fn open(
    State(state): State<AppState>,
    prefs: Prefs,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, ApiError> {
    let typed = fields.text(Field::Room)?;
    if let Some(path) = path_of(typed) {
        return Ok(Redirect::to(&path).into_response());
    }
    let refusal = Refusal::from(Invalid::new(Field::Room, Problem::Malformed));
    if prefs.json {
        return Err(ApiError(refusal));
    }
    state.count_refusal(&refusal);
    let mut page = MainPage::new(frame(&state, prefs, &visitor, "/"), "", 0);
    page.mistyped = Some(typed.to_owned());
    Ok(answer_with(&refusal, html(&page)))
}

/// The path of a room or an invite in what may be an address, a path, or the id of a room. The host does not count: who copies
/// an address may have come by another name of this site.
fn path_of(typed: &str) -> Option<String> {
    let path = typed.trim().split(['?', '#']).next()?;
    let mut parts = path.trim_end_matches('/').rsplit('/');
    match (parts.next()?, parts.next()) {
        (token, Some("invite")) => token
            .parse()
            .ok()
            .map(|token: InviteToken| format!("/invite/{}", token.secret())),
        (id, None | Some("room")) => id.parse().ok().map(|id: RoomId| format!("/room/{id}")),
        _ => None,
    }
}

/// The rows of the list: those rendered last if they are still right, but for who owns a room on it.
fn rows(
    state: &AppState,
    prefs: Prefs,
    page: &Page<'_>,
    rooms: &[Room],
    visitor: &Visitor,
) -> askama::Result<Arc<str>> {
    let now = Moment::now();
    let render = || {
        let rooms = rooms
            .iter()
            .map(|room| room_view(room, visitor, page.t.lang, now))
            .collect();
        RoomRows { page, rooms }.render()
    };
    if rooms.iter().any(|room| room.owner.id == visitor.id) {
        return render().map(Into::into);
    }
    let ages = rooms.iter().map(|room| age(room, now).as_secs() / 60).collect();
    state.rows.get(prefs.lang, rooms, ages, render)
}

/// `GET /room`
pub async fn room(State(state): State<AppState>, prefs: Prefs, visitor: Visitor) -> Result<Response, ApiError> {
    state.rooms.take_makers()?;
    let frame = frame(&state, prefs, &visitor, "/room");
    Ok(html(&RoomPage::new(frame, RoomForm::default())))
}

/// The form again, with what was typed and what is wrong with it, or why the key opens nothing. Password and key are not sent
/// back.
pub fn room_again(
    state: &AppState,
    prefs: Prefs,
    visitor: &Visitor,
    fields: &Fields,
    [title_error, max_error, password_error]: [Option<Invalid>; 3],
    key_refusal: Option<&Refusal>,
) -> Response {
    if let Some(wrong) = title_error.or(max_error).or(password_error) {
        state.count_refusal(&wrong.into());
    }
    let form = RoomForm {
        title: fields.text(Field::Title).unwrap_or_default().to_owned(),
        max: fields.number(Field::Max).unwrap_or_default().into_owned(),
        title_error,
        max_error,
        password_error,
        key_error: key_refusal.map(|refusal| sentence(refusal, prefs.lang)),
    };
    let page = RoomPage::new(frame(state, prefs, visitor, "/room"), form);
    if let Some(refusal) = key_refusal {
        state.count_refusal(refusal);
        return answer_with(refusal, html(&page));
    }
    (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response()
}

/// `GET /room/{id}`
pub async fn chat(
    State(state): State<AppState>,
    Id(id): Id,
    prefs: Prefs,
    guest: Guest,
    Params(params): Params,
) -> Result<Response, ApiError> {
    let (found, access) = state.rooms.find(id, guest).await?;
    let visitor = guest.visitor;
    match access.refusal() {
        Some(refusal @ Refusal::Banned { .. }) if prefs.json => return Err(refusal.into()),
        _ if prefs.json => return Ok(Json(found.room).into_response()),
        // Nobody has tried one yet.
        Some(Refusal::WrongPassword) => return Ok(gate(&state, prefs, &visitor, &found.room, None)),
        Some(refusal) => return Ok(gate(&state, prefs, &visitor, &found.room, Some(&refusal))),
        None => (),
    }
    if !access.member && state.rooms.is_full(&found) {
        state.count_refusal(&Refusal::RoomFull);
        return Ok(Redirect::to(&format!("/?error={}", Refusal::RoomFull.code())).into_response());
    }
    let window = messages::window(&params)?;
    let reader = Reader::new(found, guest, access)?;
    let found = reader.room();
    let history = state.messages.history(&reader, window, HISTORY).await?;
    let path = format!("/room/{id}");
    let page = frame(&state, prefs, &visitor, &path);
    let messages = history
        .iter()
        .map(|message| message_view(message, &visitor, page.t))
        .collect();
    let members = found
        .members()
        .iter()
        .map(|member| visitor_view(member, prefs.lang))
        .collect();
    let room = room_view(&found.room, &visitor, prefs.lang, Moment::now());
    Ok(html(&ChatPage::new(
        (page, state.store.epoch()),
        (room, found.forgotten),
        members,
        messages,
    )))
}

/// The door of a room again, as the password was wrong or would not have helped.
pub async fn gate_again(
    state: &AppState,
    prefs: Prefs,
    guest: Guest,
    id: RoomId,
    refusal: &Refusal,
) -> Result<Response, ApiError> {
    let found = state.rooms.load(id).await?;
    Ok(gate(state, prefs, &guest.visitor, &found.room, Some(refusal)))
}

/// The door of a room: the password form, or why not even that.
fn gate(state: &AppState, prefs: Prefs, visitor: &Visitor, room: &Room, refusal: Option<&Refusal>) -> Response {
    let path = format!("/room/{}", room.id);
    let said = refusal.map(|refusal| (refusal.code(), sentence(refusal, prefs.lang)));
    if let Some(refusal) = refusal {
        state.count_refusal(refusal);
    }
    let page = GatePage::new(
        frame(state, prefs, visitor, &path),
        room_view(room, visitor, prefs.lang, Moment::now()),
        said,
    );
    // As the refusal would be by itself; without one, nobody has tried yet.
    let refusal = refusal.cloned().unwrap_or(Refusal::WrongPassword);
    answer_with(&refusal, html(&page))
}
