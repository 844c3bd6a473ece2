//! Closes the sockets of people whom the operator bans while they are connected. Later ones are refused at the handshake, and
//! those in between when they are let in.

use std::{sync::Arc, time::Duration};

use socketioxide::{SocketIo, extract::SocketRef};
use tokio::{task::yield_now, time::sleep};

use super::{Handshake, Hangup};
use crate::{
    broadcast::{CHAT_NS, LOBBY_NS},
    domain::Moment,
    rules::SiteState,
    state::AppState,
};

/// How often it is looked whether an operator decided anything.
const EVERY: Duration = Duration::from_millis(250);

/// Sockets that are looked at without a pause for others: there may be thousands, and many bans.
const TOGETHER: usize = 64;

/// Watches what operators decide, until dropped.
pub async fn watch(io: SocketIo, state: AppState) {
    let mut known = state.operators.site();
    loop {
        sleep(EVERY).await;
        let now = state.operators.site();
        if Arc::ptr_eq(&known, &now) {
            continue;
        }
        known = now;
        let namespaces = [LOBBY_NS, CHAT_NS].into_iter().filter_map(|ns| io.of(ns));
        let sockets: Vec<_> = namespaces.flat_map(|ns| ns.sockets()).collect();
        for some in sockets.chunks(TOGETHER) {
            some.iter().for_each(|socket| close_if_banned(socket, &known));
            yield_now().await;
        }
    }
}

/// Closes a socket of somebody who is banned. Its client asks the site why, and is told.
pub fn close_if_banned(socket: &SocketRef, site: &SiteState) {
    if site.bans.is_empty() {
        return;
    }
    let extensions = &socket.req_parts().extensions;
    let Some(guest) = extensions.get::<Handshake>().map(|who| who.guest) else {
        return;
    };
    let may_come = site.may_come(Some(guest.visitor.id), guest.source.ip(), Moment::now());
    if may_come.is_ok() {
        return;
    }
    if let Some(hangup) = extensions.get::<Hangup>() {
        hangup.hang_up();
    }
    let _ = socket.clone().disconnect();
}
