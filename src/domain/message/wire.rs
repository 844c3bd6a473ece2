//! A message as it goes over the wire.

use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::{Body, Chat, Message, MessageId, Nonce, Reference, Seq};
use crate::domain::{Color, GifBody, Line, LineKind, Moment, Name, Reacted, RoomId, VisitorId};

/// Characters of a text that is quoted; one more would be cut.
const QUOTED: usize = 140;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(rename = "_id")]
    id: MessageId,
    room: RoomId,
    seq: Seq,
    user: WireUser,
    hue: Option<u8>,
    visitor: VisitorId,
    name: Name,
    created_at: Moment,
    #[serde(flatten)]
    body: WireBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Quote<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reactions: &'a [Reacted],
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WireUser {
    Visitor(Color),
    Nobody(&'static str),
}

#[derive(Serialize)]
#[serde(untagged)]
enum WireBody<'a> {
    Chat {
        chat: &'a str,
    },
    Gif(&'a GifBody),
    Line {
        line: &'static str,
        color: Color,
        count: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        chat: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
        #[serde(skip_serializing_if = "is_false")]
        deleted: bool,
    },
    Deleted {
        deleted: bool,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What a message answers.
#[derive(Serialize)]
struct Quote<'a> {
    #[serde(rename = "_id")]
    id: MessageId,
    #[serde(flatten)]
    by: Option<QuoteBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gif: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    deleted: bool,
}

#[derive(Serialize)]
struct QuoteBy {
    seq: Seq,
    user: Color,
    hue: Option<u8>,
    visitor: VisitorId,
    name: Name,
}

impl<'a> WireBody<'a> {
    fn of(message: &'a Message) -> Self {
        match &message.body {
            Body::Chat(chat) => Self::Chat { chat: chat.as_str() },
            Body::Gif(gif) => Self::Gif(gif),
            Body::Line(line) => Self::line(message, *line),
            Body::Deleted => Self::Deleted { deleted: true },
        }
    }

    /// A line says what happened in words; that of an edit says what the message says now.
    fn line(message: &'a Message, Line { kind, count }: Line) -> Self {
        let edited = match (kind, &message.refers) {
            (LineKind::Edited(_), Some(reference)) => Some(reference.message()),
            _ => None,
        };
        let chat = match edited {
            Some(original) => original.and_then(Message::text).map(|chat| chat.as_str().into()),
            None => Some(kind.text(message.author).into()),
        };
        Self::Line {
            line: kind.name(),
            color: message.author.color,
            count,
            chat,
            message: kind.message(),
            deleted: edited.is_some_and(|original| original.is_none_or(Message::is_deleted)),
        }
    }
}

impl<'a> Quote<'a> {
    fn of(reference: &'a Reference) -> Self {
        let original = reference.message();
        let gif = original.and_then(|original| match &original.body {
            Body::Gif(gif) => Some(gif),
            _ => None,
        });
        Self {
            id: reference.to,
            by: original.map(|original| QuoteBy {
                seq: original.seq,
                user: original.author.color,
                hue: original.author.hue,
                visitor: original.author.id,
                name: original.author.name(),
            }),
            chat: original.and_then(Message::excerpt),
            gif: gif.map(|gif| gif.name.to_string()),
            alt: gif.map(|gif| gif.alt.as_str()),
            deleted: original.is_none_or(Message::is_deleted),
        }
    }
}

impl Message {
    /// What it says, in a few words, where it is quoted.
    pub fn excerpt(&self) -> Option<Cow<'_, str>> {
        self.text().map(excerpt)
    }
}

/// The beginning of a text.
fn excerpt(chat: &Chat) -> Cow<'_, str> {
    let text = chat.as_str();
    match text.char_indices().nth(QUOTED) {
        None => text.into(),
        Some(_) => {
            let end = text.char_indices().nth(QUOTED - 1).map_or(text.len(), |(at, _)| at);
            format!("{}…", text[..end].trim_end()).into()
        }
    }
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (user, quote) = if self.is_line() {
            (WireUser::Nobody("system"), None)
        } else {
            let looked_up = self.refers.as_ref().filter(|_| self.is_whole());
            (WireUser::Visitor(self.author.color), looked_up)
        };
        Wire {
            id: self.id,
            room: self.room,
            seq: self.seq,
            user,
            hue: self.author.hue,
            visitor: self.author.id,
            name: self.author.name(),
            created_at: self.created_at,
            body: WireBody::of(self),
            edited: self.edited,
            reply: quote.map(Quote::of),
            reactions: &self.reactions,
            nonce: self.nonce.as_ref().map(Nonce::as_str),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_cut_between_characters() {
        let quoted = |text: &str| excerpt(&Chat::from_store(text)).into_owned();
        assert_eq!(quoted(&"가".repeat(QUOTED)), "가".repeat(QUOTED));
        let cut = quoted(&"가".repeat(QUOTED + 1));
        assert_eq!((cut.chars().count(), cut.chars().last()), (QUOTED, Some('…')));
    }
}
