//! An anonymous GIF chat: anyone opens a page, gets a colour for a name, makes a room and talks in text and GIFs.
//!
//! # Layout
//! Imports point down only; what stands in braces does not import each other:
//! `main → app → web → sockets → state → {events, messages, rooms, telemetry} → {assets, config, deletions, sentences} →
//! {access, openings, passwords, uploads, views} → store →
//! {fair_queue, fields, finishing, keyed_slots, private_files, rates, rules, texts} → {check, closings, domain, pace, seldom}`.
//!
//! - [`app`]: puts everything together, serves, stops; [`config`]: the settings; [`telemetry`]: logs; [`check`]: asks a
//!   running server whether it answers
//! - `web`: URLs, pages, forms, files; `sockets`: socket events of clients
//! - [`events`]: tells sockets what was committed; the only emitter
//! - [`rooms`], [`messages`]: what handlers call: passwords, commands, files; [`access`]: who may read or own a room;
//!   [`deletions`]: what deletes files; [`passwords`]: argon2id, for those who wait in a [`fair_queue`]
//! - [`store`]: rooms, seats, messages, sessions, in SQLite or MongoDB; [`uploads`]: GIFs on disk
//! - [`rules`]: the rule book of a room, as pure functions: what a command leads to, and what a room is after it
//! - [`domain`]: values that parse themselves: rooms, messages, visitors, GIFs, refusals
//! - `fields`: the fields of forms, JSON bodies and events, without whatever else they hold
//! - [`keyed_slots`]: bounds what one visitor and one address hold at the same time; [`rates`]: bounds how often
//!   somebody does something; `openings`: bounds the sessions of sockets that have no namespace yet;
//!   `closings`: lets go of those that are closed
//! - `private_files`: files and folders that no other user may read
//! - `pace`: bounds how slowly a peer may send or take bytes
//! - `seldom`: bounds how often the log says the same; `finishing`: work that outlives who asked for it
//! - [`views`], [`texts`], [`sentences`], [`assets`]: what pages show, in English and Korean
//!
//! # The way of a command
//! A handler parses it, the service submits it ([`store::RoomLog::submit`]), the store asks the rule book ([`rules::decide`])
//! and commits what happens, the commit comes back through [`store::RoomLog::changes`], and [`events`] sends it. Nobody sees
//! what is not durable, and everybody sees it in the same order.

pub mod access;
pub mod app;
pub mod assets;
pub mod check;
mod closings;
pub mod config;
pub mod deletions;
pub mod domain;
pub mod events;
pub mod fair_queue;
mod fields;
pub mod finishing;
#[cfg(test)]
mod imports;
pub mod keyed_slots;
pub mod messages;
mod openings;
mod pace;
pub mod passwords;
mod private_files;
pub mod rates;
pub mod rooms;
pub mod rules;
mod seldom;
pub mod sentences;
mod sockets;
mod state;
pub mod store;
pub mod telemetry;
pub mod texts;
pub mod uploads;
pub mod views;
mod web;

pub use config::Config;

rust_i18n::i18n!("src/locales");
// The macro does not tell the compiler what it reads: without this a changed sentence would not be built in.
const _: &str = include_str!("locales/app.yml");
