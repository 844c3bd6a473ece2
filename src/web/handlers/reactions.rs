//! Reactions to messages, in and out.

use axum::{Json, extract::State, response::Response};
use serde::Serialize;

use crate::{
    broadcast::RoomReactions,
    domain::{Field, Guest, MessageId, Reaction, Visitor},
    rules::Reacting,
    service::{access::Reader, messages::reaction},
    state::AppState,
    web::{
        error::ApiError,
        extract::{fields::Fields, named::Named, negotiation::Prefs},
        handlers::{moderation::done, rooms::Id},
        list::List,
    },
};

/// `POST /room/{id}/messages/{message}/reactions`
pub async fn post(
    State(state): State<AppState>,
    Id(room): Id,
    Named(message): Named<MessageId>,
    prefs: Prefs,
    guest: Guest,
    fields: Fields,
) -> Result<Response, ApiError> {
    let with = reaction(fields.given(Field::Emoji)?, fields.given(Field::Gif)?)?;
    let on = !fields.has(Field::On) || fields.flag(Field::On)?;
    let by = guest.visitor;
    let new = Reacting { by, message, with, on };
    state.messages.react(room, new, guest.source).await?;
    Ok(done(prefs, room))
}

/// `GET /room/{id}/reactions`
pub async fn all(reader: Reader) -> Json<RoomReactions> {
    Json(RoomReactions::all(reader.id(), &reader.room().reactions))
}

/// One kind of reaction to a message, and who reacted so.
#[derive(Serialize)]
pub struct Kind {
    #[serde(flatten)]
    with: With,
    count: usize,
    by: Vec<Visitor>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum With {
    Emoji(&'static str),
    Gif(String),
}

/// `GET /room/{id}/messages/{message}/reactions`
pub async fn of_message(Named(message): Named<MessageId>, reader: Reader) -> List<Kind> {
    let mut kinds: Vec<(Reaction, Vec<Visitor>)> = Vec::new();
    for given in reader.room().reactions.to(message) {
        match kinds.iter_mut().find(|(with, _)| *with == given.with) {
            Some((_, by)) => by.push(given.by),
            None => kinds.push((given.with, vec![given.by])),
        }
    }
    let kind = |(with, by): (Reaction, Vec<Visitor>)| Kind {
        with: match with {
            Reaction::Emoji(emoji) => With::Emoji(emoji.as_str()),
            Reaction::Gif(name) => With::Gif(name.to_string()),
        },
        count: by.len(),
        by,
    };
    List::whole(kinds.into_iter().map(kind).collect())
}
