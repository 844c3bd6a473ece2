//! How the change stream is doing: whether it runs, when it last made progress, and the time of what it has delivered.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use mongodb::{ClientSession, bson::Timestamp};
use parking_lot::Mutex;

use super::client::{Collections, failure};
use crate::store::StoreError;

/// Age of the last progress from which on the stream counts as stuck. An idle stream makes some every second.
const STUCK: Duration = Duration::from_secs(5);

/// The state of the change stream, as its follower notes it.
#[derive(Debug, Default)]
pub struct Pulse {
    /// The last progress; `None` while there is no stream.
    progress: Mutex<Option<Instant>>,
    /// The cluster time of the last change that was delivered, with the seconds in the upper half; 0 before the first.
    delivered: AtomicU64,
}

impl Pulse {
    /// Notes that the stream runs and has just made progress.
    pub fn beat(&self) {
        *self.progress.lock() = Some(Instant::now());
    }

    /// Notes that there is no stream.
    pub fn stop(&self) {
        *self.progress.lock() = None;
    }

    /// Whether the sockets of this server hear what is committed.
    ///
    /// # Errors
    /// There is no stream, or it is stuck.
    pub fn check(&self) -> Result<(), StoreError> {
        match *self.progress.lock() {
            Some(progress) if progress.elapsed() < STUCK => Ok(()),
            Some(_) => Err(StoreError::failed("the change stream is stuck")),
            None => Err(StoreError::failed("there is no change stream")),
        }
    }

    /// Notes the cluster time of what is delivered next. It never goes back.
    pub fn note(&self, time: Timestamp) {
        let packed = u64::from(time.time) << 32 | u64::from(time.increment);
        self.delivered.fetch_max(packed, Ordering::AcqRel);
    }

    fn delivered(&self) -> Option<Timestamp> {
        let packed = self.delivered.load(Ordering::Acquire);
        (packed > 0).then_some(Timestamp {
            time: (packed >> 32) as u32,
            increment: packed as u32,
        })
    }
}

impl Collections {
    /// A session whose majority reads are at least as new as every change that was delivered. A member of the set that
    /// does not know these changes yet, as after a failover, answers late or not at all, but never with an older state.
    pub async fn up_to_date(&self) -> Result<ClientSession, StoreError> {
        let mut session = self.db.client().start_session().await.map_err(failure)?;
        if let Some(time) = self.pulse.delivered() {
            session.advance_operation_time(time);
        }
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delivered_time_counts_up_only() {
        let pulse = Pulse::default();
        assert_eq!(pulse.delivered(), None);
        let at = |time, increment| Timestamp { time, increment };
        pulse.note(at(7, 9));
        pulse.note(at(7, 8));
        pulse.note(at(6, u32::MAX));
        assert_eq!(pulse.delivered(), Some(at(7, 9)));
        pulse.note(at(u32::MAX, 1));
        assert_eq!(pulse.delivered(), Some(at(u32::MAX, 1)));
    }

    #[test]
    fn a_stream_is_fine_while_it_makes_progress() {
        let pulse = Pulse::default();
        assert!(pulse.check().is_err(), "none has begun");
        pulse.beat();
        pulse.check().unwrap();
        *pulse.progress.lock() = Instant::now().checked_sub(STUCK);
        assert!(pulse.check().is_err(), "it is stuck");
        pulse.beat();
        pulse.check().unwrap();
        pulse.stop();
        assert!(pulse.check().is_err(), "it has ended");
    }
}
