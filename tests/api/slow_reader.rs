//! A client that stops reading misses nothing when it reads again, and holds nobody up.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Socket, TestApp, Visitor, Wire, eventually};

/// Texts of 57 KB, of which 120 are more than the kernel's buffers of one connection hold.
const LARGE: [&str; 6] = [
    "--socket-buffer",
    "16",
    "--chat-limit",
    "20000",
    "--tcp-timeout",
    "120s",
];
const LARGE_TEXT: usize = 19_000;

/// After this time without an answer to its heartbeat a socket may be closed, however busy the machine is.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A small window of receipt is full at once, and then the server's side of the connection is what counts.
const SMALL: Option<u32> = Some(4_096);

/// Posts that many texts, a few at the same time. A visitor who joins must read; so only one posts, and by HTTP.
async fn flood(visitor: &Visitor, room: &str, total: u64, characters: usize) {
    futures_util::stream::iter(0..total)
        .for_each_concurrent(32, async |n| {
            let posted = visitor
                .post_chat(room, &format!("{n} {}", "가".repeat(characters)))
                .await;
            assert_eq!(posted.status, 201, "{}", posted.text());
        })
        .await;
}

/// A reader that comes back when its connection ends, as a page does, and asks for what is missing.
struct Reader<'a> {
    visitor: &'a Visitor,
    room: &'a str,
    socket: Socket,
    joined_at: Instant,
    got: Vec<Value>,
}

impl<'a> Reader<'a> {
    async fn join(visitor: &'a Visitor, room: &'a str, window: Option<u32>) -> Self {
        let mut socket = Socket::connect(Wire::websocket(visitor, window).await, "/chat").await;
        socket.join(room).await;
        Self {
            visitor,
            room,
            socket,
            joined_at: Instant::now(),
            got: Vec::new(),
        }
    }

    /// Reads until the room's message at that place is there.
    async fn read_to(&mut self, seq: u64) {
        loop {
            self.got.extend(self.socket.messages_to_or_end(seq).await);
            if self.got.last().is_some_and(|last| last["seq"] == seq) {
                return;
            }
            let joined_at = std::mem::replace(&mut self.joined_at, Instant::now());
            assert!(joined_at.elapsed() > HEARTBEAT, "closed too early");
            self.socket = self.visitor.connect("/chat").await;
            let last = self.socket.join(self.room).await["seq"].as_u64().unwrap();
            let missed = self.visitor.history(self.room).await.into_iter();
            let missed = missed.take_while(|message| message["seq"].as_u64().unwrap() <= last);
            self.got.extend(missed.skip(self.got.len()));
        }
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
    let room = slow.create_room("느림보").await;
    let mut watching = Reader::join(&quick, &room, None).await;
    let mut sleeping = Reader::join(&slow, &room, SMALL).await;
    let posted_at = async {
        flood(&quick, &room, TOTAL, 990).await;
        Instant::now()
    };
    let (posted_at, ()) = tokio::join!(posted_at, watching.read_to(TOTAL));
    is_every_seq_once(&watching.got, TOTAL);
    let behind = posted_at.elapsed();
    assert!(
        behind < Duration::from_secs(5),
        "the quick one was held up for {behind:?}"
    );

    // Now it reads again, and another message comes while it is catching up.
    let last = quick.join(&room).await.post("마지막").await;
    sleeping.read_to(TOTAL + 1).await;
    is_every_seq_once(&sleeping.got, TOTAL + 1);
    assert!(sleeping.got[..TOTAL as usize] == watching.got && sleeping.got[TOTAL as usize] == last);
    let late = sleeping.socket.heard(&room).await;
    assert!(late.iter().all(|event| event.name != "chat"), "told twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_missed_joins_and_exits_is_told_who_is_there() {
    let app = TestApp::with(&LARGE).await;
    let (slow, quick) = (app.visitor().await, app.visitor().await);
    let room = slow.create_room("느림보").await;
    let mut watching = Reader::join(&quick, &room, None).await;
    let mut sleeping = Reader::join(&slow, &room, SMALL).await;
    tokio::join!(flood(&quick, &room, 120, LARGE_TEXT), watching.read_to(120));
    // These come while nothing can be told to it.
    let stays = app.visitor().await;
    let _staying = stays.join(&room).await;
    app.visitor().await.join(&room).await.goodbye().await;
    let joined_at = sleeping.joined_at;
    sleeping.read_to(120).await;
    if sleeping.joined_at != joined_at {
        // Had to come back, and was told by the answer to its join.
        return;
    }
    let members = sleeping.socket.wait("members").await;
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
    let app = TestApp::with(&["--chat-limit", "20000", "--tcp-timeout", "3s", "--seat-grace", "300ms"]).await;
    let (dead, other) = (app.visitor().await, app.visitor().await);
    let room = dead.create_room("느림보").await;
    let mut watching = Reader::join(&other, &room, None).await;
    let sleeping = Reader::join(&dead, &room, SMALL).await;
    tokio::join!(flood(&other, &room, 120, LARGE_TEXT), watching.read_to(120));
    eventually("the seat is free", async || {
        (other.room(&room).await.json()["count"] == 1).then_some(())
    })
    .await;
    drop(sleeping);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_lost_in_a_burst_that_fills_the_buffers() {
    let app = TestApp::with(&["--socket-buffer", "16"]).await;
    let room = app
        .visitor()
        .await
        .create_room_of(json!({ "title": "북적", "max": 40 }))
        .await;
    let mut sockets = Vec::new();
    for _ in 0..40 {
        sockets.push(app.visitor().await.join(&room).await);
    }
    // All of them at the same time: what is committed together is told together.
    for _ in 0..10 {
        for socket in &mut sockets {
            socket.ask_later("chat", json!({ "chat": "다 같이" })).await;
        }
    }
    let hearing = sockets.into_iter().map(|mut socket| {
        tokio::spawn(async move {
            // The first was the join.
            for id in 2..=11 {
                assert_eq!(socket.ack(id).await["ok"], true);
            }
            is_every_seq_once(&socket.messages_to(400).await, 400);
        })
    });
    for heard in futures_util::future::join_all(hearing).await {
        heard.unwrap();
    }
}
