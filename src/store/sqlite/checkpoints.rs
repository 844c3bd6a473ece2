//! Takes the log into the file on a thread of its own: a checkpoint syncs the file, and acks would wait for that.

use std::{
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

use super::{schema, writer::Writer};
use crate::seldom::Seldom;

/// Time between two checkpoints while something is written: each one syncs the file, beside the syncs of the commits.
const EVERY: Duration = Duration::from_secs(1);

/// The same while a large deletion is taken out of the file, which fills the log faster than anybody posts.
const EVERY_WITH_SLICES: Duration = Duration::from_millis(100);

/// Pages in the log from which on the writer makes it begin again. A checkpoint beside the writer never ends a log that is
/// written to without a pause, which would grow without end.
const LOG: i64 = 4_096;

/// How long that waits for readers. It is tried again after the next checkpoint.
const READERS: Duration = Duration::from_millis(50);

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

    /// Ends the thread.
    pub fn stop(&mut self) {
        self.due.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, signals: &Receiver<()>, found: &Found) {
    static LINE: Seldom = Seldom::new();
    while signals.recv().is_ok() {
        let log = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1));
        match log {
            Ok(log) => found.pages.store(log, Ordering::Relaxed),
            Err(error) => {
                if let Some(left_out) = LINE.turn() {
                    error!(%error, left_out, "the log of the store can't be taken into its file");
                }
            }
        }
        found.busy.store(false, Ordering::Release);
    }
}

impl Writer {
    /// Asks for a checkpoint after a commit, and makes a long log begin again: what is left of it to copy is little then.
    pub(super) fn checkpoint(&mut self) {
        if self.checkpoints.found.pages.swap(0, Ordering::Relaxed) >= LOG {
            self.log_again("RESTART", READERS);
        }
        let every = if self.slices.are_left() {
            EVERY_WITH_SLICES
        } else {
            EVERY
        };
        let checkpoints = &mut self.checkpoints;
        if checkpoints.last.elapsed() >= every && !checkpoints.are_behind() {
            checkpoints.last = Instant::now();
            // Before it is asked for: the thread takes it back when it is done.
            checkpoints.found.busy.store(true, Ordering::Release);
            let asked = checkpoints.due.as_ref().is_some_and(|due| due.try_send(()).is_ok());
            if !asked {
                // Without the thread SQLite makes them itself.
                checkpoints.found.busy.store(false, Ordering::Release);
            }
        }
    }

    /// Takes what is in the log into the file, and gives its space back.
    pub(super) fn empty_log(&self) {
        self.log_again("TRUNCATE", READERS);
    }

    fn log_again(&self, how: &str, readers: Duration) {
        static LINE: Seldom = Seldom::new();
        let done = self.connection.busy_timeout(readers).and_then(|()| {
            let checkpoint = format!("PRAGMA wal_checkpoint({how})");
            let done = self.connection.query_row(&checkpoint, [], |_| Ok(()));
            self.connection.busy_timeout(schema::PATIENCE)?;
            done
        });
        if let Err(error) = done
            && let Some(left_out) = LINE.turn()
        {
            error!(%error, left_out, "the log of the store can't begin again");
        }
    }
}
