//! Seats: never more than `max`, one for each visitor, kept through a reload; and rooms that go when all have left.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    fixtures::animated,
    support::{Socket, TestApp, Visitor, eventually, in_time},
};

async fn count(visitor: &Visitor, room: &str) -> u64 {
    visitor.room(room).await.ok().json()["count"].as_u64().unwrap()
}

async fn count_becomes(visitor: &Visitor, room: &str, wanted: u64) {
    let what = format!("{wanted} seats are taken");
    eventually(&what, async || (count(visitor, room).await == wanted).then_some(())).await;
}

async fn is_gone(visitor: &Visitor, room: &str) {
    eventually("the room is gone", async || {
        (visitor.room(room).await.status == 404).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_race_for_ten_seats_exactly_ten_get_one() {
    let app = TestApp::start().await;
    let owner = app.visitor().await;
    let room = owner.create_room_of(json!({ "title": "열 자리", "max": 10 })).await;
    let mut lobby = owner.connect("/room").await;
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(app.visitor().await.connect("/chat").await);
    }
    let racing: Vec<_> = sockets
        .into_iter()
        .map(|mut socket| {
            let room = room.clone();
            tokio::spawn(async move {
                let ack = socket.ask("join", room).await;
                (socket, ack)
            })
        })
        .collect();
    let mut seated = Vec::new();
    let mut full = 0;
    for racer in racing {
        let (socket, ack) = racer.await.unwrap();
        if ack["ok"] == true {
            assert!(ack["room"]["count"].as_u64().unwrap() <= 10 && ack["members"].as_array().unwrap().len() <= 10);
            seated.push(socket);
        } else {
            assert_eq!(ack["code"], "room_full");
            full += 1;
        }
    }
    assert_eq!((seated.len(), full), (10, 40));
    assert_eq!(count(&owner, &room).await, 10);
    let told = loop {
        let update = lobby.wait("updateRoom").await;
        let told = update["count"].as_u64().unwrap();
        assert!(told <= 10, "{update}");
        if told == 10 {
            break told;
        }
    };
    assert_eq!(told, 10);
    // Who waits gets the seat of who leaves, and no other.
    seated.pop().unwrap().goodbye().await;
    count_becomes(&owner, &room, 9).await;
    let (mut next, mut late) = (app.visitor().await.connect("/chat").await, owner.connect("/chat").await);
    next.join(&room).await;
    late.ask_in_vain("join", &room, "room_full").await;
}

#[tokio::test]
async fn several_tabs_of_one_visitor_take_one_seat() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let room = visitor.create_room_of(json!({ "title": "탭", "max": 2 })).await;
    let mut others = other.join(&room).await;
    let mut tabs = Vec::new();
    for _ in 0..5 {
        tabs.push(visitor.join(&room).await);
    }
    assert_eq!(count(&visitor, &room).await, 2);
    assert_eq!(others.wait("join").await["count"], 2);
    // Every tab hears what the others say.
    tabs[0].post("모두에게").await;
    for tab in &mut tabs {
        assert_eq!(tab.wait("chat").await["chat"], "모두에게");
    }
    let last = tabs.pop().unwrap();
    for tab in tabs {
        tab.goodbye().await;
    }
    let heard = others.heard(&room).await;
    assert!(
        heard.iter().all(|event| event.name == "chat"),
        "one join and no exit: {heard:?}"
    );
    last.goodbye().await;
    assert_eq!(others.wait("exit").await["visitor"], json!(visitor.id));
    count_becomes(&other, &room, 1).await;
}

#[tokio::test]
async fn twenty_reloads_of_the_last_visitor_cost_neither_room_nor_seat() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let room = visitor.create_room_of(json!({ "title": "새로 고침", "max": 2 })).await;
    let mut seq = visitor.join(&room).await.post("처음").await["seq"].clone();
    for _ in 0..20 {
        // The socket of the round before was dropped without a word.
        let mut socket = visitor.connect("/chat").await;
        let joined = socket.join(&room).await;
        assert_eq!((&joined["room"]["count"], &joined["seq"]), (&json!(1), &seq));
        seq = socket.post("다시").await["seq"].clone();
    }
    assert_eq!(count(&other, &room).await, 1);
    assert_eq!(visitor.written(&room).await.len(), 21);
}

