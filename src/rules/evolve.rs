//! How an event changes a room. Total: what happened is refused by nothing, and an event that changes nothing is harmless.

use std::sync::Arc;

use super::{Event, Grant, Hold, INVITES, Now, RoomChange, RoomState, seats::Seat, state::Empty};
use crate::domain::{AddressHash, Moment, Visitor, VisitorId};

impl RoomState {
    /// Applies an event that happened now.
    pub fn evolve(&mut self, event: &Event, now: Now) {
        if event.is_visible() {
            self.seq += 1;
            self.note_oldest(now);
        }
        match event {
            Event::Joined { visitor, hold, mark } => self.seat_visitor(*visitor, *mark, *hold, now),
            Event::Held(visitor, hold) => self.hold(*visitor, *hold, now),
            Event::Released(visitor, hold) => self.release(*visitor, *hold, now),
            Event::PageClosed(visitor) => self.close(*visitor, now),
            Event::Left(visitor) | Event::Kicked(visitor) => self.free_seat(visitor.id, now),
            Event::Banned(ban) => {
                self.free_seat(ban.visitor.id, now);
                let bans = Arc::make_mut(&mut self.bans);
                bans.retain(|other| other.holds(now.date) && other.visitor.id != ban.visitor.id);
                bans.push(ban.clone());
            }
            Event::Unbanned(visitor) => Arc::make_mut(&mut self.bans).retain(|ban| ban.visitor.id != *visitor),
            Event::OwnerChanged(visitor) => {
                self.room.owner = *visitor;
                // How long the one before was away is nothing to this one.
                self.owner_absent_since = None;
                self.note_owner(now.steady);
                // The owner reads the reports, and so is part of none.
                self.forget_reports(|report| report.author == visitor.id || report.by == visitor.id);
            }
            Event::Posted { author, .. } => self.note_post(author.id, now),
            Event::Granted(visitor) => self.grant(*visitor, Grant::Password),
            Event::Redeemed(visitor) => self.grant(*visitor, Grant::Invite),
            Event::Invited(invite) => {
                let invites = Arc::make_mut(&mut self.invites);
                invites.push(*invite);
                let beyond = invites.len().saturating_sub(INVITES);
                invites.drain(..beyond);
            }
            Event::InvitesWithdrawn => {
                self.invites = Arc::default();
                Arc::make_mut(&mut self.grants).retain(|_, grant| *grant != Grant::Invite);
            }
            Event::Changed(change, _) => self.change(change),
            Event::Forgotten { until, oldest } => self.evolve_forgotten(*until, *oldest, now),
            Event::Restarted => self.renew_graces(now.steady),
            Event::Ended => self.ended = true,
            Event::Reported { report, .. } => Arc::make_mut(&mut self.reports).push(*report),
            Event::Dismissed(message) => self.forget_reports(|report| report.message == *message),
            // Nobody can do anything about what says nothing any more.
            Event::Deleted { message, .. } => {
                self.forget_reports(|report| report.message == *message);
                self.forget_reactions(|given| given.message == *message);
            }
            Event::Cleared { author, .. } => {
                self.forget_reports(|report| report.author == author.id);
                self.forget_reactions(|given| given.author == author.id || given.by.id == author.id);
            }
            Event::Reacted { given, on } => Arc::make_mut(&mut self.reactions).note(*given, *on),
            Event::Whispered { .. } | Event::Edited { .. } => (),
        }
    }

    fn seat_visitor(&mut self, visitor: Visitor, mark: Option<AddressHash>, hold: Hold, now: Now) {
        Arc::make_mut(&mut self.seats).push(Seat {
            visitor,
            mark,
            holds: vec![hold],
            disconnected_at: None,
            closed_at: None,
        });
        self.visited |= visitor.id != self.room.owner.id;
        // Who could join is banned no longer, even if the date is set back later.
        if self.is_noted_as_banned(visitor.id) {
            Arc::make_mut(&mut self.bans).retain(|ban| ban.visitor.id != visitor.id);
        }
        self.wake();
        self.recount();
        self.note_owner(now.steady);
    }

