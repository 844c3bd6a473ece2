//! A connection that socketioxide takes over after the client was greeted.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frame;
use crate::limits::openings::Opening;

/// Reads first what was read before, and leaves the greeting out that the client has got already.
pub struct Resumed<S> {
    stream: S,
    before: Bytes,
    /// Until the session has a namespace nothing more is read: a connection that ends before would leave a session that
    /// socketioxide keeps until its connect timeout.
    opening: Option<Opening>,
    greeting: Greeting,
}

/// The first frame that socketioxide writes.
enum Greeting {
    /// Still to come.
    Ahead,
    /// That many bytes of it.
    Rest(usize),
}

impl<S> Resumed<S> {
    /// `before` is what was read of `stream` and is still to be handled.
    pub const fn new(stream: S, before: Bytes, opening: Opening) -> Self {
        Self {
            stream,
            before,
            opening: Some(opening),
            greeting: Greeting::Ahead,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Resumed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.before.has_remaining() {
            let size = self.before.len().min(buf.remaining());
            buf.put_slice(&self.before.split_to(size));
            return Poll::Ready(Ok(()));
        }
        if let Some(opening) = &self.opening {
            ready!(opening.poll_done(cx));
            self.before = Bytes::new();
            self.opening = None;
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Resumed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let suppressed = match self.greeting {
            Greeting::Rest(0) => return Pin::new(&mut self.stream).poll_write(cx, buf),
            Greeting::Rest(size) => size,
            // A frame is written from one buffer, its header first.
            Greeting::Ahead => frame::size_of_ours(buf).ok_or(io::ErrorKind::InvalidData)?,
        };
        let size = suppressed.min(buf.len());
        self.greeting = Greeting::Rest(suppressed - size);
        Poll::Ready(Ok(size))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
