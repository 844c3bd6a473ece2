//! Clients that send without end and read nothing take little memory, and nobody else notices them.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::time::timeout;

use crate::support::{
    Polling, SMALL_WINDOW, Server, Socket, TestApp, Visitor, WITH_SLOW_READERS, Wire, eventually, raw,
};

const MIB: u64 = 1 << 20;

/// Nobody is given up on a busy machine.
const PATIENT: &[&str] = &["--header-timeout", "2m", "--body-timeout", "2m"];

/// JSON of about that many bytes that is large as a tree: some 90 times as large.
fn wide_json(bytes: usize) -> String {
    let node = "{\"\":0}";
    format!("[{node}{}]", format!(",{node}").repeat(bytes / (node.len() + 1)))
}

/// Whether nothing is on its way between this process and a server: it has read all that was sent to it. What the
/// server sends does not count.
fn has_read_all(server: SocketAddr) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{:04X}", server.port());
    table.lines().skip(1).all(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (sending, receiving) = columns[4].split_once(':').unwrap();
        let at_server = columns[1].ends_with(&port) && receiving != "00000000";
        let at_client = columns[2].ends_with(&port) && sending != "00000000";
        !at_server && !at_client
    })
}

async fn flood(socket: &mut Socket) {
    for n in 0..100 {
        socket.ask_later("chat", json!({ "chat": n.to_string() })).await;
    }
    let junk = wide_json(15_000);
    for n in 200..350 {
        socket
            .send_raw(format!("42/chat,{n}[\"chat\",{{\"chat\":\"x\",\"p\":{junk}}}]"))
            .await;
    }
}

#[tokio::test]
async fn sockets_that_never_read_hold_few_bytes_of_what_they_send() {
    let server = Server::alone(&[]).await;
    let (flooder, other) = (server.visitor().await, server.visitor().await);
    let room = other.create_room("홍수").await;
    let mut here = other.join(&room).await;
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(flooder.join_with_small_window(&room).await);
    }
    let before = server.memory();
    futures_util::future::join_all(sockets.iter_mut().map(flood)).await;
    eventually("the server has read what was sent", async || {
        has_read_all(server.address()).then_some(())
    })
    .await;
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 48 * MIB, "{} MiB for 18 MiB of events", grown / MIB);
    here.post("다들 괜찮아요").await;
    drop(sockets);
}

#[tokio::test]
async fn bodies_that_wait_for_a_password_hold_nothing_but_the_password() {
    let server = Server::alone(PATIENT).await;
    let owner = server.visitor().await;
    let room = owner.create_room_of(json!({ "title": "문", "password": "비밀" })).await;
    let (path, guest) = (format!("/room/{room}/enter"), server.visitor().await);
    let enter = async |junk: String| {
        let body = format!("{{\"password\":\"wrong\",\"p\":{junk}}}");
        let request = guest.request(reqwest::Method::POST, &path);
        let request = request.header("content-type", "application/json").body(body);
        guest.send(request).await
    };
    // What hashing itself takes is there before.
    futures_util::future::join_all((0..16).map(|_| enter("0".into()))).await;
    let before = server.memory();
    let answers = futures_util::future::join_all((0..64).map(|_| enter(wide_json(64_000)))).await;
    // A busy store may have no time for some.
    assert!(answers.iter().all(|answer| [403, 429, 503].contains(&answer.status)));
    let grown = server.memory().saturating_sub(before);
    // As trees they would take 350 MiB.
    assert!(grown < 150 * MIB, "{} MiB for 4 MiB of bodies", grown / MIB);
}

#[tokio::test]
async fn a_body_in_chunks_of_one_byte_takes_no_more_than_its_bytes() {
    let server = Server::alone(PATIENT).await;
    let before = server.memory();
    let head = "POST /room HTTP/1.1\r\nHost: gifchat\r\nAccept: application/json\r\n\
                Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let body = [head, &"1\r\n \r\n".repeat(60_000)].concat();
    let mut streams = Vec::new();
    for _ in 0..4 {
        streams.push(raw::begin(server.address(), body.as_bytes()).await);
    }
    eventually("the server has read what was sent", async || {
        has_read_all(server.address()).then_some(())
    })
    .await;
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 5 * MIB, "{} MiB for a quarter of a MiB of bodies", grown / MIB);
    drop(streams);
}

/// Events by which somebody who does not read has to be hung up on. They go on until the seat is free, some 0.3 s later.
const ENDED_BY: usize = 50_000;

