//! The verbs of the tests.

#![allow(dead_code, unused_imports, reason = "every test binary uses its own part")]

mod answer;
mod app;
pub mod backups;
mod console;
#[cfg(feature = "mongodb")]
pub mod mongod;
mod polling;
pub mod process;
pub mod raw;
mod server;
mod socket;
mod stores;
pub mod upgrade;
mod verbs;
mod visitor;
mod wire;

use std::time::Duration;

use tokio::time::Instant;

pub use self::{
    answer::Answer,
    app::{COUNTED, TestApp, WITH_SLOW_READERS, exemption},
    console::Console,
    polling::Polling,
    server::Server,
    socket::{Event, Socket},
    stores::TestStore,
    verbs::{NewMessage, Posted, Verbs},
    visitor::{Visitor, form_of},
    wire::{SMALL_WINDOW, Wire},
};

/// How long anything may take on a busy machine before a test gives up.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer; fails with `what` when there is none in time.
pub async fn eventually<T>(what: &str, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits for something that must come.
pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(done) => done,
        Err(_) => panic!("not in time: {what}"),
    }
}
