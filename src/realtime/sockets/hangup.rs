//! Ends a socket that can't be ended by a word.
//!
//! socketioxide closes a socket by sending a packet, and gives up when the socket's buffer is full: a client that never
//! reads could not be closed. So there is a flag. A connection looks at it when it reads, and the requests of a session
//! that polls look at it by the id of the session.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use socketioxide::socket::Sid;

use crate::limits::openings::Opening;

/// Shared by a connection and the socket that it has become, or by a session that began by polling and its requests.
#[derive(Clone, Debug, Default)]
pub struct Hangup(Arc<Flag>);

#[derive(Debug, Default)]
struct Flag {
    due: AtomicBool,
    /// Of a connection: the session that it was upgraded for.
    session: OnceLock<Hangup>,
    /// Of a session: where it is found.
    listed: OnceLock<Listed>,
}

impl Hangup {
    /// Lets the connection end as soon as more arrives on it, and the session with its next request.
    pub fn hang_up(&self) {
        self.0.due.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub fn is_due(&self) -> bool {
        self.0.due.load(Ordering::Relaxed) || self.0.session.get().is_some_and(Self::is_due)
    }

    /// Lets a connection end with the session that it is upgraded for.
    pub fn follow(&self, session: Self) {
        // A connection is upgraded once.
        let _ = self.0.session.set(session);
    }
}

/// The sessions that began by polling. A session is in here for as long as its memory is: its handshake holds its flag. So
/// they are bounded by the slots of polling sessions and by the connections of those that are upgraded.
#[derive(Clone, Debug, Default)]
pub struct Hangups(Arc<Mutex<HashMap<Sid, Session>>>);

/// A session that began by polling.
#[derive(Clone, Debug)]
struct Session {
    flag: Weak<Flag>,
    opening: Opening,
}

impl Hangups {
    /// Lets a session be found by its id, with the slot that it holds.
    pub fn list(&self, sid: Sid, session: &Hangup, opening: Opening) {
        let flag = Arc::downgrade(&session.0);
        self.0.lock().insert(sid, Session { flag, opening });
        let list = self.clone();
        let _ = session.0.listed.set(Listed { sid, list });
    }

    /// The flag of a session that began by polling.
    pub fn of(&self, sid: Sid) -> Option<Hangup> {
        let flag = self.0.lock().get(&sid).and_then(|session| session.flag.upgrade());
        flag.map(Hangup)
    }

    /// The slot of a session that began by polling.
    pub fn opening_of(&self, sid: Sid) -> Option<Opening> {
        self.0.lock().get(&sid).map(|session| session.opening.clone())
    }
}

/// A place in the list, given up when this is dropped.
#[derive(Debug)]
struct Listed {
    sid: Sid,
    list: Hangups,
}

impl Drop for Listed {
    fn drop(&mut self) {
        // Not under the lock: the slot goes with it.
        let session = self.list.0.lock().remove(&self.sid);
        drop(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_while_it_lives_and_its_connections_end_with_it() {
        let (list, session, connection) = (Hangups::default(), Hangup::default(), Hangup::default());
        let sid = Sid::new();
        list.list(sid, &session, Opening::default());
        connection.follow(list.of(sid).unwrap());
        assert!(!connection.is_due() && list.of(Sid::new()).is_none());
        session.hang_up();
        assert!(connection.is_due() && list.of(sid).unwrap().is_due());
        drop((session, connection));
        assert!(list.of(sid).is_none() && list.0.lock().is_empty(), "it takes no memory");
    }
}
