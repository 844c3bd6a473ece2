//! Why something a visitor asked for is not done: a code, and what a sentence about it needs.

mod invalid;

use std::time::Duration;

pub use self::invalid::{Field, Invalid, Problem};
use super::{Budget, Full, Moment, gif::GifError};

/// A refusal. Nothing was stored, except perhaps by [`Refusal::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such room, or no longer.
    RoomNotFound,
    /// There is no such page or file.
    NotFound,
    /// The room has no such GIF to be sent again, or no longer.
    GifNotFound,
    /// The address exists but does not do that.
    WrongMethod,
    /// The room has a password, and this was not it.
    WrongPassword,
    /// The site has a password, and the visitor has not given it.
    SitePasswordRequired,
    /// The operator keeps the visitor, or where they come from, out of the site, until then or for good.
    BannedFromSite {
        /// The end of it.
        until: Option<Moment>,
    },
    /// The operator has paused that for now.
    Paused(Paused),
    /// It takes a key to make a room, and this was none.
    WrongKey,
    /// Visitors make no rooms here.
    RoomsClosed,
    /// All seats are taken.
    RoomFull,
    /// The owner lets nobody in who is not in already.
    RoomClosed,
    /// The owner sent the visitor out.
    Kicked,
    /// The owner keeps the visitor out, until then or for the life of the room.
    Banned {
        /// The end of it.
        until: Option<Moment>,
    },
    /// The visitor has written in this room a moment ago, and the owner wants a pause between two messages.
    SlowMode {
        /// When to try again.
        retry_after: Duration,
    },
    /// Only a visitor with a socket in the room may do this.
    NotAMember,
    /// Whom it is for is not in the room.
    VisitorNotFound,
    /// There is no such message in the room, or it is none that somebody wrote.
    MessageNotFound,
    /// Only who wrote a message may change what it says.
    NotTheAuthor,
    /// It was written too long ago to be changed.
    EditTooLate {
        /// Time within which it may be.
        within: Duration,
    },
    /// What this message says stays as it is: it was edited too often, or the owner has to see it so.
    NotEditable,
    /// The message has as many reactions as it may, or as many of the visitor.
    TooManyReactions,
    /// There is no such report, or no longer.
    ReportNotFound,
    /// The owner reads the reports of a room: nobody reports the owner there, and the owner reports nobody.
    OwnerReport,
    /// Only the owner may do this.
    NotTheOwner,
    /// The invite was withdrawn, or never made.
    InviteNotFound,
    /// A field breaks a rule.
    Invalid(Invalid),
    /// Something is larger than a limit.
    TooLarge(TooLarge),
    /// The file is not a GIF that every browser shows.
    NotAGif(GifError),
    /// Too much in a time, or at once; come back later.
    RateLimited {
        /// Of what.
        budget: Budget,
        /// When to try again.
        retry_after: Duration,
    },
    /// The visitor is in this room with too many sockets already, as many tabs have.
    TooManySockets {
        /// The most there may be.
        limit: usize,
    },
    /// The room holds all the whispers it may, and the visitor has none there that could make space.
    TooManyWhispers {
        /// When to try again.
        retry_after: Duration,
    },
    /// The owner of the room removed a GIF of these bytes for good.
    ForbiddenGif,
    /// The operator keeps GIFs of these bytes out of the site.
    BlockedGif,
    /// The request was made by a page of another site.
    CrossOrigin,
    /// The request did not arrive in the time it has.
    TimedOut,
    /// The disk is full.
    StorageFull,
    /// There is no space for a GIF.
    QuotaReached(Full),
    /// The store does not answer; nothing was accepted.
    Unavailable,
    /// The store did not say whether it accepted it.
    Unknown {
        /// Whether it had a nonce, so that trying again stores it once.
        repeatable: bool,
    },
}

impl Refusal {
    /// All codes of the public interface.
    pub const CODES: [&'static str; 35] = [
        "room_not_found",
        "page_not_found",
        "method_not_allowed",
        "wrong_password",
        "site_password_required",
        "banned_from_site",
        "paused",
        "wrong_key",
        "rooms_closed",
        "room_full",
        "closed",
        "kicked",
        "banned",
        "slow_mode",
        "not_a_member",
        "visitor_not_found",
        "message_not_found",
        "not_the_author",
        "edit_too_late",
        "not_editable",
        "too_many_reactions",
        "report_not_found",
        "owner_report",
        "not_the_owner",
        "invite_not_found",
        "invalid",
        "too_large",
        "not_a_gif",
        "forbidden_gif",
        "rate_limited",
        "cross_origin",
        "timed_out",
        "storage_full",
        "unavailable",
        "unknown",
    ];

