//! Space for deletions on a full disk: a file beside the database that is given up when a deletion finds no space.
//!
//! From then on only what deletes is written, and everything else is refused as `storage_full`, until there is space for the
//! file again. So nobody is locked in by a full disk: rooms and messages can be deleted, and members can leave.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;
use tracing::{error, warn};

use super::{
    command::{Command, Reply, Trouble},
    writer::Writer,
};
use crate::{domain::Action, private_files, rules, store::StoreError};

/// Bytes that are kept. Removing a room or a message writes some ten pages, leaving a line; a thousand of them fit.
const BYTES: usize = 1 << 20;

/// Bytes that have to be free beyond these before they are kept again, so that it does not change to and fro.
const BEYOND: usize = 256 << 10;

/// Bytes of them that the database may take to empty its log; the rest is left to deletions.
const GROWTH: u64 = 512 << 10;

/// How often it is tried to keep them again.
const PAUSE: Duration = Duration::from_secs(1);

/// The file that is given up.
pub struct Reserve {
    path: PathBuf,
    /// Whether it is not there. Others read this: they write to the same disk, and would take the space meant for deletions.
    given_up: Arc<AtomicBool>,
    next: Instant,
}

impl Reserve {
    /// Makes the file beside a database, or finds it there.
    pub fn beside(database: &Path) -> Self {
        let path = private_files::beside(database, "-reserve");
        let whole = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() == BYTES as u64);
        // One that is there may be of a time when others could read it.
        let there = whole(&path) && private_files::open(&path).is_ok();
        let mut reserve = Self {
            path,
            given_up: Arc::new(AtomicBool::new(!there)),
            next: Instant::now(),
        };
        if !reserve.is_held() {
            warn!("there is no space left for a reserve: only what deletes is written");
        }
        reserve
    }

    /// Whether it is there; makes it again if there is space. Tried once in a while.
    pub fn is_held(&mut self) -> bool {
        let held = !self.given_up.load(Ordering::SeqCst);
        if held || Instant::now() < self.next {
            return held;
        }
        self.next = Instant::now() + PAUSE;
        let filled = self.fill().is_ok();
        if !filled {
            // A part of it would be in the way of what is to be deleted.
            let _ = fs::remove_file(&self.path);
        }
        self.given_up.store(!filled, Ordering::SeqCst);
        filled
    }

    /// Whether it is given up, now and later.
    pub fn given_up(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.given_up)
    }

    fn fill(&self) -> io::Result<()> {
        // Not zeros: some file systems keep no space for these.
        let bytes: Vec<u8> = std::iter::repeat_with(rand::random::<[u8; 64]>)
            .take((BYTES + BEYOND) / 64)
            .flatten()
            .collect();
        let mut file = private_files::open(&self.path)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        file.set_len(BYTES as u64)?;
        file.sync_all()
    }

    pub(super) fn give_up(&mut self) {
        if !self.given_up.swap(true, Ordering::SeqCst) {
            warn!("the disk is full: the reserve is given up, and only what deletes is written until there is space");
        }
        if let Err(error) = remove_file(&self.path) {
            error!(%error, "the reserve can't be given up");
        }
        self.next = Instant::now() + PAUSE;
    }
}

/// Removes the file beside a database, before there is a [`Reserve`].
pub fn remove(database: &Path) -> io::Result<()> {
    warn!("the disk is full: the reserve is given up so that the server can start");
    remove_file(&private_files::beside(database, "-reserve"))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A command that is done again if there was no space for it.
pub struct Retry(Box<dyn FnOnce() -> Option<Command>>);

impl Command {
    /// Whether it is written on a full disk, too: it leaves or deletes, or makes space.
    const fn frees(&self) -> bool {
        match self {
            Self::Expire(..) | Self::Close(..) => true,
            Self::ForgetGifs(..) | Self::ForgetUnreferenced(..) => true,
            Self::Submit(_, command, ..) => match command {
                rules::Command::Leave(..) | rules::Command::Remove(_) | rules::Command::TakeDown(_) => true,
                rules::Command::WithdrawInvites(_) | rules::Command::Dismiss(..) => true,
                rules::Command::Moderate(_, action) => {
                    matches!(action, Action::Kick(_) | Action::Delete { .. } | Action::Clear { .. })
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// The same command, whose answer waits until it is known whether it has to be done again.
    fn guarded(self) -> (Self, Option<Retry>) {
        if !self.frees() {
            return (self, None);
        }
        match self {
            Self::Submit(id, command, nonce, reply) => guard(reply, move |reply| {
                Self::Submit(id, command.clone(), nonce.clone(), reply)
            }),
            Self::Expire(graces, reply) => guard(reply, move |reply| Self::Expire(graces, reply)),
            other => (other, None),
        }
    }
}

fn guard<T: 'static>(reply: Reply<T>, make: impl Fn(Reply<T>) -> Command + 'static) -> (Command, Option<Retry>) {
    let (first, mut answer) = oneshot::channel();
    let command = make(first);
    let again = move || match answer.try_recv() {
        Ok(Err(StoreError::Full)) => Some(make(reply)),
        Ok(answer) => {
            let _ = reply.send(answer);
            None
        }
        Err(_) => None,
    };
    (command, Some(Retry(Box::new(again))))
}

impl Writer {
    /// Writes a batch. What deletes and finds no space is done again by itself, and then with the reserve.
    pub(super) fn work(&mut self, batch: Vec<Command>) {
        // They wait for a commit that succeeds, whatever becomes of this batch.
        let batch = self.note(batch);
        if !self.reserve.is_held() {
            return self.work_on_reserve(batch);
        }
        let again = self.attempt(batch);
        if self.trouble == Some(Trouble::Full) {
            // The log may be what fills the disk. The reserve is for those who leave and delete, not for this.
            self.empty_log();
        }
        if again.is_empty() {
            return;
        }
        let again = self.attempt(again);
        if !again.is_empty() {
            self.reserve.give_up();
            self.work_on_reserve(again);
        }
    }

    /// Keeps the notes of a batch; the rest of it.
    fn note(&mut self, batch: Vec<Command>) -> Vec<Command> {
        let mut rest = Vec::with_capacity(batch.len());
        for command in batch {
            match command {
                Command::Note(note) => self.notes.add(note),
                other => rest.push(other),
            }
        }
        rest
    }

    /// Empties the log into what the reserve left, unless the file would take that from the deletions.
    pub(super) fn empty_log_on_reserve(&self) {
        if self.growth() <= GROWTH {
            self.empty_log();
        }
    }

    /// What of a batch has to be done again.
    fn attempt(&mut self, batch: Vec<Command>) -> Vec<Command> {
        let (batch, retries): (Vec<_>, Vec<_>) = batch.into_iter().map(Command::guarded).unzip();
        self.commit(batch, true);
        let again = retries.into_iter().flatten();
        again.filter_map(|Retry(again)| again()).collect()
    }

    fn work_on_reserve(&mut self, batch: Vec<Command>) {
        let (frees, refused): (Vec<_>, Vec<_>) = batch.into_iter().partition(Command::frees);
        if !frees.is_empty() {
            self.empty_log_on_reserve();
            self.commit(frees, false);
        }
        for command in refused {
            command.into_failure()(StoreError::Full);
        }
    }
}
