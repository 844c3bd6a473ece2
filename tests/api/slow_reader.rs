//! A client that stops reading misses nothing when it reads again, and holds nobody up.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Socket, TestApp, Visitor, Wire, in_time};

/// 3 KB each: 2,000 of them are more than the kernel's buffers of one connection hold.
fn long_text(n: u64) -> String {
    format!("{n} {}", "가".repeat(990))
}

/// Joins with a small window of receipt, which is full before the server's own buffers are of interest.
async fn join_with_small_window(visitor: &Visitor, room: &str) -> Socket {
    let mut socket = Socket::connect(Wire::websocket(visitor, Some(4_096)).await, "/chat").await;
    socket.join(room).await;
    socket
}

/// Posts that many texts from a few visitors at once.
async fn flood(app: &TestApp, room: &str, total: u64) {
    const POSTERS: u64 = 4;
    let mut posting = Vec::new();
    for _ in 0..POSTERS {
        let mut socket = app.visitor().await.join(room).await;
        posting.push(tokio::spawn(async move {
            for n in 0..total / POSTERS {
                let ack = socket.ask("chat", json!({ "chat": long_text(n) })).await;
                assert_eq!(ack["ok"], true, "{ack}");
                // Its own copies of the messages are of no interest.
                socket.try_events();
            }
            socket
        }));
    }
    for poster in posting {
        poster.await.unwrap();
    }
}

fn is_every_seq_once(messages: &[Value], total: u64) {
    let seqs: Vec<_> = messages
        .iter()
        .map(|message| message["seq"].as_u64().unwrap())
        .collect();
    assert!(seqs == (1..=total).collect::<Vec<_>>(), "{seqs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_stops_reading_for_two_thousand_messages_gets_each_of_them_once_and_in_order() {
    const TOTAL: u64 = 2_000;
    let app = TestApp::with(&["--socket-buffer", "16", "--tcp-timeout", "120s"]).await;
    let (slow, quick) = (app.visitor().await, app.visitor().await);
    let room = slow.create_room_of(json!({ "title": "느림보", "max": 20 })).await;
    let mut sleeping = join_with_small_window(&slow, &room).await;
    let mut watching = quick.join(&room).await;
    let watch = tokio::spawn(async move {
        let begun = Instant::now();
        let mut slowest = Duration::ZERO;
        let mut last = begun;
        let mut messages = Vec::new();
        while messages.len() < TOTAL as usize {
            messages.push(watching.wait("chat").await);
            slowest = slowest.max(last.elapsed());
            last = Instant::now();
        }
        (messages, slowest)
    });
    flood(&app, &room, TOTAL).await;
    let (seen, slowest) = in_time("the quick reader", watch).await.unwrap();
    is_every_seq_once(&seen, TOTAL);
    assert!(slowest < Duration::from_secs(5), "the quick one waited {slowest:?}");

    // Now it reads again, and another message comes while it is catching up.
    let last = quick.join(&room).await.post("마지막").await;
    let got = in_time("all messages", sleeping.messages_to(TOTAL + 1)).await;
    is_every_seq_once(&got, TOTAL + 1);
    assert!(got[..TOTAL as usize] == seen && got[TOTAL as usize] == last);
    let late = sleeping.heard(&room).await;
    assert!(late.iter().all(|event| event.name != "chat"), "told twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_missed_joins_and_exits_is_told_who_is_there() {
    let app = TestApp::with(&["--socket-buffer", "16", "--tcp-timeout", "120s"]).await;
    let slow = app.visitor().await;
    let room = slow.create_room_of(json!({ "title": "느림보", "max": 20 })).await;
    let mut sleeping = join_with_small_window(&slow, &room).await;
    flood(&app, &room, 1_600).await;
    // These come while nothing can be told to it.
    let stays = app.visitor().await;
    let _staying = stays.join(&room).await;
    app.visitor().await.join(&room).await.goodbye().await;
    sleeping.messages_to(1_600).await;
    let members = sleeping.wait("members").await;
    let ids: Vec<_> = members
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["id"].clone())
        .collect();
    assert!(
        ids.contains(&json!(stays.id)) && ids.contains(&json!(slow.id)),
        "{members}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_is_given_up_and_the_seat_is_free() {
    let app = TestApp::with(&["--socket-buffer", "16", "--tcp-timeout", "2s", "--seat-grace", "300ms"]).await;
    let (dead, other) = (app.visitor().await, app.visitor().await);
    let room = dead.create_room_of(json!({ "title": "느림보", "max": 20 })).await;
    let sleeping = join_with_small_window(&dead, &room).await;
    let mut watching = other.join(&room).await;
    let given_up = async {
        while watching.wait("exit").await["visitor"] != json!(dead.id) {
            watching.try_events();
        }
    };
    tokio::join!(given_up, flood(&app, &room, 1_600));
    let seated = other.room(&room).await.ok().json()["count"].clone();
    assert!(seated.as_u64().unwrap() < 6, "the seat of who was given up is free");
    drop(sleeping);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_lost_in_a_burst_that_fills_the_buffers() {
    let app = TestApp::with(&["--socket-buffer", "16"]).await;
    let room = app.visitor().await.create_room("북적").await;
    let mut sockets = Vec::new();
    for _ in 0..4 {
        sockets.push(app.visitor().await.join(&room).await);
    }
    let mut asked = Vec::new();
    for socket in &mut sockets {
        for n in 0..60 {
            asked.push(socket.ask_later("chat", json!({ "chat": n.to_string() })).await);
        }
    }
    let answers = sockets
        .iter_mut()
        .zip(asked.chunks(60))
        .map(|(socket, asked)| async move {
            for id in asked {
                assert_eq!(socket.ack(*id).await["ok"], true);
            }
            is_every_seq_once(&socket.messages_to(240).await, 240);
        });
    futures_util::future::join_all(answers).await;
}
