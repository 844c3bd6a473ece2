//! Reactions: an emoji or a GIF of the room that somebody puts under a message.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::{Field, GifName, Invalid, MessageId, Problem, Seq, VisitorId};

/// An emoji as Unicode recommends it for exchange, fully qualified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Emoji(&'static str);

impl Emoji {
    /// Reads exactly one emoji.
    ///
    /// # Errors
    /// It is something else, or more.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let emoji = emojis::get(text.trim());
        emoji
            .map(|emoji| Self(emoji.as_str()))
            .ok_or(Invalid::new(Field::Emoji, Problem::Malformed))
    }

    /// The text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// What somebody reacts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// An emoji.
    Emoji(Emoji),
    /// A GIF that a message of the room names.
    Gif(GifName),
}

impl Reaction {
    /// A reaction that a store kept; none of an emoji that is not known any more.
    pub fn from_store(text: &str) -> Option<Self> {
        let gif = text.parse().map(Self::Gif).ok();
        gif.or_else(|| Emoji::parse(text).map(Self::Emoji).ok())
    }
}

impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Emoji(emoji) => f.write_str(emoji.as_str()),
            Self::Gif(name) => name.fmt(f),
        }
    }
}

/// One kind of reaction to a message, and who reacted so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reacted {
    /// The kind.
    pub reaction: Reaction,
    /// Who, in the order of time.
    pub by: Vec<VisitorId>,
}

impl Serialize for Reacted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Reacted", 3)?;
        match self.reaction {
            Reaction::Emoji(emoji) => fields.serialize_field("emoji", emoji.as_str())?,
            Reaction::Gif(name) => fields.serialize_field("gif", &name.to_string())?,
        }
        fields.serialize_field("count", &self.by.len())?;
        fields.serialize_field("visitors", &self.by)?;
        fields.end()
    }
}

/// All reactions to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReactedTo {
    /// The message.
    #[serde(rename = "_id")]
    pub message: MessageId,
    /// Its place; not known when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// By kind, in the order in which the kinds came.
    pub reactions: Vec<Reacted>,
}

impl ReactedTo {
    /// No reactions to a message.
    pub const fn none(message: MessageId) -> Self {
        Self {
            message,
            seq: None,
            reactions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_one_and_nothing_else() {
        for emoji in ["👍", "👍🏽", "❤️", "🇰🇷", "👩‍👩‍👧", "#️⃣"] {
            let read = Emoji::parse(emoji).unwrap();
            assert_eq!(read.as_str(), emoji);
            let reaction = Reaction::Emoji(read);
            assert_eq!(Reaction::from_store(&reaction.to_string()), Some(reaction));
        }
        // Typed without the selector it is the same one.
        assert_eq!(Emoji::parse("❤").map(Emoji::as_str), Ok("❤️"));
        for other in ["", "a", "1", "👍👍", "👍a", "\u{fe0f}", "<b>"] {
            assert!(Emoji::parse(other).is_err(), "{other}");
        }
        let gif = Reaction::Gif(GifName::random());
        assert_eq!(Reaction::from_store(&gif.to_string()), Some(gif));
    }
}
