//! An anonymous GIF chat: anyone opens a page, gets a name and a creature, makes a room and talks in text and GIFs.
//!
//! # Layout
//! Modules import only what stands to their right; modules in one pair of braces do not import each other:
//! `main → {app, backup, console} → web → realtime → state → {broadcast, service, telemetry} → {config, media} → store →
//! {audit, fields, limits, page, private_files, rules} → {domain, healthcheck, log_throttle, metrics}`.
//!
//! - [`app`]: assembles the server, runs it, shuts it down; [`config`]: the settings; [`telemetry`]: logging; [`healthcheck`]: asks
//!   a running server whether it responds; [`console`]: `gifchat admin`, the client of the operators' interface
//! - [`backup`]: backs up, restores and checks a site
//! - `web`: the routes, their handlers, extractors and middleware; `web::operator` is the operators' console
//! - `realtime`: socket events from clients with their answers, and connections that are not Socket.IO sessions yet
//! - [`broadcast`]: sends committed changes to sockets; nothing else sends changes
//! - [`service`]: what handlers call: rooms, messages, passwords, deletions, decisions of operators, and who may read or own
//!   a room
//! - [`media`]: checks GIFs and keeps them on disk
//! - [`store`]: rooms, seats, messages, sessions, decisions of operators and hashes of blocked GIFs, in SQLite or MongoDB; with
//!   MongoDB also the GIFs
//! - [`rules`]: the rules of a room as pure functions: what a command leads to, and the state after an event. `rules/site.rs` has
//!   the rules of the whole site: bans, pauses and notices of operators
//! - [`domain`]: types that validate themselves: rooms, messages, visitors, refusals
//! - [`page`]: views and texts of pages in English and Korean, avatars, assets
//! - `fields`: reads the known fields of forms, JSON bodies and events
//! - [`limits`]: rate limits, and bounds on connections and uploads
//! - [`audit`]: log lines for refusals that protect the site, and for content that was taken down
//! - `metrics`: counters, gauges and histograms by module; `app::metrics` serves them
//! - `private_files`: files and folders that only the server's user may read; `log_throttle`: limits repeated log lines
//!
//! # The path of a command
//! A handler parses it, the service submits it ([`store::RoomLog::submit`]), the store asks the rules ([`rules::decide`]) and
//! commits the resulting events, the commit is returned by [`store::RoomLog::changes`], and [`broadcast`] sends it. Nobody sees a
//! change before it is durable, and everybody sees all changes in the same order.

pub mod app;
pub mod audit;
pub mod backup;
pub mod broadcast;
#[cfg(test)]
#[allow(dead_code, clippy::duplicate_mod, reason = "here for its tests only")]
#[path = "build/main.rs"]
mod build_script;
pub mod config;
pub mod console;
pub mod domain;
mod fields;
pub mod healthcheck;
#[cfg(test)]
mod imports;
pub mod limits;
mod log_throttle;
pub mod media;
mod metrics;
pub mod page;
mod private_files;
mod realtime;
pub mod rules;
pub mod service;
mod state;
pub mod store;
pub mod telemetry;
mod web;

pub use config::Config;
