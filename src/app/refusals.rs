//! Connections that are not let in: they are told so at once and closed.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
    time::timeout,
};
use tracing::warn;

use super::{admission::Full, connection::socket, listener::Stream};
use crate::{log_throttle::LogThrottle, metrics::SiteMetrics};

/// The whole answer. It fits into the buffer of a new connection, so nobody waits while it is written.
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/json\r\n\
    content-length: 79\r\n\
    cache-control: no-store\r\n\
    retry-after: 5\r\n\
    connection: close\r\n\
    \r\n\
    {\"code\":\"unavailable\",\"message\":\"Too many connections. Try again in a moment.\"}";

/// Refused connections that are kept for a moment, at most; more are closed at once.
const LEAVING: usize = 64;

/// How long they are kept. Were one closed while its request is still on the way, the system would reset it, and the
/// client might not see the answer.
const MOMENT: Duration = Duration::from_secs(1);

/// Refuses connections.
pub struct Refusals {
    leaving: Arc<Semaphore>,
    all: LogThrottle,
    address: LogThrottle,
    metrics: SiteMetrics,
}

impl Refusals {
    /// Nobody is refused yet.
    pub fn new(metrics: SiteMetrics) -> Self {
        Self {
            leaving: Arc::new(Semaphore::new(LEAVING)),
            all: LogThrottle::new(),
            address: LogThrottle::new(),
            metrics,
        }
    }

    /// Answers and closes. What does not fit into the connection's buffer is not waited for.
    pub fn refuse(&self, mut stream: Stream, full: Full) {
        self.say(full);
        let written = socket(&stream).send(ANSWER);
        let turn = Arc::clone(&self.leaving).try_acquire_owned();
        if let (Ok(_), Ok(turn)) = (written, turn) {
            tokio::spawn(async move {
                let _ = timeout(MOMENT, leave(&mut stream)).await;
                drop(turn);
            });
        }
    }

    fn say(&self, full: Full) {
        match full {
            Full::All => {
                self.metrics.limit_hit("connections");
                if let Some(suppressed) = self.all.permit() {
                    warn!(
                        suppressed,
                        "a connection is refused: there are as many as --connections"
                    );
                }
            }
            Full::Address => {
                self.metrics.limit_hit("connections_per_address");
                if let Some(suppressed) = self.address.permit() {
                    warn!(
                        suppressed,
                        "a connection is refused: its address has --connections-per-address"
                    );
                }
            }
        }
    }
}

/// Reads what the client has sent until it closes.
async fn leave(stream: &mut Stream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 1_024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_length_that_it_says() {
        let text = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}\r\n", body.len())),
            "{}",
            body.len()
        );
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
