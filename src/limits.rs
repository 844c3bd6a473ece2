//! What bounds how much, how often and how slowly somebody may do something.

pub mod budgets;
pub(crate) mod closings;
pub mod fair_queue;
pub mod keyed_slots;
pub(crate) mod openings;
pub(crate) mod pace;
pub mod proxies;
pub mod rates;
pub(crate) mod stopping;