#[tokio::test]
async fn a_reload_is_not_told_to_the_others() {
    let app = TestApp::start().await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let room = visitor.create_room("방").await;
    let mut others = other.join(&room).await;
    let page = visitor.join(&room).await;
    assert_eq!(visitor.close_page(&room).await.status, 204);
    drop(page);
    others.wait("away").await;
    let mut again = visitor.connect("/chat").await;
    let joined = again.join(&room).await;
    assert_eq!(joined["away"], json!([]));
    assert_eq!(
        others.wait("away").await,
        json!({ "visitor": visitor.id, "away": false })
    );
    others.wait("join").await;
    let heard = others.heard(&room).await;
    assert!(heard.is_empty(), "{heard:?}");
}

#[tokio::test]
async fn who_leaves_frees_the_seat_at_once_and_the_others_hear_of_it() {
    let app = TestApp::with(&["--seat-grace", "60s"]).await;
    let (leaver, other, third) = (app.visitor().await, app.visitor().await, app.visitor().await);
    let room = leaver.create_room_of(json!({ "title": "둘", "max": 2 })).await;
    let (mut leaving, mut others) = (leaver.join(&room).await, other.join(&room).await);
    let mut waiting = third.connect("/chat").await;
    waiting.ask_in_vain("join", &room, "room_full").await;
    assert_eq!(leaving.ask("leave", Value::Null).await["ok"], true);
    assert_eq!(others.wait("exit").await["visitor"], json!(leaver.id));
    waiting.join(&room).await;
    // Who has left hears nothing more, and leaving twice is no error.
    waiting.post("들려요?").await;
    assert_eq!(leaving.ask("leave", Value::Null).await["ok"], true);
    leaving.ask_in_vain("join", &room, "room_full").await;
    others.wait("chat").await;
    assert!(
        leaving.try_events().iter().all(|event| event.name == "join"),
        "only what came before"
    );
}

