//! What each part of the server counts.

use super::{ByName, Counter, Gauge, Histogram, HttpMetrics};

/// From a sync of a fast disk to a database that is about to be called away.
const COMMIT_SECONDS: &[f64] = &[
    0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// From a room of two to one of thousands.
const FAN_OUT_SECONDS: &[f64] = &[
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1,
];

/// What a store counts: of this server, also where others write to the same database.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    /// Writes that were committed together, each once.
    pub commit: Histogram,
    /// Messages that were stored, by what they are.
    pub messages: Messages,
    /// Calls that failed, by how; a refusal is no failure.
    pub errors: ByName,
}

impl StoreMetrics {
    /// Nothing has happened yet. `failures` are the ways in which a call may fail.
    pub fn new(failures: &[&'static str]) -> Self {
        Self {
            commit: Histogram::new(COMMIT_SECONDS),
            messages: Messages::default(),
            errors: ByName::new("kind", failures),
        }
    }
}

/// Messages by what they are.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// Texts.
    pub text: Counter,
    /// GIFs, with a caption or without.
    pub gif: Counter,
    /// System messages.
    pub system: Counter,
    /// Whispers.
    pub whisper: Counter,
}

/// What `broadcast` counts.
#[derive(Clone, Debug)]
pub struct BroadcastMetrics {
    /// Messages that were handed to all sockets of a room, each once.
    pub fan_out: Histogram,
    /// Events that were handed to a socket, by name.
    pub deliveries: ByName,
    /// Sockets that are behind.
    pub behind: Gauge,
    /// Messages that these still have to get.
    pub waiting: Gauge,
}

impl Default for BroadcastMetrics {
    fn default() -> Self {
        Self {
            fan_out: Histogram::new(FAN_OUT_SECONDS),
            deliveries: ByName::new("event", &["chat"]),
            behind: Gauge::default(),
            waiting: Gauge::default(),
        }
    }
}

/// What one room, or the list, adds to the sockets that are behind. It takes that back when it is dropped.
#[derive(Debug)]
pub struct Backlog {
    metrics: BroadcastMetrics,
    sockets: i64,
    messages: i64,
}

impl Backlog {
    /// Nobody is behind.
    pub const fn new(metrics: BroadcastMetrics) -> Self {
        Self {
            metrics,
            sockets: 0,
            messages: 0,
        }
    }

    /// Replaces how many sockets are behind, and how many messages they still have to get.
    pub fn set(&mut self, sockets: u64, messages: u64) {
        let replace = |gauge: &Gauge, before: &mut i64, now: u64| {
            let now = i64::try_from(now).unwrap_or(i64::MAX);
            if *before != now {
                gauge.add(now - *before);
                *before = now;
            }
        };
        replace(&self.metrics.behind, &mut self.sockets, sockets);
        replace(&self.metrics.waiting, &mut self.messages, messages);
    }
}

impl Drop for Backlog {
    fn drop(&mut self) {
        self.set(0, 0);
    }
}

/// What is counted of uploads.
#[derive(Clone, Debug, Default)]
pub struct UploadMetrics {
    /// Those that are on their way.
    pub running: Gauge,
    /// Those that ended with a message.
    pub stored: Counter,
    /// Those that were refused.
    pub refused: Counter,
    /// Those of which the client left before it was answered.
    pub abandoned: Counter,
    /// Bytes of files that came, whatever became of them.
    pub bytes: Counter,
    /// Bytes of the GIFs and stills in the folder.
    pub on_disk: Gauge,
}

impl UploadMetrics {
    /// Counts an upload as running until the returned value is dropped.
    pub fn begin(&self) -> RunningUpload {
        self.running.add(1);
        RunningUpload {
            metrics: self.clone(),
            ended: false,
        }
    }
}

/// An upload that is on its way. Dropped before [`RunningUpload::end`], it is abandoned.
#[derive(Debug)]
pub struct RunningUpload {
    metrics: UploadMetrics,
    ended: bool,
}

impl RunningUpload {
    /// Counts what became of it, and hands that on.
    pub fn end<T, E>(mut self, outcome: Result<T, E>) -> Result<T, E> {
        self.ended = true;
        match outcome {
            Ok(_) => self.metrics.stored.increment(),
            Err(_) => self.metrics.refused.increment(),
        }
        outcome
    }
}

impl Drop for RunningUpload {
    fn drop(&mut self) {
        self.metrics.running.add(-1);
        if !self.ended {
            self.metrics.abandoned.increment();
        }
    }
}

/// What is counted of the site as a whole.
#[derive(Clone, Debug)]
pub struct SiteMetrics {
    /// HTTP requests.
    pub http: HttpMetrics,
    /// What was refused over any way in, by code.
    pub refusals: ByName,
    limits: ByName,
    /// Uploads.
    pub uploads: UploadMetrics,
}

impl SiteMetrics {
    /// Nothing has happened yet. `codes` are those that a refusal may have, `limits` those that may refuse something.
    pub fn new(codes: &[&'static str], limits: &[&'static str], uploads: UploadMetrics) -> Self {
        Self {
            http: HttpMetrics::default(),
            refusals: ByName::new("code", codes),
            limits: ByName::new("limit", limits),
            uploads,
        }
    }

    /// Notes that a limit refused something. A name is a constant of the code; there are at most 64.
    pub fn limit_hit(&self, name: &'static str) {
        self.limits.add(name, 1);
    }

    /// The limits that refused something, as a metric.
    pub fn limits(&self) -> ByName {
        self.limits.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_is_part_of_the_whole_for_as_long_as_it_lives() {
        let metrics = BroadcastMetrics::default();
        let (mut one, mut other) = (Backlog::new(metrics.clone()), Backlog::new(metrics.clone()));
        one.set(2, 10);
        other.set(1, 5);
        one.set(1, 40);
        assert_eq!((metrics.behind.get(), metrics.waiting.get()), (2, 45));
        drop(one);
        assert_eq!((metrics.behind.get(), metrics.waiting.get()), (1, 5));
    }

    #[test]
    fn an_upload_is_counted_once_whatever_becomes_of_it() {
        let metrics = UploadMetrics::default();
        let [stored, refused, left] = [(); 3].map(|()| metrics.begin());
        assert_eq!(metrics.running.get(), 3);
        assert_eq!(stored.end::<_, ()>(Ok(())), Ok(()));
        assert_eq!(refused.end::<(), _>(Err(())), Err(()));
        drop(left);
        let ended = [&metrics.stored, &metrics.refused, &metrics.abandoned].map(Counter::get);
        assert_eq!((metrics.running.get(), ended), (0, [1, 1, 1]));
    }
}
