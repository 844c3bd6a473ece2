//! Servers that sleep, and wake up in a site that has gone on without them.

use mongodb::{
    Client,
    bson::{Document, doc},
};
use serde_json::json;

use super::{Fleet, count_becomes, outages::is_not_answered};
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_slept_longer_than_its_lease_lets_its_sockets_enter_again_and_tells_who_has_no_seat() {
    let fleet = Fleet::new();
    let [sleeper, awake] = fleet.servers(&["--lease", "3s", "--seat-grace", "1s"]).await;
    let (ann, eve) = (sleeper.visitor().await, sleeper.visitor().await);
    let (bob, carl) = (awake.visitor().await, awake.visitor().await);
    let of_two = json!({ "title": "둘", "max": 2 });
    let (free, full) = (
        bob.create_room_of(of_two.clone()).await,
        bob.create_room_of(of_two).await,
    );
    let doomed = bob.create_room("없어질 방").await;
    let (mut anns, mut eves) = (ann.join(&free).await, eve.join(&full).await);
    let mut left_behind = ann.join(&doomed).await;
    let (mut bobs, mut others) = (bob.join(&free).await, bob.join(&full).await);
    sleeper.pause();
    // It reads this as soon as it wakes, before it can know what it has lost.
    let in_vain = eves.ask_later("chat", json!({ "chat": "아직 내 자리?" })).await;
    assert_eq!(bobs.wait("exit").await["visitor"], json!(ann.id));
    assert_eq!(others.wait("exit").await["visitor"], json!(eve.id));
    let mut carls = carl.join(&full).await;
    bob.delete(&doomed).await.ok();
    let missed = bobs.post("자는 동안").await;
    sleeper.resume();
    let mut refused = eves.ack(in_vain).await;
    while is_not_answered(&refused) {
        // It may not know yet that it was itself away, and not the database.
        refused = eves.ask("chat", json!({ "chat": "아직 내 자리?" })).await;
    }
    assert_eq!(refused["code"], "not_a_member", "{refused}");
    // Where there is a seat it is taken again, and nothing was missed.
    while bobs.wait("join").await["visitor"] != json!(ann.id) {}
    assert_eq!(anns.wait("chat").await, missed);
    let said = anns.post("다시 왔다").await;
    assert!(said["seq"].as_u64() > missed["seq"].as_u64());
    count_becomes(&bob, &free, 2).await;
    assert_eq!(left_behind.wait("removeRoom").await, json!(doomed));
    // Where there is none the socket is told, and hears no more.
    assert_eq!(eves.wait("exception").await["code"], "room_full");
    carls.post("내 자리").await;
    assert_eq!(awake.meets(&eve).room(&full).await.json()["count"], 2);
    eves.ask_in_vain("chat", json!({ "chat": "x" }), "not_a_member").await;
    let heard = eves.try_events();
    assert!(heard.iter().all(|event| event.name != "chat"), "{heard:?}");
    assert_eq!(sleeper.logged(&["away for longer than its lease"]), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn a_server_that_slept_until_nothing_was_left_of_a_room_appends_nothing_to_it() {
    const ROOMS: usize = 20;
    let fleet = Fleet::new();
    let [sleeper, awake] = fleet.servers(&["--lease", "7s", "--seat-grace", "1s"]).await;
    let (mut rooms, mut sockets, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROOMS {
        let owner = sleeper.visitor().await;
        let room = owner.create_room("없어질 방").await;
        sockets.push(owner.join(&room).await);
        rooms.push((owner, room));
    }
    let (ann, bob) = (sleeper.visitor().await, awake.visitor().await);
    let open = bob.create_room("방").await;
    let (mut bobs, _anns) = (bob.join(&open).await, ann.join(&open).await);
    sleeper.pause();
    for socket in &mut sockets {
        // It reads this as soon as it wakes, with the room as it was before.
        asked.push(socket.ask_later("chat", json!({ "chat": "아직 있어요?" })).await);
    }
    for (owner, room) in &rooms {
        awake.meets(owner).delete(room).await.ok();
    }
    // What is left of a room that has ended is deleted after some minutes.
    let log = Client::with_uri_str(&fleet.url).await.unwrap();
    let log = log.default_database().unwrap().collection::<Document>("log");
    let ids: Vec<_> = rooms.iter().map(|(_, room)| room.clone()).collect();
    let of_rooms = doc! { "room": { "$in": &ids } };
    eventually("their messages are gone", async || {
        let left = doc! { "room": { "$in": &ids }, "kind": { "$ne": "ended" } };
        (log.count_documents(left).await.unwrap() == 0).then_some(())
    })
    .await;
    log.delete_many(of_rooms.clone()).await.unwrap();
    // Its lease is over, so that it has slept for longer than it goes by what it knew.
    assert_eq!(bobs.wait("exit").await["visitor"], json!(ann.id));
    sleeper.resume();
    for (socket, id) in sockets.iter_mut().zip(asked) {
        let mut refused = socket.ack(id).await;
        while is_not_answered(&refused) {
            refused = socket.ask("chat", json!({ "chat": "아직 있어요?" })).await;
        }
        assert_eq!(refused["ok"], false, "{refused}");
    }
    assert_eq!(log.count_documents(of_rooms).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn who_was_kicked_while_their_server_slept_is_told_and_does_not_come_back_unasked() {
    let fleet = Fleet::new();
    let [sleeper, awake] = fleet.servers(&["--lease", "6s", "--seat-grace", "1s"]).await;
    let (ann, bob, owner) = (sleeper.visitor().await, sleeper.visitor().await, awake.visitor().await);
    let room = owner.create_room("방").await;
    let (mut owners, mut anns, mut bobs) = (owner.join(&room).await, ann.join(&room).await, bob.join(&room).await);
    while owners.wait("join").await["visitor"] != json!(bob.id) {}
    sleeper.pause();
    // What it has asked the database for is answered by this; of the rest it hears only when it has asked again.
    owners.post("자나요?").await;
    let kick = json!({ "action": "kick", "visitor": ann.id });
    owner.post_json(&format!("/room/{room}/moderate"), kick).await.ok();
    // The lease is over then.
    assert_eq!(owners.wait("exit").await["visitor"], json!(bob.id));
    sleeper.resume();
    assert_eq!(anns.wait("exception").await["code"], "kicked");
    while owners.wait("join").await["visitor"] != json!(bob.id) {}
    bobs.post("다시 왔다").await;
    let lines = owner.history(&room).await;
    let of_ann = lines.iter().filter(|line| line["visitor"] == json!(ann.id));
    let of_ann: Vec<_> = of_ann.map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(of_ann, ["joined", "kicked"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MONGOD"]
async fn who_left_while_a_server_slept_is_not_shown_as_away_when_it_wakes() {
    let fleet = Fleet::new();
    let [sleeper, awake] = fleet.servers(&["--lease", "3s", "--seat-grace", "1s"]).await;
    let (ann, bob, owner) = (sleeper.visitor().await, awake.visitor().await, awake.visitor().await);
    let room = owner.create_room("방").await;
    let (mut owners, mut anns, bobs) = (owner.join(&room).await, ann.join(&room).await, bob.join(&room).await);
    for socket in [&mut owners, &mut anns] {
        while socket.wait("join").await["visitor"] != json!(bob.id) {}
    }
    sleeper.pause();
    drop(bobs);
    let gone = json!({ "visitor": bob.id, "away": true });
    while owners.wait("away").await != gone {}
    let mut out = vec![owners.wait("exit").await["visitor"].clone()];
    out.push(owners.wait("exit").await["visitor"].clone());
    assert!(out.contains(&json!(bob.id)) && out.contains(&json!(ann.id)), "{out:?}");
    sleeper.resume();
    while owners.wait("join").await["visitor"] != json!(ann.id) {}
    // It comes to the sleeper behind all that happened while it slept.
    let whisper = json!({ "to": ann.id, "chat": "쉿" });
    assert_eq!(owners.ask("whisper", whisper).await["ok"], true);
    anns.wait("whisper").await;
    let heard = anns.try_events();
    let about_bob: Vec<_> = heard
        .iter()
        .filter(|event| event.data["visitor"] == json!(bob.id))
        .collect();
    let left = about_bob.iter().position(|event| event.name == "exit").unwrap();
    assert!(about_bob[left..].iter().all(|event| event.name != "away"), "{heard:?}");
}
