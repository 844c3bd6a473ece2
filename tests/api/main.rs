//! The site from outside: real sockets, a real SQLite file, real GIFs; nothing is mocked.
//!
//! [`support`] has the verbs: a `TestApp` is a server on a port of its own, a `Visitor` a browser with its own cookies,
//! a `Socket` a Socket.IO client over either transport. Tests wait for an event, or ask again until a deadline; where time
//! itself is what a test is about, it waits for that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::large_futures,
    missing_docs,
    reason = "tests"
)]

mod abuse;
mod backup;
mod bad_input;
mod broken_uploads;
mod client_disconnects;
mod compression;
mod connections;
mod deletions;
mod documents;
mod durability;
mod edits;
mod erasing;
#[path = "../support/fixtures.rs"]
mod fixtures;
mod flooding;
mod full_disk;
mod gifs;
mod guessing;
mod headers;
mod install;
mod invites;
mod joins;
mod language;
mod large_deletions;
mod limits;
mod messages;
mod metrics;
mod model;
mod moderation;
mod multiple_tabs;
mod names;
mod operators;
mod ownership;
mod pages;
mod passwords;
mod pending_sessions;
mod quotas;
mod reactions;
mod read_access;
mod refused_gifs;
mod replies;
mod resending;
mod retention;
mod rooms;
mod seats;
mod service_manager;
mod sessions;
mod settings;
mod site;
mod sleeping;
mod slow_mode;
mod slow_reader;
mod socket_file;
mod sockets;
mod stopping;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod switching_rooms;
mod upgrade;
mod upload_slots;
mod whispers;
mod whispers_full;
