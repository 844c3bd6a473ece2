//! The checker: what is wrong with a history. Pure, so that it can be tested with histories made by hand.
//!
//! - `log`: what the database stored of a room obeys the rules
//! - `posts`: what was acknowledged is there, once and in order
//! - `readers`: everybody heard the same
//! - `deletions`: what was deleted is read by nobody, and nothing else is gone
//! - `edits`: what was edited is read so from then on
//! - `admissions`: nobody enters by an old password, grant or invite
//! - `whispers`: whispers are there once, for the two alone
//! - `coverage`: what a run has not tried at all
//! - `tests`: histories made by hand (`made`), in each of which something is wrong

mod admissions;
pub mod coverage;
mod deletions;
mod edits;
mod log;
mod made;
mod posts;
mod readers;
mod tests;
mod whispers;

use std::{
    collections::HashMap,
    fmt::{self, Display},
};

use super::record::{Entry, History, Message};

/// The messages of rooms, in order.
type Rooms<'a> = HashMap<&'a str, Vec<&'a Message>>;

/// What must hold in every history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// What was acknowledged is there.
    Kept,
    /// Nothing is there twice.
    Once,
    /// What was refused is not there.
    Refused,
    /// Numbers have no gap.
    Gapless,
    /// Whoever posts after another post was acknowledged comes after it.
    RealTime,
    /// Everybody has the same message for a `seq`.
    SameOrder,
    /// A reader hears every message once, in order.
    Heard,
    /// Whoever was sent out hears nothing more.
    Silence,
    /// There are never more members than seats, and the count is right.
    Seats,
    /// Only members post.
    Members,
    /// Whoever is banned neither enters nor posts.
    Banned,
    /// Nobody reads what was deleted.
    Deleted,
    /// Nobody reads what was there before an edit.
    Edited,
    /// Nobody enters a locked room without its password or an invite but its owner.
    Locked,
    /// An invite that was withdrawn lets nobody in.
    Invited,
    /// The two whom a whisper concerns see it, and nobody else.
    Private,
    /// Nothing happens in a room after its end.
    Ended,
    /// Nothing is left of rooms that are gone.
    Gone,
}

/// A property that does not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    pub property: Property,
    detail: String,
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.property, self.detail)
    }
}

/// Everything that is wrong.
#[derive(Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    fn note(&mut self, property: Property, detail: impl Display) {
        let detail = detail.to_string();
        self.0.push(Violation { property, detail });
    }

    /// Notes it unless it holds.
    fn must(&mut self, property: Property, holds: bool, detail: impl FnOnce() -> String) {
        if !holds {
            self.note(property, detail());
        }
    }
}

/// The messages of a log, in order.
fn messages(log: &[Entry]) -> Vec<&Message> {
    log.iter().filter_map(|entry| entry.message.as_ref()).collect()
}

/// Checks a history.
pub fn check(history: &History) -> Vec<Violation> {
    let mut violations = Violations::default();
    let mut rooms = HashMap::new();
    for (room, entries) in &history.logs {
        log::check(room, entries, &mut violations);
        rooms.insert(room.as_str(), messages(entries));
    }
    posts::check(history, &rooms, &mut violations);
    readers::check(history, &rooms, &mut violations);
    deletions::check(history, &rooms, &mut violations);
    edits::check(history, &mut violations);
    admissions::check(history, &mut violations);
    whispers::check(history, &mut violations);
    for left in &history.left {
        violations.note(Property::Gone, left);
    }
    violations.0
}
