//! When the writer deletes what is hidden: in slices between batches, as large as a few milliseconds allow.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tracing::error;

use super::{cleanup, command::Trouble, writer::Writer};
use crate::{domain::RoomId, log_throttle::LogThrottle};

/// Rows deleted, or pages handed back, between two looks at the clock.
const ROWS: usize = 16;

/// Time after which a slice takes no further rows. Its commit comes on top and takes about as long.
const LONG: Duration = Duration::from_millis(2);

/// Pause after a slice that failed, as on a full disk.
const PAUSE: Duration = Duration::from_secs(1);

/// Free pages that a file keeps for what comes next. Others are handed back.
const FREE_PAGES: i64 = 256;

/// Time after which the log begins again to which deleted content was written once.
const FORGET: Duration = Duration::from_secs(30);

/// Bytes of a file that is written anew after deletions. That takes 10 ms for each MiB, in which nothing else is written,
/// and as much memory.
const REWRITTEN: u64 = 8 << 20;

/// What is left to delete, and when.
pub struct Slices {
    left: bool,
    next: Instant,
    /// Since when the log may have something that was deleted.
    remembers: Option<Instant>,
}

impl Default for Slices {
    fn default() -> Self {
        Self {
            // The last run may have left something.
            left: true,
            next: Instant::now(),
            remembers: None,
        }
    }
}

impl Slices {
    /// There is something to delete.
    pub fn wake(&mut self) {
        self.left = true;
        self.deleted();
    }

    /// Something was deleted that the log still has.
    pub fn deleted(&mut self) {
        self.remembers.get_or_insert_with(Instant::now);
    }

    pub const fn are_left(&self) -> bool {
        self.left
    }

    pub fn are_due(&self) -> bool {
        self.left && Instant::now() >= self.next
    }

    /// The next slice begins after a pause three times as long as the last one took, so that others get most of the time.
    fn note(&mut self, took: Duration) {
        self.next = Instant::now() + 3 * took;
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
        // While little of the log is left to copy.
        self.restart_long_log();
        let begun = Instant::now();
        match self.slice_with_space(begun) {
            Ok(Left::Nothing) => self.slices.left = false,
            Ok(Left::Something) => (),
            Ok(Left::Cleared(room, n)) => {
                if let Some(cached) = self.rooms.write().get_mut(room) {
                    Arc::make_mut(&mut cached.clearings).retain(|clearing| clearing.n != n);
                }
            }
            Err(error) => {
                static LINE: LogThrottle = LogThrottle::new();
                if let Some(suppressed) = LINE.permit() {
                    error!(%error, suppressed, "what was deleted can't be taken out of the file now");
                }
                self.slices.next = begun + PAUSE;
                return;
            }
        }
        self.slices.note(begun.elapsed());
        self.checkpoint_slice();
    }

    /// Takes what was deleted out of file and log some time after that, when all of it is done.
    pub(super) fn forget_if_due(&mut self) {
        let due = self.slices.remembers.is_some_and(|since| since.elapsed() >= FORGET);
        if due && !self.slices.left && !self.checkpoints.are_behind() {
            self.forget();
        }
    }

    /// The same at once, if anything was deleted.
    pub(super) fn forget_at_end(&mut self) {
        if self.slices.remembers.is_some() {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.rewrite_if_small();
        // A reader may be in the way: it is tried again then.
        self.slices.remembers = (!self.log_is_forgotten()).then(Instant::now);
    }

    /// Writes a small file anew: deleted rows are overwritten, but not what SQLite left of them on pages from which it had
    /// moved them to others. A larger file keeps that until those pages are used again.
    fn rewrite_if_small(&mut self) {
        static LINE: LogThrottle = LogThrottle::new();
        let number = |pragma| {
            self.connection
                .pragma_query_value(None, pragma, |row| row.get::<_, u64>(0))
        };
        let bytes = number("page_count").and_then(|pages| Ok(pages * number("page_size")?));
        let small = bytes.is_ok_and(|bytes| bytes <= REWRITTEN);
        // It needs as much space again.
        if !small || !self.reserve.is_held() {
            return;
        }
        if let Err(error) = self.connection.execute_batch("VACUUM")
            && let Some(suppressed) = LINE.permit()
        {
            error!(%error, suppressed, "the file of the store can't be written anew: copies of what was deleted may be in it");
        }
    }

    /// Commits one slice. One that finds no space is done again with an empty log, and then with the reserve: nobody may come
    /// and delete something else.
    fn slice_with_space(&mut self, begun: Instant) -> rusqlite::Result<Left> {
        let is_full = |done: &rusqlite::Result<_>| {
            let error = done.as_ref().err();
            error.is_some_and(|error| Trouble::of_statement(error) == Trouble::Full)
        };
        // On the reserve the log has space for a few rows only.
        let small = !self.reserve.is_held();
        let mut done = self.slice(begun, small);
        if is_full(&done) && !small {
            self.empty_log();
            done = self.slice(begun, true);
        }
        if is_full(&done) && !small {
            self.reserve.give_up();
            done = self.slice(begun, true);
        }
        if small {
            // The next one begins with an empty log.
            self.empty_log_on_reserve();
        }
        done
    }

    /// Commits one slice. It need not wait for the disk: the log keeps the order, so it is durable with the next commit that
    /// somebody waits for, and what a power cut takes back is done again.
    fn slice(&mut self, begun: Instant, small: bool) -> rusqlite::Result<Left> {
        if !self.relaxed {
            self.connection.pragma_update(None, "synchronous", "NORMAL")?;
            self.relaxed = true;
        }
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = self.slice_rows(begun, small).and_then(|left| {
            self.connection.execute_batch("COMMIT")?;
            Ok(left)
        });
        if done.is_err() && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        done
    }

    /// Deletes rows until the time of a slice is over, or a few if it is to be small.
    fn slice_rows(&self, begun: Instant, small: bool) -> rusqlite::Result<Left> {
        loop {
            let left = self.few_rows()?;
            if small || !matches!(left, Left::Something) || begun.elapsed() >= LONG {
                return Ok(left);
            }
        }
    }

    fn few_rows(&self) -> rusqlite::Result<Left> {
        let connection = &self.connection;
        if let Some(clearing) = cleanup::next_clearing(connection)? {
            return Ok(match cleanup::clear_slice(connection, &clearing, ROWS)? {
                true => Left::Cleared(clearing.room, clearing.n),
                false => Left::Something,
            });
        }
        // After the clearings: these find the bytes that a room is to refuse by their rows.
        if let Some(forgetting) = cleanup::next_forgetting(connection)? {
            cleanup::forget_slice(connection, forgetting, ROWS)?;
            return Ok(Left::Something);
        }
        if let Some(room) = cleanup::next_room(connection)? {
            cleanup::remove_slice(connection, room, ROWS)?;
            return Ok(Left::Something);
        }
        self.shrink()
    }

    /// Hands free pages back to the file system. A file that was made without `auto_vacuum` keeps them for what comes next.
    fn shrink(&self) -> rusqlite::Result<Left> {
        let number = |pragma: &str| {
            self.connection
                .pragma_query_value(None, pragma, |row| row.get::<_, i64>(0))
        };
        let free = number("freelist_count")? - FREE_PAGES;
        if free <= 0 || number("auto_vacuum")? != super::schema::INCREMENTAL {
            return Ok(Left::Nothing);
        }
        let pages = free.min(i64::try_from(ROWS).unwrap_or(i64::MAX));
        let mut vacuum = self
            .connection
            .prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut freed = vacuum.raw_query();
        // It frees a page for each step.
        while freed.next()?.is_some() {}
        Ok(Left::Something)
    }
}
