//! What the service manager (systemd) hands over at the start, and what it is told afterwards.

use std::{pin::pin, sync::Arc};

use listenfd::ListenFd;
use sd_notify::NotifyState;
use socket2::SockRef;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::warn;

use super::listener::Listener;
use crate::store::Store;

/// A socket that the service manager listens on for this process, so that nobody is refused while it restarts.
pub struct Inherited(ListenFd);

impl Inherited {
    /// Takes what is handed over, from the environment, which it changes: to be called before there are threads.
    pub fn take() -> Self {
        Self(ListenFd::from_env())
    }

    /// The socket, if there is one.
    ///
    /// # Errors
    /// A sentence: there are several, or it does not listen for streams.
    pub fn listener(mut self) -> Result<Option<Listener>, String> {
        let wrong = |why: &str| format!("the socket of the service manager can't be served: {why}");
        match self.0.len() {
            0 => return Ok(None),
            1 => (),
            n => return Err(wrong(&format!("there are {n}, and gifchat serves one"))),
        }
        let taken = if let Ok(Some(socket)) = self.0.take_unix_listener(0) {
            listens(&socket).then(|| Listener::of_socket(socket))
        } else if let Ok(Some(port)) = self.0.take_tcp_listener(0) {
            listens(&port).then(|| Listener::of_port(port))
        } else {
            None
        };
        match taken {
            Some(taken) => taken.map(Some).map_err(|error| wrong(&error.to_string())),
            None => Err(wrong("it does not listen for streams (ListenStream=, Accept=no)")),
        }
    }
}

fn listens<'a>(socket: impl Into<SockRef<'a>>) -> bool {
    socket.into().is_listener().unwrap_or(false)
}

/// Says that connections are accepted from now on.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// Says that the server stops.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

/// Tells the watchdog twice in its time that the server gets on, if there is a watchdog: whenever the store has answered. If
/// it gives no answer in half of the time, nothing else gets on either, and the watchdog ends the process.
///
/// A store that refuses has answered as well. It does so while its database or its disk is in trouble, which a restart does
/// not mend and everybody's connection would pay for.
pub async fn watch(store: Arc<dyn Store>) {
    let Some(period) = sd_notify::watchdog_enabled().filter(|period| !period.is_zero()) else {
        return;
    };
    let mut ticks = interval(period / 2);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut answer = pin!(store.ready());
        if timeout(period / 4, &mut answer).await.is_err() {
            warn!("the store does not answer, so the watchdog is not told that the server gets on");
            let _ = answer.await;
        }
        tell(NotifyState::Watchdog);
    }
}

/// Does nothing where nobody asked for it (`NOTIFY_SOCKET`).
fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!(%error, "the service manager can't be told how the server is");
    }
}
