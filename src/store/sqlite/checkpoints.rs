//! Takes the log into the file on a thread of its own: a checkpoint syncs the file, and acks would wait for that.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tracing::error;

use super::{command::Trouble, schema, writer::Writer};
use crate::log_throttle::LogThrottle;

/// Time between two checkpoints while something is written: each one syncs the file, beside the syncs of the commits.
const EVERY: Duration = Duration::from_secs(1);

/// Pages in the log from which on the writer makes it begin again. A checkpoint beside the writer never ends a log that is
/// written to without a pause, which would grow without end.
const LOG: i64 = 4_096;

/// How long the writer waits for readers where that can't be put off: for a log of twice that size, or a full disk.
/// Otherwise it does not wait, and tries again after the next checkpoint.
const READERS: Duration = Duration::from_millis(50);

/// Pages in the log that can't be put off.
const FAR_TOO_LONG: i64 = 2 * LOG;

/// The thread, and what it found.
pub struct Checkpoints {
    due: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    last: Instant,
    found: Arc<Found>,
}

/// What the thread tells the writer.
#[derive(Default)]
struct Found {
    /// Pages in the log after the last checkpoint.
    pages: AtomicI64,
    /// Whether a checkpoint is asked for or being made.
    busy: AtomicBool,
}

impl Checkpoints {
    /// Starts the thread. Without it SQLite makes checkpoints when it commits.
    pub fn start(writer: &Connection) -> Self {
        let (due, signals) = sync_channel(1);
        let found = Arc::new(Found::default());
        let path = writer.path().unwrap_or_default();
        let thread = schema::open_reader(Path::new(path)).ok().and_then(|connection| {
            let found = Arc::clone(&found);
            let run = move || run(&connection, &signals, &found);
            let thread = std::thread::Builder::new().name("checkpoints".into()).spawn(run).ok()?;
            writer.pragma_update(None, "wal_autocheckpoint", 0).ok()?;
            Some(thread)
        });
        Self {
            due: Some(due),
            thread,
            last: Instant::now(),
            found,
        }
    }

    /// Whether what can wait had better wait: a checkpoint on a slow disk would never catch up with the log.
    pub fn are_behind(&self) -> bool {
        self.found.busy.load(Ordering::Acquire)
    }

    /// Asks the thread for a checkpoint, unless it makes one.
    fn ask(&mut self) {
        if self.are_behind() {
            return;
        }
        self.last = Instant::now();
        // Before it is asked for: the thread takes it back when it is done.
        self.found.busy.store(true, Ordering::Release);
        let asked = self.due.as_ref().is_some_and(|due| due.try_send(()).is_ok());
        if !asked {
            // Without the thread SQLite makes them itself.
            self.found.busy.store(false, Ordering::Release);
        }
    }

    /// Ends the thread.
    pub fn stop(&mut self) {
        self.due.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, signals: &Receiver<()>, found: &Found) {
    static LINE: LogThrottle = LogThrottle::new();
    while signals.recv().is_ok() {
        let pass = || connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1));
        let log = pass().and_then(|log| match log {
            // The writer copies the rest before it begins a long log again, and everybody waits: only what was written
            // during a short second pass is left to it.
            LOG.. => pass(),
            _ => Ok(log),
        });
        match log {
            Ok(log) => found.pages.store(log, Ordering::Relaxed),
            Err(error) => {
                if let Some(suppressed) = LINE.permit() {
                    error!(%error, suppressed, "the log of the store can't be taken into its file");
                }
            }
        }
        found.busy.store(false, Ordering::Release);
    }
}

impl Writer {
    /// Asks for a checkpoint after a commit.
    pub(super) fn checkpoint(&mut self) {
        self.restart_long_log();
        if self.checkpoints.last.elapsed() >= EVERY {
            self.checkpoints.ask();
        }
    }

    /// Asks for a checkpoint after a slice, which writes far more than anybody posts. The next slice waits for it, so none
    /// has much to sync.
    pub(super) fn checkpoint_slice(&mut self) {
        self.checkpoints.ask();
    }

    /// Makes a long log begin again after a checkpoint: what is left of it to copy is little then.
    pub(super) fn restart_long_log(&self) {
        let pages = self.checkpoints.found.pages.swap(0, Ordering::Relaxed);
        if pages >= LOG {
            let readers = if pages >= FAR_TOO_LONG { READERS } else { Duration::ZERO };
            self.log_again("RESTART", readers);
        }
    }

    /// Takes what is in the log into the file, and gives its space back. Returns false if the file has no space to grow.
    pub(super) fn empty_log(&self) -> bool {
        self.log_again("TRUNCATE", READERS)
    }

    /// Bytes by which the file grows when the log is taken into it.
    pub(super) fn growth(&self) -> u64 {
        let number = |pragma| {
            self.connection
                .pragma_query_value(None, pragma, |row| row.get::<_, u64>(0))
        };
        let bytes = number("page_count").and_then(|pages| Ok(pages * number("page_size")?));
        let file = fs::metadata(self.connection.path().unwrap_or_default()).map_or(0, |file| file.len());
        bytes.map_or(u64::MAX, |bytes| bytes.saturating_sub(file))
    }

    /// Takes the log into the file and leaves nothing of it; false if a reader is in the way, or it fails.
    pub(super) fn log_is_forgotten(&self) -> bool {
        let cut = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy = self.connection.busy_timeout(READERS).and_then(|()| {
            let busy = self.connection.query_row(cut, [], |row| row.get::<_, i64>(0));
            self.connection.busy_timeout(schema::BUSY_TIMEOUT)?;
            busy
        });
        matches!(busy, Ok(0))
    }

    fn log_again(&self, how: &str, readers: Duration) -> bool {
        static LINE: LogThrottle = LogThrottle::new();
        let done = self.connection.busy_timeout(readers).and_then(|()| {
            let checkpoint = format!("PRAGMA wal_checkpoint({how})");
            let done = self.connection.query_row(&checkpoint, [], |_| Ok(()));
            self.connection.busy_timeout(schema::BUSY_TIMEOUT)?;
            done
        });
        let Err(error) = done else { return true };
        if let Some(suppressed) = LINE.permit() {
            error!(%error, suppressed, "the log of the store can't begin again");
        }
        Trouble::of_statement(&error) != Trouble::Full
    }
}
