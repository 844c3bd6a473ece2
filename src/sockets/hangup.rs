//! Ends the connection of a socket that can't be ended by a word.
//!
//! socketioxide closes a socket by sending a packet, and gives up when the socket's buffer is full: a client that never
//! reads could not be closed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Shared by a connection and the socket that it has become.
#[derive(Clone, Debug, Default)]
pub struct Hangup(Arc<AtomicBool>);

impl Hangup {
    /// Lets the connection end as soon as more arrives on it.
    pub fn hang_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the connection is to end.
    pub fn is_due(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
