//! The stream below a connection: it holds the connection's place, and gives up a peer that takes an answer too slowly.

use std::{
    io,
    net::Shutdown,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use tokio_util::either::Either;

use super::{admission::Place, listener::Stream};
use crate::{limits::pace::Pace, realtime::sockets::Hangup};

/// Bytes a second that a peer has to take while an answer waits for it.
const RATE: u64 = 1_000;

/// Bytes that the kernel takes beyond those it has sent. It is what a slow reader costs here, and the less it is, the more
/// often a slow reader's progress is seen. What is on the way is not counted, so a fast connection is as fast as before.
const UNSENT: u32 = 32 << 10;

/// The same of a websocket. What waits beyond it waits in the socket's buffer, and a heartbeat that finds that full ends
/// the socket: a burst that a slow reader takes in time must fit.
const UNSENT_BY_WEBSOCKET: u32 = 256 << 10;

/// Small writes go out at once, and a peer that takes no data is given up in time: neither the heartbeat nor a full
/// buffer would end its socket.
pub fn tune(stream: &Stream, timeout: Duration) -> io::Result<()> {
    let Either::Left(stream) = stream else {
        // By a socket file, [`Connection`] itself gives up a peer that takes nothing.
        return socket(stream).set_send_buffer_size(UNSENT as usize);
    };
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(stream);
        socket.set_tcp_user_timeout(Some(timeout))?;
        socket.set_tcp_notsent_lowat(UNSENT)?;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = timeout;
    Ok(())
}

/// The socket of a connection.
pub fn socket(stream: &Stream) -> SockRef<'_> {
    match stream {
        Either::Left(port) => SockRef::from(port),
        Either::Right(file) => SockRef::from(file),
    }
}

/// How long a peer may make the server wait.
#[derive(Clone, Copy)]
pub struct Patience {
    /// Time for which it may take answers more slowly than the rate.
    pub answer: Duration,
    /// Time for which its websocket may take nothing.
    pub websocket: Duration,
}

/// A connection that holds its place until it closes, also when it has become a websocket.
pub struct Connection {
    stream: Stream,
    pace: Pace,
    timer: Option<Pin<Box<Sleep>>>,
    /// Time for which a websocket by a socket file may take nothing. One over a port is given up by the system.
    websocket: Option<Duration>,
    /// Set when it has become a websocket. One that takes too little falls behind and is caught up with.
    upgraded: Arc<AtomicBool>,
    /// Whether it was tuned as one.
    is_websocket: bool,
    hangup: Hangup,
    _place: Place,
}

impl Connection {
    /// A connection whose peer has that much patience.
    pub fn new(stream: Stream, place: Place, patience: Patience, upgraded: Arc<AtomicBool>, hangup: Hangup) -> Self {
        Self {
            pace: Pace::new(RATE, patience.answer, patience.answer),
            websocket: matches!(stream, Either::Right(_)).then_some(patience.websocket),
            stream,
            timer: None,
            upgraded,
            is_websocket: false,
            hangup,
            _place: place,
        }
    }

    /// Gives a websocket its room in the kernel, once.
    fn tune_websocket(&mut self) {
        if !self.is_websocket && self.upgraded.load(Ordering::Relaxed) {
            self.is_websocket = true;
            // The timer of an answer is none of a websocket.
            self.timer = None;
            let socket = socket(&self.stream);
            let _ = match &self.stream {
                #[cfg(target_os = "linux")]
                Either::Left(_) => socket.set_tcp_notsent_lowat(UNSENT_BY_WEBSOCKET),
                #[cfg(not(target_os = "linux"))]
                Either::Left(_) => Ok(()),
                Either::Right(_) => socket.set_send_buffer_size(UNSENT_BY_WEBSOCKET as usize),
            };
        }
    }

    /// Lets the system forget at once what the peer has not taken, which it would keep for the next minutes.
    fn give_up(&self) -> io::Error {
        let socket = socket(&self.stream);
        let _ = socket.set_linger(Some(Duration::ZERO));
        if self.is_websocket {
            // Who writes to it and who reads from it are two tasks, and only the end of the latter ends the session.
            let _ = socket.shutdown(Shutdown::Both);
        }
        io::Error::new(io::ErrorKind::TimedOut, "the peer takes too little")
    }

    /// Counts what a write has moved, and gives the peer up when it has waited for too long.
    fn paced(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.pace.moved(bytes, Instant::now());
                // Most connections are idle for most of the time.
                self.timer = None;
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                let now = Instant::now();
                let end = if self.is_websocket {
                    let Some(patience) = self.websocket else {
                        return Poll::Pending;
                    };
                    now + patience
                } else {
                    self.pace.wait(now)
                };
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
                timer.as_mut().poll(cx).map(|()| Err(self.give_up()))
            }
            other => other,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.hangup.is_due() {
            // A writer that waits for the client is woken by it, too.
            let _ = socket(&self.stream).shutdown(Shutdown::Both);
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.tune_websocket();
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.paced(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.tune_websocket();
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.paced(written, cx)
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
