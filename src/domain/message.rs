//! A message: its text or GIF, its place in the room, its author's nonce.

mod reference;
mod wire;

pub use reference::{Original, Reference};

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{
    Field, GifBody, Invalid, Limits, Line, Moment, Problem, Reacted, RoomId, Visitor, id::hex_id, room::check_text,
};

hex_id!(
    /// Names a message: 96 random bits.
    MessageId,
    24
);

/// A message's place in its room: 1, 2, 3 … without a gap.
pub type Seq = u64;

/// The text of a message: trimmed, not empty, within the limit. Line breaks and tabs are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat(Arc<str>);

impl Chat {
    /// Trims `raw` and checks it.
    ///
    /// # Errors
    /// Empty, too long, with control characters, or nothing to see.
    pub fn parse(raw: &str, limits: &Limits) -> Result<Self, Invalid> {
        let text = raw.trim();
        check_text(text, Field::Chat, limits.chat, |c| matches!(c, '\n' | '\r' | '\t'))?;
        Ok(Self(text.into()))
    }

    /// A text that a store kept.
    pub fn from_store(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The author's mark on a message: posted again with the same one, it is the same message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(Arc<str>);

impl Nonce {
    /// The most a nonce may hold, in bytes.
    pub const LIMIT: usize = 64;

    /// Checks a nonce: 1 to 64 visible ASCII characters.
    ///
    /// # Errors
    /// Empty, too long, or of other characters.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let problem = match raw.len() {
            0 => Problem::Empty,
            was if was > Self::LIMIT => Problem::TooManyBytes {
                limit: Self::LIMIT,
                was,
            },
            _ if !raw.bytes().all(|byte| byte.is_ascii_graphic()) => Problem::Malformed,
            _ => return Ok(Self(raw.into())),
        };
        Err(Invalid::new(Field::Nonce, problem))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Text.
    Chat(Chat),
    /// A GIF.
    Gif(GifBody),
}

impl From<Said> for Body {
    fn from(said: Said) -> Self {
        match said {
            Said::Chat(chat) => Self::Chat(chat),
            Said::Gif(gif) => Self::Gif(gif),
        }
    }
}

impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Text<'a> {
            chat: &'a str,
        }
        match self {
            Self::Chat(chat) => Text { chat: chat.as_str() }.serialize(serializer),
            Self::Gif(gif) => gif.serialize(serializer),
        }
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text.
    Chat(Chat),
    /// A GIF.
    Gif(GifBody),
    /// Nothing that anybody said: what happened in the room. The author of the message is whom it happened to.
    Line(Line),
    /// Nothing any more: it was deleted, and only its place is left.
    Deleted,
}

/// A message as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Its room.
    pub room: RoomId,
    /// Its place in the room.
    pub seq: Seq,
    /// Its author.
    pub author: Visitor,
    /// When it was stored.
    pub created_at: Moment,
    /// What it says.
    pub body: Body,
    /// What the author marked it with.
    pub nonce: Option<Nonce>,
    /// When its author last changed what it says.
    pub edited: Option<Moment>,
    /// The message that it answers, or that it says was edited.
    pub refers: Option<Reference>,
    /// By kind, in the order in which the kinds came.
    pub reactions: Vec<Reacted>,
}

impl Message {
    /// Lets it say something else from now on: another text, or something else with its GIF. What is deleted stays deleted.
    pub fn edit(&mut self, chat: Option<&Chat>, at: Moment) {
        match (&mut self.body, chat) {
            (Body::Chat(text), Some(chat)) => *text = chat.clone(),
            (Body::Gif(gif), chat) => gif.caption = chat.cloned(),
            _ => return,
        }
        self.edited = Some(at);
    }

    /// Takes from it what it says.
    pub fn blank(&mut self) {
        self.body = Body::Deleted;
        (self.edited, self.refers) = (None, None);
        self.reactions.clear();
    }

    /// The text that somebody wrote: of a text, or with a GIF.
    pub const fn text(&self) -> Option<&Chat> {
        match &self.body {
            Body::Chat(chat) => Some(chat),
            Body::Gif(gif) => gif.caption.as_ref(),
            _ => None,
        }
    }

    /// Whether all that it refers to has been looked up.
    pub fn is_whole(&self) -> bool {
        self.refers
            .as_ref()
            .is_none_or(|reference| reference.original != Original::Unread)
    }

    /// The event that tells it to sockets.
    pub const fn event(&self) -> &'static str {
        match &self.body {
            Body::Line(line) => line.kind.event(),
            _ => "chat",
        }
    }

    /// Whether it says nothing any more.
    pub const fn is_deleted(&self) -> bool {
        matches!(self.body, Body::Deleted)
    }

    /// Whether it is a line that nobody wrote.
    pub const fn is_line(&self) -> bool {
        matches!(self.body, Body::Line(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_keeps_its_lines_and_is_counted_in_characters() {
        let limits = Limits::default();
        assert_eq!(
            Chat::parse(" a\nb\t ", &limits).map(|c| c.as_str().to_owned()),
            Ok("a\nb".to_owned())
        );
        assert!(Chat::parse(&"가".repeat(1_000), &limits).is_ok());
        let problem = |raw: &str| Chat::parse(raw, &limits).err().map(|invalid| invalid.problem);
        assert_eq!(
            problem(&"가".repeat(1_001)),
            Some(Problem::TooManyCharacters {
                limit: 1_000,
                was: 1_001
            })
        );
        assert_eq!(problem("  \n "), Some(Problem::Empty));
        assert_eq!(problem("a\0"), Some(Problem::ControlCharacter));
    }

    #[test]
    fn a_nonce_is_short_and_visible() {
        assert!(Nonce::parse("a-Z_9").is_ok());
        for wrong in ["", "a b", "a\n", "가", &"x".repeat(65)] {
            assert!(Nonce::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
