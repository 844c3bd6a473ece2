//! Who may take a seat, and what becomes of it.

use std::time::Duration;

use super::{Event, Hold, Leave, Now, RELOAD, RoomState, SOCKETS_EACH, now::elapsed};
use crate::domain::{AddressHash, Budget, Guest, Moment, Refusal, Visitor, VisitorId};

/// Seats that people of one address may have in any room: a family in a room of few.
const SEATS_OF_ADDRESS: u32 = 4;

/// When somebody may look again whether one of them is free.
const SEAT_AGAIN: Duration = Duration::from_secs(10);

/// Time in which the end of a connection is noticed at the latest: the heartbeat of Engine.IO, 25 s between two pings and 20 s
/// for the answer, and some more.
const NOTICED: Duration = Duration::from_secs(60);

/// A visitor's place in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Whose it is.
    pub visitor: Visitor,
    /// Where they came from when they took it, if that tells people apart.
    pub mark: Option<AddressHash>,
    /// At most [`super::SOCKETS_EACH`].
    pub holds: Vec<Hold>,
    /// Since when no socket holds it: its visitor is away.
    pub disconnected_at: Option<Moment>,
    /// When its visitor last closed the page, unless a socket came since.
    pub closed_at: Option<Moment>,
}

impl Seat {
    /// Since when its visitor has been away on purpose: the page was closed, and the connection is gone. A connection that
    /// is lost long after that is another one, whose page was loaded before the news of the closed one came.
    pub(super) fn closed_since(&self) -> Option<Moment> {
        let (gone, closed) = self.disconnected_at.zip(self.closed_at)?;
        let noticed = Duration::from_millis(gone.millis().saturating_sub(closed.millis()).max(0).unsigned_abs());
        (noticed <= NOTICED).then(|| gone.max(closed))
    }
}

impl RoomState {
    pub(super) fn enter(&self, guest: Guest, hold: Hold, now: Now) -> Result<Vec<Event>, Refusal> {
        if let Some(refusal) = self.access(guest, now.date).refusal() {
            return Err(refusal);
        }
        let visitor = guest.visitor;
        match self.seat(visitor.id) {
            Some(seat) if seat.holds.contains(&hold) => Ok(Vec::new()),
            Some(seat) if seat.holds.len() >= SOCKETS_EACH => Err(Refusal::TooManySockets { limit: SOCKETS_EACH }),
            Some(_) => Ok(vec![Event::Held(visitor.id, hold)]),
            None if self.room.is_full() => Err(Refusal::RoomFull),
            None => {
                let mark = guest.source.marked().map(|address| self.address_key.mark(address));
                self.must_leave_seats_to_others(&guest, mark)?;
                Ok(vec![Event::Joined { visitor, hold, mark }])
            }
        }
    }

    /// Refuses somebody at an address that has its part of the seats, so that one client with many cookies can't fill a room.
    /// The owner may let all of a class or an office in, and always gets in.
    fn must_leave_seats_to_others(&self, guest: &Guest, mark: Option<AddressHash>) -> Result<(), Refusal> {
        if self.room.crowd || mark.is_none() || guest.source.is_exempt || guest.visitor.id == self.room.owner.id {
            return Ok(());
        }
        let most = (self.room.max.get() / 2).max(SEATS_OF_ADDRESS) as usize;
        let theirs = self.seats.iter().filter(|seat| seat.mark == mark).count();
        if theirs < most {
            Ok(())
        } else {
            Err(Refusal::RateLimited {
                budget: Budget::Seats,
                retry_after: SEAT_AGAIN,
            })
        }
    }

    /// Whether there is no seat for one more visitor, be it that of somebody who is away.
    pub fn is_full(&self, now: Now) -> bool {
        self.room.is_full() && self.longest_away(now).is_none()
    }

    /// Whose seat is free first when somebody waits at the door of a full room: who is away longest, and not just loading the
    /// page again. Nobody's while more are in the room than may be.
    pub fn longest_away(&self, now: Now) -> Option<VisitorId> {
        let away = |seat: &Seat| seat.disconnected_at.filter(|at| elapsed(*at, now) >= RELOAD);
        let away = self
            .seats
            .iter()
            .filter_map(|seat| Some((away(seat)?, seat.visitor.id)));
        let longest = away.min_by_key(|(at, _)| *at).map(|(_, visitor)| visitor);
        longest.filter(|_| self.room.count == self.room.max.get())
    }

    pub(super) fn leave(&self, visitor: VisitorId, hold: Hold, how: Leave) -> Vec<Event> {
        let Some(seat) = self.seat(visitor).filter(|seat| seat.holds.contains(&hold)) else {
            return Vec::new();
        };
        vec![if how == Leave::Explicit && seat.holds.len() == 1 {
            Event::Left(seat.visitor)
        } else {
            Event::Released(visitor, hold)
        }]
    }

    /// Nothing if it is known already, which bounds how often it can be said.
    pub(super) fn close_page(&self, visitor: VisitorId, now: Now) -> Vec<Event> {
        let known = |at| elapsed(at, now) < RELOAD;
        let seat = self.seat(visitor);
        let news = seat.filter(|seat| !seat.closed_at.is_some_and(known) && seat.closed_since().is_none());
        news.map(|_| Event::PageClosed(visitor)).into_iter().collect()
    }
}
