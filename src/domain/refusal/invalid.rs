//! Which field of what a visitor sent breaks which rule.

/// A field of a form, a JSON body or an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A room's title.
    Title,
    /// A room's number of seats.
    Max,
    /// A room's password.
    Password,
    /// The text of a message.
    Chat,
    /// The id of the message that one answers.
    Reply,
    /// What somebody reacts with.
    Emoji,
    /// Whether a reaction is given, or taken back.
    On,
    /// The file of a message.
    Gif,
    /// The alternative text of a GIF.
    Alt,
    /// The author's mark against posting twice.
    Nonce,
    /// The id of a room.
    Room,
    /// The id of whom something is for.
    To,
    /// The id of a message.
    Message,
    /// Why a message is reported.
    Reason,
    /// Where a page of a list begins.
    After,
    /// Where a page of a list ends.
    Before,
    /// How long a page of a list is.
    Limit,
    /// What the owner wants done.
    Action,
    /// The id of a visitor.
    Visitor,
    /// How long a ban lasts.
    Seconds,
    /// Whether GIFs that are deleted are refused from then on.
    Forbid,
    /// Whether a room lets nobody new in.
    Closed,
    /// Seconds between two messages of one visitor.
    Slow,
    /// Whether people of one address may take all seats.
    Crowd,
    /// A key for making a room.
    Key,
    /// Where to go back to on this site.
    Back,
    /// The code of a refusal that a page shows.
    Error,
    /// The form, JSON body or event as a whole.
    Body,
}

impl Field {
    /// The field's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Max => "max",
            Self::Password => "password",
            Self::Chat => "chat",
            Self::Reply => "reply",
            Self::Emoji => "emoji",
            Self::On => "on",
            Self::Gif => "gif",
            Self::Alt => "alt",
            Self::Nonce => "nonce",
            Self::Room => "room",
            Self::To => "to",
            Self::Message => "message",
            Self::Reason => "reason",
            Self::After => "after",
            Self::Before => "before",
            Self::Limit => "limit",
            Self::Action => "action",
            Self::Visitor => "visitor",
            Self::Seconds => "seconds",
            Self::Forbid => "forbid",
            Self::Closed => "closed",
            Self::Slow => "slow",
            Self::Crowd => "crowd",
            Self::Key => "key",
            Self::Back => "back",
            Self::Error => "error",
            Self::Body => "body",
        }
    }
}

/// A field that breaks a rule, and the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Which field.
    pub field: Field,
    /// Which rule.
    pub problem: Problem,
}

impl Invalid {
    /// Says that `field` breaks a rule.
    pub const fn new(field: Field, problem: Problem) -> Self {
        Self { field, problem }
    }
}

/// The rule that a field breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is missing, or nothing but space.
    Empty,
    /// It has more characters than allowed.
    TooManyCharacters {
        /// The most there may be.
        limit: usize,
        /// What there was.
        was: usize,
    },
    /// It has more bytes than allowed.
    TooManyBytes {
        /// The most there may be.
        limit: usize,
        /// What there was.
        was: usize,
    },
    /// It is not a whole number between two bounds.
    OutOfRange {
        /// The least it may be.
        min: u32,
        /// The most it may be.
        max: u32,
        /// What it was, when it was a number.
        was: Option<i64>,
    },
    /// It holds NUL or another control character.
    ControlCharacter,
    /// It has no character that can be seen.
    Invisible,
    /// It has more combining marks in a row than allowed.
    TooManyMarks {
        /// The most there may be.
        limit: usize,
    },
    /// It is not what is expected here: wrong type, broken JSON or UTF-8, unknown form.
    Malformed,
    /// It came more than once.
    Twice,
    /// It names somebody or something that is not in the room.
    NotThere,
    /// It names whoever asks.
    Oneself,
}
