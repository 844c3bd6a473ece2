//! A room: its title, its seats, its password.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use super::{Field, Invalid, Limits, Moment, Problem, Refusal, Visitor, VisitorId, id::hex_id, visible};

hex_id!(
    /// Names a room: 128 random bits, so that it can't be guessed.
    RoomId,
    32
);

/// The title of a room: something to see, on one line, within the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(Arc<str>);

impl Title {
    /// Combining marks that may follow each other. Writing takes up to 8 (Tibetan); more are there to be painted over
    /// the titles above and below in the list.
    pub const MARKS: usize = 8;

    /// Trims `raw` and checks it.
    ///
    /// # Errors
    /// Empty, too long, with control characters, nothing to see, or more than [`Self::MARKS`] marks in a row.
    pub fn parse(raw: &str, limits: &Limits) -> Result<Self, Invalid> {
        let text = raw.trim();
        check_text(text, Field::Title, limits.title, |_| false)?;
        if visible::marks_in_a_row(text) > Self::MARKS {
            let limit = Self::MARKS;
            return Err(Invalid::new(Field::Title, Problem::TooManyMarks { limit }));
        }
        Ok(Self(text.into()))
    }

    /// A title that a store kept.
    pub fn from_store(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Refuses text that is empty, too long, shows nothing, or holds control characters other than those `allowed`.
pub(super) fn check_text(
    text: &str,
    field: Field,
    limit: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(field, Problem::Empty));
    }
    // Bytes first: counting the characters of a text that can't fit is wasted work.
    let was = if text.len() > limit { text.chars().count() } else { 0 };
    if was > limit {
        return Err(Invalid::new(field, Problem::TooManyCharacters { limit, was }));
    }
    if text.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(Invalid::new(field, Problem::ControlCharacter));
    }
    if !visible::shows_something(text) {
        return Err(Invalid::new(field, Problem::Invisible));
    }
    Ok(())
}

/// How many visitors a room seats, 2 at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Max(u32);

impl Max {
    /// The least a room may seat: a chat takes two.
    pub const MIN: u32 = 2;
    /// What a room seats when its owner says nothing.
    pub const DEFAULT: u32 = 10;

    /// Checks a number of seats; `None` (a field left empty) is the default.
    ///
    /// # Errors
    /// Out of range.
    pub fn parse(raw: Option<i64>, limits: &Limits) -> Result<Self, Invalid> {
        let (min, max) = (Self::MIN, limits.max);
        match raw {
            None => Ok(Self(Self::DEFAULT.min(max))),
            Some(n) => match u32::try_from(n) {
                Ok(seats) if (min..=max).contains(&seats) => Ok(Self(seats)),
                _ => Err(Invalid::new(Field::Max, Problem::OutOfRange { min, max, was: Some(n) })),
            },
        }
    }

    /// The same from the text of a form field.
    ///
    /// # Errors
    /// Not a whole number, or out of range.
    pub fn parse_text(raw: &str, limits: &Limits) -> Result<Self, Invalid> {
        let raw = raw.trim();
        if raw.is_empty() {
            return Self::parse(None, limits);
        }
        let problem = Problem::OutOfRange {
            min: Self::MIN,
            max: limits.max,
            was: None,
        };
        let seats = raw.parse().map_err(|_| Invalid::new(Field::Max, problem))?;
        Self::parse(Some(seats), limits)
    }

    /// A number that a store kept.
    pub const fn from_store(seats: u32) -> Self {
        Self(seats)
    }

    /// The number of seats.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A password as it was typed. Never shown, logged or stored; see [`crate::service::passwords`].
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Checks a password; an empty one is none.
    ///
    /// # Errors
    /// Too long, or with NUL.
    pub fn parse(raw: String, limits: &Limits) -> Result<Option<Self>, Invalid> {
        let (limit, was) = (limits.password, raw.len());
        if was > limit {
            return Err(Invalid::new(Field::Password, Problem::TooManyBytes { limit, was }));
        }
        if raw.contains('\0') {
            return Err(Invalid::new(Field::Password, Problem::ControlCharacter));
        }
        Ok((!raw.is_empty()).then_some(Self(raw)))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A room as everyone may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its title.
    pub title: Title,
    /// Its seats.
    pub max: Max,
    /// How many seats are taken.
    pub count: u32,
    /// How many of these are of visitors who are away.
    pub away: u32,
    /// Who made it.
    pub owner: Visitor,
    /// Whether it has a password.
    pub locked: bool,
    /// Whether it lets nobody in who is not in already.
    pub closed: bool,
    /// Seconds between two messages of one visitor; 0 is no pause.
    pub slow: u32,
    /// Whether people of one address may take all seats, and not half of them only.
    pub crowd: bool,
    /// When it was made.
    pub created_at: Moment,
    /// Whether people were in it and all of them are gone or away, so that it waits for them or for its end.
    pub asleep: bool,
}

impl Room {
    /// Whether all seats are taken.
    pub const fn is_full(&self) -> bool {
        self.count >= self.max.get()
    }

    /// Whether nobody more can come in. Somebody who is away gives up the seat, unless more are in the room than may be.
    pub const fn is_shut_as_full(&self) -> bool {
        self.is_full() && (self.away == 0 || self.count > self.max.get())
    }
}

impl Serialize for Room {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            #[serde(rename = "_id")]
            id: RoomId,
            title: &'a str,
            max: u32,
            count: u32,
            away: u32,
            owner: super::Color,
            visitor: VisitorId,
            name: super::Name,
            hue: Option<u8>,
            password: bool,
            closed: bool,
            slow: u32,
            crowd: bool,
            created_at: Moment,
            asleep: bool,
        }
        Wire {
            id: self.id,
            title: self.title.as_str(),
            max: self.max.get(),
            count: self.count,
            away: self.away,
            owner: self.owner.color,
            visitor: self.owner.id,
            name: self.owner.name(),
            hue: self.owner.hue,
            password: self.locked,
            closed: self.closed,
            slow: self.slow,
            crowd: self.crowd,
            created_at: self.created_at,
            asleep: self.asleep,
        }
        .serialize(serializer)
    }
}

/// What a visitor is to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Owns the room.
    pub owner: bool,
    /// May enter: the room has no password, or the visitor gave it, or owns the room.
    pub granted: bool,
    /// Has a seat.
    pub member: bool,
    /// Is kept out by the owner.
    pub banned: Option<Banned>,
    /// The room lets nobody in who has no seat, but for the owner.
    pub closed: bool,
}

/// How long somebody is kept out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Banned {
    /// For the life of the room.
    ForGood,
    /// Until then.
    Until(Moment),
}

impl From<Option<Moment>> for Banned {
    fn from(until: Option<Moment>) -> Self {
        until.map_or(Self::ForGood, Self::Until)
    }
}

impl Access {
    /// The refusal of somebody whom the owner keeps out.
    pub const fn ban(&self) -> Option<Refusal> {
        match self.banned {
            Some(Banned::ForGood) => Some(Refusal::Banned { until: None }),
            Some(Banned::Until(until)) => Some(Refusal::Banned { until: Some(until) }),
            None => None,
        }
    }

    /// Why the visitor may neither enter nor read; whether a seat is free is another question.
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self { banned: Some(_), .. } => self.ban(),
            // Before the password, which would not help.
            Self {
                closed: true,
                owner: false,
                member: false,
                ..
            } => Some(Refusal::RoomClosed),
            // Who sits in it goes on reading what is said to them, whatever became of the password.
            Self {
                granted: false,
                member: false,
                ..
            } => Some(Refusal::WrongPassword),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
