//! What Prometheus reads: the name and the meaning of everything that is counted.

mod route;

use std::{fmt, time::Duration};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, text::encode_registry},
    metrics::MetricType,
    registry::Registry,
};
use socketioxide::SocketIo;
use tokio::time::timeout;

pub use self::route::router;
use crate::{
    metrics::{Counter, Gauge},
    realtime::sockets::Connected,
    state::AppState,
    store::StoreUrl,
};

/// Time in which the store has to say whether it can work; less than Prometheus waits for all of it.
const STORE_TIMEOUT: Duration = Duration::from_secs(2);

/// Writes the metrics of a server.
pub struct Exporter {
    state: AppState,
    io: SocketIo,
    now: Now,
    registry: Registry,
}

/// What is looked up only when somebody reads it.
#[derive(Default)]
struct Now {
    websockets: Gauge,
    polling: Gauge,
    visitors: Gauge,
    rooms: Gauge,
    seats: Gauge,
    gif_bytes: Gauge,
    gif_files: Gauge,
    store_queue: Gauge,
    password_queue: Gauge,
    ready: Gauge,
    full: Gauge,
}

impl Exporter {
    /// Names what the server counts, and lets it take times from now on.
    pub fn new(state: AppState, io: SocketIo) -> Self {
        state.metrics.http.enable();
        state.events.metrics().fan_out.enable();
        state.store.metrics().commit.enable();
        let (now, mut registry) = (Now::default(), Registry::with_prefix("gifchat"));
        name_site(&mut registry, &state);
        name_store(&mut registry, &state, &now);
        name_realtime(&mut registry, &state, &now);
        name_uploads(&mut registry, &state);
        name_space(&mut registry, &state, &now);
        Self {
            state,
            io,
            now,
            registry,
        }
    }

    /// All metrics as they are now, in Prometheus' text format 0.0.4.
    ///
    /// # Errors
    /// None that is known of: it is written into memory.
    pub async fn text(&self) -> Result<String, fmt::Error> {
        self.look().await;
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        Ok(text)
    }

    async fn look(&self) {
        let (state, now) = (&self.state, &self.now);
        let connected = Connected::now(&self.io);
        now.websockets.set(connected.websockets);
        now.polling.set(connected.polling);
        now.visitors.set(connected.visitors);
        let occupancy = state.store.occupancy();
        now.rooms.set(occupancy.rooms);
        now.seats.set(occupancy.seats);
        let space = state.store.held_by_site();
        now.gif_bytes.set(space.bytes);
        now.gif_files.set(space.files);
        now.store_queue.set(state.store.waiting());
        now.password_queue.set(state.rooms.passwords_waiting());
        now.full.set(state.store.is_full());
        let ready = timeout(STORE_TIMEOUT, state.store.ready()).await;
        now.ready.set(matches!(ready, Ok(Ok(()))));
    }
}

fn name_site(registry: &mut Registry, state: &AppState) {
    let store = match state.config.store {
        StoreUrl::Sqlite(_) => "sqlite",
        StoreUrl::Mongo(_) => "mongodb",
    };
    let version = [("version", env!("CARGO_PKG_VERSION")), ("store", store)];
    let one = Gauge::default();
    one.set(1);
    registry.register(
        "build_info",
        "Always 1; the labels say which version runs on which store",
        Labelled(vec![(version, one)]),
    );
    let metrics = &state.metrics;
    registry.register(
        "http_requests_total",
        "HTTP requests that were answered, by route, method and status; a route of - is none of the site",
        metrics.http.requests(),
    );
    registry.register(
        "http_request_duration_seconds",
        "Time from the header of an HTTP request to that of its answer; a polling request waits for something to tell",
        metrics.http.seconds(),
    );
    registry.register(
        "refusals_total",
        "What visitors asked for and were refused, over HTTP and sockets, by the code of the public interface",
        metrics.refusals.clone(),
    );
    registry.register(
        "limits_hit_total",
        "How often a limit refused something, by its name",
        metrics.limits(),
    );
}

