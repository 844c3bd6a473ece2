//! Writes snapshots of rooms: every some entries, and when a room is quiet. They only save time: a room can always be folded
//! from its first entry.

use std::time::Duration;

use tokio::time::sleep;

use super::log::Log;
use crate::{log_throttle::LogThrottle, store::StoreError};

/// Pause between two looks for rooms whose snapshot is due.
const EVERY: Duration = Duration::from_secs(1);

/// Writes snapshots until dropped.
pub async fn write(log: Log) {
    loop {
        sleep(EVERY).await;
        if log.collections.breaker.check().is_ok() {
            write_some(&log, false).await;
        }
    }
}

/// Writes the snapshots of all rooms to which this server appended, so that others need not fold them.
pub async fn write_all(log: &Log) {
    write_some(log, true).await;
}

async fn write_some(log: &Log, last: bool) {
    for room in log.cache.unsaved(last) {
        match log.collections.save(&room).await {
            Ok(()) => log.cache.saved(room.state.room.id, room.position),
            Err(error) => return complain(&error),
        }
    }
}

fn complain(error: &StoreError) {
    static LINE: LogThrottle = LogThrottle::new();
    if let Some(suppressed) = LINE.permit() {
        tracing::warn!(%error, suppressed, "a snapshot can't be written now");
    }
}