#[tokio::test]
async fn when_everybody_has_left_room_messages_and_files_are_gone() {
    let app = TestApp::with(&[
        "--room-grace",
        "300ms",
        "--lost-grace",
        "300ms",
        "--seat-grace",
        "100ms",
    ])
    .await;
    let visitors = [app.visitor().await, app.visitor().await];
    let mut lobby = visitors[0].connect("/room").await;
    let room = visitors[0].create_room("잠깐").await;
    let gone = [visitors[0].join(&room).await, visitors[1].join(&room).await];
    for visitor in &visitors {
        visitor.upload(&room, animated(8, 8, 2)).await.ok();
    }
    assert_eq!(app.files().len(), 4);
    let [first, second] = gone;
    first.goodbye().await;
    // The last one's connection just breaks.
    drop(second);
    assert_eq!(lobby.wait("removeRoom").await, json!(room));
    visitors[0].room(&room).await.refused(404, "room_not_found");
    app.no_files_left().await;
    eventually("its messages are gone", async || {
        (app.rows("messages").await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_empty_room_that_somebody_comes_back_to_stays() {
    let app = TestApp::with(&["--room-grace", "2s", "--seat-grace", "100ms"]).await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    visitor.join(&room).await.goodbye().await;
    count_becomes(&visitor, &room, 0).await;
    let mut back = visitor.join(&room).await;
    let since = Instant::now();
    // Two rooms that are not come back to go meanwhile: the reaper has looked.
    let witness = visitor.create_room("증인").await;
    app.visitor().await.join(&witness).await.goodbye().await;
    is_gone(&visitor, &witness).await;
    assert!(since.elapsed() >= Duration::from_secs(2));
    back.post("아직 여기").await;
}

#[tokio::test]
async fn a_new_room_that_nobody_joins_goes_after_its_grace() {
    let app = TestApp::with(&["--first-grace", "500ms"]).await;
    let visitor = app.visitor().await;
    let mut lobby = visitor.connect("/room").await;
    let (empty, joined) = (visitor.create_room("빈 방").await, visitor.create_room("찬 방").await);
    let _socket = visitor.join(&joined).await;
    assert_eq!(lobby.wait("removeRoom").await, json!(empty));
    assert_eq!(visitor.room(&joined).await.status, 200);
}

#[tokio::test]
async fn a_restart_gives_every_room_a_fresh_grace() {
    let flags = [
        "--first-grace",
        "3s",
        "--lost-grace",
        "3s",
        "--room-grace",
        "200ms",
        "--seat-grace",
        "100ms",
    ];
    let mut app = TestApp::with(&flags).await;
    let visitor = app.visitor().await;
    let (kept, left) = (
        visitor.create_room("돌아올 방").await,
        visitor.create_room("잊힌 방").await,
    );
    let mut socket = visitor.join(&kept).await;
    socket.post("전").await;
    app.visitor().await.join(&left).await.post("전").await;
    app.restart().await;
    let started = Instant::now();
    // Far longer than the grace of a room that became empty.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    for room in [&kept, &left] {
        assert_eq!(visitor.room(room).await.json()["count"], 0);
    }
    let mut socket = visitor.join(&kept).await;
    // Both the seat and the room were waited for; the seat not long enough.
    assert_eq!(socket.post("후").await["seq"], 5);
    is_gone(&visitor, &left).await;
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(visitor.written(&kept).await.len(), 2);
}

#[tokio::test]
async fn the_seat_of_a_broken_connection_is_free_after_its_grace() {
    let app = TestApp::with(&["--seat-grace", "300ms"]).await;
    let (dropped, other) = (app.visitor().await, app.visitor().await);
    let room = dropped.create_room("방").await;
    let mut others = other.join(&room).await;
    let socket = dropped.join(&room).await;
    count_becomes(&other, &room, 2).await;
    drop(socket);
    let line = others.wait("exit").await;
    assert_eq!((&line["visitor"], &line["count"]), (&json!(dropped.id), &json!(1)));
    dropped.post_chat(&room, "x").await.refused(403, "not_a_member");
}

#[tokio::test]
async fn joining_another_room_leaves_the_first() {
    let app = TestApp::with(&["--seat-grace", "60s"]).await;
    let (visitor, other) = (app.visitor().await, app.visitor().await);
    let (first, second) = (visitor.create_room("하나").await, visitor.create_room("둘").await);
    let full = other.create_room_of(json!({ "title": "꽉", "max": 2 })).await;
    let _seated = [
        app.visitor().await.join(&full).await,
        app.visitor().await.join(&full).await,
    ];
    let (mut socket, mut others) = (visitor.join(&first).await, other.join(&first).await);
    // A refused join costs nothing.
    socket.ask_in_vain("join", &full, "room_full").await;
    socket
        .ask_in_vain("join", "00000000000000000000000000000000", "room_not_found")
        .await;
    socket.post("아직 첫 방").await;
    socket.join(&second).await;
    assert_eq!(others.wait("exit").await["visitor"], json!(visitor.id));
    assert_eq!((count(&other, &first).await, count(&other, &second).await), (1, 1));
    let message = socket.post("둘째 방").await;
    assert_eq!((&message["room"], &message["seq"]), (&json!(second), &json!(2)));
    visitor.post_chat(&first, "x").await.refused(403, "not_a_member");
    others.post("첫 방").await;
    let heard: Vec<_> = socket.heard(&second).await;
    assert!(
        heard
            .iter()
            .filter(|event| event.name == "chat")
            .all(|event| event.data["room"] != json!(first) || event.data["chat"] == "아직 첫 방")
    );
}

#[tokio::test]
async fn a_room_that_its_owner_removes_lets_all_sockets_go() {
    let app = TestApp::start().await;
    let (owner, member) = (app.visitor().await, app.visitor().await);
    let room = owner.create_room("방").await;
    let mut sockets: Vec<Socket> = vec![owner.join(&room).await, member.join(&room).await];
    owner.delete(&room).await.ok();
    for socket in &mut sockets {
        assert_eq!(socket.wait("removeRoom").await, json!(room));
        socket
            .ask_in_vain("chat", json!({ "chat": "x" }), "room_not_found")
            .await;
        socket.ask_in_vain("join", &room, "room_not_found").await;
    }
    member.post_chat(&room, "x").await.refused(404, "room_not_found");
    // The socket itself is good for another room.
    let next = owner.create_room("다음").await;
    in_time("a join", sockets[1].join(&next)).await;
    sockets[1].post("여기").await;
}
