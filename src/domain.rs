//! Plain values that parse themselves. No I/O, no clock but the one handed in.

mod id;
mod visible;

pub mod budget;
mod epoch;
pub mod gif;
pub mod gif_body;
mod guest;
pub mod invite;
pub mod limits;
pub mod line;
pub mod look;
mod maker;
pub mod message;
pub mod moderation;
mod operator;
pub mod quota;
pub mod reaction;
pub mod refusal;
pub mod report;
pub mod room;
pub mod visitor;
pub mod whisper;

use std::sync::atomic::{AtomicI64, Ordering};

pub use budget::Budget;
pub use epoch::Epoch;
pub use gif_body::{Alt, GifBody, GifHash, GifName, GifWords, hashes_in};
pub use guest::{Address, AddressHash, AddressKey, Guest, Network, Source};
pub(crate) use id::asked_for;
pub use invite::{InviteHash, InviteToken};
pub use limits::Limits;
pub use line::{Line, LineKind};
pub use look::Look;
pub use maker::Maker;
pub use message::{Body, Chat, Message, MessageId, Nonce, Original, Reference, Said, Seq};
pub use moderation::{Action, Ban};
pub use operator::{AuditEntry, KeptOut, Notice, Operator, Why, ban_time};
pub use quota::{Full, Holder, Space};
pub use reaction::{Emoji, Reacted, ReactedTo, Reaction};
pub use refusal::{Field, Invalid, Paused, Problem, Refusal, TooLarge};
pub use report::{Reason, Report, ReportId, Reported};
pub use room::{Access, Max, Password, Room, RoomId, Title};
pub(crate) use visible::straight;
pub use visitor::{Color, Name, Visitor, VisitorId};
pub use whisper::{Whisper, WhisperId};

/// A moment, in milliseconds since the Unix epoch; RFC 3339 in UTC on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

/// What is added to the clock of this machine, in milliseconds.
static CORRECTION: AtomicI64 = AtomicI64::new(0);

impl Moment {
    /// The present, by the clock that all servers of a site share: that of this machine, corrected where a store has one of
    /// its own.
    pub fn now() -> Self {
        Self(Self::of_this_machine().0.saturating_add(Self::correction()))
    }

    /// The present, by the clock of this machine.
    pub fn of_this_machine() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }

    /// How far the shared clock is ahead of that of this machine, in milliseconds.
    pub fn correction() -> i64 {
        CORRECTION.load(Ordering::Relaxed)
    }

    /// Sets how far the shared clock is ahead of that of this machine, in milliseconds.
    pub fn correct(millis: i64) {
        CORRECTION.store(millis, Ordering::Relaxed);
    }

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{at:.3}")
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn a_moment_is_written_as_rfc_3339_in_utc_with_milliseconds() {
        assert_eq!(
            Moment::from_millis(1_700_000_000_123).to_string(),
            "2023-11-14T22:13:20.123Z"
        );
        assert_eq!(
            Moment::from_millis(1_700_000_000_000).to_string(),
            "2023-11-14T22:13:20.000Z"
        );
    }
}
