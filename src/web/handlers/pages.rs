//! Pages, rendered on the server.

use std::{borrow::Cow, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};

use crate::{
    domain::{Body, Field, Guest, Invalid, Message, Moment, Refusal, Room, RoomId, Visitor, VisitorId},
    page::{
        sentences::sentence,
        texts::Texts,
        views::{
            ChatPage, GatePage, GifView, LineView, MainPage, MessageView, Page, RoomForm, RoomPage, RoomRows, RoomView,
            VisitorView,
        },
    },
    service::access::Reader,
    state::AppState,
    web::{
        extract::{
            fields::{Fields, Params},
            prefs::Prefs,
        },
        handlers::{
            messages,
            rooms::{self, Id},
        },
        refused::Refused,
    },
};

/// Messages that a room opens with.
const HISTORY: usize = 50;

/// `GET /`
pub async fn main(
    state: State<AppState>,
    prefs: Prefs,
    visitor: Result<Visitor, Refused>,
    params: Params,
) -> Result<Response, Refused> {
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
        let rooms = rooms.iter().map(|room| room_view(room, visitor, now)).collect();
        RoomRows { page, rooms }.render()
    };
    if rooms.iter().any(|room| room.owner.id == visitor.id) {
        return render().map(Into::into);
    }
    let ages = rooms.iter().map(|room| age(room, now).as_secs() / 60).collect();
    state.rows.get(prefs.lang, rooms, ages, render)
}

/// `GET /room`
pub async fn room(State(state): State<AppState>, prefs: Prefs, visitor: Visitor) -> Response {
    html(&RoomPage::new(
        frame(&state, prefs, &visitor, "/room"),
        RoomForm::default(),
    ))
}

/// The form again, with what was typed and what is wrong with it. The password is not sent back.
pub fn room_again(
    state: &AppState,
    prefs: Prefs,
    visitor: &Visitor,
    fields: &Fields,
    [title_error, max_error, password_error]: [Option<Invalid>; 3],
) -> Response {
    let form = RoomForm {
        title: fields.text(Field::Title).unwrap_or_default().to_owned(),
        max: fields.number(Field::Max).unwrap_or_default().into_owned(),
        title_error,
        max_error,
        password_error,
    };
    let page = RoomPage::new(frame(state, prefs, visitor, "/room"), form);
    (StatusCode::UNPROCESSABLE_ENTITY, html(&page)).into_response()
}

/// `GET /room/{id}`
pub async fn chat(
    State(state): State<AppState>,
    Id(id): Id,
    prefs: Prefs,
    guest: Guest,
    Params(params): Params,
) -> Result<Response, Refused> {
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
    if found.room.is_full() && !access.member {
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
    let members = found.members().iter().map(visitor_view).collect();
    let room = room_view(&found.room, &visitor, Moment::now());
    Ok(html(&ChatPage::new(page, room, members, messages)))
}

/// The door of a room again, as the password was wrong or would not have helped.
pub async fn gate_again(
    state: &AppState,
    prefs: Prefs,
    guest: Guest,
    id: RoomId,
    refusal: &Refusal,
) -> Result<Response, Refused> {
    let found = state.rooms.load(id).await?;
    Ok(gate(state, prefs, &guest.visitor, &found.room, Some(refusal)))
}

/// The door of a room: the password form, or why not even that.
fn gate(state: &AppState, prefs: Prefs, visitor: &Visitor, room: &Room, refusal: Option<&Refusal>) -> Response {
    let path = format!("/room/{}", room.id);
    let said = refusal.map(|refusal| (refusal.code(), sentence(refusal, prefs.lang)));
    let page = GatePage::new(
        frame(state, prefs, visitor, &path),
        room_view(room, visitor, Moment::now()),
        said,
    );
    (StatusCode::FORBIDDEN, html(&page)).into_response()
}

/// What every page has.
pub fn frame<'a>(state: &'a AppState, prefs: Prefs, me: &Visitor, path: &'a str) -> Page<'a> {
    Page {
        t: prefs.lang.texts(),
        theme: prefs.theme,
        me: visitor_view(me),
        path,
        assets: state.assets.prefix(),
        limits: (&*state.limits).into(),
    }
}

/// Room for most pages, so that their text does not move while it grows.
const PAGE_SIZE: usize = 32 << 10;

/// A rendered template.
pub fn html(page: &impl Template) -> Response {
    let mut text = String::with_capacity(PAGE_SIZE);
    match page.render_into(&mut text).map(|()| text) {
        Ok(page) => ([(header::VARY, "Accept, Accept-Language, Cookie")], Html(page)).into_response(),
        Err(error) => broken(&error.to_string()),
    }
}

/// A template failed, which none does.
fn broken(what: &str) -> Response {
    tracing::error!(what, "a page can't be rendered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn age(room: &Room, now: Moment) -> Duration {
    let age = now.millis().saturating_sub(room.created_at.millis());
    Duration::from_millis(u64::try_from(age).unwrap_or(0))
}

fn visitor_view(visitor: &Visitor) -> VisitorView<'static> {
    VisitorView {
        id: visitor.id.to_string().into(),
        color: visitor.color.to_string().into(),
        hue: visitor.hue,
    }
}

fn room_view<'a>(room: &'a Room, me: &Visitor, now: Moment) -> RoomView<'a> {
    RoomView {
        id: room.id.to_string().into(),
        title: room.title.as_str().into(),
        max: room.max.get(),
        count: room.count,
        owner_id: room.owner.id.to_string().into(),
        owner_color: room.owner.color.to_string().into(),
        owner_hue: room.owner.hue,
        locked: room.locked,
        closed: room.closed,
        slow: room.slow,
        created_at: room.created_at.to_string().into(),
        age: age(room, now),
        mine: room.owner.id == me.id,
    }
}

fn message_view<'a>(message: &'a Message, me: &Visitor, t: &Texts) -> MessageView<'a> {
    let id: Cow<'_, str> = message.id.to_string().into();
    let view = match &message.body {
        Body::Chat(chat) => MessageView::text(id, message.seq, chat.as_str().into()),
        Body::Gif(gif) => {
            let gif = GifView {
                name: gif.name.to_string().into(),
                width: gif.width.into(),
                height: gif.height.into(),
                bytes: gif.bytes,
                alt: gif.alt.as_str().into(),
            };
            MessageView::gif(id, message.seq, gif)
        }
        Body::Line(line) => MessageView::line(id, message.seq, LineView::new(line.kind, t)),
        Body::Deleted => MessageView::deleted(id, message.seq),
    };
    let author = message.author;
    view.by(
        author.id.to_string().into(),
        author.color.to_string().into(),
        author.hue,
        author.id == me.id,
    )
    .at(message.created_at.to_string().into(), message.created_at.millis())
}
