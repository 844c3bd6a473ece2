//! Where a request comes from, found once for all that ask for it.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};

use crate::{domain::Source, state::AppState};

/// The other end of a connection; nothing for one by a socket file, which has no address.
#[derive(Clone, Copy)]
pub struct Peer(pub Option<IpAddr>);

/// Finds the source of a request once, for all that ask for it.
pub async fn find(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let source = match request.extensions().get::<Peer>() {
        Some(&Peer(Some(ip))) => state.proxies.source(ip, request.headers()),
        Some(Peer(None)) => state.proxies.source_by_file(request.headers()),
        None => Source::UNKNOWN,
    };
    request.extensions_mut().insert(source);
    next.run(request).await
}

/// The source of a request, as [`find`] found it.
pub fn of(parts: &Parts) -> Source {
    parts.extensions.get().copied().unwrap_or(Source::UNKNOWN)
}

impl<S: Send + Sync> FromRequestParts<S> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(of(parts))
    }
}
