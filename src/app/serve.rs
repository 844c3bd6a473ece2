//! Accepts connections, with a cap and with time limits.

use std::{
    io,
    net::Shutdown,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::Router;
use http::Request;
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

use crate::{config::Config, sockets::Hangup, web::Peer};

/// Bytes of a connection's read buffer at most, and so of a request's header.
const READ_BUFFER: usize = 64 << 10;

/// Pause after a failed accept. It fails when there are no files left, and trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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

/// Serves until `shutdown` ends; what is left then are the connections that are still open.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &Config,
    shutdown: impl Future<Output = ()>,
) -> Connections {
    let connections = Connections {
        open: TaskTracker::new(),
        stopping: CancellationToken::new(),
    };
    let slots = Arc::new(Semaphore::new(config.connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        .max_buf_size(READ_BUFFER);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => return connections,
            accepted = accept(&listener, &slots) => accepted,
        };
        let (stream, peer, slot) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Err(error) = tune(&stream, config.tcp_timeout) {
            debug!(%error, "a connection ended before it began");
            continue;
        }
        let routes = TowerToHyperService::new(router.clone());
        let hangup = Hangup::default();
        let io = TokioIo::new(Counted {
            stream,
            hangup: hangup.clone(),
            _slot: slot,
        });
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            request.extensions_mut().insert(hangup.clone());
            routes.call(request)
        });
        let connection = http.serve_connection(io, service).with_upgrades();
        let stopping = connections.stopping.clone();
        connections.open.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = &mut connection => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                debug!(%error, "a connection broke");
            }
        });
    }
}

/// Waits for a free slot first: who comes beyond the cap waits in the kernel's queue.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, Peer(peer.ip()), slot))
}

/// Small writes go out at once, and a peer that takes no data is given up in time: neither the heartbeat nor a full
/// buffer would end its socket.
fn tune(stream: &TcpStream, timeout: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(stream).set_tcp_user_timeout(Some(timeout))?;
    #[cfg(not(target_os = "linux"))]
    let _ = timeout;
    Ok(())
}

/// A connection that holds its slot until it closes, also when it has become a websocket.
struct Counted {
    stream: TcpStream,
    hangup: Hangup,
    _slot: OwnedSemaphorePermit,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.hangup.is_due() {
            // A writer that waits for the client is woken by it, too.
            let _ = SockRef::from(&self.stream).shutdown(Shutdown::Both);
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
