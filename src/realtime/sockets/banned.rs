//! Closes the sockets of people whom the operator bans while they are connected. Later ones are refused at the handshake.

use std::{sync::Arc, time::Duration};

use socketioxide::SocketIo;
use tokio::time::sleep;

use super::{Handshake, Hangup};
use crate::{
    broadcast::{CHAT_NS, LOBBY_NS},
    domain::Moment,
    state::AppState,
};

/// How often it is looked whether an operator decided anything.
const EVERY: Duration = Duration::from_millis(250);

/// Watches what operators decide, until dropped.
pub async fn watch(io: SocketIo, state: AppState) {
    let mut known = state.store.site();
    loop {
        sleep(EVERY).await;
        let now = state.store.site();
        if Arc::ptr_eq(&known, &now) {
            continue;
        }
        known = now;
        if known.bans.is_empty() {
            continue;
        }
        let namespaces = [LOBBY_NS, CHAT_NS].into_iter().filter_map(|ns| io.of(ns));
        for socket in namespaces.flat_map(|ns| ns.sockets()) {
            let extensions = &socket.req_parts().extensions;
            let Some(guest) = extensions.get::<Handshake>().map(|who| who.guest) else {
                continue;
            };
            if known
                .ban_of(Some(guest.visitor.id), guest.source.ip(), Moment::now())
                .is_none()
            {
                continue;
            }
            if let Some(hangup) = extensions.get::<Hangup>() {
                hangup.hang_up();
            }
            // Its client asks why, and is told.
            let _ = socket.disconnect();
        }
    }
}
