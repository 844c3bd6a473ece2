//! What everybody may do in a time, by address and by visitor, over every way in. A visitor can throw the cookie away, so
//! limits by visitor are for fairness among those who share an address, and those by address are the defence.

mod both;
mod passwords;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

pub use self::passwords::Attempt;
use self::{
    both::{Both, OfAddress},
    passwords::Passwords,
};
use super::{
    keyed_slots::{NetworkSlot, NetworkSlots},
    rates::{Empty, Rate, RateLimit},
};
use crate::domain::{Address, Budget, Guest, Refusal, RoomId, Source, VisitorId};

/// Until somebody at an address may have closed a tab.
const TABS: Empty = Empty {
    retry_after: Duration::from_secs(5),
};

/// What stands for a room where a password is the site's. Ids of rooms are random: none is this one.
const NO_ROOM: RoomId = RoomId::from_bytes([0; 16]);

/// The rate of one thing for an address, and for a visitor.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Of an address; a network around it has some times as much ([`Address::networks`]).
    pub address: Rate,
    /// Of a visitor.
    pub visitor: Rate,
}

/// All rates, as the settings name them.
#[derive(Clone, Debug)]
pub struct Rates {
    /// New sessions of an address.
    pub visitors: Rate,
    /// New rooms.
    pub rooms: Pair,
    /// Wrong passwords of an address, in all rooms together.
    pub passwords: Rate,
    /// Wrong passwords in one room.
    pub passwords_in_room: Pair,
    /// Wrong passwords in one room of everybody together.
    pub passwords_of_room: Rate,
    /// Joins.
    pub joins: Pair,
    /// Messages, whispers, edits and reactions.
    pub messages: Pair,
    /// Uploads.
    pub uploads: Pair,
    /// Their bytes.
    pub upload_bytes: Pair,
    /// Invites.
    pub invites: Pair,
    /// Reports.
    pub reports: Pair,
    /// New sockets of an address.
    pub sockets: Rate,
    /// Sockets that an address may have open.
    pub open_sockets: usize,
    /// Requests of an address.
    pub requests: Rate,
    /// Events of a visitor's sockets.
    pub events: Rate,
    /// Their bytes.
    pub event_bytes: Rate,
}

/// What is left to everybody.
pub struct Budgets {
    visitors: OfAddress,
    rooms: Both,
    joins: Both,
    messages: Both,
    uploads: Both,
    upload_bytes: Arc<Both>,
    invites: Both,
    reports: Both,
    sockets: OfAddress,
    open_sockets: NetworkSlots,
    requests: OfAddress,
    events: RateLimit<VisitorId>,
    event_bytes: RateLimit<VisitorId>,
    passwords: Passwords,
}

impl Budgets {
    /// Full budgets.
    pub fn new(rates: &Rates) -> Self {
        Self {
            visitors: OfAddress::new(rates.visitors),
            rooms: Both::new(rates.rooms),
            joins: Both::new(rates.joins),
            messages: Both::new(rates.messages),
            uploads: Both::new(rates.uploads),
            upload_bytes: Arc::new(Both::new(rates.upload_bytes)),
            invites: Both::new(rates.invites),
            reports: Both::new(rates.reports),
            sockets: OfAddress::new(rates.sockets),
            open_sockets: NetworkSlots::new(rates.open_sockets),
            requests: OfAddress::new(rates.requests),
            events: RateLimit::new(rates.events),
            event_bytes: RateLimit::new(rates.event_bytes),
            passwords: Passwords::new(rates),
        }
    }

    /// A new session.
    ///
    /// # Errors
    /// The address has had too many.
    pub fn visitor(&self, source: &Source) -> Result<(), Refusal> {
        by_source(source, Budget::Visitors, |address| self.visitors.take(address))
    }

    /// A request.
    ///
    /// # Errors
    /// Too many of the address.
    pub fn request(&self, source: &Source) -> Result<(), Refusal> {
        by_source(source, Budget::Requests, |address| self.requests.take(address))
    }