    fn wake(&mut self) {
        self.empty = Empty::No;
        self.room.asleep = false;
    }

    fn hold(&mut self, visitor: VisitorId, hold: Hold, now: Now) {
        let seats = Arc::make_mut(&mut self.seats);
        if let Some(seat) = seats.iter_mut().find(|seat| seat.visitor.id == visitor) {
            seat.holds.push(hold);
            (seat.disconnected_at, seat.closed_at) = (None, None);
            self.wake();
            self.recount();
            self.note_owner(now.steady);
        }
    }

    /// Takes a socket from its visitor's seat, whose grace begins if it was the last.
    fn release(&mut self, visitor: VisitorId, hold: Hold, now: Now) {
        let seats = Arc::make_mut(&mut self.seats);
        let Some(seat) = seats.iter_mut().find(|seat| seat.visitor.id == visitor) else {
            return;
        };
        let before = seat.holds.len();
        seat.holds.retain(|other| *other != hold);
        if !seat.holds.is_empty() {
            // It was the page of this socket that was closed.
            seat.closed_at = None;
        } else if before > 0 {
            seat.disconnected_at = Some(now.steady);
            self.recount();
            self.note_emptiness(now.steady);
            self.note_owner(now.steady);
        }
    }

    fn close(&mut self, visitor: VisitorId, now: Now) {
        let seats = Arc::make_mut(&mut self.seats);
        if let Some(seat) = seats.iter_mut().find(|seat| seat.visitor.id == visitor) {
            seat.closed_at = Some(now.steady);
        }
    }

    fn free_seat(&mut self, visitor: VisitorId, now: Now) {
        let closed = self.seat(visitor).and_then(Seat::closed_since);
        Arc::make_mut(&mut self.seats).retain(|seat| seat.visitor.id != visitor);
        self.recount();
        self.note_emptiness(now.steady);
        if let Empty::Lost(since) = self.empty
            && let Some(closed) = closed
            && self.seats.is_empty()
        {
            self.empty = Empty::Left(since.max(closed));
        }
        self.note_owner(now.steady);
    }

    /// Whose connection was lost may come back; who left on purpose will not.
    fn note_emptiness(&mut self, now: Moment) {
        if self.empty != Empty::No || self.seats.iter().any(|seat| !seat.holds.is_empty()) {
            return;
        }
        self.room.asleep = true;
        self.empty = match self.seats.is_empty() {
            true => Empty::Left(now),
            false => Empty::Lost(now),
        };
    }

    fn note_owner(&mut self, now: Moment) {
        let present = self.seat(self.room.owner.id).is_some_and(|seat| !seat.holds.is_empty());
        self.owner_absent_since = match present {
            true => None,
            false => self.owner_absent_since.or(Some(now)),
        };
    }

    fn note_post(&mut self, author: VisitorId, now: Now) {
        if self.room.slow > 0 && author != self.room.owner.id {
            let pause = self.pause();
            Arc::make_mut(&mut self.last_posts).note(author, now.steady, pause);
        }
    }

    fn grant(&mut self, visitor: VisitorId, grant: Grant) {
        Arc::make_mut(&mut self.grants).insert(visitor, grant);
    }

    fn change(&mut self, change: &RoomChange) {
        let room = &mut self.room;
        if let Some(title) = &change.title {
            room.title = title.clone();
        }
        if let Some(max) = change.max {
            room.max = max;
        }
        if let Some(closed) = change.closed {
            room.closed = closed;
        }
        if let Some(crowd) = change.crowd {
            room.crowd = crowd;
        }
        // The same again ends no pause.
        if let Some(slow) = change.slow.filter(|slow| *slow != room.slow) {
            room.slow = slow;
            self.last_posts = Arc::default();
        }
        if let Some(hash) = &change.password_hash {
            room.locked = hash.is_some();
            self.password_hash.clone_from(hash);
            self.password_version += 1;
            self.grants = Arc::default();
            self.invites = Arc::default();
        }
    }
}
