//! One room, many servers: places, order and what everybody hears.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Fleet, all_are_there_once, outages::is_not_answered};
use crate::support::{Socket, in_time};

const POSTERS: usize = 8;
const MESSAGES: usize = 5_000;

/// Posts over a socket until the server says that it is stored.
async fn say(socket: &mut Socket, nonce: &str) -> Value {
    loop {
        let ack = socket.ask("chat", json!({ "chat": nonce, "nonce": nonce })).await;
        if ack["ok"] == true {
            return ack["message"].clone();
        }
        // On a machine that is busy with other things the outcome may stay unknown; a client asks again then.
        assert!(is_not_answered(&ack), "{ack}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn of_eight_posters_on_three_servers_each_message_has_its_place_and_every_socket_hears_all_in_order() {
    let fleet = Fleet::new();
    // Who made the room stays away from it; nobody else becomes its owner meanwhile.
    let servers: [_; 3] = fleet.servers(&["--owner-grace", "1h"]).await;
    let room = servers[0]
        .visitor()
        .await
        .create_room_of(json!({ "title": "모두", "max": 20 }))
        .await;
    let mut hearing = Vec::new();
    for server in &servers {
        let mut socket = server.visitor().await.join(&room).await;
        hearing.push(tokio::spawn(async move { socket.messages(MESSAGES).await }));
    }
    let (mut sockets, mut posting) = (Vec::new(), Vec::new());
    for poster in 0..POSTERS {
        sockets.push(servers[poster % servers.len()].visitor().await.join(&room).await);
    }
    for mut socket in sockets {
        posting.push(tokio::spawn(async move {
            let mut posted = Vec::new();
            for n in 0..MESSAGES / POSTERS {
                posted.push(say(&mut socket, &format!("{n}")).await);
            }
            let heard = socket.messages(MESSAGES).await;
            (posted, heard)
        }));
    }
    let mut told = Vec::new();
    let mut acked = Vec::new();
    for poster in posting {
        let (posted, heard) = poster.await.unwrap();
        acked.extend(posted);
        told.push(heard);
    }
    for heard in hearing {
        told.push(in_time("the last message", heard).await.unwrap());
    }
    acked.sort_by_key(|message| message["seq"].as_u64());
    let reader = servers[2].visitor().await;
    assert!(reader.written(&room).await == acked);
    let by_author = |message: &Value| (message["visitor"].to_string(), message["nonce"].to_string());
    assert_eq!(acked.iter().map(by_author).collect::<HashSet<_>>().len(), MESSAGES);
    all_are_there_once(&reader.history(&room).await, &acked);
    for heard in told {
        assert_eq!(heard.len(), MESSAGES);
        for (heard, acked) in heard.iter().zip(&acked) {
            assert_eq!(heard, acked, "heard, and acknowledged");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_nonce_is_one_message_whichever_servers_it_is_sent_to() {
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&[]).await;
    let visitor = a.visitor().await;
    let room = visitor.create_room("방").await;
    let mut socket = visitor.join(&room).await;
    let at = [b.meets(&visitor), c.meets(&visitor), visitor];
    for round in 1..=20 {
        let nonce = round.to_string();
        let tries = (0..9).map(|n| super::try_post(&at[n % 3], &room, &nonce));
        let stored = futures_util::future::join_all(tries).await;
        assert!(stored.iter().all(|message| *message == stored[0]), "{stored:?}");
        // The first place is that of the join.
        assert_eq!(stored[0].as_ref().unwrap()["seq"], round + 1);
    }
    let heard = socket.messages(20).await;
    all_are_there_once(&at[0].history(&room).await, &heard);
}
