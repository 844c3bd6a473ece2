//! Seats and the end of rooms, as sockets on several servers see them.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{Fleet, Server, count_becomes};
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn of_fifty_who_race_for_ten_seats_through_three_servers_exactly_ten_get_one() {
    let fleet = Fleet::new();
    let servers: [Server; 3] = fleet.servers(&[]).await;
    let owner = servers[0].visitor().await;
    let room = owner.create_room_of(json!({ "title": "열 자리", "max": 10 })).await;
    let mut sockets = Vec::new();
    for n in 0..50 {
        sockets.push(servers[n % 3].visitor().await.connect("/chat").await);
    }
    let racing = sockets.into_iter().map(|mut socket| {
        let room = room.clone();
        tokio::spawn(async move {
            let ack = socket.ask("join", room).await;
            (socket, ack)
        })
    });
    let racing: Vec<_> = racing.collect();
    let (mut seated, mut full) = (Vec::new(), 0);
    for racer in racing {
        let (socket, ack) = racer.await.unwrap();
        if ack["ok"] == true {
            assert!(ack["room"]["count"].as_u64().unwrap() <= 10 && ack["members"].as_array().unwrap().len() <= 10);
            seated.push(socket);
        } else {
            assert_eq!(ack["code"], "room_full", "{ack}");
            full += 1;
        }
    }
    assert_eq!((seated.len(), full), (10, 40));
    for server in &servers {
        assert_eq!(server.meets(&owner).room(&room).await.json()["count"], 10);
    }
    // Whoever waits gets the seat of who leaves, on whatever server, and no other.
    seated.pop().unwrap().goodbye().await;
    count_becomes(&owner, &room, 9).await;
    let mut next = servers[1].visitor().await.connect("/chat").await;
    let mut late = servers[2].visitor().await.connect("/chat").await;
    next.join(&room).await;
    late.ask_in_vain("join", &room, "room_full").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn an_empty_room_is_removed_by_one_server_and_all_hear_of_it_once() {
    const ROOMS: usize = 20;
    let fleet = Fleet::new();
    let flags = ["--room-grace", "1s", "--log", "info,gifchat::service::deletions=debug"];
    let servers: [Server; 3] = fleet.servers(&flags).await;
    let mut lobbies = Vec::new();
    for server in &servers {
        lobbies.push(server.visitor().await.connect("/room").await);
    }
    let mut rooms = Vec::new();
    for n in 0..ROOMS {
        let visitor = servers[n % 3].visitor().await;
        let room = visitor.create_room("잠깐").await;
        visitor.join(&room).await.goodbye().await;
        rooms.push(room);
    }
    for lobby in &mut lobbies {
        let mut gone = Vec::new();
        while gone.len() < ROOMS {
            gone.push(lobby.wait("removeRoom").await.as_str().unwrap().to_owned());
        }
        let (mut gone, mut wanted) = (gone, rooms.clone());
        gone.sort();
        wanted.sort();
        assert_eq!(gone, wanted);
    }
    for room in &rooms {
        let removed = || {
            servers
                .iter()
                .map(|server| server.logged(&["an empty room is gone", room]))
                .sum::<usize>()
        };
        eventually("the end of the room is logged", async || (removed() == 1).then_some(())).await;
    }
    // One more room behind them: until it goes too, nobody has heard of any of the others again.
    let visitor = servers[0].visitor().await;
    let last = visitor.create_room("끝").await;
    visitor.join(&last).await.goodbye().await;
    for lobby in &mut lobbies {
        assert_eq!(lobby.wait("removeRoom").await, json!(last));
    }
    let removed = || {
        let counts = servers.iter().map(|server| server.logged(&["an empty room is gone"]));
        counts.sum::<usize>()
    };
    eventually("all is logged", async || (removed() > ROOMS).then_some(())).await;
    assert_eq!(removed(), ROOMS + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn the_graces_of_seats_and_rooms_hold_from_one_server_to_the_other() {
    const SEAT: Duration = Duration::from_secs(4);
    const ROOM: Duration = Duration::from_secs(3);
    let fleet = Fleet::new();
    let [a, b, c] = fleet.servers(&["--seat-grace", "4s", "--room-grace", "3s"]).await;
    let (mover, watcher) = (a.visitor().await, c.visitor().await);
    let room = mover.create_room("방").await;
    let first = mover.join(&room).await;
    let mut watching = watcher.join(&room).await;
    // The page is loaded again and lands on another server: the seat is kept, and the others hear at most that the
    // mover was away.
    drop(first);
    let mut second = b.meets(&mover).join(&room).await;
    let heard = watching.heard(&room).await;
    assert!(
        heard
            .iter()
            .all(|event| event.name == "away" || event.data["visitor"] != json!(mover.id)),
        "{heard:?}"
    );
    second.post("다른 서버에서").await;
    // Now the connection breaks for good.
    let broken = Instant::now();
    drop(second);
    assert_eq!(watching.wait("exit").await["visitor"], json!(mover.id));
    assert!(broken.elapsed() >= SEAT, "{:?}", broken.elapsed());
    // And a room that somebody comes back to on another server in time stays.
    watching.goodbye().await;
    count_becomes(&mover, &room, 0).await;
    let mut back = b.meets(&watcher).join(&room).await;
    let left = Instant::now();
    back.post("아직 여기").await;
    let mut lobby = a.visitor().await.connect("/room").await;
    back.goodbye().await;
    assert_eq!(lobby.wait("removeRoom").await, json!(room));
    assert!(left.elapsed() >= ROOM, "{:?}", left.elapsed());
    for server in [&a, &b, &c] {
        server.meets(&mover).room(&room).await.refused(404, "room_not_found");
    }
}
