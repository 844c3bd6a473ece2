//! The address at which Prometheus reads. It has nothing but `/metrics`, and is bounded by itself.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Mutex, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, info};

use super::Exporter;

/// Connections at once: a few Prometheus servers and somebody who looks. Others wait.
const CONNECTIONS: usize = 16;

/// Time for the header of a request, and between two requests of a connection: longer than the pause between two readings
/// commonly is.
const HEADER: Duration = Duration::from_secs(60);

/// How long a connection may last: one that takes no answer ends, too.
const CONNECTION: Duration = Duration::from_secs(600);

/// Pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a connection's read buffer, and so of a request's header.
const READ_BUFFER: usize = 16 << 10;

/// The type of Prometheus' text format.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Who listens there.
pub struct Listener(TcpListener);

impl Listener {
    /// Takes the address.
    ///
    /// # Errors
    /// A sentence that names it, if that is impossible.
    pub async fn bind(address: SocketAddr) -> Result<Self, String> {
        let bound = TcpListener::bind(address).await;
        bound.map(Self).map_err(|error| format!("--metrics {address}: {error}"))
    }

    /// Serves until dropped.
    pub async fn serve(self, exporter: Exporter) {
        if let Ok(metrics) = self.0.local_addr() {
            info!(%metrics, "serving metrics");
        }
        // One reading at a time: it looks at every room and socket.
        let exporter = Arc::new(Mutex::new(exporter));
        let (places, mut connections) = (Arc::new(Semaphore::new(CONNECTIONS)), JoinSet::new());
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            while connections.try_join_next().is_some() {}
            match self.0.accept().await {
                Ok((stream, _)) => {
                    let exporter = Arc::clone(&exporter);
                    connections.spawn(async move {
                        connection(stream, exporter).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    debug!(%error, "a connection for metrics can't be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, exporter: Arc<Mutex<Exporter>>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let exporter = Arc::clone(&exporter);
        async move { Ok::<_, Infallible>(answer(&request, &exporter).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = timeout(CONNECTION, served).await {
        debug!(%error, "a connection for metrics broke");
    }
}

async fn answer(request: &Request<Incoming>, exporter: &Mutex<Exporter>) -> Response<String> {
    let known = request.uri().path() == "/metrics";
    let mut response = Response::new(String::new());
    if !known {
        *response.status_mut() = StatusCode::NOT_FOUND;
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(header::ALLOW, allowed);
    } else if let Ok(text) = exporter.lock().await.text().await {
        *response.body_mut() = text;
        response.headers_mut().insert(header::CONTENT_TYPE, TEXT);
    } else {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    let none = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, none);
    response
}
