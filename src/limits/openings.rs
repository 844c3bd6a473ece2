//! Bounds the sessions of sockets that cost their client nothing: those without a namespace, such as a polling handshake
//! that nobody follows up, and those that poll, which live on without a connection.

use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use parking_lot::Mutex;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::{
    domain::{Budget, Guest, Refusal},
    limits::keyed_slots::{GuestSlot, GuestSlots, KeyedSlot, KeyedSlots},
};

/// Websockets without a namespace. One more is `rate_limited`.
const WEBSOCKETS: usize = 2_000;

/// Polling sessions, with a namespace or without: about 40 MiB, and as much again for each 10 events that wait for each
/// of them. One more is `rate_limited`; its client comes in by websocket, as most do anyway.
const POLLING: usize = 4_000;

/// The same of one visitor: more than a browser opens when it restores its tabs.
const OF_VISITOR: usize = 64;

/// The same of one address, which many visitors may share. A session of a page needs its slot for one round trip.
const OF_ADDRESS: usize = 128;

/// The slots of both transports. Polling sessions need no connection that lives, so a flood of them must not keep the
/// websockets of pages out.
pub struct Openings {
    /// Of polling: held for as long as a session polls.
    pub polling: Share,
    /// Of websockets: held until they have a namespace.
    pub websockets: Share,
}

impl Openings {
    /// `timeout` is the time that a session has to connect to a namespace.
    pub fn new(timeout: Duration) -> Self {
        Self {
            polling: Share::new(POLLING, timeout),
            websockets: Share::new(WEBSOCKETS, timeout),
        }
    }
}

/// The slots of one transport.
pub struct Share {
    in_all: KeyedSlots<()>,
    guests: GuestSlots,
    timeout: Duration,
}

impl Share {
    fn new(in_all: usize, timeout: Duration) -> Self {
        Self {
            in_all: KeyedSlots::new(in_all),
            guests: GuestSlots::new(OF_VISITOR, OF_ADDRESS),
            timeout,
        }
    }

    /// Takes one of all slots. It comes before the visitor is known: a refusal must not cost a visit of its own.
    ///
    /// # Errors
    /// None is left.
    pub fn reserve(&self) -> Result<Reserved, Refusal> {
        let in_all = self.in_all.take(()).ok_or_else(|| self.refusal(Budget::Load))?;
        Ok(Reserved(in_all))
    }

    /// Takes a slot of the visitor and of the address, too.
    ///
    /// # Errors
    /// One of them has none left.
    pub fn open(&self, Reserved(in_all): Reserved, guest: &Guest) -> Result<Opening, Refusal> {
        let of_guest = self.guests.take(guest);
        let slots = Slots {
            _in_all: in_all,
            _guest: of_guest.ok_or_else(|| self.refusal(Budget::Sockets))?,
            waker: None,
            connecting: None,
        };
        Ok(Opening(Arc::new(Mutex::new(Some(Box::new(slots))))))
    }

    /// After the timeout every session that holds a slot now has a namespace or is gone.
    const fn refusal(&self, budget: Budget) -> Refusal {
        Refusal::RateLimited {
            budget,
            retry_after: self.timeout,
        }
    }
}

/// One of all slots.
pub struct Reserved(KeyedSlot<()>);

/// The slots of a session. They are free when it needs none any more or when its memory is: this is an extension of its
/// handshake, which socketioxide keeps for as long as it keeps the session.
#[derive(Clone, Default)]
pub struct Opening(Arc<Mutex<Option<Box<Slots>>>>);

struct Slots {
    _in_all: KeyedSlot<()>,
    _guest: GuestSlot,
    /// Who waits for the namespace.
    waker: Option<Waker>,
    /// Tells a server that stops.
    connecting: Option<TaskTrackerToken>,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening(…)")
    }
}

impl Opening {
    /// Gives the slots back: the session has a namespace and a connection.
    pub fn done(&self) {
        let slots = self.0.lock().take();
        if let Some(waker) = slots.and_then(|slots| slots.waker) {
            waker.wake();
        }
    }

    /// Holds `connecting` until then.
    pub fn hold(&self, connecting: TaskTrackerToken) {
        if let Some(slots) = &mut *self.0.lock() {
            slots.connecting = Some(connecting);
        }
    }

    /// Waits for that.
    pub fn poll_done(&self, cx: &Context<'_>) -> Poll<()> {
        match &mut *self.0.lock() {
            None => Poll::Ready(()),
            Some(slots) => {
                slots.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Visitor, VisitorId};

    #[test]
    fn a_session_without_a_namespace_holds_one_of_all_slots_and_one_of_its_visitor() {
        let openings = Share::new(WEBSOCKETS, Duration::from_secs(10));
        let open = |guest: &Guest| openings.open(openings.reserve()?, guest);
        let guest = || Guest::from(Visitor::new(VisitorId::random()));
        let visitors: Vec<_> = (0..=WEBSOCKETS / OF_VISITOR).map(|_| guest()).collect();
        let mut held = Vec::new();
        for visitor in &visitors {
            while let Ok(opening) = open(visitor) {
                held.push(opening);
            }
        }
        assert_eq!(held.len(), WEBSOCKETS);
        let refused = open(&guest()).err().and_then(|refusal| refusal.retry_seconds());
        assert_eq!(refused, Some(10));
        held[0].clone().done();
        held[0].done();
        assert!(
            open(&visitors[1]).is_err(),
            "a visitor's slots are bounded by themselves"
        );
        let last = open(&guest());
        assert!(last.is_ok() && open(&guest()).is_err());
        drop(last);
        drop(held);
        assert!(open(&visitors[1]).is_ok());
    }
}
