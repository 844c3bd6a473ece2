//! What somebody in a room does: posts, edits, reacts, whispers, reports, moderates, types.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Client;
use crate::{
    domain::{Action, Field, Invalid, Message, Moment, Problem, Reason, Refusal, Report, Whisper},
    realtime::sockets::{
        event::{Data, Name},
        fields::{read_body, read_nonce},
        reply::Done,
    },
    rules::{Edit, NewMessage, Reacting},
    service::messages::{addressee, answered, message_named, reaction, rewritten, said},
};

/// The least time between two `typing` of one socket that are passed on.
const TYPING_EVERY: Duration = Duration::from_secs(1);

impl Client {
    /// Does what somebody who only reads does not ask for.
    pub(super) async fn act(&self, name: Name, data: &Data) -> Result<Done, Refusal> {
        let site = self.state.operators.site();
        site.may_act(self.who.since, Moment::now())?;
        match name {
            Name::Chat => self.chat(data).await.map(Done::Posted),
            Name::Whisper => self.whisper(data).await.map(Done::Whispered),
            Name::Report => self.report(data).await.map(Done::Reported),
            Name::React => self.react(data).await.map(|()| Done::Nothing {}),
            Name::Edit => self.edit(data).await.map(|()| Done::Nothing {}),
            Name::Moderate => self.moderate(data).await.map(|()| Done::Nothing {}),
            _ => Err(Invalid::new(Field::Body, Problem::Malformed).into()),
        }
    }

    async fn chat(&self, data: &Data) -> Result<Arc<Message>, Refusal> {
        let room = self.room()?;
        let limits = &self.state.limits;
        let (new, nonce) = match data {
            Data::Text(chat) => (said(Some(chat), None, None, limits)?.into(), None),
            Data::None => return Err(Invalid::new(Field::Chat, Problem::Empty).into()),
            Data::Fields(_) | Data::Other => {
                let fields = data.fields()?;
                let reply = answered(fields.optional(Field::Reply)?);
                let body = read_body(fields, limits)?;
                (NewMessage { body, reply }, read_nonce(fields)?)
            }
        };
        self.state.messages.post(room, &self.who.guest, new, nonce).await
    }

    async fn edit(&self, data: &Data) -> Result<(), Refusal> {
        let (room, fields) = (self.room()?, data.fields()?);
        let message = message_named(fields.optional(Field::Message)?)?;
        let chat = rewritten(fields.given(Field::Chat)?, &self.state.limits)?;
        let by = self.visitor();
        let edit = Edit { by, message, chat };
        self.state.messages.edit(room, edit, self.who.guest.source).await
    }

    async fn react(&self, data: &Data) -> Result<(), Refusal> {
        let (room, fields) = (self.room()?, data.fields()?);
        let new = Reacting {
            by: self.visitor(),
            message: message_named(fields.optional(Field::Message)?)?,
            with: reaction(fields.optional(Field::Emoji)?, fields.optional(Field::Gif)?)?,
            on: !fields.has(Field::On) || fields.flag(Field::On)?,
        };
        self.state.messages.react(room, new, self.who.guest.source).await
    }

    async fn whisper(&self, data: &Data) -> Result<Arc<Whisper>, Refusal> {
        let (room, fields) = (self.room()?, data.fields()?);
        let to = addressee(self.visitor(), fields.optional(Field::To)?)?;
        let (body, nonce) = (read_body(fields, &self.state.limits)?, read_nonce(fields)?);
        self.state
            .messages
            .whisper(room, &self.who.guest, to, body, nonce)
            .await
    }

    async fn report(&self, data: &Data) -> Result<Report, Refusal> {
        let (room, fields) = (self.room()?, data.fields()?);
        let message = message_named(fields.optional(Field::Message)?)?;
        let reason = Reason::parse(fields.text(Field::Reason)?, &self.state.limits)?;
        self.state.messages.report(room, &self.who.guest, message, reason).await
    }

    async fn moderate(&self, data: &Data) -> Result<(), Refusal> {
        let (room, fields) = (self.room()?, data.fields()?);
        let action = Action::parse(|field| fields.plain(field))?;
        self.state.rooms.moderate(room, self.visitor(), action).await?;
        self.state.audit.moderated(&action, "moderate", &self.who.guest.source);
        Ok(())
    }

    pub(super) fn typing(&self) -> Result<(), Refusal> {
        let room = self.room()?;
        let now = Instant::now();
        let last = self.typed_at.lock().replace(now);
        if last.is_none_or(|last| now.duration_since(last) >= TYPING_EVERY) {
            self.state.events.typing(room, self.visitor(), self.key);
        } else {
            *self.typed_at.lock() = last;
        }
        Ok(())
    }
}
