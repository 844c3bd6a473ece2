//! Sockets of clients: their transport until they are sessions, and their events.

pub mod sockets;
pub mod transport;
