//! A circuit breaker: while the database does not answer, calls fail at once, and the log says it once.
//!
//! A ping runs beside the calls. When it stays without an answer, every call that waits is told so and further ones are
//! not begun, so that waiting does not add up over the calls of a request. One slow call opens nothing.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{
    client::{ANSWER, Collections},
    clock,
};
use crate::store::StoreError;

/// Pause between two pings.
const EVERY: Duration = Duration::from_millis(500);

/// Time for a ping, and for another one when it had no answer: a server that was stopped for a while, and not the
/// database, has the answer at once. With [`EVERY`] it makes the longest time that a call waits in vain.
const PING_TIMEOUTS: [Duration; 2] = [Duration::from_millis(1_500), Duration::from_millis(500)];

/// Pause before a ping is sent again that was refused.
const AGAIN: Duration = Duration::from_millis(50);

/// Calls that this server makes at the same time; further ones wait for their turn.
pub const CALLS: usize = 32;

/// Whether the database answers, as far as the last ping knows.
#[derive(Debug)]
pub struct Breaker {
    open: watch::Sender<bool>,
    turns: Semaphore,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            open: watch::Sender::new(false),
            turns: Semaphore::new(CALLS),
        }
    }
}

impl Breaker {
    /// Makes a call, with all its round trips, in the time for an answer.
    ///
    /// # Errors
    /// Those of the call, or that it took too long; [`StoreError::Away`] when the database does not answer at all.
    pub async fn guard<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let in_turn = async {
            let _turn = self.turns.acquire().await.map_err(|_| StoreError::Stopped)?;
            call.await
        };
        self.wait(in_turn).await
    }

    /// The same for what only waits for a call that another makes. Were it to hold a turn, so many of them would keep the
    /// calls that they wait for from being made.
    pub async fn wait<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.check()?;
        tokio::select! {
            biased;
            done = timeout(ANSWER, call) => done.unwrap_or_else(|_| Err(StoreError::failed("MongoDB took too long"))),
            () = self.opened() => Err(StoreError::Away),
        }
    }

    /// Refuses while the database does not answer.
    pub fn check(&self) -> Result<(), StoreError> {
        if *self.open.borrow() {
            Err(StoreError::Away)
        } else {
            Ok(())
        }
    }

    /// Waits until the database does not answer.
    pub async fn opened(&self) {
        if self.open.subscribe().wait_for(|open| *open).await.is_err() {
            // It lives for as long as `self` does.
            pending().await
        }
    }

    /// Opens and closes it by what pings say, until dropped.
    pub async fn watch(collections: Collections) {
        let mut away_since = None;
        loop {
            sleep(if away_since.is_some() { AGAIN } else { EVERY }).await;
            let answers = answers(&collections).await;
            collections.breaker.open.send_replace(!answers);
            match (answers, away_since) {
                (false, None) => {
                    warn!("MongoDB does not answer; calls are refused until it does");
                    away_since = Some(Instant::now());
                }
                (true, Some(since)) => {
                    info!(after = ?since.elapsed(), "MongoDB answers again");
                    away_since = None;
                }
                _ => (),
            }
        }
    }
}

async fn answers(collections: &Collections) -> bool {
    for patience in PING_TIMEOUTS {
        // Of the primary, which is the one that takes writes.
        let ping = async {
            while clock::measure(&collections.db).await.is_err() {
                sleep(AGAIN).await;
            }
        };
        if timeout(patience, ping).await.is_ok() {
            return true;
        }
    }
    false
}
