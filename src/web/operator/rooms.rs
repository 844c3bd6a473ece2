//! Rooms as operators see them, and what they take out of them.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Failure, asks::Asks, body::Body};
use crate::{
    domain::{self, Field, MessageId, Moment, Refusal, Room, RoomId, Space, Visitor, VisitorId, Why},
    page::views::console::{OneRoomPage, RoomRow, RoomsPage},
    rules::TakeDown,
    state::AppState,
    store::{RoomCursor, Window},
    web::{
        extract::{fields::Params, named::Named},
        handlers::{messages::window, rooms::Id},
        rendered::{html, room_view, visitor_view},
    },
};

/// Rooms and messages on a page.
const PAGE: usize = 100;

/// A room with how much is in it.
struct Counted {
    room: Room,
    messages: u64,
    held: Space,
}

impl Counted {
    async fn of(state: &AppState, room: Room) -> Result<Self, Failure> {
        let found = state.rooms.load(room.id).await?;
        Ok(Self {
            messages: found.seq - found.forgotten,
            held: state.messages.space_of_room(room.id).await?,
            room,
        })
    }

    fn json(&self) -> Value {
        let mut shown = json!(self.room);
        shown["messages"] = json!(self.messages);
        shown["gifs"] = json!({ "bytes": self.held.bytes, "files": self.held.files });
        shown
    }

    fn row(&self, asks: &Asks) -> RoomRow<'_> {
        // Nobody's: an operator is no visitor.
        let me = Visitor::new(VisitorId::SITE);
        RoomRow {
            room: room_view(&self.room, &me, asks.prefs.lang, Moment::now()),
            messages: self.messages,
            bytes: self.held.bytes,
        }
    }
}

/// `GET /rooms?after=`
pub async fn list(State(state): State<AppState>, asks: Asks, Params(params): Params) -> Result<Response, Failure> {
    let after = params.given(Field::After)?;
    let after: Option<RoomCursor> = after.map(str::parse).transpose().map_err(|_| Refusal::NotFound)?;
    let page = state.operators.rooms(after, PAGE).await?;
    let mut rooms = Vec::new();
    for room in page.rooms {
        match Counted::of(&state, room).await {
            Ok(counted) => rooms.push(counted),
            // It went meanwhile.
            Err(Failure::Refused(Refusal::RoomNotFound)) => (),
            Err(failure) => return Err(failure),
        }
    }
    let next = page.next.map(|next| next.to_string());
    let json = || {
        let rooms: Vec<_> = rooms.iter().map(Counted::json).collect();
        json!({ "rooms": rooms, "total": page.total, "next": next })
    };
    Ok(asks.show(json, || RoomsPage {
        page: asks.page(&state),
        rows: rooms.iter().map(|room| room.row(&asks)).collect(),
        total: page.total,
        next: next.clone(),
    }))
}

/// `GET /rooms/{id}?before=`
pub async fn one(
    State(state): State<AppState>,
    Id(id): Id,
    asks: Asks,
    Params(params): Params,
) -> Result<Response, Failure> {
    let found = state.rooms.load(id).await?;
    let window = match window(&params)? {
        Window::After(_) => return Err(Refusal::NotFound.into()),
        window => window,
    };
    let messages = state.operators.history(id, window, PAGE).await?;
    let counted = Counted::of(&state, found.room.clone()).await?;
    let before = messages
        .first()
        .map(|first| first.seq)
        .filter(|seq| *seq > found.forgotten + 1);
    if asks.wants_page() {
        return Ok(html(&OneRoomPage {
            page: asks.page(&state),
            row: counted.row(&asks),
            members: found
                .members()
                .iter()
                .map(|member| visitor_view(member, asks.prefs.lang))
                .collect(),
            seen: messages.iter().map(|message| asks.seen(id, message)).collect(),
            before,
        }));
    }
    let mut shown = counted.json();
    shown["members"] = json!(found.members());
    let hashes = messages.iter().filter_map(|message| match &message.body {
        domain::Body::Gif(gif) => Some((gif.name.to_string(), json!(gif.hash?.to_string()))),
        _ => None,
    });
    shown["hashes"] = Value::Object(hashes.collect());
    shown["messages"] = json!(messages);
    shown["seq"] = json!(found.seq);
    shown["before"] = json!(before);
    Ok(Json(shown).into_response())
}

async fn take_down(
    state: &AppState,
    asks: &Asks,
    why: Why,
    (room, what): (RoomId, TakeDown),
) -> Result<Response, Failure> {
    state
        .operators
        .take_down(&asks.who, why, (room, what), &state.audit)
        .await?;
    let next = match what {
        TakeDown::Room => "/rooms".to_owned(),
        TakeDown::Message(_) => format!("/rooms/{room}"),
    };
    Ok(asks.done(&next, StatusCode::NO_CONTENT))
}

/// `POST /rooms/{id}/remove`
pub async fn remove(State(state): State<AppState>, Id(id): Id, asks: Asks, body: Body) -> Result<Response, Failure> {
    take_down(&state, &asks, body.why, (id, TakeDown::Room)).await
}

/// `POST /rooms/{id}/messages/{message}/remove`
pub async fn remove_message(
    State(state): State<AppState>,
    Id(id): Id,
    Named(message): Named<MessageId>,
    asks: Asks,
    body: Body,
) -> Result<Response, Failure> {
    take_down(&state, &asks, body.why, (id, TakeDown::Message(message))).await
}
