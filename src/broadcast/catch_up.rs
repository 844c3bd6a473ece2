//! Gives sockets that were slower than their room what they missed.

use serde::Serialize;
use tracing::warn;

use super::{
    Events,
    late::Late,
    room::RoomTask,
    subscribers::{Behind, Encoded, Listener},
};
use crate::{
    domain::{RoomId, Seq, VisitorId},
    rules::RoomState,
    store::{StoreError, Window},
};

/// Messages fetched at once for a socket that is behind; half of what its buffer holds.
pub(super) const CATCH_UP_PAGE: usize = 64;

impl RoomTask {
    /// Tries the sockets that are behind, and gives each what it missed; whether one took anything.
    pub(super) async fn catch_up(&mut self) -> bool {
        let Self {
            room,
            events,
            subscribers,
            seq,
            late,
            now,
            ..
        } = self;
        let last = seq.unwrap_or(0);
        let mut taken = false;
        for listener in subscribers.iter_mut().filter(|listener| listener.is_behind()) {
            let before = listener.behind.as_ref().map(|behind| behind.after);
            let done = catch_up_messages(events, *room, last, late, listener).await;
            taken |= before != listener.behind.as_ref().map(|behind| behind.after);
            if !done {
                continue;
            }
            if listener.missed && now.is_none() {
                let record = events.store.room(*room).await.ok().flatten();
                *now = record.as_ref().and_then(as_it_is);
            }
            if listener.missed
                && let Some([room, missed]) = &*now
            {
                listener.missed =
                    !(listener.deliver(room, &events.metrics) && listener.deliver(missed, &events.metrics));
                taken |= !listener.missed;
            }
        }
        taken
    }
}

/// Who is away at a moment at which events may have got lost.
#[derive(Serialize)]
struct Missed {
    away: Vec<VisitorId>,
}

/// What a room is now, and that whispers and reports may have got lost on their way; these are read anew.
pub(super) fn as_it_is(room: &RoomState) -> Option<[Encoded; 2]> {
    let missed = Missed { away: room.away() };
    Some([
        Encoded::new("updateRoom", &room.room)?,
        Encoded::new("missed", &missed)?,
    ])
}

/// Sends a socket the messages it missed, up to `last`; whether it has them all now.
async fn catch_up_messages(events: &Events, room: RoomId, last: Seq, late: &mut Late, listener: &mut Listener) -> bool {
    let Some(mut behind) = listener.behind.take() else {
        return true;
    };
    // The next one is at hand: no query is spent on a socket that still takes nothing.
    if let Some((seq, event)) = &behind.next {
        if !listener.deliver(event, &events.metrics) {
            listener.behind = Some(behind);
            return false;
        }
        // Places between the two may be empty.
        behind = Behind {
            after: *seq,
            next: None,
        };
    }
    while behind.after < last {
        let page = match events
            .store
            .history(room, Window::After(behind.after), CATCH_UP_PAGE)
            .await
        {
            Ok(page) => page,
            Err(error) => {
                // A server that stops says so itself.
                if !matches!(error, StoreError::Stopped) {
                    warn!(%error, "a slow socket's messages can't be read; it is tried again");
                }
                listener.behind = Some(behind);
                return false;
            }
        };
        if page.is_empty() {
            let over = late.is_over(room, behind.after);
            if !over {
                listener.behind = Some(behind);
            }
            return over;
        }
        for message in page.iter().take_while(|message| message.seq <= last) {
            let next = Encoded::new(message.event(), message);
            if next
                .as_ref()
                .is_some_and(|event| !listener.deliver(event, &events.metrics))
            {
                let next = next.map(|event| (message.seq, event));
                listener.behind = Some(Behind { next, ..behind });
                return false;
            }
            behind.after = message.seq;
        }
        if page.last().is_some_and(|message| message.seq > last) {
            break;
        }
    }
    true
}
