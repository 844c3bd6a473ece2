//! Takes the log into the file on a thread of its own: a checkpoint syncs the file, and acks would wait for that.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tracing::error;

use super::{schema, writer::Writer};
use crate::seldom::Seldom;

/// Time between two checkpoints while something is written.
const EVERY: Duration = Duration::from_millis(100);

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
    /// Pages in the log after the last checkpoint.
    pages: Arc<AtomicI64>,
}

impl Checkpoints {
    /// Starts the thread. Without it SQLite makes checkpoints when it commits.
    pub fn start(writer: &Connection) -> Self {
        let (due, signals) = sync_channel(1);
        let pages = Arc::new(AtomicI64::new(0));
        let found = Arc::clone(&pages);
        let path = writer.path().unwrap_or_default();
        let thread = schema::open_reader(Path::new(path)).ok().and_then(|connection| {
            let run = move || run(&connection, &signals, &found);
            let thread = std::thread::Builder::new().name("checkpoints".into()).spawn(run).ok()?;
            writer.pragma_update(None, "wal_autocheckpoint", 0).ok()?;
            Some(thread)
        });
        Self {
            due: Some(due),
            thread,
            last: Instant::now(),
            pages,
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

fn run(connection: &Connection, signals: &Receiver<()>, pages: &AtomicI64) {
    static LINE: Seldom = Seldom::new();
    while signals.recv().is_ok() {
        let log = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1));
        match log {
            Ok(log) => pages.store(log, Ordering::Relaxed),
            Err(error) => {
                if let Some(left_out) = LINE.turn() {
                    error!(%error, left_out, "the log of the store can't be taken into its file");
                }
            }
        }
    }
}

impl Writer {
    /// Asks for a checkpoint after a commit, and makes a long log begin again: what is left of it to copy is little then.
    pub(super) fn checkpoint(&mut self) {
        if self.checkpoints.pages.swap(0, Ordering::Relaxed) >= LOG {
            self.log_again("RESTART", READERS);
        }
        if self.checkpoints.last.elapsed() >= EVERY {
            self.checkpoints.last = Instant::now();
            if let Some(due) = &self.checkpoints.due {
                // One that waits is enough.
                let _ = due.try_send(());
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
