//! The store of many machines, over a real mongod.
//!
//! `MONGOD=/path/to/mongod cargo test --test mongo -- --include-ignored`; without it these tests are ignored.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::large_futures,
    missing_docs,
    reason = "tests"
)]

mod backup;
mod clearing;
mod costs;
mod edits;
#[path = "../support/fixtures.rs"]
mod fixtures;
mod fleet;
mod forgetting;
mod gifs;
mod history;
mod outages;
mod pages;
mod proxy;
mod seats;
mod secrets;
mod sessions;
mod sites;
mod stream;
#[path = "../support/mod.rs"]
mod support;
mod system_messages;
mod upgrade;
mod upgrade_fixtures;
mod whispers;
mod writes;
