//! What is counted of HTTP requests: by route, method and status, and how long they took.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder},
    metrics::MetricType,
};

use super::{Counter, Histogram, Keyed};

/// Routes times methods. There are some 50 routes and 10 methods, so that there is always a place, and near by.
const ENDPOINTS: usize = 1_024;

/// Statuses that one route answers one method with.
const STATUSES: usize = 32;

/// From a file in memory to an upload over a slow line.
const SECONDS: &[f64] = &[
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

/// The requests of all routes.
#[derive(Clone, Debug)]
pub struct HttpMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    enabled: AtomicBool,
    endpoints: Keyed<Endpoint, Answers>,
}

/// A route and a method. Both come from the code: what a client may write at will is `-`.
#[derive(Debug)]
struct Endpoint {
    route: Box<str>,
    method: &'static str,
}

#[derive(Debug)]
struct Answers {
    seconds: Histogram,
    statuses: Keyed<u16, Counter>,
}

impl Default for HttpMetrics {
    fn default() -> Self {
        Self(Arc::new(Inner {
            enabled: AtomicBool::new(false),
            endpoints: Keyed::new(ENDPOINTS),
        }))
    }
}

impl HttpMetrics {
    /// Counts from now on.
    pub fn enable(&self) {
        self.0.enabled.store(true, Ordering::Relaxed);
    }

    /// Counts a request. Both `route`, a pattern such as `/room/{id}`, and `method` must be of a bounded number.
    pub fn count(&self, route: &str, method: &'static str, status: u16, time: Duration) {
        if !self.0.enabled.load(Ordering::Relaxed) {
            return;
        }
        let is = |endpoint: &Endpoint| endpoint.method == method && *endpoint.route == *route;
        let new = || {
            let route = route.into();
            let (seconds, statuses) = (Histogram::new(SECONDS), Keyed::new(STATUSES));
            (Endpoint { route, method }, Answers { seconds, statuses })
        };
        let Some(answers) = self.0.endpoints.get(hash(route, method), is, new) else {
            return;
        };
        answers.seconds.observe(time);
        let counter = answers
            .statuses
            .get(0, |known| *known == status, || (status, Counter::default()));
        if let Some(counter) = counter {
            counter.increment();
        }
    }

    /// The requests, as a metric.
    pub fn requests(&self) -> impl EncodeMetric + fmt::Debug + Send + Sync + 'static {
        Requests(self.clone())
    }

    /// Their times, as a metric.
    pub fn seconds(&self) -> impl EncodeMetric + fmt::Debug + Send + Sync + 'static {
        Seconds(self.clone())
    }
}

/// FNV-1a: these are some 30 bytes.
fn hash(route: &str, method: &str) -> usize {
    let bytes = route.bytes().chain(method.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The upper bits depend on all bytes.
    (hash >> 32) as usize
}

#[derive(Debug)]
struct Requests(HttpMetrics);

impl EncodeMetric for Requests {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (endpoint, answers) in self.0.0.endpoints.iter() {
            for (status, counter) in answers.statuses.iter() {
                let status = status.to_string();
                let labels = [
                    ("route", &*endpoint.route),
                    ("method", endpoint.method),
                    ("status", &status),
                ];
                counter.encode(encoder.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

#[derive(Debug)]
struct Seconds(HttpMetrics);

impl EncodeMetric for Seconds {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (endpoint, answers) in self.0.0.endpoints.iter() {
            let labels = [("route", &*endpoint.route), ("method", endpoint.method)];
            answers.seconds.encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
