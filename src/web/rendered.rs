//! Templates as answers, and what they show of rooms, visitors and messages.

use std::{borrow::Cow, time::Duration};

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::extract::negotiation::Prefs;
use crate::{
    config::Config,
    domain::{Body, Message, Moment, Reacted, Reaction, Reference, Room, Visitor},
    page::{
        texts::{Lang, Texts, fill},
        views::{EditedView, GifView, LineView, MessageView, Page, QuoteView, ReactionView, RoomView, VisitorView},
    },
    state::AppState,
};

/// What every page has.
pub fn frame<'a>(state: &'a AppState, prefs: Prefs, me: &Visitor, path: &'a str) -> Page<'a> {
    Page {
        t: prefs.lang.texts(),
        theme: prefs.theme,
        me: visitor_view(me, prefs.lang),
        path,
        site: site(&state.config),
        assets: state.assets.prefix(),
        limits: (&*state.limits).into(),
        about: &state.about,
        notice: state
            .store
            .site()
            .notice
            .as_ref()
            .map(|notice| notice.as_str().to_owned()),
    }
}

/// The public address of the site, as far as it is known.
fn site(config: &Config) -> &str {
    let url = config.public_url.as_ref().map_or("", |url| url.as_str());
    url.trim_end_matches('/')
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
pub fn broken(what: &str) -> Response {
    tracing::error!(what, "a page can't be rendered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// How long a room has been open.
pub fn age(room: &Room, now: Moment) -> Duration {
    let age = now.millis().saturating_sub(room.created_at.millis());
    Duration::from_millis(u64::try_from(age).unwrap_or(0))
}

/// A visitor as templates show one.
pub fn visitor_view(visitor: &Visitor, lang: Lang) -> VisitorView<'static> {
    let name = visitor.name();
    let name = match lang {
        Lang::En => name.en(),
        Lang::Ko => name.ko(),
    };
    VisitorView {
        id: visitor.id.to_string().into(),
        name: name.into(),
        color: visitor.color.to_string().into(),
        hue: visitor.hue,
    }
}

/// A room as templates show it to a visitor.
pub fn room_view<'a>(room: &'a Room, me: &Visitor, lang: Lang, now: Moment) -> RoomView<'a> {
    RoomView {
        id: room.id.to_string().into(),
        title: room.title.as_str().into(),
        max: room.max.get(),
        count: room.count,
        full: room.is_shut_as_full(),
        owner: visitor_view(&room.owner, lang),
        locked: room.locked,
        closed: room.closed,
        asleep: room.asleep,
        slow: room.slow,
        crowd: room.crowd,
        created_at: room.created_at.to_string().into(),
        age: age(room, now),
        mine: room.owner.id == me.id,
    }
}

/// What a message answers, as templates show it.
fn quote_view<'a>(reference: &'a Reference, t: &Texts) -> QuoteView<'a> {
    let original = reference.message();
    let said = original.filter(|original| !original.is_deleted());
    let gif = said.and_then(|original| match &original.body {
        Body::Gif(gif) => Some(gif),
        _ => None,
    });
    QuoteView {
        id: reference.to.to_string().into(),
        seq: original.map_or(0, |original| original.seq),
        author: original.map(|original| visitor_view(&original.author, t.lang)),
        text: match (said.and_then(Message::excerpt), gif) {
            (Some(text), _) => text,
            (None, Some(gif)) if gif.alt.as_str().is_empty() => "GIF".into(),
            (None, Some(gif)) => fill(t.talk.sent_gif, &[("alt", gif.alt.as_str())]).into(),
            (None, None) => t.reply.gone.into(),
        },
        gif: gif.map(|gif| gif.name.to_string().into()),
        gone: said.is_none(),
    }
}

/// One kind of reaction, as templates show it to a visitor.
fn reaction_view<'a>(Reacted { reaction, by }: &'a Reacted, me: &Visitor) -> ReactionView<'a> {
    let (emoji, gif) = match reaction {
        Reaction::Emoji(emoji) => (emoji.as_str(), None),
        Reaction::Gif(name) => ("", Some(name.to_string().into())),
    };
    ReactionView {
        emoji: emoji.into(),
        gif,
        count: by.len(),
        mine: by.contains(&me.id),
    }
}

/// A message as templates show it to a visitor.
pub fn message_view<'a>(message: &'a Message, me: &Visitor, t: &Texts) -> MessageView<'a> {
    let id: Cow<'_, str> = message.id.to_string().into();
    let view = match &message.body {
        Body::Chat(chat) => MessageView::text(id, message.seq, chat.as_str().into()),
        Body::Gif(gif) => {
            let view = GifView {
                name: gif.name.to_string().into(),
                width: gif.width.into(),
                height: gif.height.into(),
                bytes: gif.bytes,
                alt: gif.alt.as_str().into(),
            };
            let caption = gif.caption.as_ref().map(|caption| caption.as_str().into());
            MessageView::gif(id, message.seq, view, caption)
        }
        Body::Line(line) => MessageView::line(id, message.seq, LineView::new(line.kind, t)),
        Body::Deleted => MessageView::deleted(id, message.seq),
    };
    let author = message.author;
    // A line refers to what was edited.
    let answered = message.refers.as_ref().filter(|_| !message.is_line());
    view.by(visitor_view(&author, t.lang), author.id == me.id)
        .at(message.created_at.to_string().into(), message.created_at.millis())
        .answering(answered.map(|reference| quote_view(reference, t)))
        .reacted(
            message
                .reactions
                .iter()
                .map(|reacted| reaction_view(reacted, me))
                .collect(),
        )
        .edited(message.edited.map(|at| EditedView {
            at: at.to_string(),
            at_ms: at.millis(),
        }))
}
