//! Lets go of polling sessions as soon as they are closed.
//!
//! socketioxide keeps a session that is closed before it has a namespace until its connect timeout. So a session whose
//! client closes it gets one first: a namespace in which nothing happens.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use socketioxide::socket::Sid;
use tokio::{
    sync::oneshot::{self, Receiver, Sender},
    time::timeout,
};

/// The namespace of sessions that are about to be closed.
pub const CLOSING_NS: &str = "/closing";

/// Time in which a session gets it. One that does not is kept until the connect timeout.
const SESSION_TIMEOUT: Duration = Duration::from_secs(1);

/// Separates the packets of a payload.
const SEPARATOR: u8 = 0x1e;

/// The sessions that are about to be closed. Bounded by the requests that are handled.
#[derive(Default)]
pub struct Closings(Mutex<HashMap<Sid, Sender<()>>>);

impl Closings {
    /// Notes that a session is about to be closed.
    pub fn expect(&self, sid: Sid) -> Closing<'_> {
        let (ready, wait) = oneshot::channel();
        self.0.lock().insert(sid, ready);
        Closing {
            closings: self,
            sid,
            wait,
        }
    }

    /// The session is connected to [`CLOSING_NS`].
    pub fn ready(&self, sid: Sid) {
        if let Some(ready) = self.0.lock().remove(&sid) {
            let _ = ready.send(());
        }
    }
}

/// A session that is about to be closed.
pub struct Closing<'a> {
    closings: &'a Closings,
    sid: Sid,
    wait: Receiver<()>,
}

impl Closing<'_> {
    /// Waits until it may be closed.
    pub async fn ready(mut self) {
        let _ = timeout(SESSION_TIMEOUT, &mut self.wait).await;
    }
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.closings.0.lock().remove(&self.sid);
    }
}

/// Splits a payload before the packet that closes the session. What comes first then ends with the connect to
/// [`CLOSING_NS`]. `None` when nothing closes it.
pub fn split(payload: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut before = Vec::new();
    let mut rest = payload;
    loop {
        let end = rest.iter().position(|byte| *byte == SEPARATOR);
        let (packet, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        if packet == b"1" {
            before.extend_from_slice(b"40");
            before.extend_from_slice(CLOSING_NS.as_bytes());
            before.push(b',');
            return Some((before, rest));
        }
        before.extend_from_slice(packet);
        before.push(SEPARATOR);
        rest = behind.strip_prefix(&[SEPARATOR])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_split_before_the_packet_that_closes() {
        let split = |payload: &'static str| {
            split(payload.as_bytes())
                .map(|(before, rest)| (String::from_utf8(before).unwrap(), std::str::from_utf8(rest).unwrap()))
        };
        assert_eq!(split("1"), Some(("40/closing,".into(), "1")));
        assert_eq!(
            split("40/room,\u{1e}41\u{1e}1\u{1e}2"),
            Some(("40/room,\u{1e}41\u{1e}40/closing,".into(), "1\u{1e}2"))
        );
        for payload in ["", "41", "40/room,", "11\u{1e}", "42/chat,[\"1\"]\u{1e}3"] {
            assert_eq!(split(payload), None, "{payload}");
        }
    }
}
