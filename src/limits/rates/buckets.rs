//! Where the buckets of a rate are kept: a bounded number of keys, by a keyed hash of each, so that what is in memory
//! tells nobody's address.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use governor::{
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use parking_lot::Mutex;

/// Keys that have a bucket of their own, at most: 17 bytes each.
pub const KEYS: usize = 100_000;

/// Buckets that the others share.
pub const SHARED: usize = 1_024;

/// Parts of the map, each with a lock of its own.
const PARTS: usize = 16;

/// New keys after which full buckets are forgotten, at least. There is one sweep for as many new keys as there were after the
/// last one, so it costs each new key about as much as its insertion.
const SWEEP_AFTER: usize = 1_024;

/// What a key counts as that has to share: the sooner there may be buckets again that are full.
const HURRY: usize = 64;

type Part = HashMap<u64, Nanos, BuildHasherDefault<Hashed>>;

/// The buckets of one rate: for each key when its next token would be due if all came evenly.
#[derive(Clone, Default)]
pub struct Buckets(Arc<Inner>);

#[derive(Default)]
struct Inner {
    parts: [Mutex<Part>; PARTS],
    shared: Mutex<Part>,
    /// Keys that came since the last sweep, and those that were left by it.
    came: AtomicUsize,
    left: AtomicUsize,
}

impl Buckets {
    /// Whether full buckets should be forgotten now.
    pub fn is_sweep_due(&self) -> bool {
        let Inner { came, left, .. } = &*self.0;
        came.load(Ordering::Relaxed) > left.load(Ordering::Relaxed).max(SWEEP_AFTER)
    }

    /// Makes the next token of a key due that much earlier.
    pub fn give_back(&self, key: u64, nanos: u64) {
        let earlier = |due: &mut Nanos| *due = Nanos::from(due.as_u64().saturating_sub(nanos));
        if let Some(due) = self.part(key).lock().get_mut(&key) {
            return earlier(due);
        }
        if let Some(due) = self.0.shared.lock().get_mut(&shared(key)) {
            earlier(due);
        }
    }

    fn part(&self, key: u64) -> &Mutex<Part> {
        let Inner { parts, .. } = &*self.0;
        // The upper bits: the map uses the lower ones.
        let at = usize::try_from(key >> 60).unwrap_or_default();
        parts.get(at).unwrap_or(&self.0.shared)
    }
}

/// The shared bucket of a key.
const fn shared(key: u64) -> u64 {
    key % SHARED as u64
}

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut part = self.part(*key).lock();
        if let Some(due) = part.get_mut(key) {
            let (taken, next) = decide(Some(*due))?;
            *due = next;
            return Ok(taken);
        }
        if part.len() < KEYS / PARTS {
            let (taken, next) = decide(None)?;
            part.insert(*key, next);
            self.0.came.fetch_add(1, Ordering::Relaxed);
            return Ok(taken);
        }
        drop(part);
        let mut buckets = self.0.shared.lock();
        let due = buckets.get(&shared(*key)).copied();
        let (taken, next) = decide(due)?;
        buckets.insert(shared(*key), next);
        self.0.came.fetch_add(HURRY, Ordering::Relaxed);
        Ok(taken)
    }
}

impl ShrinkableKeyedStateStore<u64> for Buckets {
    fn retain_recent(&self, drop_below: Nanos) {
        let Inner { parts, came, left, .. } = &*self.0;
        came.store(0, Ordering::Relaxed);
        for part in parts {
            let mut part = part.lock();
            part.retain(|_, due| *due > drop_below);
            // An attack that is over leaves no memory behind.
            let needed = part.len().saturating_mul(2);
            part.shrink_to(needed);
        }
        left.store(self.len(), Ordering::Relaxed);
    }

    fn len(&self) -> usize {
        self.0.parts.iter().map(|part| part.lock().len()).sum()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 << 8) | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}
