//! Passwords of rooms, by argon2id. Hashing is slow on purpose: a few threads of its own do it, each with memory that it
//! keeps, and who waits for them waits in a [`FairQueue`].

mod hasher;

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use self::hasher::Hasher;
use crate::{
    domain::{Budget, Guest, Password, Refusal, RoomId},
    limits::fair_queue::{Bounds, FairQueue, Origin},
};

/// Passwords that may wait to be set, and as many to be tried. A hash takes some 20 ms.
const BOUNDS: Bounds = Bounds {
    // A person has one going on, in a few tabs.
    visitor: 8,
    // A class behind one address that enters a room at the same moment.
    address: 64,
    // Half of all, so that no room keeps the others out.
    room: 256,
    // On a single thread the last one waits 10 s, about as long as somebody looks at a form, and 20 s while both queues are full.
    all: 512,
};

/// Threads at most: each keeps 19 MiB, and 8 of them check some 400 passwords a second.
const THREADS: usize = 8;

/// What an attempt beyond the bounds is told.
const BUSY: Refusal = Refusal::RateLimited {
    budget: Budget::Load,
    retry_after: Duration::from_secs(5),
};

/// Hashes and checks passwords, a bounded number at a time.
#[derive(Clone)]
pub struct Passwords(Arc<Handle>);

/// Ends the threads with the last copy of [`Passwords`].
struct Handle(Arc<Line>);

/// What waits for the threads.
struct Line {
    state: Mutex<State>,
    filled: Condvar,
}

/// Passwords that are set and passwords that are tried wait in queues of their own, which take turns: neither keeps the
/// other waiting, however many there are.
struct State {
    hashes: FairQueue<Job>,
    tries: FairQueue<Job>,
    /// Which of them is next.
    tries_next: bool,
    closed: bool,
}

impl State {
    fn push(&mut self, origin: Origin, job: Job) -> Vec<Job> {
        self.forget_unawaited();
        match job {
            Job::Hash(..) => self.hashes.push(origin, job),
            Job::Verify(..) => self.tries.push(origin, job),
        }
    }

    /// The next job, and how many of its queue were done since it came.
    fn pop(&mut self) -> Option<(Job, u64)> {
        self.forget_unawaited();
        let (first, second) = if self.tries_next {
            (&mut self.tries, &mut self.hashes)
        } else {
            (&mut self.hashes, &mut self.tries)
        };
        if let Some(next) = first.pop_with_turns() {
            self.tries_next = !self.tries_next;
            return Some(next);
        }
        second.pop_with_turns()
    }

    fn forget_unawaited(&mut self) {
        self.hashes.retain(Job::is_awaited);
        self.tries.retain(Job::is_awaited);
    }
}

type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

enum Job {
    Hash(Password, Reply<String>),
    Verify(Password, Arc<str>, Reply<bool>),
}

impl Passwords {
    /// For a machine of this many cores: half of them hash, as the chat must not stop when many try passwords.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn new(cores: usize) -> io::Result<Self> {
        Self::with((cores / 2).clamp(1, THREADS), BOUNDS)
    }

    fn with(threads: usize, bounds: Bounds) -> io::Result<Self> {
        let handle = Handle(Arc::new(Line {
            state: Mutex::new(State {
                hashes: FairQueue::new(bounds),
                tries: FairQueue::new(bounds),
                tries_next: true,
                closed: false,
            }),
            filled: Condvar::new(),
        }));
        for _ in 0..threads {
            let (line, hasher) = (Arc::clone(&handle.0), Hasher::new().map_err(io::Error::other)?);
            thread::Builder::new()
                .name("passwords".to_owned())
                .spawn(move || line.work(hasher))?;
        }
        Ok(Self(Arc::new(handle)))
    }

    /// Hashes a password with a fresh salt, into PHC form, for a guest who sets it for a room or makes one with it.
    ///
    /// # Errors
    /// Too many wait already, or hashing failed.
    pub async fn hash(&self, guest: &Guest, room: Option<RoomId>, password: Password) -> Result<String, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.add(Origin::new(guest, room), Job::Hash(password, reply));
        answer.await.map_err(|_| Refusal::Unavailable)?
    }

    /// Whether a password is the one that was hashed, for a guest who wants into a room.
    ///
    /// # Errors
    /// Too many wait already, or the hash is not one.
    pub async fn verify(
        &self,
        guest: &Guest,
        room: RoomId,
        password: Password,
        hash: Arc<str>,
    ) -> Result<bool, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.add(Origin::new(guest, Some(room)), Job::Verify(password, hash, reply));
        answer.await.map_err(|_| Refusal::Unavailable)?
    }

    /// How many wait for a thread.
    pub fn waiting(&self) -> usize {
        let state = self.0.0.state.lock();
        state.hashes.len() + state.tries.len()
    }

    fn add(&self, origin: Origin, job: Job) {
        let Handle(line) = &*self.0;
        let beyond = line.state.lock().push(origin, job);
        line.filled.notify_one();
        beyond.into_iter().for_each(|job| job.refuse(BUSY));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.state.lock().closed = true;
        self.0.filled.notify_all();
    }
}

impl Line {
    /// Does what waits, until nobody can ask any more.
    fn work(&self, mut hasher: Hasher) {
        while let Some((job, turns)) = self.next() {
            // A thread that ended would be missed for ever; whoever waits for this job learns of it by the dropped reply.
            match panic::catch_unwind(AssertUnwindSafe(|| job.run(&mut hasher))) {
                Ok(right) => tracing::debug!(turns, right, "a password was hashed or checked"),
                Err(_) => tracing::error!("a password could not be hashed or checked: the thread panicked"),
            }
        }
    }

    /// Waits for the next job of somebody who still waits for it, and says how many were done since it came.
    fn next(&self) -> Option<(Job, u64)> {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(next) = state.pop() {
                return Some(next);
            }
            self.filled.wait(&mut state);
        }
    }
}

impl Job {
    /// A request that was dropped drops the other end of the reply.
    fn is_awaited(&self) -> bool {
        match self {
            Self::Hash(_, reply) => !reply.is_closed(),
            Self::Verify(.., reply) => !reply.is_closed(),
        }
    }

    fn refuse(self, refusal: Refusal) {
        match self {
            Self::Hash(_, reply) => drop(reply.send(Err(refusal))),
            Self::Verify(.., reply) => drop(reply.send(Err(refusal))),
        }
    }

    /// Does it; whether a password that was checked is the right one.
    fn run(self, hasher: &mut Hasher) -> Option<bool> {
        match self {
            Self::Hash(password, reply) => {
                drop(reply.send(answer(hasher.hash(password.as_bytes()))));
                None
            }
            Self::Verify(password, hash, reply) => {
                let right = answer(hasher.verify(password.as_bytes(), &hash));
                let known = right.as_ref().ok().copied();
                drop(reply.send(right));
                known
            }
        }
    }
}

fn answer<T>(done: argon2::password_hash::Result<T>) -> Result<T, Refusal> {
    done.map_err(|error| {
        tracing::error!(%error, "a password could not be hashed or checked");
        Refusal::Unavailable
    })
}

#[cfg(test)]
mod tests;