    /// A new room.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn room(&self, guest: &Guest) -> Result<(), Refusal> {
        self.rooms.of(guest, Budget::Rooms)
    }

    /// A join.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn join(&self, guest: &Guest) -> Result<(), Refusal> {
        self.joins.of(guest, Budget::Joins)
    }

    /// A message, a whisper, an edit or a reaction.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn message(&self, guest: &Guest) -> Result<(), Refusal> {
        self.messages.of(guest, Budget::Messages)
    }

    /// An upload.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn upload(&self, guest: &Guest) -> Result<(), Refusal> {
        self.uploads.of(guest, Budget::Uploads)
    }

    /// The bytes of an upload, of which `announced` are said to come; none if that is not known.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn upload_bytes(&self, guest: &Guest, announced: u64) -> Result<UploadBytes, Refusal> {
        let mut bytes = UploadBytes {
            limit: Arc::clone(&self.upload_bytes),
            guest: *guest,
            ahead: 0,
        };
        bytes.take(u32::try_from(announced).unwrap_or(u32::MAX))?;
        Ok(bytes)
    }

    /// An invite.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn invite(&self, guest: &Guest) -> Result<(), Refusal> {
        self.invites.of(guest, Budget::Invites)
    }

    /// A report.
    ///
    /// # Errors
    /// Too many of the visitor or the address.
    pub fn report(&self, guest: &Guest) -> Result<(), Refusal> {
        self.reports.of(guest, Budget::Reports)
    }

    /// A new socket, and its place among those that are open. No place where the address is exempt.
    ///
    /// # Errors
    /// Too many of the address.
    pub fn socket(&self, source: &Source) -> Result<Option<NetworkSlot>, Refusal> {
        if source.is_exempt {
            return Ok(None);
        }
        by_source(source, Budget::Sockets, |address| self.sockets.take(address))?;
        let place = self.open_sockets.take(source.address());
        place.map(Some).ok_or(limited(Budget::Sockets, TABS))
    }

    /// An event of a socket, of that many bytes, before anything is done with it.
    ///
    /// # Errors
    /// Too many of the visitor, or too large ones.
    pub fn event(&self, guest: &Guest, bytes: usize) -> Result<(), Refusal> {
        if guest.source.is_exempt {
            return Ok(());
        }
        let visitor = guest.visitor.id;
        let bytes = u32::try_from(bytes).ok().and_then(NonZeroU32::new);
        let bytes = bytes.unwrap_or(NonZeroU32::MIN);
        let taken = self.events.take(&visitor);
        let taken = taken.and_then(|()| self.event_bytes.take_many(&visitor, bytes));
        taken.map_err(|empty| limited(Budget::Events, empty))
    }

    /// A password for a room; it counts when it turns out to be wrong. The limit of the room itself does not hold for who
    /// `belongs` there: its members, and who came by an invite.
    ///
    /// # Errors
    /// Too many wrong ones of the visitor, the address, or in the room.
    pub fn password(&self, guest: &Guest, room: RoomId, belongs: bool) -> Result<Attempt<'_>, Refusal> {
        self.passwords.attempt(guest, room, belongs)
    }

    /// A secret of the operator, such as the password of the site; it counts as a password when it turns out to be wrong. There
    /// is no wait for all together, as a room has: with it, anybody could keep everybody out.
    ///
    /// # Errors
    /// Too many wrong ones of the visitor or the address.
    pub fn secret(&self, guest: &Guest) -> Result<Attempt<'_>, Refusal> {
        self.passwords.attempt(guest, NO_ROOM, true)
    }
}

/// The bytes of one upload. Those that were announced and did not come are given back when this is dropped.
pub struct UploadBytes {
    limit: Arc<Both>,
    guest: Guest,
    /// Taken, and not come yet.
    ahead: u32,
}

impl UploadBytes {
    /// Notes bytes that came.
    ///
    /// # Errors
    /// They were not announced, and there are too many of the visitor or the address.
    pub fn came(&mut self, bytes: usize) -> Result<(), Refusal> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.take(bytes.saturating_sub(self.ahead))?;
        self.ahead -= bytes;
        Ok(())
    }

    fn take(&mut self, bytes: u32) -> Result<(), Refusal> {
        if let Some(more) = NonZeroU32::new(bytes).filter(|_| !self.guest.source.is_exempt) {
            let taken = self.limit.take(&self.guest, more);
            taken.map_err(|empty| limited(Budget::UploadBytes, empty))?;
        }
        self.ahead += bytes;
        Ok(())
    }
}

impl Drop for UploadBytes {
    fn drop(&mut self) {
        if !self.guest.source.is_exempt {
            self.limit.give_back(&self.guest, self.ahead);
        }
    }
}

/// A refusal by a limit.
fn limited(budget: Budget, Empty { retry_after }: Empty) -> Refusal {
    Refusal::RateLimited { budget, retry_after }
}

fn by_source(source: &Source, budget: Budget, take: impl FnOnce(Address) -> Result<(), Empty>) -> Result<(), Refusal> {
    if source.is_exempt {
        return Ok(());
    }
    take(source.address()).map_err(|empty| limited(budget, empty))
}

#[cfg(test)]
mod tests;
