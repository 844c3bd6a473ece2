//! The rule book: what may happen in a room, and what a room is after it.
//!
//! A room is a fold over its events. [`decide()`] answers a command with the events to append, or refuses it;
//! [`RoomState::evolve`] applies an event; [`due()`] names the commands that time alone gives rise to. All of it is pure: ids,
//! facts from elsewhere and the time are arguments, so that every store decides the same.
//!
//! - `state`: the room, and what can be read from it; `evolve`: how an event changes it
//! - `command`, `event`: what is asked for, and what happened
//! - `servers`: what becomes of seats when servers end
//! - `reactions`: those of a room
//! - `seats`, `admission`, `posting`, `reacting`, `reporting`, `moderation`, `settings`, `ownership`: the decisions, one file a feature
//! - `site`: what the operator decides about the whole site
//! - `retention`: how much of what was said a room keeps
//! - `open_rooms`, `quotas`: how much there may be on the whole site

mod admission;
mod command;
mod decide;
mod due;
mod event;
mod evolve;
mod last_posts;
mod moderation;
mod now;
mod open_rooms;
mod ownership;
mod posting;
mod quotas;
mod reacting;
mod reactions;
mod reporting;
mod retention;
mod seats;
mod servers;
mod settings;
mod site;
mod state;
#[cfg(test)]
mod tests;

pub use command::{
    AgainGif, Command, Due, Edit, Facts, Graces, Leave, NewBody, NewMessage, PasswordVersion, RELOAD, Reporting,
    RoomChange, TakeDown, Whispering,
};
pub use decide::{decide, decide_without};
pub use due::{due, give_way};
pub use event::Event;
pub use last_posts::LastPosts;
pub use now::Now;
pub use open_rooms::OpenRooms;
pub use posting::{EDIT_WITHIN, EDITS};
pub use quotas::{GifOwner, Held, Quotas};
pub use reacting::{REACTION_KINDS, REACTIONS_EACH, REACTIONS_OF_MESSAGE, Reacting};
pub use reactions::{Given, REACTIONS, REACTIONS_OF_VISITOR, Reactions};
pub use retention::{Kept, Retention};
pub use seats::Seat;
pub use servers::{Hold, ServerId, SocketKey};
pub use site::{
    AUDIT, NewSiteReport, Pauses, SITE_BANS, SITE_REPORTS, SITE_REPORTS_EACH, SiteBan, SiteCommand, SiteReport,
    SiteState,
};
pub use state::{Came, Empty, Grant, NewRoom, OpenReport, RoomState};

/// Sockets by which one visitor may be in one room: so many tabs, on all devices and servers together.
pub const SOCKETS_EACH: usize = 32;

/// Visitors who may hold a grant of one room; a locked room with more than these is not locked any more.
pub const GRANTS: usize = 10_000;

/// Reports that may wait for the owner of a room, and how many of them may be of one visitor.
pub const REPORTS: usize = 200;
/// See [`REPORTS`].
pub const REPORTS_EACH: usize = 10;

/// Bans of one room at most; one more is refused as `storage_full`.
pub const BANS: usize = 256;

/// Addresses that one ban keeps out at most.
pub const ADDRESSES: usize = 64;

/// Invites to one room that may be good at once; one more replaces the oldest.
pub const INVITES: usize = 20;
