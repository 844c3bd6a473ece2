//! Histograms of times, without a lock.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::MetricType,
};

/// How many times were at most as long as each bound. That of the crate has a lock that all threads would share.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// In seconds, ascending.
    bounds: &'static [f64],
    /// For each bound the times above the one before; the last is of those above all bounds.
    counts: Box<[AtomicU64]>,
    /// The sum of all times.
    nanos: AtomicU64,
    enabled: AtomicBool,
}

impl Histogram {
    /// An empty one that takes no times until [`Self::enable`].
    pub fn new(bounds: &'static [f64]) -> Self {
        Self(Arc::new(Inner {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            nanos: AtomicU64::new(0),
            enabled: AtomicBool::new(false),
        }))
    }

    /// Takes times from now on.
    pub fn enable(&self) {
        self.0.enabled.store(true, Ordering::Relaxed);
    }

    /// Whether it takes times.
    pub fn is_enabled(&self) -> bool {
        self.0.enabled.load(Ordering::Relaxed)
    }

    /// Begins to measure; nothing while it takes no times.
    pub fn begin(&self) -> Option<Instant> {
        self.is_enabled().then(Instant::now)
    }

    /// Takes the time since [`Self::begin`].
    pub fn end(&self, begun: Option<Instant>) {
        if let Some(begun) = begun {
            self.observe(begun.elapsed());
        }
    }

    /// Takes a time.
    pub fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = self.0.bounds.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.0.counts.get(bucket) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let counts = self.0.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let bounds = self.0.bounds.iter().copied().chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(counts).collect();
        // From the same reading as the buckets, so that the two agree whatever is counted meanwhile.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_nanos(self.0.nanos.load(Ordering::Relaxed)).as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::{encoding::text::encode_registry, registry::Registry};

    use super::*;

    #[test]
    fn a_time_counts_in_its_bucket_and_in_all_after_it() {
        let histogram = Histogram::new(&[0.001, 0.01]);
        assert!(histogram.begin().is_none(), "nobody asked for times");
        histogram.enable();
        for millis in [1, 2, 10, 500] {
            histogram.observe(Duration::from_millis(millis));
        }
        histogram.end(histogram.begin());
        let (mut registry, mut text) = (Registry::default(), String::new());
        registry.register("x_seconds", "Times", histogram);
        encode_registry(&mut text, &registry).unwrap();
        let has = |line: &str| assert!(text.lines().any(|one| one == line), "{line}: {text}");
        has("x_seconds_bucket{le=\"0.001\"} 2");
        has("x_seconds_bucket{le=\"0.01\"} 4");
        has("x_seconds_bucket{le=\"+Inf\"} 5");
        has("x_seconds_count 5");
        assert!(text.contains("x_seconds_sum 0.513"), "{text}");
    }
}