fn name_store(registry: &mut Registry, state: &AppState, now: &Now) {
    let metrics = state.store.metrics();
    registry.register("rooms", "Open rooms of the whole site", now.rooms.clone());
    registry.register("seats", "Seats taken in the rooms of the whole site", now.seats.clone());
    let messages = &metrics.messages;
    let kinds = [
        ("text", &messages.text),
        ("gif", &messages.gif),
        ("system", &messages.system),
        ("whisper", &messages.whisper),
    ];
    registry.register(
        "messages_total",
        "Messages that this server stored, by what they are",
        Labelled(kinds.map(|(kind, counter)| ([("kind", kind)], counter.clone())).into()),
    );
    registry.register(
        "commit_duration_seconds",
        "Time that a commit took; what waits together is committed together",
        metrics.commit.clone(),
    );
    registry.register(
        "store_errors_total",
        "Calls of the store that failed, by how",
        metrics.errors.clone(),
    );
    registry.register(
        "store_ready",
        "1 if the store answers and takes writes, else 0",
        now.ready.clone(),
    );
    registry.register(
        "store_full",
        "1 while the disk is full and only deletions may use its last space, else 0",
        now.full.clone(),
    );
}

fn name_realtime(registry: &mut Registry, state: &AppState, now: &Now) {
    let metrics = state.events.metrics();
    let transports = [("websocket", &now.websockets), ("polling", &now.polling)];
    registry.register(
        "sockets",
        "Socket.IO sessions of this server that are connected to a namespace, by transport",
        Labelled(
            transports
                .map(|(name, gauge)| ([("transport", name)], gauge.clone()))
                .into(),
        ),
    );
    registry.register(
        "visitors",
        "Visitors with such a session, each counted once",
        now.visitors.clone(),
    );
    registry.register(
        "deliveries_total",
        "Events that were handed to the session of a visitor, by their name",
        metrics.deliveries.clone(),
    );
    registry.register(
        "fan_out_duration_seconds",
        "Time that handing one message to all sockets of its room took",
        metrics.fan_out.clone(),
    );
    registry.register(
        "sockets_behind",
        "Sockets that read more slowly than events come, and catch up from the store",
        metrics.behind.clone(),
    );
    let queues = [
        ("store", &now.store_queue),
        ("passwords", &now.password_queue),
        ("slow_sockets", &metrics.waiting),
    ];
    registry.register(
        "queue_length",
        "What waits: commands for the store, passwords for a thread, messages for sockets that are behind",
        Labelled(queues.map(|(name, gauge)| ([("queue", name)], gauge.clone())).into()),
    );
}

fn name_uploads(registry: &mut Registry, state: &AppState) {
    let metrics = &state.metrics.uploads;
    registry.register(
        "uploads_running",
        "Uploads that are on their way",
        metrics.running.clone(),
    );
    let outcomes = [
        ("stored", &metrics.stored),
        ("refused", &metrics.refused),
        ("abandoned", &metrics.abandoned),
    ];
    let outcomes = outcomes.map(|(outcome, counter): (_, &Counter)| ([("outcome", outcome)], counter.clone()));
    registry.register(
        "uploads_total",
        "Uploads that ended, by how; of abandoned ones the client left before the answer",
        Labelled(outcomes.into()),
    );
    registry.register(
        "upload_bytes_total",
        "Bytes of files that came with uploads, whatever became of them",
        metrics.bytes.clone(),
    );
    registry.register(
        "gif_disk_bytes",
        "Bytes of the GIFs and stills in the folder of the uploads; on MongoDB these are copies",
        metrics.on_disk.clone(),
    );
}

fn name_space(registry: &mut Registry, state: &AppState, now: &Now) {
    registry.register(
        "gif_space_bytes",
        "Bytes of the GIFs and stills of the whole site, as this server last counted them",
        now.gif_bytes.clone(),
    );
    registry.register("gif_space_files", "The GIFs of the whole site", now.gif_files.clone());
    let most = [Gauge::default(), Gauge::default()];
    let limit = state.messages.space_of_site();
    most[0].set(limit.bytes);
    most[1].set(limit.files);
    let [bytes, files] = most;
    registry.register(
        "gif_space_limit_bytes",
        "Bytes that they may have (--quota-site)",
        bytes,
    );
    registry.register(
        "gif_space_limit_files",
        "How many there may be (--quota-site-files)",
        files,
    );
}

/// A metric with labels that do not change.
#[derive(Debug)]
struct Labelled<M, const N: usize>(Vec<([(&'static str, &'static str); N], M)>);

impl<M: EncodeMetric, const N: usize> EncodeMetric for Labelled<M, N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        for (labels, metric) in &self.0 {
            metric.encode(encoder.encode_family(labels)?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        self.0
            .first()
            .map_or(MetricType::Unknown, |(_, metric)| metric.metric_type())
    }
}
