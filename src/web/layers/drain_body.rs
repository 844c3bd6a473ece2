//! Reads the rest of a refused request body before the response is sent.
//!
//! A server that answers and closes while the client is still sending resets the connection, and the client never sees
//! why it was refused (RFC 9112, 9.6).

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, extract::Request, http::header, middleware::Next, response::Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::timeout;

/// How long, at most.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// How many bytes, at most. Who sends more than that beyond a limit may well be cut off.
const MOST: usize = 64 << 20;

/// Lets whatever answers leave the body unread: a handler, a fallback, or a layer that refuses. So it goes around all of
/// them, and by any method: a body that does not belong there is refused with its request.
pub async fn drain_body(request: Request, next: Next) -> Response {
    // A client that waits for permission has sent nothing yet, and asking for the rest would only make it send.
    let waits = request.headers().contains_key(header::EXPECT);
    if waits || request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body)));
    let rest = Shared(Arc::clone(&body.0));
    let response = next.run(Request::from_parts(parts, Body::new(body))).await;
    if !response.status().is_success() && !rest.is_end_stream() {
        let _ = timeout(DRAIN_TIMEOUT, drain(rest)).await;
    }
    response
}

async fn drain(mut rest: Shared) {
    let mut read = 0;
    while let Some(Ok(frame)) = rest.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MOST {
            return;
        }
    }
}

/// A body that can still be read when who was given it is gone.
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.0.lock()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().size_hint()
    }
}
