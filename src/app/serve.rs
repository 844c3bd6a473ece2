//! Accepts connections, with a cap and with time limits.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{Request, StatusCode},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

use super::{
    admission::{Admission, Place},
    connection::{Connection, Patience, tune},
    listener::{Listener, Stream},
    refusals::Refusals,
};
use crate::{config::Config, log_throttle::LogThrottle, realtime::sockets::Hangup, state::AppState, web::Peer};

/// Bytes of a connection's read buffer at most, and so of a request's header.
const READ_BUFFER: usize = 64 << 10;

/// Pause after a failed accept. It fails when there are no files left, and trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Time for the first request of a connection that was accepted just before the server stops: it is on its way.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// The connections that are open.
pub struct Connections {
    open: TaskTracker,
    stopping: CancellationToken,
}

impl Connections {
    /// Lets each connection end the request it is at, and waits for that.
    pub async fn shutdown(&self) {
        self.stopping.cancel();
        self.open.close();
        self.open.wait().await;
    }
}

/// Serves until `shutdown` ends, on `most` connections at once; what is left then are the connections that are still open.
pub async fn serve(
    listener: Listener,
    router: Router,
    state: &AppState,
    most: usize,
    shutdown: impl Future<Output = ()>,
) -> Connections {
    let config = &state.config;
    let connections = Connections {
        open: TaskTracker::new(),
        stopping: CancellationToken::new(),
    };
    let admission = Admission::new(most, config.connections_per_address);
    let refusals = Refusals::new(state.metrics.clone());
    let failures = LogThrottle::new();
    let http = http(config);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => return connections,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(suppressed) = failures.permit() {
                    warn!(%error, suppressed, "a connection can't be accepted");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let counted = peer.0.filter(|ip| !state.proxies.is_uncounted(*ip));
        match admission.admit(counted) {
            Ok(place) => begin(&connections, &http, router.clone(), config, (stream, peer, place)),
            Err(full) => refusals.refuse(stream, full),
        }
    }
}

fn http(config: &Config) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(READ_BUFFER);
    http
}

/// Serves a connection in a task of its own.
fn begin(
    connections: &Connections,
    http: &http1::Builder,
    router: Router,
    config: &Config,
    (stream, peer, place): (Stream, Peer, Place),
) {
    if let Err(error) = tune(&stream, config.tcp_timeout) {
        debug!(%error, "a connection ended before it began");
        return;
    }
    let accepted = Instant::now();
    let first_request = Arc::new(Notify::new());
    let upgraded = Arc::new(AtomicBool::new(false));
    let hangup = Hangup::default();
    let patience = Patience {
        answer: config.answer_timeout,
        websocket: config.tcp_timeout,
    };
    let stream = Connection::new(stream, place, patience, Arc::clone(&upgraded), hangup.clone());
    let routes = TowerToHyperService::new(router);
    let requested = Arc::clone(&first_request);
    let service = service_fn(move |mut request: Request<Incoming>| {
        requested.notify_one();
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(hangup.clone());
        let (answer, upgraded) = (routes.call(request), Arc::clone(&upgraded));
        async move {
            let answer = answer.await;
            if matches!(&answer, Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS) {
                upgraded.store(true, Ordering::Relaxed);
            }
            answer
        }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let stopping = connections.stopping.clone();
    connections.open.spawn(async move {
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = may_end(&stopping, &first_request, accepted) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!(%error, "a connection broke");
        }
    });
}

/// Waits until the server stops and the connection has had its first request, or the time for that is over. Hyper would
/// close one that has not, and its client could not know why.
async fn may_end(stopping: &CancellationToken, first_request: &Notify, accepted: Instant) {
    stopping.cancelled().await;
    tokio::select! {
        () = first_request.notified() => (),
        () = sleep_until(accepted + FIRST_REQUEST) => (),
    }
}