/// A server with small buffers in which one visitor is in a room, by a wire that never reads and that long texts have
/// filled. Returned with the socket of another one, who reads.
struct Deaf {
    _app: TestApp,
    other: Visitor,
    room: String,
    here: Socket,
    sleeping: Socket,
}

impl Deaf {
    async fn begin(wire: impl AsyncFn(&Visitor) -> Wire) -> Self {
        let app = TestApp::with(&[WITH_SLOW_READERS, &["--seat-grace", "300ms"]].concat()).await;
        let (deaf, other) = (app.visitor().await, app.visitor().await);
        let room = other.create_room("홍수").await;
        let mut here = other.join(&room).await;
        let mut sleeping = Socket::connect(wire(&deaf).await, "/chat").await;
        sleeping.join(&room).await;
        let long = "가".repeat(19_000);
        for _ in 0..120 {
            assert_eq!(other.post_chat(&room, &long).await.status, 201);
        }
        here.messages_to(122).await;
        Self {
            _app: app,
            other,
            room,
            here,
            sleeping,
        }
    }

    /// Sends events until the seat of who does not read is free, while the other one goes on. A connection that is to end
    /// does so when more arrives on it.
    async fn is_hung_up_on(&mut self) {
        let mut sent = 0;
        eventually("the seat is free", async || {
            assert!(sent < ENDED_BY, "it may send {sent} events without reading");
            for _ in 0..500 {
                self.sleeping.ask_later("explode", json!(null)).await;
            }
            sent += 500;
            (self.other.room(&self.room).await.json()["count"] == 1).then_some(())
        })
        .await;
        self.sleeping.closed().await;
        self.here.post("아직 여기").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_sending_without_reading_is_hung_up_on() {
    let mut deaf = Deaf::begin(async |visitor| Wire::websocket(visitor, SMALL_WINDOW).await).await;
    deaf.is_hung_up_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_began_by_polling_and_goes_on_sending_without_reading_is_hung_up_on() {
    let mut deaf = Deaf::begin(async |visitor| Wire::upgraded(visitor, SMALL_WINDOW).await).await;
    deaf.is_hung_up_on().await;
}

/// Nothing of it waits, and so nothing is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_sending_what_has_no_answer_is_hung_up_on() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("홍수").await;
    let mut socket = visitor.join(&room).await;
    eventually("the connection ends", async || {
        for _ in 0..500 {
            socket.emit_bare("typing").await;
        }
        timeout(Duration::from_millis(100), socket.closed()).await.ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_posting_without_polling_is_refused_and_the_session_ends() {
    for event in ["42/chat,[\"explode\"]", "42/chat,1[\"chat\",\"x\"]"] {
        let app = TestApp::with(&[WITH_SLOW_READERS, &["--seat-grace", "300ms"]].concat()).await;
        let (deaf, other) = (app.visitor().await, app.visitor().await);
        let room = other.create_room("홍수").await;
        let mut here = other.join(&room).await;
        let polling = Polling::open(&deaf).await;
        let mut again = polling.again();
        Socket::connect(Wire::Polling(polling), "/chat").await.join(&room).await;
        let events = vec![event; 600].join("\u{1e}");
        let mut posts = 0;
        let refused = loop {
            let answer = again.try_send(events.clone()).await;
            posts += 1;
            if answer.status != 200 {
                break answer;
            }
            assert!(posts < 100, "all is taken");
        };
        assert_eq!(refused.status, 429, "{}", refused.text());
        eventually("the session is over", async || {
            (again.try_send("3".into()).await.status == 400).then_some(())
        })
        .await;
        eventually("the seat is free", async || {
            (other.room(&room).await.json()["count"] == 1).then_some(())
        })
        .await;
        here.post("아직 여기").await;
    }
}

/// As an official client does that sends what it kept while it had no connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_a_burst_and_reads_stays_connected() {
    let app = TestApp::start().await;
    let visitor = app.visitor().await;
    let room = visitor.create_room("한꺼번에").await;
    let mut socket = visitor.join(&room).await;
    let first = socket.ask_later("chat", json!({ "chat": "first" })).await;
    for n in 0..1_000 {
        socket.ask_later("chat", json!({ "chat": n.to_string() })).await;
    }
    assert_eq!(socket.ack(first).await["ok"], true);
    eventually("what it says is stored again", async || {
        // A refusal that finds the buffer full is lost.
        let answer = timeout(Duration::from_secs(2), socket.ask("chat", json!({ "chat": "later" }))).await;
        answer.is_ok_and(|answer| answer["ok"] == true).then_some(())
    })
    .await;
}
