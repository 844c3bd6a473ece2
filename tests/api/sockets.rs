//! What a client hears over its socket, in which order, on either transport.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use crate::{
    messages::{LINE, keys, numbered, seqs, texts},
    support::{Event, TestApp, in_time},
};

#[tokio::test]
async fn a_client_written_for_the_textbook_works() {
    let app = TestApp::start().await;
    let (first, second) = (app.visitor().await, app.visitor().await);
    let room = first.create_room("교과서").await;
    let mut socket = first.connect("/chat").await;
    socket.emit("join", &room).await;
    let mut newcomer = second.connect("/chat").await;
    // The first one's seat is taken once its own join was handled; the second one is told of nobody else.
    crate::support::eventually("a seat is taken", async || {
        (first.room(&room).await.json()["count"] == 1).then_some(())
    })
    .await;
    newcomer.emit("join", &room).await;
    let line = socket.wait("join").await;
    assert_eq!(keys(&line), BTreeSet::from(LINE));
    assert_eq!((&line["line"], &line["seq"]), (&json!("joined"), &json!(2)));
    assert_eq!(line["user"], "system");
    assert_eq!(line["chat"], format!("{}님이 입장하셨습니다.", second.color));
    assert_eq!(
        (&line["visitor"], &line["color"]),
        (&json!(second.id), &json!(second.color))
    );
    assert_eq!(line["count"], 2);

    let path = format!("/room/{room}/chat");
    let posted = first
        .send(first.plain(Method::POST, &path).json(&json!({ "chat": "안녕" })))
        .await;
    assert_eq!((posted.status, posted.text()), (200, "ok".into()));
    let path = format!("/room/{room}/gif");
    let form = crate::support::form_of(crate::fixtures::animated(8, 8, 3));
    let posted = first.send(first.plain(Method::POST, &path).multipart(form)).await;
    assert_eq!((posted.status, posted.text()), (200, "ok".into()));
    for listener in [&mut socket, &mut newcomer] {
        let text = listener.wait("chat").await;
        assert_eq!((&text["user"], &text["chat"]), (&json!(first.color), &json!("안녕")));
        let gif = listener.wait("chat").await;
        assert!(gif["gif"].as_str().unwrap().ends_with(".gif"));
        assert_eq!(gif.get("chat"), None);
    }

    newcomer.goodbye().await;
    let line = socket.wait("exit").await;
    assert_eq!(keys(&line), BTreeSet::from(LINE));
    assert_eq!(line["line"], "left");
    assert_eq!(line["chat"], format!("{}님이 퇴장하셨습니다.", second.color));
    assert_eq!((&line["visitor"], &line["count"]), (&json!(second.id), &json!(1)));
}

#[tokio::test]
async fn two_hundred_texts_sent_in_one_go_arrive_in_their_order() {
    let app = TestApp::start().await;
    let (writer, reader) = (app.visitor().await, app.visitor().await);
    let room = writer.create_room("빠르게").await;
    let (mut writing, mut reading) = (writer.join(&room).await, reader.join(&room).await);
    for n in 1..=200 {
        writing.emit("chat", json!({ "chat": n.to_string() })).await;
    }
    let got = reading.messages_to(202).await;
    assert_eq!(texts(&got), numbered(1..=200));
    assert_eq!(seqs(&got), (3..=202).collect::<Vec<_>>());
    assert!(writing.heard(&room).await.iter().all(|event| event.name != "exception"));
}

#[tokio::test]
async fn what_is_sent_right_behind_connect_is_not_lost() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("방").await;
    for n in 1..=100 {
        let mut socket = visitor.connect("/chat").await;
        let joined = socket.ask_later("join", &room).await;
        let posted = socket.ask_later("chat", json!({ "chat": n.to_string() })).await;
        assert_eq!(socket.ack(joined).await["ok"], true, "round {n}");
        assert_eq!(socket.ack(posted).await["message"]["seq"], n + 1, "round {n}");
    }
    assert_eq!(texts(&visitor.written(&room).await), numbered(1..=100));
}

#[tokio::test]
async fn long_polling_has_the_same_identity_and_the_same_events() {
    let app = TestApp::start().await;
    let (polling, other) = (app.visitor().await, app.visitor().await);
    let room = polling.create_room("느린 길").await;
    let mut polled = polling.connect_by_polling("/chat").await;
    let joined = polled.join(&room).await;
    assert_eq!(
        (&joined["you"]["id"], &joined["you"]["color"]),
        (&json!(polling.id), &json!(polling.color))
    );
    let mut socket = other.join(&room).await;
    assert_eq!(polled.wait("join").await["visitor"], json!(other.id));
    // Over HTTP, as the visitor whose socket polls.
    assert_eq!(polling.post_chat(&room, "하나").await.status, 201);
    let second = polled.post("둘").await;
    let third = socket.post("셋").await;
    assert_eq!(
        (&second["visitor"], &third["visitor"]),
        (&json!(polling.id), &json!(other.id))
    );
    let (by_polling, by_socket) = (polled.messages_to(5).await, socket.messages_to(5).await);
    assert_eq!(by_polling, by_socket);
    assert_eq!(texts(&by_polling), ["하나", "둘", "셋"]);
    // A burst over polling keeps its order.
    for n in 4..=60 {
        polled.emit("chat", n.to_string()).await;
    }
    assert_eq!(texts(&socket.messages_to(62).await), numbered(4..=60));
    assert_eq!(polled.messages_to(62).await.len(), 57);
    let mut lobby = polling.connect_by_polling("/room").await;
    let made = other.create_room("새 방").await;
    assert_eq!(in_time("newRoom", lobby.wait("newRoom")).await["_id"], json!(made));
}

#[tokio::test]
async fn the_answer_to_join_says_from_where_messages_come() {
    let app = TestApp::start().await;
    let (writer, reader) = (app.visitor().await, app.visitor().await);
    let room = writer.create_room("방").await;
    let mut writing = writer.join(&room).await;
    writing.post("1").await;
    writing.post("2").await;
    let mut reading = reader.connect("/chat").await;
    let joined = reading.join(&room).await;
    assert_eq!(
        keys(&joined),
        BTreeSet::from(["ok", "you", "room", "members", "away", "seq", "epoch", "reactions"])
    );
    assert_eq!(joined["seq"], 4, "right behind the own line");
    assert_eq!(joined["room"]["_id"], json!(room));
    let members: Vec<_> = joined["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| &member["id"])
        .collect();
    assert_eq!(members, [&json!(writer.id), &json!(reader.id)]);
    assert_eq!(keys(&joined["you"]), BTreeSet::from(["id", "color", "hue", "name"]));
    for n in 3..=30 {
        writing.post(&n.to_string()).await;
    }
    assert_eq!(seqs(&reading.messages_to(32).await), (5..=32).collect::<Vec<_>>());
}

#[tokio::test]
async fn typing_is_told_to_the_others_and_not_stored() {
    let app = TestApp::start().await;
    let (writer, reader) = (app.visitor().await, app.visitor().await);
    let room = writer.create_room("방").await;
    let (mut writing, mut reading) = (writer.join(&room).await, reader.join(&room).await);
    for _ in 0..20 {
        writing.emit_bare("typing").await;
    }
    assert_eq!(reading.wait("typing").await["id"], json!(writer.id));
    writing.post("끝").await;
    let typing = |events: &[Event]| events.iter().filter(|event| event.name == "typing").count();
    // A client that says it all the time is passed on now and then.
    assert!(typing(&reading.heard(&room).await) <= 3);
    assert_eq!(typing(&writing.heard(&room).await), 0);
    assert_eq!(writer.written(&room).await.len(), 1);
}
