//! When the writer deletes what is hidden: in slices between batches, as large as a few milliseconds allow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::error;

use super::{cleanup, writer::Writer};
use crate::{domain::RoomId, seldom::Seldom};

/// Rows of the first slice, of the smallest and of the largest.
const FIRST: usize = 64;
const SMALLEST: usize = 16;
const LARGEST: usize = 2_048;

/// A slice that took longer is followed by one of half the size, and one that took less than half of it by a larger one.
const LONG: Duration = Duration::from_millis(10);

/// Pause after a slice that failed, as on a full disk.
const PAUSE: Duration = Duration::from_secs(1);

/// Free pages that a file keeps for what comes next. Others are handed back.
const FREE_PAGES: i64 = 256;

/// What is left to delete, and when.
pub struct Slices {
    left: bool,
    rows: usize,
    next: Instant,
}

impl Default for Slices {
    fn default() -> Self {
        Self {
            // The last run may have left something.
            left: true,
            rows: FIRST,
            next: Instant::now(),
        }
    }
}

impl Slices {
    /// There is something to delete.
    pub const fn wake(&mut self) {
        self.left = true;
    }

    pub const fn are_left(&self) -> bool {
        self.left
    }

    pub fn are_due(&self) -> bool {
        self.left && Instant::now() >= self.next
    }

    /// Sizes the next slice. It begins after twice as long a pause as the last one took, so that others get most of the time.
    fn note(&mut self, took: Duration) {
        if took > LONG {
            self.rows = (self.rows / 2).max(SMALLEST);
        } else if took < LONG / 2 {
            self.rows = (self.rows * 2).min(LARGEST);
        }
        self.next = Instant::now() + 2 * took;
    }
}

/// What a slice left.
enum Left {
    Nothing,
    Something,
    /// The rows of a clearing are all blank: readers need not be told any more.
    Cleared(RoomId, i64),
}

impl Writer {
    pub(super) fn slice_is_due(&self) -> bool {
        self.slices.are_due() && !self.checkpoints.are_behind()
    }

    /// Deletes one slice, when there is something to delete and the pause after the last one is over.
    pub(super) fn slice_if_due(&mut self) {
        if !self.slice_is_due() {
            return;
        }
        let begun = Instant::now();
        match self.slice() {
            Ok(Left::Nothing) => self.slices.left = false,
            Ok(Left::Something) => (),
            Ok(Left::Cleared(room, n)) => {
                if let Some(cached) = self.rooms.write().get_mut(room) {
                    Arc::make_mut(&mut cached.clearings).retain(|clearing| clearing.n != n);
                }
            }
            Err(error) => {
                static LINE: Seldom = Seldom::new();
                if let Some(left_out) = LINE.turn() {
                    error!(%error, left_out, "what was deleted can't be taken out of the file now");
                }
                self.slices.next = begun + PAUSE;
                return;
            }
        }
        if !self.reserve.is_held() {
            // The next one begins with an empty log, and is small.
            self.empty_log();
            self.slices.rows = SMALLEST;
        }
        self.slices.note(begun.elapsed());
        self.checkpoint();
    }

    /// Commits one slice. It need not wait for the disk: the log keeps the order, so it is durable with the next commit that
    /// somebody waits for, and what a power cut takes back is done again.
    fn slice(&mut self) -> rusqlite::Result<Left> {
        if !self.relaxed {
            self.connection.pragma_update(None, "synchronous", "NORMAL")?;
            self.relaxed = true;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = self.slice_rows().and_then(|left| {
            self.connection.execute_batch("COMMIT")?;
            Ok(left)
        });
        if done.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        done
    }

    fn slice_rows(&self) -> rusqlite::Result<Left> {
        let (connection, rows) = (&self.connection, self.slices.rows);
        if let Some(clearing) = cleanup::next_clearing(connection)? {
            return Ok(match cleanup::clear_slice(connection, &clearing, rows)? {
                true => Left::Cleared(clearing.room, clearing.n),
                false => Left::Something,
            });
        }
        if let Some(room) = cleanup::next_room(connection)? {
            cleanup::remove_slice(connection, room, rows)?;
            return Ok(Left::Something);
        }
        self.shrink(rows)
    }

    /// Hands free pages back to the file system. A file that was made without `auto_vacuum` keeps them for what comes next.
    fn shrink(&self, most: usize) -> rusqlite::Result<Left> {
        let number = |pragma: &str| {
            self.connection
                .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
        };
        let free = number("freelist_count")? - FREE_PAGES;
        if free <= 0 || number("auto_vacuum")? != super::schema::INCREMENTAL {
            return Ok(Left::Nothing);
        }
        let pages = free.min(i64::try_from(most).unwrap_or(i64::MAX));
        let mut vacuum = self
            .connection
            .prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut freed = vacuum.raw_query();
        // It frees a page for each step.
        while freed.next()?.is_some() {}
        Ok(Left::Something)
    }
}
