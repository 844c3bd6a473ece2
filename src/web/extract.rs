//! What handlers take from a request: who asks, what they may do, and what they sent.

pub mod access;
pub mod fields;
pub mod named;
pub mod negotiation;
pub mod session;
