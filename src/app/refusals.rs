//! Connections that are not let in: they are told so at once and closed.

use std::{io, sync::Arc, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
    time::timeout,
};
use tracing::warn;

use super::{admission::Full, connection::socket, listener::Stream};
use crate::{
    domain::{Budget, Refusal},
    log_throttle::LogThrottle,
    metrics::SiteMetrics,
    page::{sentences::sentence, texts::Lang},
};

/// Seconds after which somebody may have closed a connection.
const RETRY: u64 = 5;

/// Refused connections that are kept for a moment, at most; more are closed at once.
const LEAVING: usize = 64;

/// How long they are kept. Were one closed while its request is still on the way, the system would reset it, and the
/// client might not see the answer.
const MOMENT: Duration = Duration::from_secs(1);

/// Refuses connections.
pub struct Refusals {
    /// The whole answers. Each fits into the buffer of a new connection, so nobody waits while it is written.
    too_many: String,
    too_many_of_address: String,
    leaving: Arc<Semaphore>,
    all: LogThrottle,
    address: LogThrottle,
    metrics: SiteMetrics,
}

impl Refusals {
    /// Nobody is refused yet.
    pub fn new(metrics: SiteMetrics) -> Self {
        Self {
            too_many: answer(Budget::Load),
            too_many_of_address: answer(Budget::Sockets),
            leaving: Arc::new(Semaphore::new(LEAVING)),
            all: LogThrottle::new(),
            address: LogThrottle::new(),
            metrics,
        }
    }

    /// Answers and closes. What does not fit into the connection's buffer is not waited for.
    pub fn refuse(&self, mut stream: Stream, full: Full) {
        let answer = match full {
            Full::All => &self.too_many,
            Full::Address => &self.too_many_of_address,
        };
        self.say(full);
        let written = socket(&stream).send(answer.as_bytes());
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

/// What is said of too many connections, in both languages: nobody reads the request for the one that it prefers.
fn answer(budget: Budget) -> String {
    let refusal = Refusal::RateLimited {
        budget,
        retry_after: Duration::from_secs(RETRY),
    };
    let message = [Lang::En, Lang::Ko].map(|lang| sentence(&refusal, lang)).join(" ");
    let body = json!({ "code": Refusal::Unavailable.code(), "message": message }).to_string();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\n\
        content-type: application/json\r\n\
        content-length: {}\r\n\
        cache-control: no-store\r\n\
        retry-after: {RETRY}\r\n\
        connection: close\r\n\
        \r\n\
        {body}",
        body.len()
    )
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
    fn the_answer_has_the_length_that_it_says_and_names_whose_connections_are_too_many() {
        let body = |budget| {
            let text = answer(budget);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{text}");
            assert!(text.len() < 1_000, "{text}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["code"], "unavailable");
            body["message"].as_str().unwrap().to_owned()
        };
        let [all, address] = [Budget::Load, Budget::Sockets].map(body);
        assert!(all.contains("too busy") && !all.contains("network"), "{all}");
        assert!(
            address.contains("your network. Close a tab, or try again in 5 s"),
            "{address}"
        );
        assert!(address.contains("같은 네트워크"), "{address}");
    }
}