    /// The code of the public interface.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RoomNotFound => "room_not_found",
            Self::NotFound | Self::GifNotFound => "page_not_found",
            Self::WrongMethod => "method_not_allowed",
            Self::WrongPassword => "wrong_password",
            Self::SitePasswordRequired => "site_password_required",
            Self::BannedFromSite { .. } => "banned_from_site",
            Self::Paused(_) => "paused",
            Self::WrongKey => "wrong_key",
            Self::RoomsClosed => "rooms_closed",
            Self::RoomFull => "room_full",
            Self::RoomClosed => "closed",
            Self::Kicked => "kicked",
            Self::Banned { .. } => "banned",
            Self::SlowMode { .. } => "slow_mode",
            Self::NotAMember => "not_a_member",
            Self::VisitorNotFound => "visitor_not_found",
            Self::MessageNotFound => "message_not_found",
            Self::NotTheAuthor => "not_the_author",
            Self::EditTooLate { .. } => "edit_too_late",
            Self::NotEditable => "not_editable",
            Self::TooManyReactions => "too_many_reactions",
            Self::ReportNotFound => "report_not_found",
            Self::OwnerReport => "owner_report",
            Self::NotTheOwner => "not_the_owner",
            Self::InviteNotFound => "invite_not_found",
            Self::Invalid(_) => "invalid",
            Self::TooLarge(_) => "too_large",
            Self::NotAGif(_) => "not_a_gif",
            Self::ForbiddenGif | Self::BlockedGif => "forbidden_gif",
            Self::RateLimited { .. } | Self::TooManySockets { .. } | Self::TooManyWhispers { .. } => "rate_limited",
            Self::CrossOrigin => "cross_origin",
            Self::TimedOut => "timed_out",
            Self::StorageFull | Self::QuotaReached(_) => "storage_full",
            Self::Unavailable => "unavailable",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl Refusal {
    /// The same of something that may have had a nonce.
    #[must_use]
    pub fn of_nonced(self, nonced: bool) -> Self {
        match self {
            Self::Unknown { .. } => Self::Unknown { repeatable: nonced },
            other => other,
        }
    }

    /// When to try again, when that is known.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. }
            | Self::SlowMode { retry_after }
            | Self::TooManyWhispers { retry_after } => Some(*retry_after),
            Self::Unknown { .. } => Some(Duration::from_secs(2)),
            // Until somebody may have closed a tab.
            Self::TooManySockets { .. } => Some(Duration::from_secs(5)),
            _ => None,
        }
    }

    /// The same in whole seconds, 1 at least.
    pub fn retry_seconds(&self) -> Option<u64> {
        let retry_after = self.retry_after()?;
        Some(u64::try_from(retry_after.as_millis().div_ceil(1_000)).map_or(u64::MAX, |seconds| seconds.max(1)))
    }

    /// The field that breaks a rule, by its name on the wire.
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(invalid) => Some(invalid.field.name()),
            _ => None,
        }
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<GifError> for Refusal {
    fn from(error: GifError) -> Self {
        if error.is_unreadable() {
            Self::Unavailable
        } else if error.is_limit() {
            Self::TooLarge(TooLarge::Gif(error))
        } else {
            Self::NotAGif(error)
        }
    }
}

/// What was too large, and the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// A form, JSON body or event of more than `limit` bytes.
    Body {
        /// The most there may be, in bytes.
        limit: u64,
        /// What was announced or had arrived, in bytes.
        was: u64,
    },
    /// A GIF beyond one of its limits.
    Gif(GifError),
}

/// What an operator pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paused {
    /// New rooms.
    Rooms,
    /// Uploads.
    Uploads,
    /// All that who has just come may do but read.
    Newcomers,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_codes_are_listed() {
        let source = include_str!("refusal.rs");
        let codes = source.split("pub const fn code(").nth(1).unwrap();
        let codes = codes.split("\n    }\n").next().unwrap();
        let written: Vec<_> = codes.split('"').skip(1).step_by(2).collect();
        assert_eq!(written, Refusal::CODES);
    }
}
