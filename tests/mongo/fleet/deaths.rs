//! Servers and databases that die.

use std::{sync::Arc, time::Duration};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Fleet, Server, all_are_there_once, count_becomes, post_until_stored, try_post};
use crate::support::{Visitor, eventually, mongod::ReplicaSet};

/// Time in which a dead server's seats have to be free and its rooms gone.
const FREE_WITHIN: Duration = Duration::from_secs(30);

/// Posts one after the other until the server dies; what it acknowledged, and the nonce of which nobody knows.
async fn post_until_killed(visitor: Arc<Visitor>, room: String) -> (Vec<Value>, String) {
    let mut acked = Vec::new();
    for n in 0.. {
        let nonce = format!("{n}");
        match try_post(&visitor, &room, &nonce).await {
            Some(message) => acked.push(message),
            None => return (acked, nonce),
        }
    }
    unreachable!()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_killed_server_gives_its_seats_and_rooms_back_within_thirty_seconds_and_loses_nothing() {
    let fleet = Fleet::new();
    // The times that a site runs with, the lease among them. But sockets may go unread while the test posts.
    let flags = ["--lost-grace", "5s", "--first-grace", "5s", "--ping-timeout", "2m"];
    let [dying] = fleet.servers(&flags).await;
    let [living, other] = fleet.servers(&flags).await;
    fleet.know_each_other().await;
    let (ann, bob) = (Arc::new(dying.visitor().await), living.visitor().await);
    let room = ann.create_room_of(json!({ "title": "둘", "max": 2 })).await;
    let alone = ann.create_room("혼자").await;
    let mut lobby = other.visitor().await.connect("/room").await;
    let mut hearing = bob.join(&room).await;
    let _seats = (ann.join(&room).await, ann.join(&alone).await);
    let posting = tokio::spawn(post_until_killed(Arc::clone(&ann), room.clone()));
    let mut mine = Vec::new();
    for n in 0..60 {
        mine.push(post_until_stored(std::slice::from_ref(&bob), &room, &format!("b{n}")).await);
    }
    dying.kill();
    let killed = Instant::now();
    let (acked, unknown) = posting.await.unwrap();
    assert!(acked.len() >= 20, "{}", acked.len());
    // The last one may have been stored without a word. Asked again elsewhere, it is there once.
    let here = other.meets(&ann);
    let again = post_until_stored(std::slice::from_ref(&here), &room, &unknown).await;
    let mut carl = other.visitor().await.connect("/chat").await;
    carl.ask_in_vain("join", &room, "room_full").await;
    assert_eq!(hearing.wait("away").await, json!({ "visitor": ann.id, "away": true }));
    // She may come back on another server, until somebody needs the seat.
    eventually("the seat is given up", async || {
        (carl.ask("join", json!(room)).await["ok"] == true).then_some(())
    })
    .await;
    assert_eq!(hearing.wait("exit").await["visitor"], json!(ann.id));
    while lobby.wait("removeRoom").await != json!(alone) {}
    assert!(killed.elapsed() <= FREE_WITHIN, "{:?}", killed.elapsed());
    let history = bob.history(&room).await;
    all_are_there_once(&history, &[acked, mine, vec![again]].concat());
    let written = bob.written(&room).await;
    assert!(hearing.messages(written.len()).await == written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn after_a_crash_and_a_quick_restart_rooms_live_as_long_as_after_any_restart() {
    let fleet = Fleet::new();
    // A room that is fresh outlives the test; one that people left does not.
    let flags = [
        "--lease",
        "3s",
        "--seat-grace",
        "1s",
        "--room-grace",
        "3s",
        "--lost-grace",
        "1h",
        "--first-grace",
        "1h",
    ];
    let [dying] = fleet.servers(&flags).await;
    let ann = dying.visitor().await;
    let room = ann.create_room("다시 올 방").await;
    let seat = ann.join(&room).await;
    dying.kill();
    drop(seat);
    let [after, another] = fleet.servers(&flags).await;
    let bob = after.visitor().await;
    count_becomes(&bob, &room, 0).await;
    // As much time as it takes for a room to go that was left later than that.
    for server in [&after, &another] {
        let left = server.visitor().await;
        let sentinel = left.create_room("곧 없어질 방").await;
        left.join(&sentinel).await.goodbye().await;
        eventually("the room that was left is gone", async || {
            (bob.room(&sentinel).await.status == 404).then_some(())
        })
        .await;
    }
    assert_eq!(bob.room(&room).await.status, 200);
    let fresh = |server: &Server| server.logged(&["every room gets a fresh grace"]);
    // Both are if they find out at the same moment, which does no harm.
    assert!(fresh(&after) + fresh(&another) >= 1, "one of them is the successor");
    assert_eq!(dying.logged(&["every room gets a fresh grace"]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_joins_a_living_one_gives_no_fresh_grace() {
    let fleet = Fleet::new();
    let flags = ["--lease", "1s", "--seat-grace", "1s"];
    let [first] = fleet.servers(&flags).await;
    let ann = first.visitor().await;
    let room = ann.create_room("방").await;
    let _seat = ann.join(&room).await;
    let [second] = fleet.servers(&flags).await;
    // The death of a third one takes as long to be found out as that of the first would.
    let [third] = fleet.servers(&flags).await;
    let carl = third.visitor().await;
    let _carls = carl.join(&room).await;
    third.kill();
    count_becomes(&ann, &room, 1).await;
    assert_eq!(second.logged(&["every room gets a fresh grace"]), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn when_the_primary_is_killed_no_message_is_lost_or_doubled_and_nobody_loses_a_seat() {
    const POSTERS: usize = 4;
    const MESSAGES: usize = 100;
    let set = ReplicaSet::start(3).await;
    let fleet = Fleet {
        url: set.url_of("gifchat"),
    };
    // Shorter than there is no primary: nobody can renew, and yet nobody is taken for dead.
    let servers: [Server; 3] = fleet.servers(&["--lease", "4s"]).await;
    let room = servers[0]
        .visitor()
        .await
        .create_room_of(json!({ "title": "방", "max": 20 }))
        .await;
    let (mut hearing, mut posting, mut seats) = (Vec::new(), Vec::new(), Vec::new());
    for server in &servers {
        let mut socket = server.visitor().await.join(&room).await;
        hearing.push(tokio::spawn(async move {
            let heard = socket.messages(POSTERS * MESSAGES).await;
            (heard, socket.try_events())
        }));
    }
    for poster in 0..POSTERS {
        let home = servers[poster % servers.len()].visitor().await;
        seats.push(home.join(&room).await);
        let at: Vec<_> = servers.iter().map(|server| server.meets(&home)).collect();
        let room = room.clone();
        posting.push(tokio::spawn(async move {
            let mut acked = Vec::new();
            for n in 0..MESSAGES {
                acked.push(post_until_stored(&at, &room, &n.to_string()).await);
            }
            acked
        }));
    }
    let watcher = servers[1].visitor().await;
    eventually("they are in the midst of it", async || {
        (watcher.written(&room).await.len() >= POSTERS * MESSAGES / 4).then_some(())
    })
    .await;
    let primary = set.primary().await;
    primary.process.signal(Signal::SIGKILL);
    let killed = Instant::now();
    let mut acked = Vec::new();
    for poster in posting {
        acked.extend(poster.await.unwrap());
    }
    println!("all is stored {:?} after the primary was killed", killed.elapsed());
    let written = watcher.written(&room).await;
    assert_eq!(written.len(), POSTERS * MESSAGES);
    all_are_there_once(&watcher.history(&room).await, &acked);
    for heard in hearing {
        let (heard, lines) = heard.await.unwrap();
        assert!(heard == written, "a socket heard something else than what is stored");
        assert!(lines.iter().all(|line| line.name != "exit"), "{lines:?}");
    }
    for server in &servers {
        assert_eq!(server.readiness().await, 200);
        // Rooms are made, entered and left as before.
        let visitor = server.visitor().await;
        let next = visitor.create_room("다음").await;
        visitor.join(&next).await.post("여기").await;
    }
}
