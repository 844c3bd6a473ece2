//! Listeners aside from that of the site, for who runs it: few connections, each bounded by itself, and no address takes
//! more than half of them.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::Request};
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
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::debug;

use super::listener::{Listener, Stream};
use crate::{
    domain::Address,
    limits::keyed_slots::{NetworkSlot, NetworkSlots},
    web::Peer,
};

/// Connections at once; others wait.
const CONNECTIONS: usize = 64;

/// Connections of one address at once, and of the networks around it; one more is closed. So whoever only reaches the address
/// can't keep out those who come from elsewhere.
const FROM_ADDRESS: usize = CONNECTIONS / 2;

/// Time for the header of a request, and between two requests of a connection. Prometheus connects again for its next reading.
const HEADER: Duration = Duration::from_secs(10);

/// How long a connection may last: one that takes no answer ends, too.
const CONNECTION: Duration = Duration::from_secs(600);

/// Pause after a failed accept.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of a connection's read buffer, and so of a request's header.
const READ_BUFFER: usize = 16 << 10;

/// Serves until dropped.
pub async fn serve(listener: Listener, router: Router) {
    let (places, mut connections) = (Arc::new(Semaphore::new(CONNECTIONS)), JoinSet::new());
    let shares = NetworkSlots::with_most(FROM_ADDRESS, FROM_ADDRESS);
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some(share) = share_of(&shares, peer) else {
                    continue;
                };
                let router = router.clone();
                connections.spawn(async move {
                    connection(stream, peer, router).await;
                    drop((place, share));
                });
            }
            Err(error) => {
                debug!(%error, "a connection aside from the site can't be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// What a connection takes of its address. Who comes by a socket file has none.
fn share_of(shares: &NetworkSlots, Peer(ip): Peer) -> Option<Option<NetworkSlot>> {
    match ip {
        Some(ip) => shares.take(Address::new(ip)).map(Some),
        None => Some(None),
    }
}

async fn connection(stream: Stream, peer: Peer, router: Router) {
    let routes = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        routes.call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    if let Ok(Err(error)) = timeout(CONNECTION, served).await {
        debug!(%error, "a connection aside from the site broke");
    }
}
