//! An anonymous GIF chat: anyone opens a page, gets a name and a creature, makes a room and talks in text and GIFs.
//!
//! # Layout
//! Imports point down only; what stands in braces does not import each other:
//! `main → {app, backup, console} → web → realtime → state → {broadcast, service, telemetry} → {config, media} → store →
//! {audit, fields, limits, page, private_files, rules} → {check, domain, metrics, seldom}`.
//!
//! - [`app`]: puts everything together, serves, stops; [`config`]: the settings; [`telemetry`]: logs; [`check`]: asks a
//!   running server whether it answers; [`console`]: `gifchat admin`, which asks the interface for operators
//! - [`backup`]: backs a site up, restores it, checks it
//! - `web`: the table of URLs; its handlers, what they take from a request, and the layers around them
//! - `realtime`: socket events of clients, and their connections before they are sessions
//! - [`broadcast`]: tells sockets what was committed; the only emitter
//! - [`service`]: what handlers call: rooms, messages, passwords, and who may read or own a room
//! - [`media`]: GIFs, checked and on disk
//! - [`store`]: rooms, seats, messages, sessions, in SQLite or MongoDB
//! - [`rules`]: the rule book of a room, as pure functions: what a command leads to, and what a room is after it
//! - [`domain`]: values that parse themselves: rooms, messages, visitors, refusals
//! - [`page`]: what pages show, in English and Korean; avatars and assets
//! - `fields`: the fields of forms, JSON bodies and events, without whatever else they hold
//! - [`limits`]: bounds how much, how often and how slowly somebody may do something
//! - [`audit`]: the log of what is refused to protect the site, and of what is taken down
//! - `metrics`: counters, gauges and histograms, and which of them each part has; `app::metrics` serves them
//! - `private_files`: files and folders that no other user may read; `seldom`: bounds how often the log says the same
//!
//! # The way of a command
//! A handler parses it, the service submits it ([`store::RoomLog::submit`]), the store asks the rule book ([`rules::decide`])
//! and commits what happens, the commit comes back through [`store::RoomLog::changes`], and [`broadcast`] sends it. Nobody sees
//! what is not durable, and everybody sees it in the same order.

pub mod app;
pub mod audit;
pub mod backup;
pub mod broadcast;
pub mod check;
pub mod config;
pub mod console;
pub mod domain;
mod fields;
#[cfg(test)]
mod imports;
pub mod limits;
pub mod media;
mod metrics;
pub mod page;
mod private_files;
mod realtime;
pub mod rules;
mod seldom;
pub mod service;
mod state;
pub mod store;
pub mod telemetry;
mod web;

pub use config::Config;

rust_i18n::i18n!("src/locales");
// The macro does not tell the compiler what it reads: without this a changed sentence would not be built in.
const _: &str = include_str!("locales/app.yml");
