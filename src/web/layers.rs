//! What every request or answer passes through.

pub mod admitted;
pub mod compress;
pub mod count;
pub mod door;
pub mod drain_body;
pub mod guard;
pub mod handshake;
pub mod paced_body;
